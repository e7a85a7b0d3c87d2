#include <inttypes.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/dname.h"
#include "ksr/dns/pubkey.h"
#include "ksr/dns/rrset.h"
#include "ksr/document/text/text.h"

#define GENERATOR "anchorite"

struct writing {
	const struct text_style *style;
	const struct ksr *ksr;
	char owner[DNAME_TEXT_MAX + 1];
	struct buf *buf;
};

enum {
	BIND_BASE64 = 56, /* characters a word, of base64 and of hex */
	KNOT_BASE64 = 40, /* characters a line */
	KNOT_OWNER = 20,  /* columns */
	BIND_TTL = 24,    /* column */
	TAB = 8,
};

/* "Fri Jan  1 00:00:00 2027", as ctime has it, in UTC. */
static void
put_ctime(int64_t time, struct buf *buf)
{
	static const char days[] = "ThuFriSatSunMonTueWed";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char t[TIME_TEXT_SIZE];
	unsigned month, day;

	time_format(time, t);
	month = (unsigned)((t[5] - '0') * 10 + t[6] - '0');
	day = (unsigned)((t[8] - '0') * 10 + t[9] - '0');
	buf_printf(buf, "%.3s %.3s %2u %.8s %.4s",
	    days + 3 * (time / 86400 % 7), months + 3 * (month - 1), day,
	    t + 11, t);
}

static void
put_iso(int64_t time, struct buf *buf)
{
	char t[TIME_TEXT_SIZE];

	time_format(time, t);
	buf_printf(buf, "%sZ", t);
}

static void
put_for_people(const struct writing *w, int64_t time)
{
	if (w->style->time == TEXT_TIME_STAMP)
		put_ctime(time, w->buf);
	else
		put_iso(time, w->buf);
}

static const char *
kind_word(const struct ksr *ksr)
{
	return ksr->kind == KSR_REQUEST ? TEXT_REQUEST : TEXT_RESPONSE;
}

static void
put_header(const struct writing *w, const struct bundle *bundle)
{
	int64_t at = bundle_begins(bundle);
	char stamp[TIME_TEXT_SIZE];

	buf_printf(w->buf, ";; %s " TEXT_VERSION " ", kind_word(w->ksr));
	time_format_rrsig(at, stamp);
	if (w->style->time == TEXT_TIME_STAMP)
		buf_puts(w->buf, stamp);
	else
		buf_printf(w->buf, "%" PRId64, at);
	buf_puts(w->buf, " (");
	put_for_people(w, at);
	buf_printf(w->buf, ")%s\n", w->style->rule);
}

static void
put_closing(const struct writing *w)
{
	const struct ksr *ksr = w->ksr;

	buf_printf(w->buf, ";; %s " TEXT_VERSION " " TEXT_CLOSES,
	    kind_word(ksr));
	if (ksr->generated[0] != '\0') {
		buf_puts(w->buf, ksr->generated);
	} else {
		put_for_people(w,
		    ksr->has_timestamp ? ksr->timestamp
				       : bundle_begins(&ksr->bundles[0]));
		buf_puts(w->buf, " by " GENERATOR);
	}
	buf_puts(w->buf, "\n");
}

/* To the TTL's column, or one space behind it. */
static void
put_bind_owner(const struct writing *w)
{
	size_t column = strlen(w->owner);

	buf_puts(w->buf, w->owner);
	if (column >= BIND_TTL)
		buf_puts(w->buf, " ");
	for (; column < BIND_TTL; column += TAB - column % TAB)
		buf_puts(w->buf, "\t");
}

static void
put_front(const struct writing *w, uint32_t ttl_s, const char *type)
{
	if (w->style->has_class) {
		put_bind_owner(w);
		buf_printf(w->buf, "%" PRIu32 "\tIN\t%s\t", ttl_s, type);
	} else {
		buf_printf(w->buf, "%-*s\t%" PRIu32 " %s ", KNOT_OWNER,
		    w->owner, ttl_s, type);
	}
}

/* In words of one line, or in lines within parentheses. */
static void
put_split(const struct writing *w, const struct buf *text)
{
	size_t size = w->style->has_parens ? KNOT_BASE64 : BIND_BASE64;

	for (size_t at = 0; at < text->len; at += size) {
		size_t n = text->len - at < size ? text->len - at : size;

		if (w->style->has_parens)
			buf_puts(w->buf, "\n\t\t\t\t");
		else if (at > 0)
			buf_puts(w->buf, " ");
		buf_put(w->buf, text->data + at, n);
	}
	if (text->failed)
		w->buf->failed = true;
}

static void
put_base64(const struct writing *w, const uint8_t *data, size_t len)
{
	struct buf text = buf_new(TEXT_LINE_MAX);

	buf_base64(&text, (struct bytes){ data, len });
	put_split(w, &text);
	buf_free(&text);
}

static void
put_hex(const struct writing *w, const uint8_t *data, size_t len)
{
	struct buf text = buf_new(TEXT_LINE_MAX);

	buf_hex(&text, (struct bytes){ data, len });
	put_split(w, &text);
	buf_free(&text);
}

/* " ; ZSK, ECDSAP256SHA256 (256b), id = 2506" */
static void
put_key_comment(const struct writing *w, const struct dnskey *key)
{
	char name[ALGORITHM_TEXT_SIZE];
	struct pubkey_info info;
	struct err err;

	if (!w->style->has_parens || !pubkey_info(key, &info, &err))
		return;
	buf_printf(w->buf, " ; %s, %s (%ub), id = %u",
	    (key->flags & DNSKEY_FLAG_SEP) != 0 ? "KSK" : "ZSK",
	    algorithm_text(key->algorithm, name), info.bits, dnskey_tag(key));
}

static void
put_close(const struct writing *w)
{
	if (w->style->has_parens)
		buf_puts(w->buf, "\n\t\t\t\t)");
}

static void
put_key_fields(const struct writing *w, unsigned flags, unsigned protocol,
    unsigned algorithm, const uint8_t *key, size_t len)
{
	buf_printf(w->buf, "%u %u %u %s", flags, protocol, algorithm,
	    w->style->has_parens ? "(" : "");
	put_base64(w, key, len);
	put_close(w);
}

static void
put_key(const struct writing *w, const struct dnskey *key)
{
	put_front(w, key->ttl_s, "DNSKEY");
	put_key_fields(w, key->flags, key->protocol, key->algorithm,
	    key->public_key, key->public_key_len);
	put_key_comment(w, key);
	buf_puts(w->buf, "\n");
}

static void
put_cdnskey(const struct writing *w, uint32_t ttl_s, const struct child_record *rdata)
{
	const uint8_t *o = rdata->octets;

	put_front(w, ttl_s, "CDNSKEY");
	put_key_fields(w, (unsigned)(o[0] << 8 | o[1]), o[2], o[3], o + 4,
	    rdata->len - 4u);
	buf_puts(w->buf, "\n");
}

static void
put_cds(const struct writing *w, uint32_t ttl_s, const struct child_record *rdata)
{
	const uint8_t *o = rdata->octets;

	put_front(w, ttl_s, "CDS");
	buf_printf(w->buf, "%u %u %u %s", (unsigned)(o[0] << 8 | o[1]), o[2],
	    o[3], w->style->has_parens ? "(" : "");
	put_hex(w, o + 4, rdata->len - 4u);
	put_close(w);
	buf_puts(w->buf, "\n");
}

static void
put_rrsig(const struct writing *w, const char *covers, const struct rrsig *sig)
{
	char inception[TIME_TEXT_SIZE], expiration[TIME_TEXT_SIZE];
	char signer[DNAME_TEXT_MAX + 1];
	struct dname name;
	struct err err;

	if (!dname_parse(sig->signers_name, &name, &err)) {
		w->buf->failed = true;
		return;
	}
	dname_text(&name, signer);
	time_format_rrsig(sig->inception, inception);
	time_format_rrsig(sig->expiration, expiration);
	put_front(w, sig->ttl_s, "RRSIG");
	buf_printf(w->buf, "%s %u %u %" PRIu32 " %s %s%s %u %s%s", covers,
	    sig->algorithm, sig->labels, sig->original_ttl_s, expiration,
	    w->style->has_parens ? "(\n\t\t\t\t" : "", inception, sig->tag,
	    signer, w->style->has_parens ? "" : " ");
	put_base64(w, sig->signature, sig->signature_len);
	put_close(w);
	buf_puts(w->buf, "\n");
}

static void
put_rrsigs(const struct writing *w, const char *covers,
    const struct rrsig *signatures, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put_rrsig(w, covers, &signatures[i]);
}

/* KSKs first or last, and each kind as it stands. */
static void
put_keys(const struct writing *w, const struct bundle *bundle)
{
	for (int part = 0; part < 2; part++)
		for (size_t i = 0; i < bundle->n_keys; i++) {
			const struct dnskey *key = &bundle->keys[i];
			bool ksk = (key->flags & DNSKEY_FLAG_SEP) != 0;

			if (ksk == (w->style->ksks_first == (part == 0)))
				put_key(w, key);
		}
}

static const char *const child_names[CHILD_TYPES] = {
	[CHILD_CDNSKEY] = "CDNSKEY",
	[CHILD_CDS] = "CDS",
};

static void
put_children(const struct writing *w, const struct bundle *bundle)
{
	for (size_t i = 0; i < CHILD_TYPES; i++) {
		const struct child_set *set = &bundle->child[i];

		for (size_t j = 0; j < set->n_records; j++)
			(i == CHILD_CDS ? put_cds : put_cdnskey)(
			    w, set->ttl_s, &set->records[j]);
		if (w->style->signature_follows)
			put_rrsigs(w, child_names[i], set->signatures,
			    set->n_signatures);
	}
}

static void
put_bundle(const struct writing *w, const struct bundle *bundle)
{
	put_header(w, bundle);
	put_keys(w, bundle);
	if (w->ksr->kind == KSR_REQUEST)
		return; /* a ZSK's proof has no place */
	if (w->style->signature_follows)
		put_rrsigs(w, "DNSKEY", bundle->signatures,
		    bundle->n_signatures);
	put_children(w, bundle);
	if (w->style->signature_follows)
		return;
	put_rrsigs(w, "DNSKEY", bundle->signatures, bundle->n_signatures);
	for (size_t i = CHILD_TYPES; i-- > 0;) /* by the number of the type */
		put_rrsigs(w, child_names[i], bundle->child[i].signatures,
		    bundle->child[i].n_signatures);
}

void
text_write(
    const struct text_style *style, const struct ksr *ksr, struct buf *ret)
{
	struct writing w = { .style = style, .ksr = ksr, .buf = ret };
	struct dname name;
	struct err err;

	if (!dname_parse(ksr->domain, &name, &err) || ksr->n_bundles == 0) {
		ret->failed = true;
		return;
	}
	dname_text(&name, w.owner);
	for (size_t i = 0; i < ksr->n_bundles; i++) {
		const struct bundle *bundle = &ksr->bundles[i];

		if (style->has_gaps && i > 0 && !bundle->refreshes &&
		    ksr->kind == KSR_RESPONSE)
			buf_puts(ret, "\n");
		put_bundle(&w, bundle);
	}
	put_closing(&w);
}
