/*
 * DNS messages in the octets that TCP carries to a server (RFC 1035 4.2.2),
 * as far as packets come in their order: a fixed table of streams that are in
 * the midst of a message.  Nothing is kept of others.
 *
 * A stream of which the beginning was not captured is taken from a packet's
 * first octet on, where nearly every query begins.
 */
#pragma once

#include "ksr/base/err.h"
#include "signer/readiness/packet.h"

#define STREAM_MESSAGE_MAX 4096u /* a query; with padding about 500 */

struct streams;

enum streams_found {
	STREAMS_END, /* of what was put; what is no whole message is kept */
	STREAMS_MESSAGE,
	STREAMS_LONG, /* a message beyond the limit; the end, too */
	STREAMS_GAP,  /* the stream has ended amid a message; the end, too */
};

MUST_USE bool streams_new(struct streams **ret, struct err *err);
void streams_free(struct streams *streams); /* NULL does nothing */

/*
 * The packet's octets go behind what the stream has.  False: octets are missing
 * before them, and what the stream had is lost.
 */
bool streams_put(struct streams *streams, const struct packet *packet);

/*
 * The next message of the stream that was put to last, which is the caller's
 * until the next call.
 */
enum streams_found streams_next(struct streams *streams, struct bytes *ret);

/* Streams that are still in the midst of a message. */
size_t streams_open(const struct streams *streams);
