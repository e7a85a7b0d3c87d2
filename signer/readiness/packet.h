/*
 * A captured packet, taken apart as far as the octets that UDP or TCP carry to
 * a DNS server.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ksr/base/bytes.h"
#include "ksr/readiness/source.h"

#define DNS_PORT 53u

enum unpacked {
	UNPACKED_UDP,
	UNPACKED_TCP,
	UNPACKED_OTHER, /* nothing sent to a DNS server */
	UNPACKED_LINK,	/* not IP, or a link that is not known */
	UNPACKED_CUT,	/* captured in part */
	UNPACKED_MALFORMED,
	UNPACKED_FRAGMENT,
};

struct packet {
	struct source from, to; /* addresses */
	uint16_t from_port;
	uint32_t sequence; /* of TCP */
	bool syn, fin;	   /* of TCP; fin: RST, too */
	struct bytes payload; /* borrowed */
};

/*
 * octets is what was captured, of wire_len that there were; link is a number of
 * libpcap's (DLT_*).  *ret is filled for UDP and TCP.
 */
enum unpacked packet_unpack(
    struct bytes octets, size_t wire_len, int link, struct packet *ret);
