#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "signer/show/plan_draw.h"
#include "signer/show/svg.h"

enum {
	LEFT = 190,      /* KSKs' names stand before the plot */
	QUARTER = 200,   /* each is as wide */
	WIDTH_MIN = 800, /* for the legend */
	MARGIN = 14,
	NAME_Y = 28,
	NOTE_Y = 46,
	HEAD = 66, /* a quarter's name; its date and response below */
	LINE = 15,
	TOP = HEAD + 2 * LINE + 10,
	GAP = 22,
	BOTTOM = 40,    /* for the legend */
	TITLE_MAX = 26, /* characters before the plot */
	CELL_MAX = 28,  /* in a quarter's width */
	LETTER = 10,    /* of the drawing's name */
	ROLE_WIDTH = 16,
};

struct drawing {
	struct svg svg;
	const struct plan *plan;
	const struct config *config;
	uint32_t keys; /* that the plan names */
	int width;
};

const char *
plan_role_class(const struct schema_slot *slot, uint32_t key)
{
	if ((slot->revoke & key) != 0)
		return "revoked";
	if ((slot->sign & key) != 0)
		return "signs";
	return (slot->publish & key) != 0 ? "published" : NULL;
}

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

/* What does not fit ends in dots. */
static void
cut(char *text, size_t max)
{
	if (strlen(text) > max)
		memcpy(text + max - 3, "...", sizeof("..."));
}

static size_t
count_keys(uint32_t keys)
{
	size_t n = 0;

	for (; keys != 0; keys &= keys - 1)
		n++;
	return n;
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

/* Quarters are drawn as wide as each other: time runs within each. */
static int
slot_x(const struct drawing *drawing, size_t quarter, size_t slot)
{
	return LEFT + (int)quarter * QUARTER +
	    (int)(slot * QUARTER / drawing->plan->n_slots);
}

/* One stretch of slots in which the key's part is the same. */
static void
put_stretch(const struct drawing *drawing, size_t quarter,
    const struct schema *schema, size_t key, size_t first, size_t last, int y,
    bool fallback)
{
	uint32_t mask = UINT32_C(1) << key;
	const char *class = plan_role_class(&schema->slots[first], mask);
	const char *role = plan_role(&schema->slots[first], mask);
	int from = slot_x(drawing, quarter, first) + 1;
	int to = slot_x(drawing, quarter, last + 1) - 1;
	char text[160], both[32];

	if (class == NULL)
		return;
	snprintf(both, sizeof(both), "%s%s", class, fallback ? " dashed" : "");
	snprintf(text, sizeof(text), "%s, slot %zu to %zu: %s %s",
	    drawing->plan->quarters[quarter].name, first + 1, last + 1,
	    drawing->config->keys[key].name, role);
	svg_bar(&drawing->svg, both, from, to, y, text);
	if (to - from >= ROLE_WIDTH)
		svg_cell(&drawing->svg, from, to, y, role);
}

static void
put_key(const struct drawing *drawing, size_t quarter,
    const struct schema *schema, size_t key, int y, bool fallback)
{
	uint32_t mask = UINT32_C(1) << key;
	size_t first = 0;

	for (size_t i = 1; i <= schema->n_slots; i++) {
		if (i < schema->n_slots &&
		    strcmp(plan_role(&schema->slots[i], mask),
			plan_role(&schema->slots[first], mask)) == 0)
			continue;
		put_stretch(
		    drawing, quarter, schema, key, first, i - 1, y, fallback);
		first = i;
	}
}

/* One row for each key; titles only where they stand before the plot. */
static void
put_keys(const struct drawing *drawing, size_t quarter,
    const struct schema *schema, int y, bool fallback)
{
	for (size_t k = 0; k < drawing->config->n_keys; k++) {
		if ((drawing->keys & (UINT32_C(1) << k)) == 0)
			continue;
		put_key(drawing, quarter, schema, k, y, fallback);
		y += SVG_ROW;
	}
}

static void
put_titles(const struct drawing *drawing, int y)
{
	for (size_t k = 0; k < drawing->config->n_keys; k++) {
		const struct config_key *key = &drawing->config->keys[k];
		char text[NAME_MAX_LEN + 16];

		if ((drawing->keys & (UINT32_C(1) << k)) == 0)
			continue;
		if (key->has_tag)
			snprintf(
			    text, sizeof(text), "%s %u", key->name, key->tag);
		else
			snprintf(text, sizeof(text), "%s", key->name);
		svg_row_title(&drawing->svg, y, text, TITLE_MAX);
		y += SVG_ROW;
	}
}

static void
put_quarter_head(const struct drawing *drawing, size_t i)
{
	const struct plan_quarter *quarter = &drawing->plan->quarters[i];
	int x = slot_x(drawing, i, 0);
	char date[TIME_TEXT_SIZE], text[2 * NAME_MAX_LEN];

	svg_text(&drawing->svg, "heading", x + 4, HEAD, quarter->name);
	time_format(quarter->start, date);
	date[10] = '\0';
	svg_text(&drawing->svg, "date", x + 4, HEAD + LINE, date);
	snprintf(text, sizeof(text), "%s", quarter->responses[0].name);
	cut(text, CELL_MAX);
	svg_text(&drawing->svg, "legend", x + 4, HEAD + 2 * LINE, text);
}

/* Its name, what comes after it, and its keys. */
static void
put_fallback(const struct drawing *drawing, size_t i, size_t k, int y)
{
	const struct plan_response *fallback =
	    &drawing->plan->quarters[i].responses[k];
	int x = slot_x(drawing, i, 0) + 4;
	char text[PLAN_NEXT_TEXT_SIZE], name[2 * NAME_MAX_LEN];

	snprintf(name, sizeof(name), "%s", fallback->name);
	cut(name, CELL_MAX);
	svg_text(&drawing->svg, "legend", x, y + LINE - 3, name);
	plan_next_text(drawing->plan, i, k, text);
	svg_text(&drawing->svg, "date", x, y + 2 * LINE - 4, text);
	put_keys(drawing, i, &fallback->schema, y + 2 * LINE, true);
}

static size_t
most_fallbacks(const struct plan *plan)
{
	size_t most = 0;

	for (size_t i = 0; i < plan->n_quarters; i++)
		if (plan->quarters[i].n_responses - 1 > most)
			most = plan->quarters[i].n_responses - 1;
	return most;
}

static void
put_legend(const struct drawing *drawing, int y)
{
	static const struct svg_item items[] = {
		{ "published", "P: published", 110 },
		{ "signs", "S: signs", 90 },
		{ "revoked", "R: published revoked, RS: and signs", 240 },
		{ "published dashed", "dashed: a fallback", 0 },
	};

	svg_legend(&drawing->svg, items, ARRAY_LEN(items), MARGIN, y);
}

static void
put_head(const struct drawing *drawing, int height)
{
	const struct plan *plan = drawing->plan;
	char name[ID_MAX + 32], text[128];

	snprintf(name, sizeof(name), "%s",
	    plan->description[0] == '\0' ? "Plan" : plan->description);
	svg_document_begin(&drawing->svg, drawing->width, height, name);
	cut(name, (size_t)(drawing->width - 2 * MARGIN) / LETTER);
	svg_text(&drawing->svg, "name", MARGIN, NAME_Y, name);
	snprintf(text, sizeof(text),
	    "%zu slots a quarter; fallbacks may cost %u quarters in all",
	    plan->n_slots, plan->delays);
	svg_text(&drawing->svg, "legend", MARGIN, NOTE_Y, text);
}

static void
put_edges(const struct drawing *drawing, int bottom)
{
	for (size_t i = 0; i <= drawing->plan->n_quarters; i++) {
		int x = slot_x(drawing, i, 0);

		svg_line(&drawing->svg, "edge", x, HEAD - LINE, x, bottom);
	}
}

void
plan_draw(const struct plan *plan, const struct config *config, struct buf *ret)
{
	struct drawing drawing = { .svg = { .out = ret, .left = LEFT },
		.plan = plan,
		.config = config,
		.keys = keys_of_plan(plan),
		.width = LEFT + (int)plan->n_quarters * QUARTER + MARGIN };
	int rows = (int)count_keys(drawing.keys) * SVG_ROW;
	int lane = 2 * LINE + rows + GAP / 2;
	int lanes = TOP + rows + GAP;
	int bottom = lanes + (int)most_fallbacks(plan) * lane;

	if (drawing.width < WIDTH_MIN)
		drawing.width = WIDTH_MIN;
	put_head(&drawing, bottom + BOTTOM);
	put_edges(&drawing, bottom);
	svg_row_title(&drawing.svg, TOP - SVG_ROW + 2, "as planned", TITLE_MAX);
	put_titles(&drawing, TOP);
	for (size_t i = 0; i < plan->n_quarters; i++) {
		const struct plan_quarter *quarter = &plan->quarters[i];

		put_quarter_head(&drawing, i);
		put_keys(
		    &drawing, i, &quarter->responses[0].schema, TOP, false);
		for (size_t k = 1; k < quarter->n_responses; k++)
			put_fallback(
			    &drawing, i, k, lanes + (int)(k - 1) * lane);
	}
	for (int k = 0; k < (int)most_fallbacks(plan); k++) {
		svg_row_title(
		    &drawing.svg, lanes + k * lane, "fallbacks", TITLE_MAX);
		put_titles(&drawing, lanes + k * lane + 2 * LINE);
	}
	put_legend(&drawing, bottom + BOTTOM - SVG_BAR - 8);
	svg_end(&drawing.svg);
	buf_puts(ret, "\n");
}
