#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/sha256.h"
#include "ksr/document/message.h"
#include "ksr/document/presentation.h"
#include "signer/foresight/simulating.h"
#include "signer/record/context.h"
#include "signer/screen/screen.h"

/* One letter a state, so that many keys fit into a column. */
static const char letters[] = {
	[RFC5011_START] = '-',
	[RFC5011_ADDPEND] = 'a',
	[RFC5011_VALID] = 'V',
	[RFC5011_MISSING] = 'm',
	[RFC5011_REVOKED] = 'r',
	[RFC5011_REMOVED] = 'x',
};

enum { KSKS_MIN = 4 };

struct table {
	const struct simulating *simulating;
	const struct context *context;
	size_t ksks;   /* width of the KSKs' column */
	size_t column; /* of a resolver's */
};

static const char *
time_of(int64_t time, char ret[TIME_TEXT_SIZE])
{
	time_format(time, ret);
	return ret;
}

static void
coloured(const struct table *table, const char *colour, const char *text)
{
	if (table->context->colour)
		printf("\033[%sm%s\033[0m", colour, text);
	else
		printf("%s", text);
}

/* "19036/S,20326/P" */
static void
put_ksks(const struct bundle *bundle, struct buf *ret)
{
	for (size_t i = 0; i < bundle->n_keys; i++) {
		const struct dnskey *key = &bundle->keys[i];

		if ((key->flags & DNSKEY_FLAG_SEP) != 0)
			buf_printf(ret, "%s%u/%s", ret->len == 0 ? "" : ",",
			    key->tag, ksk_role(bundle, key));
	}
}

static struct buf
ksks_of(const struct timeline_slot *slot)
{
	struct buf text = buf_new(4096);

	put_ksks(slot->bundle, &text);
	return text;
}

static size_t
widest_ksks(const struct timeline *timeline)
{
	size_t widest = KSKS_MIN;

	for (size_t i = 0; i < timeline->n_slots; i++) {
		struct buf text = ksks_of(&timeline->slots[i]);

		if (text.len > widest)
			widest = text.len;
		buf_free(&text);
	}
	return widest;
}

/* "1 follower" */
#define TITLE_SIZE (NAME_MAX_LEN + 32)
static void
resolver_title(const struct simulating *s, size_t index, char ret[TITLE_SIZE])
{
	snprintf(ret, TITLE_SIZE, "%zu %s", index + 1,
	    s->resolvers[index].args.name);
}

/* With two spaces between columns. */
static size_t
widest_column(const struct simulating *s)
{
	size_t widest = 6 + s->timeline.n_keys;
	char title[TITLE_SIZE];

	for (size_t i = 0; i < s->n_resolvers; i++) {
		resolver_title(s, i, title);
		if (strlen(title) > widest)
			widest = strlen(title);
	}
	return widest + 2;
}

static void
print_heading(const struct table *table)
{
	const struct simulating *s = table->simulating;

	printf("\n%-7s %-20s %-*s %6s  ", "Slot", "Published from",
	    (int)table->ksks, "KSKs", "Octets");
	for (size_t i = 0; i < s->n_resolvers; i++) {
		char name[TITLE_SIZE];

		resolver_title(s, i, name);
		printf("%-*s", i + 1 == s->n_resolvers ? 0 : (int)table->column,
		    name);
	}
	printf("\n");
}

static void
print_cell(const struct table *table, size_t slot, size_t resolver)
{
	const struct simulating *s = table->simulating;
	const struct validator_run *run = &s->resolvers[resolver].run;
	enum validator_outcome outcome = run->outcomes[slot];
	bool last = resolver + 1 == s->n_resolvers;
	size_t len = strlen(validator_outcome_text(outcome));

	coloured(table,
	    outcome == OUTCOME_FAILS ? "1;31"
		: outcome == OUTCOME_OK ? "32"
					: "36",
	    validator_outcome_text(outcome));
	printf("%*s", (int)(6 - len), "");
	len = 6;
	for (size_t i = 0; i < run->n_keys; i++, len++)
		putchar(letters[validator_state(run, slot, i)]);
	while (!last && len++ < table->column)
		putchar(' ');
}

static void
print_slot(const struct table *table, size_t index)
{
	const struct simulating *s = table->simulating;
	const struct timeline_slot *slot = &s->timeline.slots[index];
	struct buf ksks = ksks_of(slot);
	char name[SLOT_TEXT_SIZE], from[TIME_TEXT_SIZE];

	simulating_slot_text(slot, name);
	printf("%-7s %-20s %-*.*s %6zu%-2s ", name, time_of(slot->from, from),
	    (int)table->ksks, (int)ksks.len,
	    ksks.data == NULL ? "" : (const char *)ksks.data, slot->octets,
	    slot->octets > MESSAGE_OCTETS_ETHERNET ? "!!"
		: slot->octets > MESSAGE_OCTETS_SAFE ? "!"
						     : "");
	for (size_t i = 0; i < s->n_resolvers; i++)
		print_cell(table, index, i);
	printf("\n");
	buf_free(&ksks);
}

static void
print_legend(const struct simulating *s)
{
	const struct timeline *timeline = &s->timeline;
	size_t safe = 0, ethernet = 0;

	printf("\nTrust as each slot ends, a letter a key, in the order");
	for (size_t i = 0; i < timeline->n_keys; i++)
		printf("%s %u", i == 0 ? "" : ",", timeline->keys[i].tag);
	printf(":\n  - Start, a AddPend, V Valid, m Missing (trusted), "
	       "r Revoked, x Removed\n");
	for (size_t i = 0; i < timeline->n_slots; i++) {
		safe += timeline->slots[i].octets > MESSAGE_OCTETS_SAFE;
		ethernet +=
		    timeline->slots[i].octets > MESSAGE_OCTETS_ETHERNET;
	}
	if (safe > 0)
		printf("  !  in %zu slots the DNSKEY response has more than %u "
		       "octets: it may need TCP\n",
		    safe, MESSAGE_OCTETS_SAFE);
	if (ethernet > 0)
		printf("  !! in %zu more than %u: in fragments, or by TCP, "
		       "nearly everywhere\n",
		    ethernet, MESSAGE_OCTETS_ETHERNET);
}

static void
print_failure(const struct table *table, const struct validator_failure *f)
{
	const struct timeline *timeline = &table->simulating->timeline;
	char slot[SLOT_TEXT_SIZE], time[TIME_TEXT_SIZE];

	simulating_slot_text(&timeline->slots[f->slot], slot);
	printf("  ");
	coloured(table, "1;31", "FAILS");
	printf(" at %s (slot %s): no signature by a key that it trusts\n",
	    time_of(f->at, time), slot);
	if (f->hidden)
		printf("    answers in caches hide it until %s at the latest\n",
		    time_of(f->hidden_until, time));
	if (f->recovers)
		printf("    it validates again from %s\n",
		    time_of(f->recovers_at, time));
	else
		printf("    and does not recover\n");
}

static void
print_events(const struct table *table, const struct validator_run *run)
{
	const struct timeline *timeline = &table->simulating->timeline;
	char time[TIME_TEXT_SIZE];

	for (size_t i = 0; i < run->n_events; i++) {
		const struct validator_event *event = &run->events[i];

		printf("  %s  %5u  %s -> %s\n", time_of(event->at, time),
		    timeline->keys[event->key].tag,
		    rfc5011_state_text(event->from),
		    rfc5011_state_text(event->to));
	}
}

static void
print_resolver(const struct table *table, size_t index)
{
	const struct simulated *one = &table->simulating->resolvers[index];
	const struct resolver *resolver = &one->resolver;
	char name[TITLE_SIZE];
	char time[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE];

	resolver_title(table->simulating, index, name);
	printf("\n%s: %s, trusts", name,
	    resolver->follows		 ? "follows RFC 5011"
		: resolver->parent != NULL ? "goes by the parent"
					   : "fixed anchors");
	if (resolver->parent != NULL)
		printf(" keys whose DS all hold (V; a: some do),");
	for (size_t i = 0; i < resolver->n_anchors; i++)
		printf("%s %u", i == 0 ? "" : ",", one->anchors[i].tag);
	printf(" from %s\n", time_of(resolver->start, time));
	for (size_t i = 0; i < resolver->n_off; i++)
		printf("  off from %s until %s\n",
		    time_of(resolver->off[i].from, time),
		    time_of(resolver->off[i].until, until));
	print_events(table, &one->run);
	for (size_t i = 0; i < one->run.n_failures; i++)
		print_failure(table, &one->run.failures[i]);
	if (one->run.n_failures == 0) {
		printf("  ");
		coloured(table, "32", "validates throughout");
		printf("\n");
	}
}

static void
print_responses(const struct simulating *s)
{
	char zone[DNAME_TEXT_MAX + 1], path[4 * PATH_MAX_LEN];
	char time[TIME_TEXT_SIZE], hex[SHA256_TEXT_SIZE];

	dname_text(&s->timeline.owner, zone);
	printf("Zone %s, %zu slots of %zu responses\n", zone,
	    s->timeline.n_slots, s->n_documents);
	for (size_t i = 0; i < s->n_documents; i++) {
		text_printable(path, sizeof(path), s->documents[i].path);
		sha256_text(s->documents[i].sha256, hex);
		printf("  %zu  %s", i + 1, path);
		if (s->parts[i].takes_over)
			printf(", takes over at %s",
			    time_of(s->parts[i].from, time));
		printf("\n     SHA-256 %s\n", hex);
	}
}

void
simulate_print(
    const struct simulating *simulating, const struct context *context)
{
	const struct table table = { simulating, context,
		widest_ksks(&simulating->timeline),
		widest_column(simulating) };
	enum screen_kind before;

	print_responses(simulating);
	before = screen_set(SCREEN_ROWS);
	print_heading(&table);
	for (size_t i = 0; i < simulating->timeline.n_slots; i++)
		print_slot(&table, i);
	screen_set(before);
	print_legend(simulating);
	for (size_t i = 0; i < simulating->n_resolvers; i++)
		print_resolver(&table, i);
}
