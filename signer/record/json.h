/*
 * Results for scripts: the same facts as on the screen, as one JSON object on
 * stdout.  Keys are stable; documents and reports have the same shape in every
 * command.
 */
#pragma once

#include <jansson.h>

#include "ksr/document/convert.h"
#include "ksr/rules/check.h"
#include "signer/record/input.h"

/* path, sha256, kind, id, serial, domain, bundles. */
json_t *json_of_document(const struct document *document);

/* The whole document: bundles with keys, signatures and policies. */
json_t *json_of_ksr(const struct ksr *ksr);

/* An array of what a document in another format has not. */
json_t *json_of_losses(const struct losses *losses);

/* An array, one object a rule from row `first` on, findings included. */
json_t *json_of_report(const struct report *report, size_t first);

/* The ids of overrides that let no finding of the report pass. */
json_t *json_unused_overrides(const struct override *overrides, size_t n,
    const struct report *report);

/* ["request", "token"]: names of the stages in the mask. */
json_t *json_of_stages(unsigned stages);

json_t *json_of_key(const struct dnskey *key);

/*
 * Every text that came from outside: a name, a label, a message.  text_ascii of
 * it, for jansson refuses what is no UTF-8, and records are ASCII.
 */
json_t *json_of_text(const char *text);

/*
 * The same of each text in there that is not ASCII, in place: what goes on
 * record or is printed as JSON passes here, so that no caller can forget.
 */
void json_make_ascii(json_t *json);

json_t *json_of_time(int64_t time);
json_t *json_of_bytes_base64(const uint8_t *data, size_t len);
json_t *json_of_sha256(const uint8_t digest[SHA256_SIZE]); /* lower case */
/* The SHA-256 of the octets; NULL where it cannot be computed. */
json_t *json_of_hash_of(struct bytes content);

/*
 * The facts with "name" in front, unless that is NULL; they are taken over and
 * may be NULL.
 */
json_t *json_named(const char *name, json_t *facts);

json_t *json_of_bytes_hex(struct bytes bytes);
json_t *json_of_words(struct bytes bytes); /* PGP words in one string */

/* Prints and releases; E_MEMORY if anything in root could not be made. */
MUST_USE bool json_print(json_t *root, struct err *err);
