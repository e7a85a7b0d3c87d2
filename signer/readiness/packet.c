#include <pcap/dlt.h>
#include <string.h>

#include "ksr/base/cursor.h"
#include "ksr/base/macros.h"
#include "signer/readiness/packet.h"

#define ETHERTYPE_IP4	0x0800u
#define ETHERTYPE_IP6	0x86ddu
#define ETHERTYPE_VLAN	0x8100u
#define ETHERTYPE_QINQ	0x88a8u
#define VLANS_MAX	4
#define EXTENSIONS_MAX	16
#define PROTOCOL_TCP	6u
#define PROTOCOL_UDP	17u
#define PROTOCOL_FRAGMENT 44u
#define TCP_FIN		0x01u
#define TCP_SYN		0x02u
#define TCP_RST		0x04u

/* The links that are known, and where in their header the type stands. */
static const struct link_row {
	int link;
	size_t header;
	int type_at; /* -1: there is none, the first octet's version says it */
} links[] = {
	{ DLT_EN10MB, 14, 12 },
	{ DLT_RAW, 0, -1 },
	{ DLT_IPV4, 0, -1 },
	{ DLT_IPV6, 0, -1 },
	{ DLT_NULL, 4, -1 },
	{ DLT_LOOP, 4, -1 },
	{ DLT_LINUX_SLL, 16, 14 },
	{ DLT_LINUX_SLL2, 20, 0 },
	{ 101, 0, -1 }, /* LINKTYPE_RAW, as other programs write it */
};

static uint16_t
u16_at(struct bytes octets, size_t at)
{
	return (uint16_t)(octets.data[at] << 8 | octets.data[at + 1]);
}

/* What the link carries, if that is IP. */
static enum unpacked
strip_link(struct bytes octets, int link, struct cursor *ret)
{
	const struct link_row *row = links;
	uint16_t type;

	while (row < links + ARRAY_LEN(links) && row->link != link)
		row++;
	if (row == links + ARRAY_LEN(links))
		return UNPACKED_LINK;
	*ret = cursor_new(octets);
	(void)cursor_take(ret, row->header);
	if (ret->failed)
		return UNPACKED_MALFORMED;
	if (row->type_at < 0)
		return UNPACKED_OTHER;
	type = u16_at(octets, (size_t)row->type_at);
	for (int i = 0; i < VLANS_MAX &&
	     (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ);
	     i++) {
		(void)cursor_u16(ret);
		type = cursor_u16(ret);
	}
	if (ret->failed)
		return UNPACKED_MALFORMED;
	return type == ETHERTYPE_IP4 || type == ETHERTYPE_IP6 ? UNPACKED_OTHER
							      : UNPACKED_LINK;
}

static void
put_address(struct source *source, uint8_t family, struct bytes octets)
{
	*source = (struct source){ .family = family };
	if (octets.data != NULL)
		memcpy(source->octets, octets.data, octets.len);
}

/*
 * The cursor stands at IPv4's first octet and ends up at what it carries, cut to
 * the length that the header says (behind it an Ethernet frame may be padded).
 */
static enum unpacked
strip_ip4(struct cursor *cursor, struct packet *packet, uint8_t *ret_protocol)
{
	size_t header = (cursor_u8(cursor) & 0x0fu) * 4u, total;
	uint16_t fragment;

	(void)cursor_u8(cursor);
	total = cursor_u16(cursor);
	(void)cursor_u16(cursor);
	fragment = cursor_u16(cursor);
	(void)cursor_u8(cursor);
	*ret_protocol = cursor_u8(cursor);
	(void)cursor_u16(cursor);
	put_address(&packet->from, 4, cursor_take(cursor, 4));
	put_address(&packet->to, 4, cursor_take(cursor, 4));
	if (header < 20 || total < header)
		return UNPACKED_MALFORMED;
	(void)cursor_take(cursor, header - 20);
	if (cursor->failed)
		return UNPACKED_MALFORMED;
	if (cursor->rest.len > total - header)
		cursor->rest.len = total - header;
	/* More fragments, or an offset. */
	return (fragment & 0x3fffu) != 0 ? UNPACKED_FRAGMENT : UNPACKED_OTHER;
}

/* Whether the header is an extension whose length stands in its second octet. */
static bool
is_extension(uint8_t protocol)
{
	return protocol == 0 || protocol == 43 || protocol == 60 ||
	    protocol == 135;
}

static enum unpacked
strip_ip6(struct cursor *cursor, struct packet *packet, uint8_t *ret_protocol)
{
	size_t len;

	(void)cursor_take(cursor, 4);
	len = cursor_u16(cursor);
	*ret_protocol = cursor_u8(cursor);
	(void)cursor_u8(cursor);
	put_address(&packet->from, 6, cursor_take(cursor, 16));
	put_address(&packet->to, 6, cursor_take(cursor, 16));
	if (!cursor->failed && cursor->rest.len > len)
		cursor->rest.len = len;
	for (int i = 0; i < EXTENSIONS_MAX && is_extension(*ret_protocol); i++) {
		*ret_protocol = cursor_u8(cursor);
		(void)cursor_take(cursor, cursor_u8(cursor) * 8u + 6u);
	}
	if (cursor->failed || is_extension(*ret_protocol))
		return UNPACKED_MALFORMED;
	return *ret_protocol == PROTOCOL_FRAGMENT ? UNPACKED_FRAGMENT
						  : UNPACKED_OTHER;
}

static enum unpacked
strip_udp(struct cursor *cursor, struct packet *packet)
{
	uint16_t to, len;

	packet->from_port = cursor_u16(cursor);
	to = cursor_u16(cursor);
	len = cursor_u16(cursor);
	(void)cursor_u16(cursor);
	if (cursor->failed || len < 8)
		return UNPACKED_MALFORMED;
	if (to != DNS_PORT)
		return UNPACKED_OTHER;
	if (cursor->rest.len > len - 8u)
		cursor->rest.len = len - 8u;
	packet->payload = cursor_rest(cursor);
	return packet->payload.len < len - 8u ? UNPACKED_CUT : UNPACKED_UDP;
}

static enum unpacked
strip_tcp(struct cursor *cursor, struct packet *packet)
{
	uint16_t to;
	size_t header;
	uint8_t flags;

	packet->from_port = cursor_u16(cursor);
	to = cursor_u16(cursor);
	packet->sequence = (uint32_t)cursor_u16(cursor) << 16;
	packet->sequence |= cursor_u16(cursor);
	(void)cursor_take(cursor, 4);
	header = (cursor_u8(cursor) >> 4) * 4u;
	flags = cursor_u8(cursor);
	(void)cursor_take(cursor, 6);
	if (cursor->failed || header < 20)
		return UNPACKED_MALFORMED;
	if (to != DNS_PORT)
		return UNPACKED_OTHER;
	(void)cursor_take(cursor, header - 20);
	packet->syn = (flags & TCP_SYN) != 0;
	packet->fin = (flags & (TCP_FIN | TCP_RST)) != 0;
	packet->payload = cursor_rest(cursor);
	return cursor->failed ? UNPACKED_MALFORMED : UNPACKED_TCP;
}

enum unpacked
packet_unpack(
    struct bytes octets, size_t wire_len, int link, struct packet *ret)
{
	struct packet packet = { 0 };
	struct cursor cursor;
	uint8_t version, protocol;
	enum unpacked result = strip_link(octets, link, &cursor);

	if (result == UNPACKED_OTHER) {
		if (cursor.rest.len == 0)
			return UNPACKED_MALFORMED;
		version = cursor.rest.data[0] >> 4;
		if (version == 4)
			result = strip_ip4(&cursor, &packet, &protocol);
		else if (version == 6)
			result = strip_ip6(&cursor, &packet, &protocol);
		else
			return UNPACKED_LINK;
	}
	if (result == UNPACKED_OTHER && protocol == PROTOCOL_UDP)
		result = strip_udp(&cursor, &packet);
	else if (result == UNPACKED_OTHER && protocol == PROTOCOL_TCP)
		result = strip_tcp(&cursor, &packet);
	/* What is malformed may be so for what was not captured. */
	if (octets.len < wire_len &&
	    (result == UNPACKED_MALFORMED || result == UNPACKED_TCP))
		result = UNPACKED_CUT;
	if (result == UNPACKED_UDP || result == UNPACKED_TCP)
		*ret = packet;
	return result;
}
