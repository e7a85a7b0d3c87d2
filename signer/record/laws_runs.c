/*
 * Laws of the run: its program, its times, its files, its end.  Sources:
 * docs/audit-log.md "A line", "Events"; signer/record/record.h.
 */
#include <string.h>

#include "ksr/base/limits.h"
#include "ksr/base/text.h"
#include "signer/record/laws_parts.h"

/* Between a run's start and its first line a configuration is read and modules
 * are hashed. */
#define START_MAX_S 600

/* The first line of an earlier run that had the same text in the fact. */
static const json_t *
earlier_run(const struct law *law, const char *fact)
{
	const struct ceremony *ceremony = law->ceremony;

	for (size_t r = 0; r + 1 < law->run->number; r++) {
		const json_t *head =
		    ceremony->log.lines[ceremony->runs[r].first].json;

		if (law_is(head, fact, fact_text(law->head, fact)))
			return head;
	}
	return NULL;
}

/*
 * A line is written after the one before it.  Between two runs the clock may
 * have been set: that is for the reader to judge.
 */
static void
time_never_falls(const struct law *law, size_t i, const json_t *line)
{
	const json_t *before = NULL;
	int64_t was, is;

	for (size_t k = i; k-- > 0 && before == NULL;)
		before = law_line(law, k);
	if (before == NULL || !time_parse(fact_text(before, "time"), &was) ||
	    !time_parse(fact_text(line, "time"), &is) || is >= was)
		return;
	if (i > law->run->first)
		law_broken(law, i,
		    "the line's time %.40s is before that of the "
		    "line before it, %.40s",
		    fact_text(line, "time"), fact_text(before, "time"));
	else
		differences_add(law->notes, i + 1,
		    "the clock was set back between two runs, from %.40s to "
		    "%.40s",
		    fact_text(before, "time"), fact_text(line, "time"));
}

/* --at is "now", and a rehearsal's clock but for release, which asks for it. */
static void
now_is_as_told(const struct law *law, size_t i, const char *at, int64_t now)
{
	bool release = law_is(law->head, "command", "release");
	bool pretended =
	    json_is_true(json_object_get(law->head, "rehearsal_time"));
	int64_t told;

	if (!time_parse(at, &told) || told != now)
		law_broken(law, i,
		    "the run's time is %.40s, its arguments say "
		    "--at %.40s",
		    fact_text(law->head, "now"), at);
	if (pretended == release)
		law_broken(law, i, "--at is %s clock of a rehearsal here",
		    release ? "no" : "the");
	if (!json_is_null(json_object_get(law->head, "earliest_now")))
		law_broken(law, i, "--at has no earliest time");
}

/* Without it the clock was read at the start, then for "host", then here. */
static void
now_is_the_clock(const struct law *law, size_t i, int64_t now)
{
	const json_t *host = json_object_get(law->head, "host");
	int64_t clock, line;

	if (json_is_true(json_object_get(law->head, "rehearsal_time")))
		law_broken(law, i, "a rehearsal's clock without --at");
	if (!time_parse(fact_text(host, "clock"), &clock) ||
	    !time_parse(fact_text(law->head, "time"), &line) || now > clock ||
	    clock > line || line - now > START_MAX_S)
		law_broken(law, i, "the run's time %.40s is not its clock's",
		    fact_text(law->head, "now"));
	if (json_is_null(json_object_get(law->head, "earliest_now")))
		law_broken(law, i, "no earliest time, and no --at");
}

static void
now_is_known(const struct law *law, size_t i, const json_t *line)
{
	const char *at = law_option(law, "at");
	int64_t now;

	if (!time_parse(fact_text(line, "now"), &now))
		return; /* replay says so */
	if (at != NULL)
		now_is_as_told(law, i, at, now);
	else
		now_is_the_clock(law, i, now);
}

/* A rehearsal's line has the host's clock too, read just before it. */
static void
clock_is_the_lines(const struct law *law, size_t i, const json_t *line)
{
	const json_t *host = json_object_get(line, "host");
	int64_t clock, time;

	if (!time_parse(fact_text(host, "clock"), &clock) ||
	    !time_parse(fact_text(line, "time"), &time) || clock > time ||
	    time - clock > START_MAX_S)
		law_broken(law, i,
		    "the host's clock %.40s is not the line's "
		    "time",
		    fact_text(host, "clock"));
}

/* What the program brings with it: its format, and the day of its release. */
static void
program_has_one_format(const struct law *law, size_t i, const json_t *line)
{
	const json_t *other = earlier_run(law, "binary");
	const char *earliest = fact_text(line, "earliest_now");
	int64_t released, given;

	if (law_is_own(law) && law->run->format != RECORD_FORMAT)
		law_broken(law, i,
		    "the run is of this program, which writes "
		    "format %d",
		    RECORD_FORMAT);
	if (other != NULL &&
	    !json_equal(json_object_get(other, "format"),
		json_object_get(line, "format")))
		law_broken(law, i, "the same program wrote another format");
	if (law_is_own(law) && earliest[0] != '\0' &&
	    (!time_parse(ANCHORITE_RELEASED, &released) ||
		!time_parse(earliest, &given) || released != given))
		law_broken(law, i, "this program's earliest time is not %.40s",
		    earliest);
}

/* The configuration is stored right behind the line that names it. */
static void
configuration_is_stored(const struct law *law, size_t i, const json_t *line)
{
	const json_t *next =
	    i + 1 < law->run->first + law->run->n ? law_line(law, i + 1) : NULL;

	if (json_object_get(line, "configuration") != NULL && next != NULL &&
	    !law_is(next, "event", "end") &&
	    (!law_is(next, "event", "input") ||
		!law_is(next, "role", "configuration")))
		law_broken(law, i,
		    "the run has a configuration, and it is not "
		    "stored");
}

static bool
holds_text(const struct buf *content, const char *text)
{
	return content->len > 0 &&
	    memmem(content->data, content->len, text, strlen(text)) != NULL;
}

bool
law_is_configured(const struct law *law, const char *text)
{
	struct buf content = buf_new(KSR_FILE_MAX);
	bool holds = false;
	struct err err;

	for (size_t i = 0; i < law->run->n && !holds; i++) {
		const json_t *line = law_line(law, law->run->first + i);

		if (law_is(line, "event", "input") &&
		    law_is(line, "role", "configuration"))
			holds = stored_read(
				    law->ceremony, line, &content, &err) &&
			    holds_text(&content, text);
	}
	buf_free(&content);
	return holds;
}

/* No PIN was masked in it: then it is the file itself. */
static void
unmasked_is_the_file(const struct law *law, size_t i, const json_t *line)
{
	const json_t *facts = json_object_get(law->head, "configuration");
	struct buf content = buf_new(KSR_FILE_MAX);
	struct err err;

	if (law_is(line, "role", "configuration") &&
	    stored_read(law->ceremony, line, &content, &err) &&
	    !holds_text(&content, "masked") &&
	    !law_is(facts, "sha256", fact_text(line, "sha256")))
		law_broken(law, i,
		    "no PIN is masked in the configuration, but "
		    "the file that was read is said to be another");
	buf_free(&content);
}

/* Each stored file is there, and is what its line says. */
static void
file_is_stored(const struct law *law, size_t i, const json_t *line)
{
	struct buf content = buf_new(KSR_FILE_MAX);
	struct err err;

	if (!stored_read(law->ceremony, line, &content, &err) &&
	    err.code == E_REFUSED)
		law_broken(law, i, "%s", err.msg);
	buf_free(&content);
}

/* The register lies beside the configuration (docs/register.md). */
static void
register_is_beside(const struct law *law, size_t i, const json_t *line)
{
	const json_t *config = json_object_get(law->head, "configuration");
	const char *path = fact_text(config, "path");
	const char *own = fact_text(line, "path");
	const char *slash = strrchr(path, '/');
	size_t folder = slash == NULL ? 0 : (size_t)(slash - path) + 1;

	if (law_is(line, "role", "register") &&
	    (strncmp(own, path, folder) != 0 ||
		strcmp(own + folder, "register.jsonl") != 0))
		law_broken(law, i,
		    "the register %.300s does not lie beside "
		    "the configuration",
		    own);
}

/* Success leaves no file without its name; one file at a time. */
static void
output_is_published(const struct law *law, size_t i, const json_t *line)
{
	const json_t *next = NULL;

	/* A manifest without a file of its own is printed. */
	if (law_is(law->head, "command", "manifest") &&
	    law_count_files(law) < 2)
		return;
	for (size_t k = i + 1; k < law->run->first + law->run->n; k++) {
		next = law_line(law, k);
		if (law_is(next, "event", "published") ||
		    law_is(next, "event", "output"))
			break;
		next = NULL;
	}
	if (law->run->ended && law->run->status == 0 &&
	    (!law_is(next, "event", "published") ||
		!law_is(next, "path", fact_text(line, "path")) ||
		!law_is(next, "sha256", fact_text(line, "sha256"))))
		law_broken(law, i,
		    "the run claims success, but %.300s is not "
		    "published",
		    fact_text(line, "path"));
}

/* Of a backup the record has the hash alone. */
static void
published_was_stored(const struct law *law, size_t i, const json_t *line)
{
	const json_t *output = law_last(law, i,
	    law_is(law->head, "command", "backup")	   ? "backed up"
		: law_is(law->head, "command", "handover") ? "handed over"
							   : "output");

	if (!law_is(output, "path", fact_text(line, "path")) ||
	    !law_is(output, "sha256", fact_text(line, "sha256")))
		law_broken(law, i,
		    "%.300s is published and was not stored "
		    "before",
		    fact_text(line, "path"));
}

/* A failure has its message, success has none; nothing follows. */
static void
end_says_why(const struct law *law, size_t i, const json_t *line)
{
	const json_t *status = json_object_get(line, "status");
	json_int_t value = json_integer_value(status);

	if (!json_is_integer(status) || value < 0 || value > 2)
		law_broken(law, i, "the run ended with no known status");
	if ((value == 0) != json_is_null(json_object_get(line, "message")) ||
	    (value != 0 && fact_text(line, "message")[0] == '\0'))
		law_broken(law, i,
		    "the run ended with status %lld and the "
		    "message \"%.300s\"",
		    (long long)value, fact_text(line, "message"));
	for (size_t k = i + 1; k < law->run->first + law->run->n; k++)
		if (law_line(law, k) != NULL) /* torn: a run's first line */
			law_broken(law, k, "lines follow the run's end");
}

const struct law_row laws_of_runs[] = {
	{ NULL, time_never_falls },
	{ "run", now_is_known },
	{ "run", clock_is_the_lines },
	{ "run", program_has_one_format },
	{ "run", configuration_is_stored },
	{ "input", unmasked_is_the_file },
	{ "input", file_is_stored },
	{ "input", register_is_beside },
	{ "output", file_is_stored },
	{ "output", output_is_published },
	{ "backed up", output_is_published },
	{ "handed over", output_is_published },
	{ "published", published_was_stored },
	{ "end", end_says_why },
	{ NULL, NULL },
};
