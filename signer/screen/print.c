#include <string.h>

#include "ksr/base/words.h"
#include "ksr/dns/sha256.h"
#include "ksr/document/presentation.h"
#include "signer/screen/print.h"
#include "signer/screen/screen.h"
#include "signer/screen/visible.h"

#define DIGEST_MARK  "  SHA-256 "
#define WORDS_MARGIN "          " /* as wide */
#define HEAD_EDGE \
	"+-------------------------------------" \
	"--------------------------------------\n"
#define WORDS_MAX    1024 /* octets of text: 32 words of at most 11 letters */

static void
print_buf(struct buf *text)
{
	printf("%.*s", (int)text->len,
	    text->data == NULL ? "" : (const char *)text->data);
	buf_free(text);
}

void
print_words(struct bytes bytes)
{
	struct buf text = buf_new(WORDS_MAX);

	words_format_lines(bytes, WORDS_MARGIN, &text);
	print_buf(&text);
}

void
digest_text(const char *title, const char *path,
    const uint8_t digest[SHA256_SIZE], struct buf *ret)
{
	char hex[SHA256_TEXT_SIZE], safe[4 * PATH_MAX_LEN];

	sha256_text(digest, hex);
	text_printable(safe, sizeof(safe), path);
	buf_printf(ret, "%s %s\n" DIGEST_MARK "%s\n", title, safe, hex);
	words_format_lines(
	    (struct bytes){ digest, SHA256_SIZE }, WORDS_MARGIN, ret);
}

void
print_digest(
    const char *title, const char *path, const uint8_t digest[SHA256_SIZE])
{
	struct buf text = buf_new(DIGEST_TEXT_MAX);

	digest_text(title, path, digest, &text);
	print_buf(&text);
}

void
print_padded(const char *text, int columns)
{
	size_t width = visible_width(text);

	printf("  %s%*s", text,
	    width < (size_t)columns ? columns - (int)width : 0, "");
}

void
print_data(struct bytes data)
{
	enum screen_kind before = screen_set(SCREEN_DATA);

	if (data.len > 0)
		fwrite(data.data, 1, data.len, stdout);
	screen_set(before);
}

void
print_remark(const char *mark, struct bytes text)
{
	enum screen_kind before = screen_set(SCREEN_DATA);

	for (size_t i = 0; i < text.len; i++) {
		if (i == 0 || text.data[i - 1] == '\n')
			printf("%s", mark);
		if (text.data[i] < 0x80)
			putchar(text.data[i]);
		else
			printf("\\x%02x", text.data[i]);
	}
	screen_set(before);
}

void
print_record_head(const char *mark, const char *dir,
    const uint8_t digest[SHA256_SIZE])
{
	struct buf text = buf_new(DIGEST_TEXT_MAX);
	char hex[SHA256_TEXT_SIZE], safe[4 * PATH_MAX_LEN];

	sha256_text(digest, hex);
	text_printable(safe, sizeof(safe), dir);
	buf_printf(&text,
	    HEAD_EDGE "| Head of the ceremony record %s\n"
		      "| " DIGEST_MARK "%s\n",
	    safe, hex);
	words_format_lines((struct bytes){ digest, SHA256_SIZE },
	    "| " WORDS_MARGIN, &text);
	buf_puts(&text, HEAD_EDGE);
	if (mark == NULL)
		print_buf(&text);
	else
		print_remark(mark, buf_bytes(&text));
	buf_free(&text);
}

bool
print_table(const char *title, const struct ksr *ksr, struct err *err)
{
	struct buf table = buf_new(2 * (size_t)KSR_FILE_MAX);
	enum screen_kind before;

	ksr_table(ksr, &table);
	if (table.failed) {
		buf_free(&table);
		return err_set(err, E_MEMORY, "out of memory");
	}
	printf("%s\n", title);
	before = screen_set(SCREEN_ROWS);
	fwrite(table.data, 1, table.len, stdout);
	screen_set(before);
	buf_free(&table);
	return true;
}

void
print_losses(const struct losses *losses)
{
	for (size_t i = 0; i < losses->n; i++)
		printf("  not in it: %s\n", losses->what[i]);
}

static const char *
verdict_colour(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_PASS:
		return "\033[32m";
	case VERDICT_WAIVED:
	case VERDICT_OVERRIDDEN:
		return "\033[33m";
	case VERDICT_NOT_RUN:
		return "\033[36m";
	default:
		return "\033[1;31m";
	}
}

/* A plan has no bundles yet: it has the slots that they will be for. */
static void
print_finding(const struct check *check, const struct finding *finding)
{
	const char *place =
	    (check->stages & STAGE_PLAN) != 0 ? "slot" : "bundle";

	if (finding->bundle > 0)
		printf("              %s %zu (%s)\n", place, finding->bundle,
		    finding->bundle_id);
	printf("              seen:     %s\n", finding->seen);
	printf("              required: %s\n", finding->required);
}

static void
print_result(bool colour, const struct check_result *result)
{
	const char *on = colour ? verdict_colour(result->verdict) : "";
	const char *off = colour ? "\033[0m" : "";

	printf("  %s%-10s%s  %-27s %s\n", on, verdict_text(result->verdict), off,
	    result->check->id, result->check->title);
	if (result->note != NULL)
		printf("              %s\n", result->note);
	if (result->reason != NULL) {
		char safe[4 * FINDING_TEXT_MAX];

		text_printable(safe, sizeof(safe), result->reason);
		printf("              overridden because: %s\n", safe);
	}
	for (size_t i = 0; i < result->n_findings; i++)
		print_finding(result->check, &result->findings[i]);
	if (result->n_more > 0)
		printf("              and %zu more findings\n", result->n_more);
}

void
print_report(bool colour, const struct report *report, size_t first)
{
	for (size_t i = first; i < report->n_results; i++)
		print_result(colour, &report->results[i]);
}

void
print_unused_overrides(const struct override *overrides, size_t n,
    const struct report *report)
{
	for (size_t i = 0; i < n; i++)
		if (!override_used(&overrides[i], report))
			printf("\n--override %s had nothing to override\n",
			    overrides[i].id);
}
