#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "signer/show/lanes.h"
#include "signer/show/plan_draw.h"

enum {
	LEFT = 190,    /* KSKs' names stand before the plot */
	QUARTER = 200, /* each is as wide */
};

/* Quarters are drawn as wide as each other: time is counted in slots. */
struct drawing {
	struct lanes lanes;
	const struct plan *plan;
	const struct config *config;
	uint32_t keys; /* that the plan names */
};

const char *
plan_role(const struct schema_slot *slot, uint32_t key)
{
	if ((slot->revoke & key) != 0)
		return (slot->sign & key) != 0 ? "RS" : "R";
	if ((slot->sign & key) != 0)
		return "S";
	return (slot->publish & key) != 0 ? "P" : "";
}

void
plan_next_text(const struct plan *plan, size_t quarter, size_t response,
    char ret[PLAN_NEXT_TEXT_SIZE])
{
	const struct plan_response *taken =
	    &plan->quarters[quarter].responses[response];
	char until[40] = "";

	if (response > 0 && taken->until < plan->n_slots)
		snprintf(
		    until, sizeof(until), ", up to slot %zu", taken->until);
	if (taken->next == plan->n_quarters)
		snprintf(ret, PLAN_NEXT_TEXT_SIZE, "the plan ends%s", until);
	else
		snprintf(ret, PLAN_NEXT_TEXT_SIZE, "then %s%s%s",
		    plan->quarters[taken->next].name,
		    taken->next > quarter ? "" : " again", until);
}

static uint32_t
keys_of_schema(const struct schema *schema)
{
	uint32_t keys = 0;

	for (size_t i = 0; i < schema->n_slots; i++)
		keys |= schema->slots[i].publish | schema->slots[i].revoke;
	return keys;
}

static uint32_t
keys_of_plan(const struct plan *plan)
{
	uint32_t keys = 0;

	for (size_t i = 0; i < plan->n_quarters; i++)
		for (size_t k = 0; k < plan->quarters[i].n_responses; k++)
			keys |= keys_of_schema(
			    &plan->quarters[i].responses[k].schema);
	return keys;
}

static int64_t
slot_time(const struct drawing *drawing, size_t quarter, size_t slot)
{
	return (int64_t)(quarter * drawing->plan->n_slots + slot);
}

/* One stretch of slots in which the key's part is the same. */
static void
put_stretch(struct drawing *drawing, size_t quarter, bool fallback,
    const struct schema_slot *slot, size_t key, size_t first, size_t end)
{
	const char *role = plan_role(slot, UINT32_C(1) << key);
	const char *class = lanes_class(role);
	char text[160], both[32];

	if (class == NULL)
		return;
	snprintf(both, sizeof(both), "%s%s", class, fallback ? " dashed" : "");
	snprintf(text, sizeof(text), "%s, slot %zu to %zu: %s %s",
	    drawing->plan->quarters[quarter].name, first + 1, end,
	    drawing->config->keys[key].name, role);
	lanes_bar(&drawing->lanes, both, slot_time(drawing, quarter, first),
	    slot_time(drawing, quarter, end), role, text);
}

static void
put_key(struct drawing *drawing, size_t quarter, bool fallback,
    const struct schema *schema, size_t key)
{
	uint32_t mask = UINT32_C(1) << key;
	size_t first = 0;

	for (size_t i = 1; i <= schema->n_slots; i++) {
		if (i < schema->n_slots &&
		    strcmp(plan_role(&schema->slots[i], mask),
			plan_role(&schema->slots[first], mask)) == 0)
			continue;
		put_stretch(drawing, quarter, fallback, &schema->slots[first],
		    key, first, i);
		first = i;
	}
}

static void
put_title(struct drawing *drawing, const struct config_key *key)
{
	char text[NAME_MAX_LEN + 16];

	if (key->has_tag)
		snprintf(text, sizeof(text), "%s %u", key->name, key->tag);
	else
		snprintf(text, sizeof(text), "%s", key->name);
	lanes_row(&drawing->lanes, text);
}

static void
put_note(struct drawing *drawing, const char *class, size_t quarter,
    const char *text)
{
	lanes_note(&drawing->lanes, class, slot_time(drawing, quarter, 0),
	    slot_time(drawing, quarter + 1, 0), text);
}

/* The responses' names and, of fallbacks, what comes after them. */
static void
put_names(struct drawing *drawing, size_t response)
{
	const struct plan *plan = drawing->plan;
	char text[PLAN_NEXT_TEXT_SIZE];

	lanes_line(&drawing->lanes, response == 0 ? "as planned" : "fallbacks");
	for (size_t i = 0; i < plan->n_quarters; i++)
		if (response < plan->quarters[i].n_responses)
			put_note(drawing, "legend", i,
			    plan->quarters[i].responses[response].name);
	if (response == 0)
		return;
	lanes_line(&drawing->lanes, "");
	for (size_t i = 0; i < plan->n_quarters; i++) {
		if (response >= plan->quarters[i].n_responses)
			continue;
		plan_next_text(plan, i, response, text);
		put_note(drawing, "date", i, text);
	}
}

/* Of all quarters the planned response, or the same of their fallbacks. */
static void
put_responses(struct drawing *drawing, size_t response)
{
	const struct plan *plan = drawing->plan;

	put_names(drawing, response);
	for (size_t k = 0; k < drawing->config->n_keys; k++) {
		if ((drawing->keys & (UINT32_C(1) << k)) == 0)
			continue;
		put_title(drawing, &drawing->config->keys[k]);
		for (size_t i = 0; i < plan->n_quarters; i++)
			if (response < plan->quarters[i].n_responses)
				put_key(drawing, i, response > 0,
				    &plan->quarters[i].responses[response]
					 .schema,
				    k);
	}
}

static size_t
most_responses(const struct plan *plan)
{
	size_t most = 0;

	for (size_t i = 0; i < plan->n_quarters; i++)
		if (plan->quarters[i].n_responses > most)
			most = plan->quarters[i].n_responses;
	return most;
}

static void
put_quarters(struct drawing *drawing)
{
	const struct plan *plan = drawing->plan;

	for (size_t i = 0; i < plan->n_quarters; i++)
		lanes_edge(&drawing->lanes, slot_time(drawing, i, 0),
		    plan->quarters[i].name, plan->quarters[i].start);
	lanes_edge(&drawing->lanes, slot_time(drawing, plan->n_quarters, 0),
	    NULL, 0);
}

void
plan_draw(const struct plan *plan, const struct config *config, struct buf *ret)
{
	static const struct lanes_item legend[] = {
		{ "published", "P: published" },
		{ "signs", "S: signs" },
		{ "revoked", "R: published revoked, RS: and signs" },
		{ "published dashed", "dashed: a fallback" },
	};
	struct drawing drawing = { .plan = plan,
		.config = config,
		.keys = keys_of_plan(plan) };
	char note[128];

	snprintf(note, sizeof(note),
	    "%zu slots a quarter; fallbacks may cost %u quarters in all",
	    plan->n_slots, plan->delays);
	lanes_begin(&drawing.lanes, LEFT, (int)plan->n_quarters * QUARTER, 0,
	    slot_time(&drawing, plan->n_quarters, 0),
	    plan->description[0] == '\0' ? "Plan" : plan->description, note);
	put_quarters(&drawing);
	for (size_t k = 0; k < most_responses(plan); k++) {
		if (k > 0)
			lanes_gap(&drawing.lanes);
		put_responses(&drawing, k);
	}
	lanes_end(&drawing.lanes, legend, ARRAY_LEN(legend), ret);
	buf_puts(ret, "\n");
}
