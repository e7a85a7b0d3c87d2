/*
 * The boundary on its own: of octets that may be signed every change is
 * refused, whether it changes a bit, a field or the structure; and octets that
 * may be signed for one slot may not for another.
 */
#include <stdlib.h>

#include "ksr/response/clear.h"
#include "ksr/response/response.h"
#include "tests/support/keys.h"

#define NOW       INT64_C(1796000000)
#define INCEPTION (NOW + 45 * INT64_C(86400))
#define VALID_S   (21 * INT64_C(86400))
#define TTL_S     172800u
#define RRS_MAX   (BUNDLE_KEYS_MAX + 4)

enum { OLD, NEW, KSKS };
enum { OLD_BIT = 1, NEW_BIT = 2 };

/* One RR and the RRSIG RDATA, open to every change. */
struct model_rr {
	struct dname owner;
	uint16_t type, class;
	uint32_t ttl_s;
	uint16_t rdata_len; /* as it is said */
	size_t len;         /* as it is */
	uint8_t rdata[DNSKEY_RDATA_MAX];
};

struct model {
	uint16_t type;
	uint8_t algorithm, labels;
	uint32_t ttl_s, expiration, inception;
	uint16_t tag;
	struct dname signer;
	size_t n;
	struct model_rr rrs[RRS_MAX];
};

/* One set of octets that may be signed, and why. */
struct scene {
	const char *name;
	struct config *config;
	struct keypair ksks[KSKS], zsks[2], stranger;
	struct schema_slot slot;
	struct schema schema;
	struct ksr *request, *response;
	struct clear_wanted wanted;
	struct buf octets;
	size_t n_tried;
	uint32_t step; /* of 16-bit fields: 1 tries every value */
};

#define STEP_COARSE 251 /* odd: in time every bit differs */

static const struct scene_row {
	const char *name, *zone;
	uint8_t algorithm;
	struct schema_slot slot;
	size_t signer, n_zsks;
} rows[] = {
	{ "root, RSA", ".", 8, { OLD_BIT, OLD_BIT, 0 }, OLD, 1 },
	{ "root, RSA, two ZSKs and KSKs", ".", 8,
	    { OLD_BIT | NEW_BIT, NEW_BIT, 0 }, NEW, 2 },
	{ "root, RSA, by the revoked key", ".", 8,
	    { NEW_BIT, OLD_BIT | NEW_BIT, OLD_BIT }, OLD, 1 },
	{ "root, RSA, beside a revoked key", ".", 8,
	    { NEW_BIT, OLD_BIT | NEW_BIT, OLD_BIT }, NEW, 1 },
	{ "root, P-256", ".", 13, { OLD_BIT, OLD_BIT, 0 }, OLD, 2 },
	{ "example.org, RSA", "example.org.", 8, { OLD_BIT, OLD_BIT, 0 }, OLD,
	    1 },
	{ "example.org, P-256, by the revoked key", "Example.ORG", 13,
	    { NEW_BIT, OLD_BIT | NEW_BIT, OLD_BIT }, OLD, 2 },
	{ "a name with escapes", "A\\.b\\255\\;.*x.Example", 13,
	    { OLD_BIT, OLD_BIT, 0 }, OLD, 1 },
	{ "example.org, P-384", "example.org", 14,
	    { OLD_BIT | NEW_BIT, OLD_BIT | NEW_BIT, 0 }, NEW, 1 },
};

static void
scene_configure(struct scene *s, const struct scene_row *row)
{
	s->config = test_calloc(1, sizeof(*s->config));
	strcpy(s->config->ksk_policy.signers_name, row->zone);
	s->config->ksk_policy.ttl_s = TTL_S;
	s->config->ksk_policy.signature.max_signature_validity_s = VALID_S;
	s->config->n_keys = KSKS;
	s->ksks[OLD] = keypair_new("Kold", 257, row->algorithm, 1024);
	s->ksks[NEW] = keypair_new("Knew", 257, row->algorithm, 1024);
	s->stranger = keypair_new("stranger", 257, row->algorithm, 1024);
	for (size_t i = 0; i < KSKS; i++)
		pin_ksk(s->config, i, &s->ksks[i].dnskey);
}

static void
scene_ask(struct scene *s, const struct scene_row *row)
{
	struct bundle *bundle;
	struct err err;

	s->request = ksr_new(KSR_REQUEST, 1);
	assert_non_null(s->request);
	strcpy(s->request->domain, row->zone);
	bundle = &s->request->bundles[0];
	assert_ok(bundle_alloc(bundle, row->n_zsks, 0, &err), &err);
	bundle->inception = INCEPTION;
	bundle->expiration = INCEPTION + VALID_S;
	for (size_t i = 0; i < 2; i++) {
		s->zsks[i] = keypair_new(
		    i == 0 ? "zsk-1" : "zsk-2", 256, row->algorithm, 1024);
		if (i < row->n_zsks)
			bundle->keys[i] = s->zsks[i].dnskey;
	}
}

/* Which of the response's signatures is the wanted signer's. */
static size_t
signature_of(const struct scene *s)
{
	const struct bundle *bundle = &s->response->bundles[0];

	for (size_t i = 0; i < bundle->n_signatures; i++)
		if (strcmp(bundle->signatures[i].identifier,
			s->config->keys[s->wanted.signer].label) == 0)
			return i;
	fail_msg("%s: the signer does not sign", s->name);
	return 0;
}

static void
scene_new(struct scene *s, const struct scene_row *row)
{
	struct dnskey ksks[CONFIG_KEYS_MAX] = { 0 };
	struct err err;

	*s = (struct scene){ .name = row->name,
		.slot = row->slot,
		.step = row == rows ? 1 : STEP_COARSE };
	scene_configure(s, row);
	scene_ask(s, row);
	s->schema = (struct schema){ "test", false, 1, &s->slot };
	for (size_t i = 0; i < KSKS; i++)
		ksks[i] = s->ksks[i].dnskey;
	assert_ok(response_build(s->config, &s->schema, s->request, ksks,
		      &s->response, &err),
	    &err);
	s->wanted = (struct clear_wanted){ .config = s->config,
		.slot = &s->slot,
		.request = &s->request->bundles[0],
		.signer = row->signer,
		.now = NOW };
	s->octets = buf_new(TO_BE_SIGNED_MAX);
	assert_ok(response_to_be_signed(
		      s->response, 0, signature_of(s), &s->octets, &err),
	    &err);
}

static void
scene_free(struct scene *s)
{
	buf_free(&s->octets);
	ksr_free(s->response);
	ksr_free(s->request);
	for (size_t i = 0; i < 2; i++) {
		keypair_free(&s->ksks[i]);
		keypair_free(&s->zsks[i]);
	}
	keypair_free(&s->stranger);
	test_free(s->config);
}

static bool
is_cleared(const struct scene *s, struct bytes octets)
{
	struct cleared *cleared = NULL;
	struct err err;
	bool ok = clear_rrset(octets, &s->wanted, &cleared, &err);

	if (ok) {
		struct bytes kept = cleared_octets(cleared);

		assert_true(bytes_equal(kept, octets));
		assert_true(dnskey_same_key(
		    cleared_key(cleared), &s->ksks[s->wanted.signer].dnskey));
	} else {
		assert_null(cleared);
		assert_int_equal(err.code, E_REFUSED);
		assert_message_has(&err, "may not be signed: ");
	}
	cleared_free(cleared);
	return ok;
}

/* The octets are others than those that may be signed. */
static void
refused(struct scene *s, struct bytes octets, const char *what, size_t number)
{
	s->n_tried++;
	if (!is_cleared(s, octets))
		return;
	fail_msg("%s: cleared after a change: %s %zu", s->name, what, number);
}

static struct bytes
octets_of(const struct scene *s)
{
	return buf_bytes(&s->octets);
}

/* --- Octets. */

static void
try_bits(struct scene *s)
{
	for (size_t i = 0; i < 8 * s->octets.len; i++) {
		s->octets.data[i / 8] ^= (uint8_t)(1u << i % 8);
		refused(s, octets_of(s), "bit", i);
		s->octets.data[i / 8] ^= (uint8_t)(1u << i % 8);
	}
}

static void
try_lengths(struct scene *s)
{
	size_t len = s->octets.len;
	struct buf longer = buf_new(TO_BE_SIGNED_MAX + 1);

	for (size_t i = 0; i < len; i++) {
		struct bytes head = { s->octets.data, i };
		struct bytes tail = { s->octets.data + len - i, i };

		refused(s, head, "cut to", i);
		refused(s, tail, "its end of", i);
	}
	for (size_t i = 0; i <= len; i++) {
		for (unsigned octet = 0; octet < 256; octet += 51) {
			longer.len = 0;
			buf_put(&longer, s->octets.data, i);
			buf_u8(&longer, (uint8_t)octet);
			buf_put(&longer, s->octets.data + i, len - i);
			refused(s, buf_bytes(&longer), "an octet more at", i);
		}
	}
	for (size_t i = 0; i < len; i++) {
		longer.len = 0;
		buf_put(&longer, s->octets.data, i);
		buf_put(&longer, s->octets.data + i + 1, len - i - 1);
		refused(s, buf_bytes(&longer), "an octet less at", i);
	}
	longer.len = 0;
	buf_put(&longer, s->octets.data, len);
	buf_put(&longer, s->octets.data, len < 600 ? len : 600);
	refused(s, buf_bytes(&longer), "twice", 0);
	buf_free(&longer);
}

/* --- Fields and records. */

static void
model_of(const struct scene *s, struct model *m)
{
	const struct bundle *b = &s->response->bundles[0];
	const struct rrsig *sig = &b->signatures[signature_of(s)];
	struct err err;

	*m = (struct model){ .type = RRTYPE_DNSKEY,
		.algorithm = sig->algorithm,
		.labels = sig->labels,
		.ttl_s = sig->original_ttl_s,
		.expiration = (uint32_t)sig->expiration,
		.inception = (uint32_t)sig->inception,
		.tag = sig->tag,
		.n = b->n_keys };
	assert_ok(dname_parse(s->request->domain, &m->signer, &err), &err);
	for (size_t i = 0; i < m->n; i++) {
		struct buf rdata = buf_new(DNSKEY_RDATA_MAX);
		struct model_rr *rr = &m->rrs[i];

		dnskey_rdata(&b->keys[i], &rdata);
		*rr = (struct model_rr){ .owner = m->signer,
			.type = RRTYPE_DNSKEY,
			.class = 1,
			.ttl_s = m->ttl_s,
			.rdata_len = (uint16_t)rdata.len,
			.len = rdata.len };
		memcpy(rr->rdata, rdata.data, rdata.len);
		buf_free(&rdata);
	}
}

static struct buf
octets_of_model(const struct model *m)
{
	struct buf buf = buf_new(2 * TO_BE_SIGNED_MAX);

	buf_u16(&buf, m->type);
	buf_u8(&buf, m->algorithm);
	buf_u8(&buf, m->labels);
	buf_u32(&buf, m->ttl_s);
	buf_u32(&buf, m->expiration);
	buf_u32(&buf, m->inception);
	buf_u16(&buf, m->tag);
	buf_put(&buf, m->signer.wire, m->signer.len);
	for (size_t i = 0; i < m->n; i++) {
		const struct model_rr *rr = &m->rrs[i];

		buf_put(&buf, rr->owner.wire, rr->owner.len);
		buf_u16(&buf, rr->type);
		buf_u16(&buf, rr->class);
		buf_u32(&buf, rr->ttl_s);
		buf_u16(&buf, rr->rdata_len);
		buf_put(&buf, rr->rdata, rr->len);
	}
	assert_false(buf.failed);
	return buf;
}

static void
refuse_model(
    struct scene *s, const struct model *m, const char *what, size_t number)
{
	struct buf octets = octets_of_model(m);

	refused(s, buf_bytes(&octets), what, number);
	buf_free(&octets);
}

static int
by_rdata(const void *a, const void *b)
{
	const struct model_rr *x = a, *y = b;

	return bytes_compare((struct bytes){ x->rdata, x->len },
	    (struct bytes){ y->rdata, y->len });
}

/* In canonical order, whatever it holds. */
static void
refuse_model_canonical(
    struct scene *s, struct model *m, const char *what, size_t number)
{
	qsort(m->rrs, m->n, sizeof(m->rrs[0]), by_rdata);
	refuse_model(s, m, what, number);
}

static struct model_rr
rr_of(const struct model *m, const struct dnskey *key)
{
	struct model_rr rr = m->rrs[0];
	struct buf rdata = buf_new(DNSKEY_RDATA_MAX);

	dnskey_rdata(key, &rdata);
	rr.len = rdata.len;
	rr.rdata_len = (uint16_t)rdata.len;
	memcpy(rr.rdata, rdata.data, rdata.len);
	buf_free(&rdata);
	return rr;
}

static void
try_head(struct scene *s, const struct model *right)
{
	static const uint32_t ttls[] = { 0, 1, TTL_S - 1, TTL_S + 1, 3600,
		0x7fffffff, 0x80000000, 0xffffffff };
	static const uint32_t shifts[] = { 1, 60, 86400, 1u << 31, 0xffffffff };
	struct model m = *right;

	for (uint32_t i = 0; i < 65536; i += s->step) {
		m.type = (uint16_t)i;
		if (i != RRTYPE_DNSKEY)
			refuse_model(s, &m, "type covered", i);
		m.type = right->type;
		m.tag = (uint16_t)i;
		if (i != right->tag)
			refuse_model(s, &m, "key tag", i);
		m.tag = right->tag;
	}
	for (unsigned i = 0; i < 256; i++) {
		m.algorithm = (uint8_t)i;
		if (i != right->algorithm)
			refuse_model(s, &m, "algorithm", i);
		m.algorithm = right->algorithm;
		m.labels = (uint8_t)i;
		if (i != right->labels)
			refuse_model(s, &m, "labels", i);
		m.labels = right->labels;
	}
	for (size_t i = 0; i < ARRAY_LEN(ttls); i++) {
		m.ttl_s = ttls[i];
		refuse_model(s, &m, "original TTL", ttls[i]);
		for (size_t j = 0; j < m.n; j++)
			m.rrs[j].ttl_s = ttls[i];
		refuse_model(s, &m, "TTL throughout", ttls[i]);
		m = *right;
	}
	for (size_t i = 0; i < ARRAY_LEN(shifts); i++) {
		m.inception += shifts[i];
		refuse_model(s, &m, "inception later by", shifts[i]);
		m.expiration += shifts[i];
		refuse_model(s, &m, "both times later by", shifts[i]);
		m.inception = right->inception;
		refuse_model(s, &m, "expiration later by", shifts[i]);
		m = *right;
	}
	m.inception = right->expiration;
	m.expiration = right->inception;
	refuse_model(s, &m, "times exchanged", 0);
}

/* Names that are not the zone's canonical one, well formed or not. */
static size_t
odd_names(const struct dname *zone, struct dname *ret)
{
	static const char *const others[] = { ".", "com.", "org.", "example.",
		"example.org.", "example.orh.", "a.example.org.",
		"xexample.org." };
	struct dname name;
	struct err err;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		assert_ok(dname_parse(others[i], &name, &err), &err);
		if (!dname_equal(&name, zone))
			ret[n++] = name;
	}
	/* In upper case. */
	for (size_t i = 0; i < zone->len; i++) {
		if (zone->wire[i] < 'a' || zone->wire[i] > 'z')
			continue;
		ret[n] = *zone;
		ret[n++].wire[i] -= 'a' - 'A';
	}
	/* Compression pointers to either name, and other label types. */
	for (unsigned type = 0x40; type <= 0xc0; type += 0x40) {
		for (unsigned at = 0; at < 40; at += 18) {
			ret[n].wire[0] = (uint8_t)type;
			ret[n].wire[1] = (uint8_t)at;
			ret[n++].len = 2;
		}
	}
	/* No name at all, and one without its end. */
	ret[n++].len = 0;
	ret[n] = *zone;
	ret[n++].len--;
	return n;
}

static void
try_names(struct scene *s, const struct model *right)
{
	static struct dname names[64];
	size_t n;
	struct model m = *right;

	memset(names, 0, sizeof(names));
	n = odd_names(&right->signer, names);
	assert_true(n < ARRAY_LEN(names));
	for (size_t i = 0; i < n; i++) {
		m.signer = names[i];
		if (names[i].len > 0 || right->signer.len > 1)
			refuse_model(s, &m, "signer's name", i);
		for (size_t j = 0; j < m.n; j++)
			m.rrs[j].owner = names[i];
		refuse_model(s, &m, "all names", i);
		for (unsigned labels = 0; labels < 4; labels++) {
			m.labels = (uint8_t)labels;
			refuse_model(s, &m, "all names and labels", i);
		}
		m = *right;
		for (size_t j = 0; j < m.n; j++) {
			m.rrs[j].owner = names[i];
			refuse_model(s, &m, "owner", i);
			m = *right;
		}
	}
}

static void
try_fields_of(struct scene *s, const struct model *right, size_t at)
{
	struct model m = *right;
	struct model_rr *rr = &m.rrs[at];

	for (uint32_t i = 0; i < 65536; i += s->step) {
		rr->type = (uint16_t)i;
		if (i != RRTYPE_DNSKEY)
			refuse_model(s, &m, "type", i);
		rr->type = RRTYPE_DNSKEY;
		rr->class = (uint16_t)i;
		if (i != 1)
			refuse_model(s, &m, "class", i);
		rr->class = 1;
		rr->rdata_len = (uint16_t)i;
		if (i != rr->len)
			refuse_model(s, &m, "RDATA length", i);
		rr->rdata_len = (uint16_t)rr->len;
		rr->rdata[0] = (uint8_t)(i >> 8);
		rr->rdata[1] = (uint8_t)i;
		if (memcmp(rr->rdata, right->rrs[at].rdata, 2) != 0)
			refuse_model(s, &m, "flags", i);
		*rr = right->rrs[at];
	}
	for (unsigned octet = 2; octet < 4; octet++) {
		for (unsigned i = 0; i < 256; i++) {
			rr->rdata[octet] = (uint8_t)i;
			if (i == right->rrs[at].rdata[octet])
				continue;
			refuse_model(s, &m, "protocol or algorithm", i);
			m.algorithm = (uint8_t)i;
			refuse_model(s, &m, "algorithm, also above", i);
			m.algorithm = right->algorithm;
		}
		*rr = right->rrs[at];
	}
	rr->ttl_s++;
	refuse_model(s, &m, "TTL of record", at);
	*rr = right->rrs[at];
	/* Said and done: shorter and longer keys. */
	for (size_t len = 0; len <= right->rrs[at].len + 3; len++) {
		if (len == right->rrs[at].len || len > DNSKEY_RDATA_MAX)
			continue;
		rr->len = len;
		rr->rdata_len = (uint16_t)len;
		refuse_model(s, &m, "RDATA of octets", len);
	}
}

/* Each key in another part: flags, order and tag as they would then be. */
static void
try_parts(struct scene *s, const struct model *right)
{
	static const uint16_t flags[] = { 0, 1, 128, 256, 257, 384, 385,
		65535 };

	for (size_t at = 0; at < right->n; at++) {
		for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
			struct model m = *right;
			struct dnskey key = s->response->bundles[0].keys[at];

			if (key.flags == flags[i])
				continue;
			key.flags = flags[i];
			m.rrs[at] = rr_of(right, &key);
			m.tag = dnskey_tag(&key);
			refuse_model_canonical(s, &m, "another part", i);
			m.tag = right->tag;
			refuse_model_canonical(s, &m, "another part", i);
		}
	}
}

static void
try_records(struct scene *s, const struct model *right)
{
	struct model m = *right;

	for (size_t i = 0; i < right->n; i++) {
		memmove(&m.rrs[i], &m.rrs[i + 1],
		    (right->n - i - 1) * sizeof(m.rrs[0]));
		m.n--;
		refuse_model(s, &m, "without record", i);
		m = *right;
		for (size_t j = 0; j <= right->n; j++) {
			memmove(&m.rrs[j + 1], &m.rrs[j],
			    (right->n - j) * sizeof(m.rrs[0]));
			m.rrs[j] = right->rrs[i];
			m.n++;
			refuse_model(s, &m, "record twice", i);
			m = *right;
		}
		for (size_t j = 0; j < i; j++) {
			m.rrs[i] = right->rrs[j];
			m.rrs[j] = right->rrs[i];
			refuse_model(s, &m, "exchanged", i);
			m.rrs[j] = right->rrs[j];
			refuse_model(s, &m, "in another's place", i);
			m = *right;
		}
	}
	m.n = 0;
	refuse_model(s, &m, "no record", 0);
}

/* Keys that nobody asked for, in every part and at every place. */
static void
try_strangers(struct scene *s, const struct model *right)
{
	static const uint16_t flags[] = { 256, 257, 384, 385, 0, 128, 1 };
	const struct dnskey *keys[] = { &s->stranger.dnskey,
		&s->ksks[OLD].dnskey, &s->ksks[NEW].dnskey, &s->zsks[0].dnskey,
		&s->zsks[1].dnskey };

	for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
		for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
			struct dnskey key = *keys[k];
			struct model m = *right;

			key.flags = flags[i];
			m.rrs[m.n++] = rr_of(right, &key);
			refuse_model_canonical(s, &m, "a key more", k);
			for (size_t at = 0; at < right->n; at++) {
				m = *right;
				m.rrs[at] = rr_of(right, &key);
				if (memcmp(&m.rrs[at], &right->rrs[at],
					sizeof(m.rrs[at])) == 0)
					continue;
				m.tag = dnskey_tag(&key);
				refuse_model_canonical(
				    s, &m, "a key for another", k);
			}
		}
	}
}

/* More records than any RRset has here. */
static void
try_many(struct scene *s, const struct model *right)
{
	struct model m = *right;

	while (m.n < RRS_MAX) {
		m.rrs[m.n] = rr_of(right, &s->stranger.dnskey);
		m.rrs[m.n].rdata[m.rrs[m.n].len - 1] = (uint8_t)m.n;
		m.n++;
		refuse_model_canonical(s, &m, "records", m.n);
	}
}

/* --- The same octets, where something else is wanted. */

static void
try_times_wanted(struct scene *s)
{
	static const int64_t wraps[] = { INT64_C(1) << 32, -(INT64_C(1) << 32),
		INT64_C(1) << 33, 1, -1 };
	struct bundle *asked = &s->request->bundles[0];
	const struct bundle right = *asked;
	const int64_t reach = INT64_C(1) << 31;

	for (size_t i = 0; i < ARRAY_LEN(wraps); i++) {
		asked->inception += wraps[i];
		asked->expiration += wraps[i];
		refused(s, octets_of(s), "wanted times another by", i);
		/* Even where the clock is there. */
		s->wanted.now += wraps[i];
		if (wraps[i] % (INT64_C(1) << 32) != 0)
			refused(s, octets_of(s), "times and clock by", i);
		s->wanted.now = NOW;
		asked->expiration = right.expiration;
		refused(s, octets_of(s), "wanted inception another by", i);
		*asked = right;
		asked->expiration += wraps[i];
		refused(s, octets_of(s), "wanted expiration another by", i);
		*asked = right;
	}
	s->wanted.now = right.expiration - reach;
	refused(s, octets_of(s), "expiration 2^31 s ahead", 0);
	s->wanted.now = right.expiration - reach + 1;
	assert_true(is_cleared(s, octets_of(s)));
	s->wanted.now = right.inception + reach;
	refused(s, octets_of(s), "inception 2^31 s ago", 0);
	s->wanted.now = right.inception + reach - 1;
	assert_true(is_cleared(s, octets_of(s)));
	s->wanted.now = NOW;
	s->config->ksk_policy.signature.max_signature_validity_s--;
	refused(s, octets_of(s), "valid a second too long", 0);
	s->config->ksk_policy.signature.max_signature_validity_s++;
}

/* Octets and request agree, and end before they begin, or when they do. */
static void
try_backwards(struct scene *s, const struct model *right)
{
	struct bundle *asked = &s->request->bundles[0];
	const struct bundle was = *asked;

	for (size_t i = 0; i < 2; i++) {
		struct model m = *right;

		asked->expiration = was.inception;
		asked->inception = i == 0 ? was.inception : was.expiration;
		m.expiration = right->inception;
		m.inception = i == 0 ? right->inception : right->expiration;
		refuse_model(s, &m, "backwards", i);
	}
	*asked = was;
}

static void
try_policy_wanted(struct scene *s)
{
	static const char *const zones[] = { ".", "com", "example", "org",
		"example.org", "www.example.org", "" };
	char zone[DNAME_TEXT_MAX + 1];
	struct dname right, other;
	struct err err;

	strcpy(zone, s->config->ksk_policy.signers_name);
	assert_ok(dname_parse(zone, &right, &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		if (dname_parse(zones[i], &other, &err) &&
		    dname_equal(&right, &other))
			continue;
		strcpy(s->config->ksk_policy.signers_name, zones[i]);
		refused(s, octets_of(s), "for zone", i);
	}
	strcpy(s->config->ksk_policy.signers_name, zone);
	s->config->ksk_policy.ttl_s++;
	refused(s, octets_of(s), "another TTL", 0);
	s->config->ksk_policy.ttl_s--;
	for (size_t i = 0; i < KSKS; i++) {
		struct config_key *pinned = &s->config->keys[i];
		const struct config_key right_pin = *pinned;

		if (((s->slot.publish | s->slot.revoke) >> i & 1) == 0)
			continue;
		pinned->has_ds = false;
		refused(s, octets_of(s), "not pinned", i);
		*pinned = right_pin;
		pinned->ds_sha256[31] ^= 1;
		refused(s, octets_of(s), "pinned as another", i);
		*pinned = right_pin;
		pinned->algorithm = 10;
		refused(s, octets_of(s), "pinned for another algorithm", i);
		*pinned = right_pin;
	}
	s->config->n_keys = 1;
	if ((s->slot.publish | s->slot.revoke) != OLD_BIT)
		refused(s, octets_of(s), "a key fewer configured", 0);
	s->config->n_keys = KSKS;
}

static bool
same_slot(const struct schema_slot *a, const struct schema_slot *b)
{
	return a->publish == b->publish && a->revoke == b->revoke;
}

static void
try_slots_wanted(struct scene *s)
{
	const struct schema_slot right = s->slot;
	const size_t signer = s->wanted.signer;
	uint32_t signer_bit = 1u << signer;

	for (uint32_t i = 0; i < 512; i++) {
		s->slot = (struct schema_slot){ i & 7, i >> 3 & 7, i >> 6 & 7 };
		if (same_slot(&s->slot, &right) &&
		    (s->slot.sign & signer_bit) != 0)
			continue;
		refused(s, octets_of(s), "slot", i);
	}
	s->slot = right;
	for (s->wanted.signer = 0; s->wanted.signer < 20; s->wanted.signer++)
		if (s->wanted.signer != signer)
			refused(s, octets_of(s), "signer", s->wanted.signer);
	s->wanted.signer = signer;
}

static void
try_request_wanted(struct scene *s)
{
	struct bundle *asked = &s->request->bundles[0];
	const struct bundle right = *asked;
	struct dnskey keys[3];

	for (size_t i = 0; i < right.n_keys; i++)
		keys[i] = right.keys[i];
	asked->keys = keys;
	for (size_t i = 0; i < right.n_keys; i++) {
		keys[i] = s->stranger.dnskey;
		keys[i].flags = DNSKEY_FLAGS_ZSK;
		refused(s, octets_of(s), "asked for another ZSK", i);
		keys[i] = right.keys[i];
		keys[i].flags = DNSKEY_FLAGS_KSK;
		refused(s, octets_of(s), "asked for no ZSK", i);
		keys[i] = right.keys[i];
		keys[i].algorithm++;
		refused(s, octets_of(s), "asked for another algorithm", i);
		keys[i] = right.keys[i];
		keys[i].protocol++;
		refused(s, octets_of(s), "asked for another protocol", i);
		keys[i] = right.keys[i];
		keys[right.n_keys] = keys[i];
		asked->n_keys = right.n_keys + 1;
		refused(s, octets_of(s), "asked for a ZSK twice", i);
		keys[right.n_keys] = s->stranger.dnskey;
		refused(s, octets_of(s), "asked for a ZSK more", i);
		asked->n_keys = right.n_keys;
	}
	asked->n_keys--;
	refused(s, octets_of(s), "asked for a ZSK fewer", 0);
	*asked = right;
}

/* The request's ZSK is the KSK itself, and the octets have both. */
static void
try_one_key_as_both(struct scene *s, const struct model *right)
{
	struct bundle *asked = &s->request->bundles[0];
	const struct model_rr zsk = rr_of(right, &asked->keys[0]);
	const struct dnskey was = asked->keys[0];
	struct model m = *right;

	asked->keys[0] = s->ksks[s->wanted.signer].dnskey;
	asked->keys[0].flags = DNSKEY_FLAGS_ZSK;
	for (size_t i = 0; i < m.n; i++)
		if (memcmp(&m.rrs[i], &zsk, sizeof(zsk)) == 0)
			m.rrs[i] = rr_of(right, &asked->keys[0]);
	refuse_model_canonical(s, &m, "a ZSK that is the KSK", 0);
	asked->keys[0] = was;
}

static void
clear_rrset_any_change_is_refused(void **state)
{
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		static struct scene s;
		static struct model m;
		struct buf again;
		size_t n_bits;

		scene_new(&s, &rows[i]);
		assert_true(is_cleared(&s, octets_of(&s)));
		try_bits(&s);
		n_bits = s.n_tried;
		try_lengths(&s);
		model_of(&s, &m);
		again = octets_of_model(&m);
		assert_true(bytes_equal(buf_bytes(&again), octets_of(&s)));
		buf_free(&again);
		try_head(&s, &m);
		try_names(&s, &m);
		for (size_t at = 0; at < m.n; at++)
			try_fields_of(&s, &m, at);
		try_parts(&s, &m);
		try_records(&s, &m);
		try_strangers(&s, &m);
		try_many(&s, &m);
		try_times_wanted(&s);
		try_backwards(&s, &m);
		try_policy_wanted(&s);
		try_slots_wanted(&s);
		try_request_wanted(&s);
		try_one_key_as_both(&s, &m);
		assert_true(is_cleared(&s, octets_of(&s)));
		printf("%s: %zu octets, %zu bits and %zu other changes tried, "
		       "all refused\n",
		    s.name, s.octets.len, n_bits, s.n_tried - n_bits);
		n += s.n_tried;
		scene_free(&s);
	}
	printf("%zu changes, 0 cleared\n", n);
}

/* --- A ZSK's proof, and what is no RRset. */

static void
put_proof(const struct scene *s, const struct dnskey *keys, size_t n,
    const struct dnskey *signer, struct buf *ret)
{
	struct rrsig rrsig = { .algorithm = signer->algorithm,
		.original_ttl_s = TTL_S,
		.inception = NOW,
		.expiration = NOW + 1,
		.tag = dnskey_tag(signer) };
	struct dname owner;
	struct err err;

	strcpy(rrsig.signers_name, s->request->domain);
	assert_ok(dname_parse(rrsig.signers_name, &owner, &err), &err);
	rrsig.labels = dname_labels(&owner);
	ret->len = 0;
	assert_ok(rrset_to_be_signed(&owner, &rrsig, keys, n, ret, &err), &err);
}

static void
clear_proof_of_zsks_alone(void **state)
{
	static struct scene s;
	struct buf octets = buf_new(TO_BE_SIGNED_MAX);
	struct dnskey keys[3];
	size_t len, alone;
	struct err err;

	(void)state;
	scene_new(&s, &rows[0]);
	keys[0] = s.zsks[0].dnskey;
	keys[1] = s.zsks[1].dnskey;
	put_proof(&s, keys, 2, &keys[0], &octets);
	assert_ok(clear_proof(buf_bytes(&octets), &keys[0], &err), &err);
	assert_false(clear_proof(buf_bytes(&octets), &keys[1], &err));
	assert_message_has(&err, "the signer's is");
	assert_false(clear_proof(buf_bytes(&octets), &s.stranger.dnskey, &err));
	assert_message_has(&err, "is not in the set");
	len = octets.len;
	put_proof(&s, keys, 1, &keys[0], &octets);
	alone = octets.len;
	put_proof(&s, keys, 2, &keys[0], &octets);
	for (size_t i = 0; i < len; i++) {
		struct bytes cut = { octets.data, i };

		/* The first record alone may be the signer's own. */
		if (i != alone)
			assert_false(clear_proof(cut, &keys[0], &err));
	}
	/* Type covered and labels are those of the keys; the tag is the key's. */
	for (size_t i = 0; i < 4; i++) {
		octets.data[i] ^= 1;
		assert_false(clear_proof(buf_bytes(&octets), &keys[0], &err));
		octets.data[i] ^= 1;
	}
	assert_ok(clear_proof(buf_bytes(&octets), &keys[0], &err), &err);
	/* Nothing that is published with a KSK in it. */
	keys[2] = s.ksks[OLD].dnskey;
	put_proof(&s, keys, 3, &keys[0], &octets);
	assert_false(clear_proof(buf_bytes(&octets), &keys[0], &err));
	assert_message_has(&err, "has flags 257, not 256");
	assert_false(clear_proof(octets_of(&s), &s.ksks[OLD].dnskey, &err));
	assert_int_equal(err.code, E_REFUSED);
	buf_free(&octets);
	scene_free(&s);
}

static void
clear_no_rrset_refuses_records_of_any_type(void **state)
{
	static const uint16_t types[] = { 1, 2, 6, 43, 48, 59, 12418, 65535 };
	static const char *const texts[] = { "", "{\"a\":1}\n", "\x30\x03\x02",
		"0\x82\x01\x02\x02\x01" };
	static struct scene s;
	static struct model m;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_ok(
		    clear_no_rrset(bytes_of_string(texts[i]), &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		scene_new(&s, &rows[i]);
		model_of(&s, &m);
		for (size_t k = 0; k < ARRAY_LEN(types); k++) {
			struct buf octets;

			m.type = types[k];
			for (size_t j = 0; j < m.n; j++)
				m.rrs[j].type = types[k];
			octets = octets_of_model(&m);
			assert_false(clear_no_rrset(buf_bytes(&octets), &err));
			assert_message_has(&err, "read as a signature over");
			assert_int_equal(err.code, E_REFUSED);
			buf_free(&octets);
		}
		scene_free(&s);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(clear_rrset_any_change_is_refused),
		cmocka_unit_test(clear_proof_of_zsks_alone),
		cmocka_unit_test(clear_no_rrset_refuses_records_of_any_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
