#include <inttypes.h>
#include <stdio.h>

#include "ksr/readiness/day.h"
#include "signer/readiness/results.h"
#include "signer/screen/screen.h"

/* A name as a key: "old only" and "signals-name" as one word. */
static void
print_key(const char *name)
{
	putchar('"');
	for (; *name != '\0'; name++)
		putchar(*name == ' ' || *name == '-' ? '_' : *name);
	printf("\": ");
}

/* Of a zone's name, which is printable ASCII. */
static void
print_text(const char *text)
{
	putchar('"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('"');
}

static void
print_day(int32_t day)
{
	char text[DAY_TEXT];

	day_format(day, text);
	printf("\"%s\"", text);
}

static void
print_percent(const char *key, uint32_t millionths)
{
	printf(", \"%s\": %" PRIu32 ".%04" PRIu32, key, millionths / 10000,
	    millionths % 10000);
}

static void
print_begin(const struct summary *summary)
{
	char naming[SOURCE_NAMING_TEXT];

	source_naming_format(&summary->naming, naming);
	printf("{\n  \"zone\": ");
	print_text(summary->zone);
	printf(",\n  \"named_by\": \"%s\",\n  \"level\": %u,\n", naming,
	    summary->tally.level);
}

static void
print_counts_of(const char *key, const struct counts *counts, size_t first,
    size_t end)
{
	printf("  \"%s\": {", key);
	for (size_t i = first; i < end; i++) {
		printf("%s\n    ", i == first ? "" : ",");
		print_key(count_rows[i].name);
		printf("%" PRIu64, counts->n[i]);
	}
	printf("\n  }");
}

static void
print_end(const struct summary *summary)
{
	print_counts_of("counts", &summary->counts, 0, SKIP_FIRST);
	printf(",\n");
	print_counts_of("skipped", &summary->counts, SKIP_FIRST, COUNTS);
	printf("\n}\n");
}

void
results_print_summary(const struct summary *summary)
{
	enum screen_kind before = screen_set(SCREEN_DATA);

	print_begin(summary);
	printf("  \"rows\": %zu,\n", summary->tally.n);
	print_end(summary);
	screen_set(before);
}

static void
print_question(const struct question *question)
{
	printf("  \"old\": %u,\n  \"new\": %u,\n  \"compiled_in\": [",
	    question->old_tag, question->new_tag);
	for (size_t i = 0; i < question->n_compiled; i++) {
		const struct tag_set *set = &question->compiled[i];

		printf("%s[", i == 0 ? "" : ", ");
		for (size_t k = 0; k < set->n; k++)
			printf("%s%u", k == 0 ? "" : ", ", set->tags[k]);
		printf("]");
	}
	printf("],\n");
}

static void
print_sources(const struct readiness *readiness)
{
	uint64_t n = kind_sources(readiness, KINDS);

	printf("  \"sources\": {\"counted\": %" PRIu64 ", \"estimate\": %" PRIu64
	       ", \"error\": %" PRIu64 "},\n",
	    n, estimate(n, readiness->level),
	    estimate_error(n, readiness->level));
}

static void
print_class(const struct readiness *readiness, enum class class)
{
	uint64_t n = 0, all = kind_sources(readiness, KINDS);

	print_key(class_names[class]);
	printf("{");
	for (size_t kind = 0; kind < KINDS; kind++) {
		print_key(kind_names[kind]);
		printf("%" PRIu64 ", ", readiness->n[kind][class]);
		n += readiness->n[kind][class];
	}
	printf("\"all\": %" PRIu64, n);
	print_percent("percent", share(n, all));
	print_percent("error", share_error(n, all, readiness->level));
	printf("}");
}

static void
print_classes(const struct readiness *readiness)
{
	printf("  \"classes\": {");
	for (size_t class = 0; class < CLASSES; class++) {
		printf("%s\n    ", class == 0 ? "" : ",");
		print_class(readiness, (enum class)class);
	}
	printf("\n  },\n");
}

static void
print_day_shares(const struct day_shares *day, unsigned level)
{
	uint64_t all = day_sources(day);

	printf("{\n      \"day\": ");
	print_day(day->day);
	printf(",\n      \"sources\": %" PRIu64, all);
	for (size_t class = 0; class < CLASSES; class++) {
		printf(",\n      ");
		print_key(class_names[class]);
		printf("{\"all\": %" PRIu64, day->n[class]);
		print_percent("percent", share(day->n[class], all));
		print_percent("error", share_error(day->n[class], all, level));
		printf("}");
	}
	printf("\n    }");
}

static void
print_days(const struct readiness *readiness)
{
	printf("  \"days\": [");
	for (size_t i = 0; i < readiness->n_days; i++) {
		printf("%s\n    ", i == 0 ? "" : ",");
		print_day_shares(&readiness->days[i], readiness->level);
	}
	printf("%s],\n", readiness->n_days == 0 ? "" : "\n  ");
}

void
results_print_shown(const struct summary *summary,
    const struct question *question, const struct readiness *readiness)
{
	enum screen_kind before = screen_set(SCREEN_DATA);

	print_begin(summary);
	print_question(question);
	print_sources(readiness);
	print_classes(readiness);
	print_days(readiness);
	print_end(summary);
	screen_set(before);
}
