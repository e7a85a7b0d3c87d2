/*
 * How large the answer to a query for a zone's DNSKEY RRset is, for the paths
 * that a large one does not survive.
 */
#pragma once

#include <stddef.h>

#include "ksr/dns/dname.h"
#include "ksr/document/ksr.h"

/*
 * Above the first, UDP over IPv6 may be cut into fragments (DNS flag day 2020:
 * 1,280 octets of IPv6's least MTU less 48 of headers); above the second, over
 * Ethernet as well (1,500 less 48).
 */
#define MESSAGE_OCTETS_SAFE	1232u
#define MESSAGE_OCTETS_ETHERNET 1452u

/*
 * Octets of the DNS message, headers of UDP and IP apart: header, question, the
 * records with their owner's name compressed (RFC 1035 4.1.4), an OPT record
 * without options (RFC 6891).  A signer's name is never compressed (RFC 4034
 * 3.1.7).
 */
size_t message_octets(const struct dname *owner, const struct bundle *bundle);

/* The parts, for those who have no bundle yet. */
size_t message_base_octets(const struct dname *owner);
size_t message_dnskey_octets(
    const struct dname *owner, size_t public_key_octets);
size_t message_rrsig_octets(const struct dname *owner, size_t signature_octets);
