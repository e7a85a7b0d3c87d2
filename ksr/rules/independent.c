#include <string.h>

#include <ldns/ldns.h>

#include "ksr/document/bundle.h"
#include "ksr/rules/independent.h"

/* RFC 4034 3.1.5: times are compared as serial numbers. */
#define SERIAL_HALF (INT64_C(1) << 31)

/* The records of one bundle as ldns has them, and the signature's key. */
struct opinion {
	const struct bundle *bundle;
	const struct rrsig *declared;
	ldns_rdf *owner;
	ldns_rr_list *rrset; /* one RR a key, in the bundle's order */
	const struct child_set *child; /* what is covered; NULL: the keys */
	uint16_t type;
	ldns_rr_list *covered; /* the same as RRs; NULL: rrset */
	ldns_rr *rrsig;
};

static bool
out_of_memory(struct err *err)
{
	return err_set(err, E_MEMORY, "ldns cannot make a record");
}

/* The octet behind a backslash at *text, and behind it; false: none is meant. */
static bool
unescape(const char **text, uint8_t *ret)
{
	size_t digits = strspn(*text, "0123456789");
	unsigned octet = 0;

	if (digits > 0) {
		for (size_t i = 0; i < 3 && i < digits; i++)
			octet = 10 * octet + (unsigned)(*(*text)++ - '0');
		*ret = (uint8_t)octet;
		return digits >= 3 && octet <= UINT8_MAX;
	}
	*ret = (uint8_t)**text;
	return *ret != '\0' && (*text)++ != NULL;
}

/*
 * RFC 1035 5.1 to 3.1.  ldns reads an escape where a dot would end a label, so
 * it gets a name with escapes as octets.
 */
static ldns_rdf *
name_of_escaped(const char *text)
{
	uint8_t wire[LDNS_MAX_DOMAINLEN] = { 0 };
	size_t label = 0, at = 1;

	for (; *text != '\0'; at++) {
		char c = *text++;

		if (at == sizeof(wire))
			return NULL;
		wire[at] = (uint8_t)c;
		if (c == '\\' && !unescape(&text, &wire[at]))
			return NULL;
		if (c != '.')
			continue;
		if (at - label < 2 || at - label - 1 > LDNS_MAX_LABELLEN)
			return NULL;
		wire[label] = (uint8_t)(at - label - 1);
		wire[at] = 0;
		label = at;
	}
	if (at - label > 1) { /* the last label had no dot */
		if (at - label - 1 > LDNS_MAX_LABELLEN || at == sizeof(wire))
			return NULL;
		wire[label] = (uint8_t)(at - label - 1);
		wire[at++] = 0;
	}
	return ldns_dname_new_frm_data((uint16_t)at, wire);
}

static ldns_rdf *
name_of_text(const char *text)
{
	if (*text == '\0')
		return NULL;
	return strchr(text, '\\') == NULL ? ldns_dname_new_frm_str(text)
					   : name_of_escaped(text);
}

/* Gives the RR its next RDATA field; frees it where that is impossible. */
static bool
push_field(ldns_rr *rr, ldns_rdf *field)
{
	if (field != NULL && ldns_rr_push_rdf(rr, field))
		return true;
	ldns_rdf_deep_free(field);
	return false;
}

static bool
push_u8(ldns_rr *rr, ldns_rdf_type type, uint8_t v)
{
	return push_field(rr, ldns_native2rdf_int8(type, v));
}

static bool
push_u16(ldns_rr *rr, ldns_rdf_type type, uint16_t v)
{
	return push_field(rr, ldns_native2rdf_int16(type, v));
}

static bool
push_u32(ldns_rr *rr, ldns_rdf_type type, uint32_t v)
{
	return push_field(rr, ldns_native2rdf_int32(type, v));
}

static bool
push_octets(ldns_rr *rr, const uint8_t *octets, size_t len)
{
	return push_field(
	    rr, ldns_rdf_new_frm_data(LDNS_RDF_TYPE_B64, len, octets));
}

/* An RR without RDATA, or NULL. */
static ldns_rr *
rr_new(const ldns_rdf *owner, ldns_rr_type type, uint32_t ttl_s)
{
	ldns_rr *rr = ldns_rr_new();
	ldns_rdf *name = ldns_rdf_clone(owner);

	if (rr == NULL || name == NULL) {
		ldns_rdf_deep_free(name);
		ldns_rr_free(rr);
		return NULL;
	}
	ldns_rr_set_owner(rr, name);
	ldns_rr_set_type(rr, type);
	ldns_rr_set_class(rr, LDNS_RR_CLASS_IN);
	ldns_rr_set_ttl(rr, ttl_s);
	return rr;
}

static ldns_rr *
rr_of_key(const ldns_rdf *owner, const struct dnskey *key)
{
	ldns_rr *rr = rr_new(owner, LDNS_RR_TYPE_DNSKEY, key->ttl_s);

	if (rr != NULL && push_u16(rr, LDNS_RDF_TYPE_INT16, key->flags) &&
	    push_u8(rr, LDNS_RDF_TYPE_INT8, key->protocol) &&
	    push_u8(rr, LDNS_RDF_TYPE_ALG, key->algorithm) &&
	    push_octets(rr, key->public_key, key->public_key_len))
		return rr;
	ldns_rr_free(rr);
	return NULL;
}

/* RFC 7344: a CDNSKEY's RDATA is a DNSKEY's, a CDS's is a DS's. */
static ldns_rr *
rr_of_child(const ldns_rdf *owner, uint16_t type, uint32_t ttl_s,
    const struct child_record *record)
{
	const uint8_t *o = record->octets;
	ldns_rr *rr = rr_new(owner, (ldns_rr_type)type, ttl_s);
	bool cds = type == LDNS_RR_TYPE_CDS;

	if (rr != NULL && record->len > 4 &&
	    push_u16(rr, LDNS_RDF_TYPE_INT16, (uint16_t)(o[0] << 8 | o[1])) &&
	    push_u8(rr, cds ? LDNS_RDF_TYPE_ALG : LDNS_RDF_TYPE_INT8, o[2]) &&
	    push_u8(rr, cds ? LDNS_RDF_TYPE_INT8 : LDNS_RDF_TYPE_ALG, o[3]) &&
	    push_field(rr,
		ldns_rdf_new_frm_data(
		    cds ? LDNS_RDF_TYPE_HEX : LDNS_RDF_TYPE_B64,
		    record->len - 4u, o + 4)))
		return rr;
	ldns_rr_free(rr);
	return NULL;
}

static ldns_rr *
rr_of_signature(
    const ldns_rdf *owner, uint16_t type, const struct rrsig *sig)
{
	ldns_rr *rr = rr_new(owner, LDNS_RR_TYPE_RRSIG, sig->ttl_s);

	if (rr != NULL &&
	    push_u16(rr, LDNS_RDF_TYPE_TYPE, type) &&
	    push_u8(rr, LDNS_RDF_TYPE_ALG, sig->algorithm) &&
	    push_u8(rr, LDNS_RDF_TYPE_INT8, sig->labels) &&
	    push_u32(rr, LDNS_RDF_TYPE_INT32, sig->original_ttl_s) &&
	    push_u32(rr, LDNS_RDF_TYPE_TIME, (uint32_t)sig->expiration) &&
	    push_u32(rr, LDNS_RDF_TYPE_TIME, (uint32_t)sig->inception) &&
	    push_u16(rr, LDNS_RDF_TYPE_INT16, sig->tag) &&
	    push_field(rr, name_of_text(sig->signers_name)) &&
	    push_octets(rr, sig->signature, sig->signature_len))
		return rr;
	ldns_rr_free(rr);
	return NULL;
}

static void
opinion_clear(struct opinion *o)
{
	ldns_rr_free(o->rrsig);
	ldns_rr_list_deep_free(o->covered);
	ldns_rr_list_deep_free(o->rrset);
	ldns_rdf_deep_free(o->owner);
}

static bool
cover_child(struct opinion *o, struct err *err)
{
	if (o->child == NULL)
		return true;
	o->covered = ldns_rr_list_new();
	if (o->covered == NULL)
		return out_of_memory(err);
	for (size_t i = 0; i < o->child->n_records; i++) {
		ldns_rr *rr = rr_of_child(o->owner, o->type, o->child->ttl_s,
		    &o->child->records[i]);

		if (rr == NULL || !ldns_rr_list_push_rr(o->covered, rr)) {
			ldns_rr_free(rr);
			return out_of_memory(err);
		}
	}
	return true;
}

/* On failure o holds what was made so far. */
static bool
opinion_make(const char *domain, struct opinion *o, struct err *err)
{
	ldns_rdf *signer = name_of_text(o->declared->signers_name);

	o->owner = name_of_text(domain);
	ldns_rdf_deep_free(signer);
	if (o->owner == NULL || signer == NULL)
		return err_set(err, E_REFUSED, "\"%s\" is no domain name",
		    o->owner == NULL ? domain : o->declared->signers_name);
	o->rrset = ldns_rr_list_new();
	if (o->rrset == NULL)
		return out_of_memory(err);
	for (size_t i = 0; i < o->bundle->n_keys; i++) {
		ldns_rr *rr = rr_of_key(o->owner, &o->bundle->keys[i]);

		if (rr == NULL || !ldns_rr_list_push_rr(o->rrset, rr)) {
			ldns_rr_free(rr);
			return out_of_memory(err);
		}
	}
	if (!cover_child(o, err))
		return false;
	o->rrsig = rr_of_signature(o->owner, o->type, o->declared);
	return o->rrsig != NULL ? true : out_of_memory(err);
}

/* What ldns does not ask of a DNSKEY RR. */
static bool
key_holds(const struct opinion *o, size_t i, struct err *err)
{
	const struct dnskey *key = &o->bundle->keys[i];
	const ldns_rr *rr = ldns_rr_list_rr(o->rrset, i);
	uint16_t tag = ldns_calc_keytag(rr);

	if ((key->flags & LDNS_KEY_ZONE_KEY) == 0)
		return err_set(err, E_REFUSED,
		    "key %s: flags %u have no ZONE bit", key->identifier,
		    key->flags);
	if (key->protocol != LDNS_DNSSEC_KEYPROTO)
		return err_set(err, E_REFUSED, "key %s: protocol %u, not %d",
		    key->identifier, key->protocol, LDNS_DNSSEC_KEYPROTO);
	if (key->tag != tag)
		return err_set(err, E_REFUSED,
		    "key %s: key tag %u, but its RDATA gives %u",
		    key->identifier, key->tag, tag);
	if (o->child == NULL && key->ttl_s != o->declared->original_ttl_s)
		return err_set(err, E_REFUSED,
		    "key %s: TTL %" PRIu32 ", but signed with %" PRIu32,
		    key->identifier, key->ttl_s, o->declared->original_ttl_s);
	for (size_t j = 0; j < i; j++)
		if (ldns_rr_compare(rr, ldns_rr_list_rr(o->rrset, j)) == 0)
			return err_set(err, E_REFUSED,
			    "key %s: in the RRset twice", key->identifier);
	return true;
}

static bool
times_hold(const struct opinion *o, struct err *err)
{
	const struct rrsig *sig = o->declared;
	int64_t validity_s = sig->expiration - sig->inception;

	if (sig->inception != o->bundle->inception ||
	    sig->expiration != o->bundle->expiration)
		return err_set(err, E_REFUSED,
		    "inception %" PRId64 " and expiration %" PRId64
		    " are not the bundle's, %" PRId64 " and %" PRId64,
		    sig->inception, sig->expiration, o->bundle->inception,
		    o->bundle->expiration);
	if (validity_s <= 0 || validity_s >= SERIAL_HALF)
		return err_set(err, E_REFUSED,
		    "expiration %" PRId64 " is not after inception %" PRId64
		    " in the sense of RFC 4034 section 3.1.5",
		    sig->expiration, sig->inception);
	return true;
}

/* What ldns does not ask of an RRSIG RR. */
static bool
signature_holds(const struct opinion *o, struct err *err)
{
	const struct rrsig *sig = o->declared;

	if (ldns_dname_compare(ldns_rr_rrsig_signame(o->rrsig), o->owner) != 0)
		return err_set(err, E_REFUSED,
		    "signer's name %s is not the owner", sig->signers_name);
	if (sig->labels != ldns_dname_label_count(o->owner))
		return err_set(err, E_REFUSED,
		    "%u labels, but the owner has %u", sig->labels,
		    ldns_dname_label_count(o->owner));
	if (sig->ttl_s != sig->original_ttl_s)
		return err_set(err, E_REFUSED,
		    "TTL %" PRIu32 " is not the original TTL %" PRIu32,
		    sig->ttl_s, sig->original_ttl_s);
	if (o->child != NULL && o->child->ttl_s != sig->original_ttl_s)
		return err_set(err, E_REFUSED,
		    "the records' TTL is %" PRIu32 ", but signed with %" PRIu32,
		    o->child->ttl_s, sig->original_ttl_s);
	return times_hold(o, err);
}

/* The one key with the signature's identifier, tag and algorithm. */
static bool
find_signer(const struct opinion *o, ldns_rr **ret, struct err *err)
{
	const struct rrsig *sig = o->declared;
	ldns_rr *found = NULL;

	for (size_t i = 0; i < o->bundle->n_keys; i++) {
		const struct dnskey *key = &o->bundle->keys[i];
		ldns_rr *rr = ldns_rr_list_rr(o->rrset, i);

		if (strcmp(key->identifier, sig->identifier) != 0 ||
		    key->algorithm != sig->algorithm ||
		    ldns_calc_keytag(rr) != sig->tag)
			continue;
		if (found != NULL)
			return err_set(err, E_REFUSED,
			    "made by more than one key %s, tag %u",
			    sig->identifier, sig->tag);
		found = rr;
	}
	if (found == NULL)
		return err_set(err, E_REFUSED,
		    "no key %s with tag %u and algorithm %u in the RRset",
		    sig->identifier, sig->tag, sig->algorithm);
	*ret = found;
	return true;
}

static bool
verify_with(const struct opinion *o, ldns_rr *signer, struct err *err)
{
	ldns_rr_list *signers = ldns_rr_list_new();
	ldns_rr_list *good = ldns_rr_list_new();
	ldns_status status;
	bool ok;

	/* ldns sorts the RRs and makes them canonical in copies of its own. */
	if (signers == NULL || good == NULL ||
	    !ldns_rr_list_push_rr(signers, signer)) {
		ok = out_of_memory(err);
	} else {
		status = ldns_verify_rrsig_keylist_notime(
		    o->covered == NULL ? o->rrset : o->covered, o->rrsig,
		    signers, good);
		ok = status == LDNS_STATUS_OK &&
		    ldns_rr_list_rr_count(good) == 1;
		if (!ok)
			err_set(err, E_REFUSED, "does not verify: %s",
			    ldns_get_errorstr_by_id(status));
	}
	ldns_rr_list_free(good); /* the RRs are the RRset's */
	ldns_rr_list_free(signers);
	return ok;
}

static bool
opinion_form(struct opinion *o, const char *domain, struct err *err)
{
	ldns_rr *signer = NULL;

	if (!opinion_make(domain, o, err))
		return false;
	for (size_t i = 0; i < o->bundle->n_keys; i++)
		if (!key_holds(o, i, err))
			return false;
	return signature_holds(o, err) && find_signer(o, &signer, err) &&
	    verify_with(o, signer, err);
}

bool
independent_verify(const struct ksr *response, size_t bundle, size_t signature,
    struct err *err)
{
	struct opinion o = { 0 };
	bool ok;

	if (bundle < response->n_bundles) {
		o.bundle = &response->bundles[bundle];
		o.declared =
		    bundle_signature(o.bundle, signature, &o.child, &o.type);
	}
	if (o.declared == NULL)
		return err_set(err, E_INTERNAL,
		    "there is no signature %zu in bundle %zu", signature + 1,
		    bundle + 1);
	ok = opinion_form(&o, response->domain, err);
	opinion_clear(&o);
	if (!ok)
		return err_prefix(err, "bundle %zu (%s): signature %zu by %s",
		    bundle + 1, o.bundle->id, signature + 1,
		    o.declared->identifier);
	return true;
}

bool
independent_verify_all(const struct ksr *response, struct err *err)
{
	for (size_t i = 0; i < response->n_bundles; i++)
		for (size_t j = 0;
		     j < bundle_count_signatures(&response->bundles[i]); j++)
			if (!independent_verify(response, i, j, err))
				return false;
	return true;
}
