/*
 * The text logs that root ceremonies publish, both generations, read as far
 * as an SKR can be compared with them: the operator's tables and the hashes of
 * files with their words.  Anyone may have written such a file: it is bounded
 * in every way, and what is not understood is counted, never guessed at.
 *
 *   2017-10-18T21:04:05Z: [info] text                  older
 *   2019-02-27 22:27:18,384: kskm.module: INFO text    newer
 */
#pragma once

#include "ksr/dns/pubkey.h"
#include "ksr/document/ksr.h"
#include "signer/record/differences.h"

#define KSRSIGNER_LOG_MAX (16u * 1024 * 1024)
#define LOG_TEXT_MAX      4096u /* a line; longer ones are not understood */
#define LOG_TABLES_MAX    64u
#define LOG_HASHES_MAX    256u
#define LOG_TITLE_MAX     255u /* cut there */

struct log_ksk {
	uint16_t tag;
	char label[ID_MAX + 1]; /* "": the log gives none */
	char role[3];           /* as ksk_role has it; "": the log gives none */
};

/* One row of the operator's table. */
struct log_row {
	size_t line; /* from 1 */
	uint64_t slot;
	int64_t inception, expiration;
	size_t n_zsks, n_ksks;
	uint16_t zsks[BUNDLE_KEYS_MAX];
	struct log_ksk *ksks; /* owned */
};

enum log_table_kind { LOG_PREVIOUS, LOG_REQUEST, LOG_RESPONSE };

struct log_table {
	enum log_table_kind kind;
	size_t line;                   /* of its heading */
	char title[LOG_TITLE_MAX + 1]; /* the text before it */
	size_t n_rows;
	struct log_row *rows; /* owned */
};

enum log_words { WORDS_NONE, WORDS_MATCH, WORDS_DIFFER };

struct log_hash {
	size_t line;
	char title[LOG_TITLE_MAX + 1]; /* the text before the digits */
	uint8_t sha256[SHA256_SIZE];
	enum log_words words;
};

struct ksrsigner_log {
	size_t n_lines;
	size_t n_older, n_newer; /* lines with either generation's beginning */
	size_t n_other; /* lines that are neither table nor hash nor empty */
	size_t n_tables, n_hashes;
	struct log_table tables[LOG_TABLES_MAX];
	struct log_hash hashes[LOG_HASHES_MAX];
};

/* E_INPUT with "name:line: ..."; also for a text without table and hash. */
MUST_USE bool ksrsigner_log_read(struct bytes text, const char *name,
    struct ksrsigner_log **ret, struct err *err);

/* "previous response", "request", "response" */
const char *log_table_name(enum log_table_kind kind);

/* Appends "19036(Kjqmt7v)/S,20326(Klajeyz)/P", as the log has it. */
void log_ksks_text(const struct log_row *row, struct buf *ret);

/* The last table of a new response; NULL if there is none. */
const struct log_table *ksrsigner_log_response(const struct ksrsigner_log *log);

/* Adds a difference for each slot and column in which the two disagree. */
void log_table_compare(const struct log_table *table, const struct ksr *skr,
    struct differences *differences);

void ksrsigner_log_free(struct ksrsigner_log *log); /* NULL does nothing */
