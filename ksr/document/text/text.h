/*
 * The requests and responses of name servers that sign with a KSK which is
 * elsewhere: records in presentation form under headers that say from when on
 * they are used.  BIND's and Knot's differ in spelling alone: that is a style.
 *
 * Read strictly: one zone, records in order of time, nothing repeated, nothing
 * between them, and the line that closes the file.  What the model has and the
 * text does not is derived: ids from the file's SHA-256 and the records' times,
 * identifiers of keys from the keys.
 */
#pragma once

#include "ksr/dns/sha256.h"
#include "ksr/document/ksr.h"

enum text_time {
	TEXT_TIME_STAMP,   /* 20270101000000 */
	TEXT_TIME_SECONDS, /* 1798761600, or the other */
};

struct text_style {
	const char *name; /* begins ids */
	enum text_time time;
	const char *rule; /* ends a header; "" */
	bool has_class;	  /* IN */
	bool has_parens;  /* a record has several lines, and a comment */
	bool has_gaps; /* an empty line before what answers a request's record */
	/* Signatures stand behind their RRset, or all of them behind all. */
	bool signature_follows;
	bool ksks_first;
};

/* By its first line. */
bool text_begins(const struct text_style *style, struct bytes octets);

MUST_USE bool text_read(const struct text_style *style, struct bytes octets,
    const char *name, struct ksr **ret, struct err *err);

/* When the record of that id is used, if it is one of the file's. */
bool text_id_begins(const struct text_style *style, const char *id,
    const uint8_t file_sha256[SHA256_SIZE], int64_t *ret);

void text_write(
    const struct text_style *style, const struct ksr *ksr, struct buf *ret);

/* Words of the formats. */
#define TEXT_REQUEST  "KeySigningRequest"
#define TEXT_RESPONSE "SignedKeyResponse"
#define TEXT_VERSION  "1.0"
#define TEXT_CLOSES   "generated at "
