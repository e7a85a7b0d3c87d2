#include <stdio.h>
#include <string.h>

#include "ksr/base/file.h"
#include "ksr/base/text.h"
#include "ksr/dns/sha256.h"
#include "signer/line/args.h"
#include "signer/record/context.h"
#include "signer/record/input.h"
#include "signer/record/json.h"
#include "signer/screen/print.h"
#include "signer/screen/screen.h"
#include "signer/workshop/ksrsigner_log.h"
#include "signer/workshop/log_import.h"

/* One log and, if it is to be compared, one response. */
struct import {
	const char *path; /* borrowed */
	uint8_t sha256[SHA256_SIZE];
	struct ksrsigner_log *log; /* owned */
	struct document skr;
	const struct log_table *compared; /* NULL: nothing was */
	struct differences differences;
};

static const char *
generation_of(const struct ksrsigner_log *log)
{
	if (log->n_older > 0 && log->n_newer > 0)
		return "mixed";
	if (log->n_older > 0)
		return "older";
	return log->n_newer > 0 ? "newer" : "unknown";
}

static const char *
words_text(enum log_words words)
{
	static const char *const texts[] = { "no words", "words match",
		"WORDS DIFFER" };

	return texts[words];
}

static bool
read_log(const char *path, struct import *ret, struct err *err)
{
	struct buf text = buf_new(KSRSIGNER_LOG_MAX);
	bool ok = file_read(path, KSRSIGNER_LOG_MAX, &text, err) &&
	    sha256(buf_bytes(&text), ret->sha256, err) &&
	    ksrsigner_log_read(buf_bytes(&text), path, &ret->log, err);

	ret->path = path;
	buf_free(&text);
	return ok;
}

static bool
compare(const char *path, struct import *import, struct err *err)
{
	const struct context nobody = { 0 }; /* not on record, no policy */

	if (!document_load_kind(
		&nobody, "", path, KSR_RESPONSE, &import->skr, err))
		return false;
	import->compared = ksrsigner_log_response(import->log);
	if (import->compared == NULL)
		return err_set(err, E_REFUSED,
		    "%s: holds no table of a new response", import->path);
	log_table_compare(
	    import->compared, import->skr.ksr, &import->differences);
	return true;
}

static void
check_words(struct import *import)
{
	const struct ksrsigner_log *log = import->log;

	for (size_t i = 0; i < log->n_hashes; i++)
		if (log->hashes[i].words == WORDS_DIFFER)
			differences_add(&import->differences,
			    log->hashes[i].line,
			    "the words are not those of the SHA-256");
}

static void
zsks_text(const struct log_row *row, struct buf *ret)
{
	for (size_t i = 0; i < row->n_zsks; i++)
		buf_printf(ret, "%s%u", i > 0 ? "," : "", row->zsks[i]);
}

static void
print_row(const struct log_row *row)
{
	enum screen_kind before = screen_set(SCREEN_ROWS);
	struct buf zsks = buf_new(LOG_TEXT_MAX), ksks = buf_new(LOG_TEXT_MAX);
	char inception[TIME_TEXT_SIZE], expiration[TIME_TEXT_SIZE];

	zsks_text(row, &zsks);
	log_ksks_text(row, &ksks);
	time_format(row->inception, inception);
	time_format(row->expiration, expiration);
	printf("%-2llu %s %s  %.*s", (unsigned long long)row->slot, inception,
	    expiration, (int)zsks.len, (const char *)zsks.data);
	if (ksks.len > 0)
		printf("%*s  %.*s", zsks.len < 12 ? 12 - (int)zsks.len : 0, "",
		    (int)ksks.len, (const char *)ksks.data);
	printf("\n");
	screen_set(before);
	buf_free(&zsks);
	buf_free(&ksks);
}

static void
print_log(const struct import *import)
{
	const struct ksrsigner_log *log = import->log;

	print_digest("Log", import->path, import->sha256);
	printf("  %s generation, %zu lines, %zu of them not understood\n",
	    generation_of(log), log->n_lines, log->n_other);
	for (size_t i = 0; i < log->n_hashes; i++) {
		char hex[SHA256_TEXT_SIZE];

		sha256_text(log->hashes[i].sha256, hex);
		printf("\nline %zu: %s\n  %s, %s\n", log->hashes[i].line,
		    log->hashes[i].title, hex,
		    words_text(log->hashes[i].words));
	}
	for (size_t i = 0; i < log->n_tables; i++) {
		const struct log_table *table = &log->tables[i];

		printf("\nline %zu: %s\n"
		       "#  Inception           Expiration           ZSK Tags"
		       "      KSK Tag(CKA_LABEL)\n",
		    table->line, log_table_name(table->kind));
		for (size_t k = 0; k < table->n_rows; k++)
			print_row(&table->rows[k]);
	}
}

/* Whether a hash in the log is that of the very file. */
static const struct log_hash *
hash_of(const struct import *import)
{
	for (size_t i = 0; i < import->log->n_hashes; i++)
		if (memcmp(import->log->hashes[i].sha256, import->skr.sha256,
			SHA256_SIZE) == 0)
			return &import->log->hashes[i];
	return NULL;
}

static void
print_comparison(const struct import *import)
{
	const struct differences *found = &import->differences;
	const struct log_hash *hash;

	if (import->compared != NULL) {
		hash = hash_of(import);
		printf("\n");
		print_digest("Response", import->skr.path, import->skr.sha256);
		if (hash != NULL)
			printf("  its SHA-256 is in the log, line %zu\n",
			    hash->line);
		else
			printf("  its SHA-256 is not in the log\n");
		printf("  compared with the table at line %zu\n",
		    import->compared->line);
	}
	for (size_t i = 0; i < found->n; i++)
		printf("%s  line %zu: %s\n", i == 0 ? "\nDifferences\n" : "",
		    found->list[i].line, found->list[i].text);
	if (import->compared != NULL && found->n == 0)
		printf("\nthe same: %zu slots, their times, ZSKs and KSKs\n",
		    import->compared->n_rows);
}

static json_t *
json_of_row(const struct log_row *row)
{
	json_t *zsks = json_array(), *ksks = json_array();

	for (size_t i = 0; i < row->n_zsks; i++)
		json_array_append_new(zsks, json_integer(row->zsks[i]));
	for (size_t i = 0; i < row->n_ksks; i++)
		json_array_append_new(ksks,
		    json_pack("{s:i, s:s, s:s}", "key_tag", row->ksks[i].tag,
			"label", row->ksks[i].label, "role",
			row->ksks[i].role));
	return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o}", "line",
	    (json_int_t)row->line, "slot", (json_int_t)row->slot, "inception",
	    json_of_time(row->inception), "expiration",
	    json_of_time(row->expiration), "zsks", zsks, "ksks", ksks);
}

static json_t *
json_of_tables(const struct ksrsigner_log *log)
{
	json_t *list = json_array();

	for (size_t i = 0; i < log->n_tables; i++) {
		const struct log_table *table = &log->tables[i];
		json_t *rows = json_array();

		for (size_t k = 0; k < table->n_rows; k++)
			json_array_append_new(
			    rows, json_of_row(&table->rows[k]));
		json_array_append_new(list,
		    json_pack("{s:s, s:I, s:s, s:o}", "kind",
			log_table_name(table->kind), "line",
			(json_int_t)table->line, "title", table->title, "rows",
			rows));
	}
	return list;
}

static json_t *
json_of_hashes(const struct ksrsigner_log *log)
{
	json_t *list = json_array();

	for (size_t i = 0; i < log->n_hashes; i++) {
		char hex[SHA256_TEXT_SIZE];

		sha256_text(log->hashes[i].sha256, hex);
		json_array_append_new(list,
		    json_pack("{s:I, s:s, s:s, s:s}", "line",
			(json_int_t)log->hashes[i].line, "title",
			log->hashes[i].title, "sha256", hex, "words",
			words_text(log->hashes[i].words)));
	}
	return list;
}

static bool
print_json(const struct import *import, struct err *err)
{
	const struct ksrsigner_log *log = import->log;
	json_t *differences = json_array();

	for (size_t i = 0; i < import->differences.n; i++)
		json_array_append_new(differences,
		    json_pack("{s:I, s:o}", "line",
			(json_int_t)import->differences.list[i].line, "text",
			json_of_text(import->differences.list[i].text)));
	return json_print(
	    json_pack("{s:s, s:b, s:s, s:I, s:I, s:o, s:o, s:o, s:b, s:o}",
		"command", "log import-ksrsigner", "accepted",
		import->differences.n == 0, "generation", generation_of(log),
		"lines", (json_int_t)log->n_lines, "not_understood",
		(json_int_t)log->n_other, "hashes", json_of_hashes(log),
		"tables", json_of_tables(log), "response",
		json_of_document(&import->skr), "response_in_log",
		import->compared != NULL && hash_of(import) != NULL,
		"differences", differences),
	    err);
}

static bool
report(
    const struct context *context, const struct import *import, struct err *err)
{
	const struct differences *found = &import->differences;

	if (found->failed)
		return err_set(err, E_MEMORY, "out of memory");
	if (context->json) {
		if (!print_json(import, err))
			return false;
	} else {
		print_log(import);
		print_comparison(import);
	}
	return found->n == 0 ||
	    err_set(err, E_REFUSED,
		"%s: %zu differences, first at line %zu: %s", import->path,
		found->n, found->list[0].line, found->list[0].text);
}

bool
log_import(
    const struct context *context, const struct args *args, struct err *err)
{
	const char *skr = args_value(args, "skr");
	struct import import = { 0 };
	bool ok;

	if (args->n_files < 2)
		return err_set(
		    err, E_USAGE, "log import-ksrsigner: which log? give FILE");
	ok = read_log(args->files[1], &import, err) &&
	    (skr == NULL || compare(skr, &import, err));
	if (ok) {
		check_words(&import);
		ok = report(context, &import, err);
	}
	ksrsigner_log_free(import.log);
	document_free(&import.skr);
	differences_clear(&import.differences);
	return ok;
}
