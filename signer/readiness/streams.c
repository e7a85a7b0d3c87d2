#include <stdlib.h>
#include <string.h>

#include "ksr/readiness/siphash.h"
#include "signer/readiness/streams.h"

#define SLOTS	  1024u /* of 4 KiB: streams amid a message at one time */
#define SEGMENT_MAX 65535u

struct slot {
	bool used;
	struct source from, to;
	uint16_t port;
	uint32_t next; /* sequence number of the next octet */
	size_t len;
	uint8_t data[STREAM_MESSAGE_MAX + 2];
};

struct streams {
	struct slot slots[SLOTS];
	struct slot *last; /* that was put to */
	uint8_t octets[STREAM_MESSAGE_MAX + 2 + SEGMENT_MAX];
	size_t at, len; /* what of the octets is not read yet */
};

bool
streams_new(struct streams **ret, struct err *err)
{
	struct streams *streams = calloc(1, sizeof(*streams));

	if (streams == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	*ret = streams;
	return true;
}

void
streams_free(struct streams *streams)
{
	free(streams);
}

static struct slot *
slot_of(struct streams *streams, const struct packet *packet)
{
	static const uint64_t key[2] = { 0, 0 };
	uint8_t octets[2 * SOURCE_OCTETS + 2];

	memcpy(octets, packet->from.octets, SOURCE_OCTETS);
	memcpy(octets + SOURCE_OCTETS, packet->to.octets, SOURCE_OCTETS);
	memcpy(octets + 2 * SOURCE_OCTETS, &packet->from_port, 2);
	return &streams
		    ->slots[siphash(key, octets, sizeof(octets)) % SLOTS];
}

static bool
is_of(const struct slot *slot, const struct packet *packet)
{
	return slot->used && slot->port == packet->from_port &&
	    source_compare(&slot->from, &packet->from) == 0 &&
	    source_compare(&slot->to, &packet->to) == 0;
}

/* Whether the slot's octets are lost: another stream's, or not the next ones. */
static bool
is_lost(const struct slot *slot, const struct packet *packet)
{
	return slot->used && slot->len > 0 &&
	    (!is_of(slot, packet) || packet->syn ||
	    slot->next != packet->sequence);
}

bool
streams_put(struct streams *streams, const struct packet *packet)
{
	struct slot *slot = slot_of(streams, packet);
	size_t len = packet->payload.len;
	bool lost;

	streams->last = slot;
	streams->at = streams->len = 0;
	/* A repeated packet, or an acknowledgement, changes nothing. */
	if (is_of(slot, packet) && !packet->syn && !packet->fin &&
	    (len == 0 || slot->next - packet->sequence - 1 < SEGMENT_MAX))
		return true;
	lost = is_lost(slot, packet);
	if (lost)
		slot->len = 0;
	/* Amid a message nobody knows where the next begins. */
	if (lost && is_of(slot, packet) && !packet->syn) {
		slot->used = false;
		return false;
	}
	if (len > SEGMENT_MAX)
		len = 0;
	memcpy(streams->octets, slot->data, slot->len);
	if (len > 0)
		memcpy(streams->octets + slot->len, packet->payload.data, len);
	streams->len = slot->len + len;
	*slot = (struct slot){ .used = true,
		.from = packet->from,
		.to = packet->to,
		.port = packet->from_port,
		.next = packet->sequence + (uint32_t)len + packet->syn };
	slot->used = !packet->fin;
	return !lost;
}

/* What is no whole message stays for the next packet. */
static enum streams_found
keep(struct streams *streams, const uint8_t *octets, size_t left)
{
	struct slot *slot = streams->last;

	streams->at = streams->len;
	if (left > sizeof(slot->data))
		return STREAMS_LONG;
	if (!slot->used)
		return STREAMS_GAP;
	memcpy(slot->data, octets, left);
	slot->len = left;
	return STREAMS_END;
}

enum streams_found
streams_next(struct streams *streams, struct bytes *ret)
{
	const uint8_t *octets = streams->octets + streams->at;
	size_t left = streams->len - streams->at, len;

	if (left == 0)
		return STREAMS_END;
	len = left < 2 ? 0 : (size_t)(octets[0] << 8 | octets[1]);
	if (len > STREAM_MESSAGE_MAX) {
		streams->at = streams->len;
		return STREAMS_LONG;
	}
	if (left < 2 || len > left - 2)
		return keep(streams, octets, left);
	*ret = (struct bytes){ octets + 2, len };
	streams->at += len + 2;
	return STREAMS_MESSAGE;
}

size_t
streams_open(const struct streams *streams)
{
	size_t n = 0;

	for (size_t i = 0; i < SLOTS; i++)
		n += streams->slots[i].used && streams->slots[i].len > 0;
	return n;
}
