/*
 * The octets of a file or of standard input, uncompressed where gzip compressed
 * them, from beginning to end.
 */
#pragma once

#include <stdio.h>
#include <sys/types.h>

#include "ksr/base/bytes.h"
#include "ksr/base/err.h"

#define STREAM_PEEK 24u /* octets that can be seen before they are read */

struct stream;

/* "-" is standard input. */
MUST_USE bool stream_open(
    const char *path, struct stream **ret, struct err *err);
void stream_free(struct stream *stream); /* NULL does nothing */

/* The first octets, as many as there are. */
struct bytes stream_peek(const struct stream *stream);

/* At most len octets; 0 at the end, which a broken stream has too. */
size_t stream_read(struct stream *stream, void *data, size_t len);

/* Whether compression broke off, or reading failed, before the end. */
bool stream_is_broken(const struct stream *stream);

/* The stream for who reads a FILE; closing that leaves the stream. */
MUST_USE bool stream_file(struct stream *stream, FILE **ret, struct err *err);
