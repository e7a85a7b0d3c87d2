#include "ksr/document/message.h"

enum {
	HEADER = 12,	  /* RFC 1035 4.1.1 */
	QUESTION = 4,	  /* type and class */
	RECORD = 10,	  /* type, class, TTL, RDATA length */
	POINTER = 2,	  /* RFC 1035 4.1.4 */
	OPT = 11,	  /* RFC 6891 6.1.2: the root as owner, no option */
	DNSKEY_FIXED = 4, /* RFC 4034 2.1 */
	RRSIG_FIXED = 18, /* RFC 4034 3.1 */
};

/* The root is shorter than a pointer to it. */
static size_t
owner_octets(const struct dname *owner)
{
	return owner->len < POINTER ? owner->len : POINTER;
}

size_t
message_base_octets(const struct dname *owner)
{
	return HEADER + owner->len + QUESTION + OPT;
}

size_t
message_dnskey_octets(const struct dname *owner, size_t public_key_octets)
{
	return owner_octets(owner) + RECORD + DNSKEY_FIXED + public_key_octets;
}

size_t
message_rrsig_octets(const struct dname *owner, size_t signature_octets)
{
	return owner_octets(owner) + RECORD + RRSIG_FIXED + owner->len +
	    signature_octets;
}

size_t
message_octets(const struct dname *owner, const struct bundle *bundle)
{
	size_t octets = message_base_octets(owner);

	for (size_t i = 0; i < bundle->n_keys; i++)
		octets += message_dnskey_octets(
		    owner, bundle->keys[i].public_key_len);
	for (size_t i = 0; i < bundle->n_signatures; i++)
		octets += message_rrsig_octets(
		    owner, bundle->signatures[i].signature_len);
	return octets;
}
