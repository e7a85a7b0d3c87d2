#include <inttypes.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/dname.h"
#include "ksr/document/presentation.h"

/* text_ascii makes at most four characters of one. */
#define ID_TEXT_SIZE (4 * ID_MAX + 1)

static bool
is_ksk(const struct dnskey *key)
{
	return (key->flags & DNSKEY_FLAG_SEP) != 0;
}

static bool
signs(const struct bundle *bundle, const struct dnskey *key)
{
	for (size_t i = 0; i < bundle->n_signatures; i++) {
		const struct rrsig *sig = &bundle->signatures[i];

		if (sig->tag == key->tag && sig->algorithm == key->algorithm &&
		    strcmp(sig->identifier, key->identifier) == 0)
			return true;
	}
	return false;
}

const char *
ksk_role(const struct bundle *bundle, const struct dnskey *key)
{
	bool revoked = (key->flags & DNSKEY_FLAG_REVOKE) != 0;

	if (signs(bundle, key))
		return revoked ? "RS" : "S";
	return revoked ? "R" : "P";
}

/*
 * A label as it is, but for the characters that the table itself is made of:
 * no label may look like a second key.
 */
static void
put_label(const char *label, struct buf *ret)
{
	static const char reserved[] = " (),/\\";

	for (; *label != '\0'; label++) {
		unsigned char c = (unsigned char)*label;

		if (c < 0x20 || c > 0x7e || strchr(reserved, c) != NULL)
			buf_printf(ret, "\\x%02x", c);
		else
			buf_u8(ret, c);
	}
}

static void
put_zsks(const struct bundle *bundle, struct buf *ret)
{
	const char *separator = "";

	for (size_t i = 0; i < bundle->n_keys; i++) {
		if (is_ksk(&bundle->keys[i]))
			continue;
		buf_printf(ret, "%s%u", separator, bundle->keys[i].tag);
		separator = ",";
	}
}

static void
put_ksks(const struct bundle *bundle, struct buf *ret)
{
	const char *separator = "";

	for (size_t i = 0; i < bundle->n_keys; i++) {
		const struct dnskey *key = &bundle->keys[i];

		if (!is_ksk(key))
			continue;
		buf_printf(ret, "%s%u(", separator, key->tag);
		put_label(key->identifier, ret);
		buf_printf(ret, ")/%s", ksk_role(bundle, key));
		separator = ",";
	}
}

/* Fills the column that began at octet start, then leaves gap spaces. */
static void
pad(struct buf *ret, size_t start, size_t width, size_t gap)
{
	while (!ret->failed && ret->len < start + width + gap)
		buf_u8(ret, ' ');
}

/* How wide the two columns that vary must be. */
struct widths {
	size_t number;
	size_t zsks;
};

static const char zsks_heading[] = "ZSK Tags";

static struct widths
widths_of(const struct ksr *ksr)
{
	struct widths widths = { .zsks = strlen(zsks_heading) };

	for (size_t n = ksr->n_bundles; n > 0; n /= 10)
		widths.number++;
	for (size_t i = 0; i < ksr->n_bundles; i++) {
		/* "65535," for each key at most */
		struct buf zsks = buf_new(6 * ksr->bundles[i].n_keys + 1);

		put_zsks(&ksr->bundles[i], &zsks);
		if (zsks.len > widths.zsks)
			widths.zsks = zsks.len;
		buf_free(&zsks);
	}
	return widths;
}

static void
put_heading(const struct widths *widths, struct buf *ret)
{
	size_t start = ret->len;

	buf_puts(ret, "#");
	pad(ret, start, widths->number, 2);
	buf_printf(ret, "%-20s%-21s", "Inception", "Expiration");
	start = ret->len;
	buf_puts(ret, zsks_heading);
	pad(ret, start, widths->zsks, 3);
	buf_puts(ret, "KSK Tag(CKA_LABEL)\n");
}

static void
put_row(const struct widths *widths, size_t number, const struct bundle *bundle,
    struct buf *ret)
{
	char inception[TIME_TEXT_SIZE], expiration[TIME_TEXT_SIZE];
	size_t start = ret->len;

	time_format(bundle->inception, inception);
	time_format(bundle->expiration, expiration);
	buf_printf(ret, "%zu", number);
	pad(ret, start, widths->number, 2);
	buf_printf(ret, "%s %s  ", inception, expiration);
	start = ret->len;
	put_zsks(bundle, ret);
	pad(ret, start, widths->zsks, 3);
	put_ksks(bundle, ret);
	while (!ret->failed && ret->data[ret->len - 1] == ' ')
		ret->len--;
	buf_u8(ret, '\n');
}

void
ksr_table(const struct ksr *ksr, struct buf *ret)
{
	struct widths widths = widths_of(ksr);

	put_heading(&widths, ret);
	for (size_t i = 0; i < ksr->n_bundles; i++)
		put_row(&widths, i + 1, &ksr->bundles[i], ret);
}

/* The name as RFC 4034 6.2 has it, with its final dot. */
static bool
canonical_name(const char *text, char ret[DNAME_TEXT_MAX + 1])
{
	struct dname name;
	struct err err;

	if (!dname_parse(text, &name, &err))
		return false;
	dname_text(&name, ret);
	return true;
}

/* RFC 4034 2.2 */
static void
put_dnskey(const char *owner, const struct dnskey *key, struct buf *ret)
{
	buf_printf(ret, "%s %" PRIu32 " IN DNSKEY %u %u %u ", owner, key->ttl_s,
	    key->flags, key->protocol, key->algorithm);
	buf_base64(ret, (struct bytes){ key->public_key, key->public_key_len });
	buf_u8(ret, '\n');
}

/* RFC 4034 3.2 */
static void
put_rrsig(const char *owner, const char *covers, const struct rrsig *sig,
    struct buf *ret)
{
	char inception[TIME_TEXT_SIZE], expiration[TIME_TEXT_SIZE];
	char signer[DNAME_TEXT_MAX + 1];

	if (!canonical_name(sig->signers_name, signer)) {
		ret->failed = true;
		return;
	}
	time_format_rrsig(sig->inception, inception);
	time_format_rrsig(sig->expiration, expiration);
	buf_printf(ret,
	    "%s %" PRIu32 " IN RRSIG %s %u %u %" PRIu32 " %s %s %u %s ",
	    owner, sig->ttl_s, covers, sig->algorithm, sig->labels, sig->original_ttl_s,
	    expiration, inception, sig->tag, signer);
	buf_base64(ret, (struct bytes){ sig->signature, sig->signature_len });
	buf_u8(ret, '\n');
}

/* RFC 7344 3.1 and 3.2: as DS and DNSKEY. */
static void
put_child_record(const char *owner, uint32_t ttl_s, enum child_type type,
    const struct child_record *record, struct buf *ret)
{
	const uint8_t *o = record->octets;
	const struct bytes rest = { o + 4, record->len - 4u };

	buf_printf(ret, "%s %" PRIu32 " IN %s %u %u %u ", owner, ttl_s,
	    type == CHILD_CDS ? "CDS" : "CDNSKEY",
	    (unsigned)(o[0] << 8 | o[1]), o[2], o[3]);
	if (type == CHILD_CDS)
		buf_hex(ret, rest);
	else
		buf_base64(ret, rest);
	buf_u8(ret, '\n');
}

static void
put_child(const char *owner, enum child_type type, const struct child_set *set,
    struct buf *ret)
{
	for (size_t i = 0; i < set->n_records; i++)
		put_child_record(owner, set->ttl_s, type, &set->records[i],
		    ret);
	for (size_t i = 0; i < set->n_signatures; i++)
		put_rrsig(owner, type == CHILD_CDS ? "CDS" : "CDNSKEY",
		    &set->signatures[i], ret);
}

/* A comment line: no octet of the id may end it. */
static void
put_bundle_comment(size_t number, const struct bundle *bundle, struct buf *ret)
{
	char inception[TIME_TEXT_SIZE], expiration[TIME_TEXT_SIZE];
	char id[ID_TEXT_SIZE];

	text_ascii(id, sizeof(id), bundle->id);
	time_format(bundle->inception, inception);
	time_format(bundle->expiration, expiration);
	buf_printf(
	    ret, "; bundle %zu %s %s %s\n", number, id, inception, expiration);
}

void
bundle_dns(const struct ksr *ksr, size_t bundle, struct buf *ret)
{
	const struct bundle *b = &ksr->bundles[bundle];
	char owner[DNAME_TEXT_MAX + 1];

	if (!canonical_name(ksr->domain, owner)) {
		ret->failed = true;
		return;
	}
	put_bundle_comment(bundle + 1, b, ret);
	for (size_t i = 0; i < b->n_keys; i++)
		put_dnskey(owner, &b->keys[i], ret);
	for (size_t i = 0; i < b->n_signatures; i++)
		put_rrsig(owner, "DNSKEY", &b->signatures[i], ret);
	for (size_t i = 0; i < CHILD_TYPES; i++)
		put_child(owner, (enum child_type)i, &b->child[i], ret);
}

void
ksr_dns(const struct ksr *ksr, struct buf *ret)
{
	for (size_t i = 0; i < ksr->n_bundles; i++)
		bundle_dns(ksr, i, ret);
}
