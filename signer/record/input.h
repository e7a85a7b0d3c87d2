/*
 * What a command reads: the configuration and documents, each with the hash of
 * the very bytes that were parsed.
 */
#pragma once

#include "ksr/base/file.h"
#include "ksr/dns/pubkey.h"
#include "ksr/document/ksr.h"
#include "ksr/policy/config.h"
#include "signer/record/record.h"

struct configuration {
	char path[PATH_MAX_LEN + 1];
	uint8_t sha256[SHA256_SIZE];
	struct buf masked;     /* the file with every PIN masked; owned */
	struct config *config; /* owned */
	struct zones *zones;   /* owned; NULL: there are not many */
};

/*
 * Reads the first configuration found: path (--config) unless NULL,
 * $ANCHORITE_CONFIG, ./anchorite.yaml, /etc/anchorite/anchorite.yaml.
 */
MUST_USE bool configuration_load(
    const char *path, struct configuration *ret, struct err *err);

/* Whether configuration_load would find one. */
bool configuration_is_there(const char *path);
void configuration_free(struct configuration *configuration);

struct document {
	const char *path; /* borrowed */
	uint8_t sha256[SHA256_SIZE];
	struct buf octets; /* owned */
	struct ksr *ksr; /* owned; NULL if no document was loaded */
};

/*
 * Reads a document of either kind, in the format that was asked for or is
 * recognised.  What was read is on record under the role ("request",
 * "response", "previous response") before it is parsed.  Where there is a
 * configuration it completes what the format lacks (records.h).
 */
struct context;
MUST_USE bool document_load(const struct context *context, const char *role,
    const char *path, struct document *ret, struct err *err);

/*
 * The format that documents are said to be of, as it is written: by --from, or
 * by --format where the command has no --from.  NULL: each is of what it begins
 * as.
 */
struct args;
struct command;
const char *
document_format(const struct command *command, const struct args *args);

/*
 * Reads a document that must be of this kind, and puts its bundles in order of
 * time: KSR-BUNDLE-ORDER says of a request where they stood.
 */
MUST_USE bool document_load_kind(const struct context *context,
    const char *role, const char *path, enum ksr_kind kind, struct document *ret,
    struct err *err);

/* The same of what was written, by its descriptor; path is what to call it. */
MUST_USE bool document_read_back(const struct context *context,
    const struct output *output, const char *path, enum ksr_kind kind,
    struct document *ret, struct err *err);

void document_free(struct document *document);
