#include <stdlib.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/document/presentation.h"
#include "signer/workshop/ksrsigner_log.h"

/* "65535(label)/RS," for each key. */
#define KEYS_TEXT_MAX (BUNDLE_KEYS_MAX * (ID_MAX + 16) + 1)

const char *
log_table_name(enum log_table_kind kind)
{
	static const char *const names[] = { "previous response", "request",
		"response" };

	return names[kind];
}

const struct log_table *
ksrsigner_log_response(const struct ksrsigner_log *log)
{
	for (size_t i = log->n_tables; i > 0; i--)
		if (log->tables[i - 1].kind == LOG_RESPONSE)
			return &log->tables[i - 1];
	return NULL;
}

static void
put_ksk(const struct log_ksk *ksk, struct buf *ret)
{
	buf_printf(ret, "%s%u", ret->len > 0 ? "," : "", ksk->tag);
	if (ksk->label[0] != '\0')
		buf_printf(ret, "(%s)", ksk->label);
	if (ksk->role[0] != '\0')
		buf_printf(ret, "/%s", ksk->role);
}

void
log_ksks_text(const struct log_row *row, struct buf *ret)
{
	for (size_t i = 0; i < row->n_ksks; i++)
		put_ksk(&row->ksks[i], ret);
}

/* The response's slot in the log's terms, to be compared like with like. */
static void
row_of_bundle(const struct bundle *bundle, struct log_row *row,
    struct log_ksk ksks[BUNDLE_KEYS_MAX])
{
	*row = (struct log_row){ .ksks = ksks };
	for (size_t i = 0; i < bundle->n_keys; i++) {
		const struct dnskey *key = &bundle->keys[i];
		struct log_ksk *ksk = &ksks[row->n_ksks];

		if ((key->flags & DNSKEY_FLAG_SEP) == 0) {
			row->zsks[row->n_zsks++] = key->tag;
			continue;
		}
		*ksk = (struct log_ksk){ .tag = key->tag };
		memcpy(ksk->label, key->identifier, sizeof(ksk->label));
		memcpy(ksk->role, ksk_role(bundle, key),
		    strlen(ksk_role(bundle, key)));
		row->n_ksks++;
	}
}

static int
compare_tags(const void *a, const void *b)
{
	const uint16_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
zsks_text(const struct log_row *row, struct buf *ret)
{
	for (size_t i = 0; i < row->n_zsks; i++)
		buf_printf(ret, "%s%u", i > 0 ? "," : "", row->zsks[i]);
}

static void
differ(struct differences *differences, const struct log_row *row,
    const char *what, struct buf *logged, struct buf *answered)
{
	buf_u8(logged, 0);
	buf_u8(answered, 0);
	if (logged->failed || answered->failed)
		differences->failed = true;
	else
		differences_add(differences, row->line,
		    "slot %llu: %s %s in the log, %s in the response",
		    (unsigned long long)row->slot, what,
		    (const char *)logged->data, (const char *)answered->data);
	buf_free(logged);
	buf_free(answered);
}

static void
compare_zsks(const struct log_row *row, struct log_row *other,
    struct differences *differences)
{
	struct buf logged = buf_new(KEYS_TEXT_MAX);
	struct buf answered = buf_new(KEYS_TEXT_MAX);
	struct log_row sorted = *row;

	qsort(sorted.zsks, sorted.n_zsks, sizeof(*sorted.zsks), compare_tags);
	qsort(other->zsks, other->n_zsks, sizeof(*other->zsks), compare_tags);
	if (sorted.n_zsks == other->n_zsks &&
	    memcmp(sorted.zsks, other->zsks,
		sorted.n_zsks * sizeof(*sorted.zsks)) == 0)
		return;
	zsks_text(&sorted, &logged);
	zsks_text(other, &answered);
	differ(differences, row, "ZSKs", &logged, &answered);
}

/* What the log leaves out it does not contradict. */
static bool
same_ksk(const struct log_ksk *logged, const struct log_ksk *other)
{
	return logged->tag == other->tag &&
	    (logged->label[0] == '\0' ||
		strcmp(logged->label, other->label) == 0) &&
	    (logged->role[0] == '\0' || strcmp(logged->role, other->role) == 0);
}

/* Each of the one has a partner of its own among the others. */
static bool
same_ksks(const struct log_row *row, const struct log_row *other)
{
	bool taken[BUNDLE_KEYS_MAX] = { false };

	if (row->n_ksks != other->n_ksks)
		return false;
	for (size_t i = 0; i < row->n_ksks; i++) {
		size_t k = 0;

		while (k < other->n_ksks &&
		    (taken[k] || !same_ksk(&row->ksks[i], &other->ksks[k])))
			k++;
		if (k == other->n_ksks)
			return false;
		taken[k] = true;
	}
	return true;
}

static void
compare_ksks(const struct log_row *row, const struct log_row *other,
    struct differences *differences)
{
	struct buf logged = buf_new(KEYS_TEXT_MAX);
	struct buf answered = buf_new(KEYS_TEXT_MAX);

	if (same_ksks(row, other))
		return;
	log_ksks_text(row, &logged);
	log_ksks_text(other, &answered);
	differ(differences, row, "KSKs", &logged, &answered);
}

static void
compare_times(const struct log_row *row, const char *what, int64_t logged,
    int64_t answered, struct differences *differences)
{
	char a[TIME_TEXT_SIZE], b[TIME_TEXT_SIZE];

	if (logged == answered)
		return;
	time_format(logged, a);
	time_format(answered, b);
	differences_add(differences, row->line,
	    "slot %llu: %s %s in the log, %s in the response",
	    (unsigned long long)row->slot, what, a, b);
}

static void
compare_row(const struct log_row *row, const struct bundle *bundle,
    struct differences *differences)
{
	struct log_ksk ksks[BUNDLE_KEYS_MAX];
	struct log_row other;

	row_of_bundle(bundle, &other, ksks);
	compare_times(
	    row, "inception", row->inception, bundle->inception, differences);
	compare_times(row, "expiration", row->expiration, bundle->expiration,
	    differences);
	compare_zsks(row, &other, differences);
	compare_ksks(row, &other, differences);
}

void
log_table_compare(const struct log_table *table, const struct ksr *skr,
    struct differences *differences)
{
	bool *seen = calloc(skr->n_bundles, sizeof(*seen));

	if (seen == NULL) {
		differences->failed = true;
		return;
	}
	for (size_t i = 0; i < table->n_rows; i++) {
		const struct log_row *row = &table->rows[i];

		if (row->slot < 1 || row->slot > skr->n_bundles) {
			differences_add(differences, row->line,
			    "slot %llu: is in the log only",
			    (unsigned long long)row->slot);
			continue;
		}
		if (seen[row->slot - 1])
			differences_add(differences, row->line,
			    "slot %llu: has another row in the log",
			    (unsigned long long)row->slot);
		seen[row->slot - 1] = true;
		compare_row(row, &skr->bundles[row->slot - 1], differences);
	}
	for (size_t i = 0; i < skr->n_bundles; i++)
		if (!seen[i])
			differences_add(differences, table->line,
			    "slot %zu: is in the response only", i + 1);
	free(seen);
}
