#include <stdio.h>

#include "ksr/base/text.h"
#include "ksr/readiness/day.h"
#include "signer/readiness/drawing.h"
#include "signer/show/svg.h"

#define WIDTH  1040
#define HEIGHT 420
#define LEFT   70
#define TOP    50
#define PLOT_WIDTH  700
#define PLOT_HEIGHT 300
#define LEGEND_X    (LEFT + PLOT_WIDTH + 20)
#define LEGEND_STEP 24
#define MONTHS_MAX  24 /* that are named along the plot */

/* Told apart by their dashes too, where colours are not seen. */
static const struct look {
	const char *colour, *dashes;
} looks[CLASSES] = {
	[CLASS_NEW] = { "#1a7f37", "none" },
	[CLASS_BOTH] = { "#1f5fbf", "none" },
	[CLASS_OLD] = { "#a40e26", "none" },
	[CLASS_NEITHER] = { "#57606a", "2 3" },
	[CLASS_COMPILED_IN] = { "#9a6700", "6 3" },
	[CLASS_CONTRADICTORY] = { "#8250df", "8 3 2 3" },
};

static int
height_of(uint32_t millionths)
{
	return TOP + PLOT_HEIGHT -
	    (int)((int64_t)millionths * PLOT_HEIGHT / SHARE_WHOLE);
}

static void
put_grid(const struct svg *svg)
{
	char text[16];

	for (uint32_t percent = 0; percent <= 100; percent += 20) {
		int y = height_of(percent * (SHARE_WHOLE / 100));

		svg_line(svg, "edge", LEFT, y, LEFT + PLOT_WIDTH, y);
		snprintf(text, sizeof(text), "%u %%", percent);
		svg_text(svg, "title", LEFT - 8, y + 4, text);
	}
}

/* The first and last day, and the first of each month where they are few. */
static void
put_dates(const struct svg *svg, int32_t first, int32_t last)
{
	bool months = last - first < MONTHS_MAX * 30;
	int32_t named = INT32_MIN / 2;
	char text[DAY_TEXT];

	for (int32_t day = first; day <= last; day++) {
		int x = svg_x(svg, (int64_t)day * DAY_S);
		bool end = day == first || day == last;

		day_format(day, text);
		if (!end && (!months || text[8] != '0' || text[9] != '1'))
			continue;
		svg_line(svg, "edge", x, TOP, x, TOP + PLOT_HEIGHT);
		if (!end && (day - named < (last - first) / 10 ||
			last - day < (last - first) / 10))
			continue;
		named = day;
		svg_text(svg, "date", x - 26, TOP + PLOT_HEIGHT + 18, text);
	}
}

static void
put_line(const struct svg *svg, const struct readiness *readiness,
    enum class class)
{
	const struct look *look = &looks[class];

	buf_printf(svg->out,
	    "<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.6\" "
	    "stroke-dasharray=\"%s\" d=\"",
	    look->colour, look->dashes);
	for (size_t i = 0; i < readiness->n_days; i++) {
		const struct day_shares *day = &readiness->days[i];

		buf_printf(svg->out, "%s%d %d", i == 0 ? "M" : " L",
		    svg_x(svg, (int64_t)day->day * DAY_S),
		    height_of(share(day->n[class], day_sources(day))));
	}
	buf_printf(svg->out, "\"><title>%s</title></path>\n",
	    class_names[class]);
}

/* In the legend the line's look, its name and its share of the last day. */
static void
put_legend(const struct svg *svg, const struct readiness *readiness,
    enum class class, int y)
{
	const struct look *look = &looks[class];
	const struct day_shares *last = &readiness->days[readiness->n_days - 1];
	uint32_t part = share(last->n[class], day_sources(last));
	char text[64];

	buf_printf(svg->out,
	    "<path stroke=\"%s\" stroke-width=\"2\" stroke-dasharray=\"%s\" "
	    "d=\"M%d %d h24\"/>\n",
	    look->colour, look->dashes, LEGEND_X, y - 4);
	snprintf(text, sizeof(text), "%s, %u.%u %% at last",
	    class_names[class], part / 10000, part / 1000 % 10);
	svg_text(svg, "legend", LEGEND_X + 30, y, text);
}

static bool
is_drawn(const struct readiness *readiness, enum class class)
{
	for (size_t i = 0; i < readiness->n_days; i++)
		if (readiness->days[i].n[class] > 0)
			return true;
	return false;
}

void
drawing_put(
    const struct readiness *readiness, const char *title, struct buf *out)
{
	struct svg svg = { .out = out, .left = LEFT, .width = PLOT_WIDTH };
	int y = TOP + 12;

	svg.begin = 0;
	svg.end = DAY_S;
	if (readiness->n_days > 0) {
		svg.begin = (int64_t)readiness->days[0].day * DAY_S;
		svg.end = (int64_t)readiness->days[readiness->n_days - 1].day *
			DAY_S + 1;
	}
	svg_document_begin(&svg, WIDTH, HEIGHT, title);
	svg_text(&svg, "name", LEFT, 28, title);
	put_grid(&svg);
	if (readiness->n_days > 0)
		put_dates(&svg, readiness->days[0].day,
		    readiness->days[readiness->n_days - 1].day);
	for (size_t class = 0; class < CLASSES; class++) {
		if (!is_drawn(readiness, (enum class)class))
			continue;
		put_line(&svg, readiness, (enum class)class);
		put_legend(&svg, readiness, (enum class)class, y);
		y += LEGEND_STEP;
	}
	svg_end(&svg);
	buf_puts(out, "\n");
}
