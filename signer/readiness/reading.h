/*
 * Reading what servers have: a file of any kind is recognised by its first
 * octets, and every signal in it comes to reading_signal, the one place where a
 * signal becomes a row of the summary.
 *
 * Nothing here fails for what stands in a file: what is malformed is counted,
 * and reading goes on as far as it can.
 */
#pragma once

#include <stdint.h>

#include "ksr/dns/dname.h"
#include "ksr/readiness/summary.h"
#include "signer/readiness/stream.h"

#define TYPE_A	    1u
#define TYPE_NS	    2u
#define TYPE_NULL   10u
#define TYPE_AAAA   28u
#define TYPE_DNSKEY 48u
#define CLASS_IN    1u

#define HASH_KEY_MIN 16u
#define HASH_KEY_MAX 1024u

struct reading {
	struct summary summary; /* owned */
	struct dname zone;
	struct buf hash_key; /* owned; empty: sources are not hashed */
	int32_t from, until; /* days; both count */
};

enum transport {
	TRANSPORT_UNKNOWN,
	TRANSPORT_UDP,
	TRANSPORT_TCP,
};

/* When and from where something came. */
struct sender {
	int64_t time;
	bool timed; /* false: nobody knows when */
	enum transport transport;
	struct source address;
};

void reading_free(struct reading *reading);

void reading_count(struct reading *reading, enum count count);

/* kind: one of COUNT_SIGNALS_*. */
void reading_signal(struct reading *reading, const struct sender *sender,
    const struct tag_set *set, enum count kind);

/*
 * Names are in wire form, uncompressed, in either case.  name_is_signal: the
 * first label begins with "_ta-".  reading_name takes such a name that was asked
 * for, by its type and class; one of another zone is none of ours.
 */
bool name_is_signal(struct bytes name);
bool reading_is_zone(const struct reading *reading, struct bytes name);
void reading_name(struct reading *reading, const struct sender *sender,
    struct bytes name, uint16_t type, uint16_t class);

/* Every signal in a DNS message that was sent as a query (message.c). */
void reading_message(struct reading *reading, const struct sender *sender,
    struct bytes wire);

/* One file, whole.  E_IO and E_MEMORY only. */
MUST_USE bool reading_file(
    struct reading *reading, const char *path, struct err *err);

/* The kinds of files (read_*.c). */
void read_log(struct reading *reading, struct stream *stream);
MUST_USE bool read_pcap(
    struct reading *reading, struct stream *stream, struct err *err);
MUST_USE bool read_dnstap(
    struct reading *reading, struct stream *stream, struct err *err);
