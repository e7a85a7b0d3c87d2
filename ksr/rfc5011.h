/*
 * What RFC 5011 says about time: how often a validator looks at a zone's
 * DNSKEY RRset, and how long a new key must be seen before it is trusted.
 */
#pragma once

#include <stdint.h>

#define RFC5011_ADD_HOLD_DOWN_S	   (30 * INT64_C(86400)) /* section 2.4.1 */
#define RFC5011_REMOVE_HOLD_DOWN_S (30 * INT64_C(86400)) /* section 2.4.2 */

/*
 * Section 2.4.1: the add hold-down time, or the TTL of the RRset that the key
 * was first seen in, whichever is longer.
 */
int64_t rfc5011_add_hold_down_s(uint32_t ttl_s);

/*
 * Section 2.3, active refresh: a validator asks anew after
 * max(1 h, min(15 d, TTL / 2, signature validity / 2)).
 */
int64_t rfc5011_refresh_s(uint32_t ttl_s, int64_t validity_s);
