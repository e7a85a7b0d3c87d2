#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/pubkey.h"
#include "ksr/document/wording.h"
#include "signer/anchor/anchor_show.h"
#include "signer/record/json.h"
#include "signer/screen/print.h"

static const char *
state_text(const struct trust_anchor *anchor, int64_t now)
{
	return trust_anchor_is_valid(anchor, now) ? "valid"
	    : anchor->valid_from > now            ? "not yet valid"
						  : "valid no more";
}

static const char *
digest_name(const struct trust_anchor *anchor)
{
	return anchor->digest_type == DS_DIGEST_SHA384 ? "SHA-384" : "SHA-256";
}

static void
print_validity(const struct trust_anchor *anchor)
{
	printf("valid from %s", time_text(anchor->valid_from).s);
	if (anchor->has_valid_until)
		printf(" until %s", time_text(anchor->valid_until).s);
}

static void
print_digest_of(const struct trust_anchor *anchor)
{
	struct buf text = buf_new(256);

	/* One of SHA-384 has a line of its own. */
	buf_printf(&text, "    %s%s", digest_name(anchor),
	    anchor->digest_len > DS_SHA256_SIZE ? "\n    " : " ");
	buf_hex(&text, (struct bytes){ anchor->digest, anchor->digest_len });
	buf_puts(&text, "\n");
	print_data(buf_bytes(&text));
	buf_free(&text);
}

void
anchors_print(const struct trust_anchors *anchors, int64_t now)
{
	char algorithm[ALGORITHM_TEXT_SIZE];

	printf("Trust anchors of %s, set %s\n", anchors->zone, anchors->id);
	if (anchors->source[0] != '\0')
		printf("  published at %s\n", anchors->source);
	for (size_t i = 0; i < anchors->n; i++) {
		const struct trust_anchor *anchor = &anchors->list[i];

		printf("  %s, key tag %u, %s, ", anchor->id, anchor->tag,
		    algorithm_text(anchor->algorithm, algorithm));
		print_validity(anchor);
		printf("; %s%s\n", state_text(anchor, now),
		    anchor->public_key_len == 0 ? "; no public key" : "");
		print_digest_of(anchor);
	}
}

static json_t *
json_of_anchor(const struct trust_anchor *anchor, int64_t now)
{
	return json_pack("{s:o, s:i, s:i, s:i, s:o, s:o, s:o, s:s, s:o}", "id",
	    json_of_text(anchor->id), "key_tag", anchor->tag, "algorithm",
	    anchor->algorithm, "digest_type", anchor->digest_type, "digest",
	    json_of_bytes_hex(
		(struct bytes){ anchor->digest, anchor->digest_len }),
	    "valid_from", json_of_time(anchor->valid_from), "valid_until",
	    anchor->has_valid_until ? json_of_time(anchor->valid_until)
				    : json_null(),
	    "state", state_text(anchor, now), "public_key",
	    anchor->public_key_len == 0
		? json_null()
		: json_of_bytes_base64(
		      anchor->public_key, anchor->public_key_len));
}

json_t *
json_of_anchors(const struct trust_anchors *anchors, int64_t now)
{
	json_t *list = json_array();

	for (size_t i = 0; i < anchors->n; i++)
		json_array_append_new(
		    list, json_of_anchor(&anchors->list[i], now));
	return json_pack("{s:o, s:o, s:o, s:o}", "id",
	    json_of_text(anchors->id), "source", json_of_text(anchors->source),
	    "zone", json_of_text(anchors->zone), "anchors", list);
}

/* What is declared, or else what was found. */
static const struct trust_anchor *
subject_of(const struct anchor_comparison *comparison)
{
	return comparison->declared != NULL ? comparison->declared
					    : comparison->found;
}

static void
print_side(const char *what, const struct trust_anchor *anchor, bool times)
{
	printf("    %s: key tag %u", what, anchor->tag);
	if (times) {
		printf(", ");
		print_validity(anchor);
	}
	printf("\n");
	print_digest_of(anchor);
}

void
comparisons_print(const struct anchor_comparisons *comparisons)
{
	for (size_t i = 0; i < comparisons->n; i++) {
		const struct anchor_comparison *c = &comparisons->list[i];
		const struct trust_anchor *anchor = subject_of(c);
		bool times = c->verdict == ANCHOR_VALIDITY;

		printf("  %s, key tag %u: %s\n", anchor->id, anchor->tag,
		    anchor_verdict_text(c->verdict));
		if (anchor_verdict_passes(c->verdict))
			continue;
		if (c->declared != NULL)
			print_side("declared", c->declared, times);
		if (c->found != NULL)
			print_side("found", c->found, times);
	}
}

static json_t *
json_of_comparison(const struct anchor_comparison *c)
{
	const struct trust_anchor *anchor = subject_of(c);

	return json_pack("{s:o, s:i, s:s}", "id", json_of_text(anchor->id),
	    "key_tag", anchor->tag, "verdict", anchor_verdict_text(c->verdict));
}

json_t *
json_of_comparisons(const struct anchor_comparisons *comparisons)
{
	json_t *list = json_array();

	for (size_t i = 0; i < comparisons->n; i++)
		json_array_append_new(
		    list, json_of_comparison(&comparisons->list[i]));
	return list;
}

bool
comparisons_fact(struct record *record, const char *event, const char *path,
    const struct anchor_comparisons *comparisons, struct err *err)
{
	return record_event(record, event,
	    json_pack("{s:o, s:b, s:o}", "path", json_of_text(path), "same",
		comparisons->n_wrong == 0, "anchors",
		json_of_comparisons(comparisons)),
	    err);
}

bool
comparisons_judge(const char *path,
    const struct anchor_comparisons *comparisons, struct err *err)
{
	bool ok;

	if (comparisons->n_wrong == 0)
		return true;
	ok = err_set(err, E_REFUSED, "%s: not what is declared", path);
	for (size_t i = 0; i < comparisons->n; i++) {
		const struct anchor_comparison *c = &comparisons->list[i];

		if (!anchor_verdict_passes(c->verdict))
			err_append(err, "; %.60s (key tag %u): %s",
			    subject_of(c)->id, subject_of(c)->tag,
			    anchor_verdict_text(c->verdict));
	}
	return ok;
}
