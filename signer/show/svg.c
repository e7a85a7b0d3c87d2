#include "signer/show/html.h"
#include "signer/show/svg.h"

/* The colours are the report's on paper: a projector shows those best. */
static const char style[] =
    "text{font-family:system-ui,\"DejaVu Sans\",sans-serif;font-size:12px;"
    "fill:#1b1f24}.title{text-anchor:end}.cell{text-anchor:middle}"
    ".heading{font-weight:600}.cell,.legend{font-size:11px}"
    ".date{font-size:10px}.name{font-size:18px;font-weight:600}"
    "rect{stroke:#57606a;stroke-width:.8}"
    ".paper{fill:#ffffff;stroke:none}.edge{stroke:#d0d7de;stroke-width:1}"
    ".zsk{fill:#d8dee4}.published{fill:#b6d7ff}.signs{fill:#1f5fbf}"
    ".signs+.cell{fill:#ffffff;font-weight:700}"
    ".revoked{fill:#ffe3df;stroke:#8a0b1f;stroke-width:2;"
    "stroke-dasharray:4 2}.valid{fill:#d5efdb}.overlap{fill:#9fd6ae}"
    ".hole,.fails{fill:#ffe1e0;stroke:#a40e26;stroke-width:2}"
    ".fallback{fill:#ffffff;stroke-dasharray:5 3}"
    ".fallback+.cell{font-weight:400}"
    ".dashed{stroke:#1b1f24;stroke-dasharray:4 3;stroke-width:1.2}";

int
svg_x(const struct svg *svg, int64_t time)
{
	if (time < svg->begin)
		time = svg->begin;
	if (time > svg->end)
		time = svg->end;
	return svg->left +
	    (int)((time - svg->begin) * svg->width / (svg->end - svg->begin));
}

void
svg_begin(const struct svg *svg, int width, int height, const char *label)
{
	buf_puts(svg->out,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
	    "aria-label=\"");
	html_text(svg->out, label);
	buf_printf(svg->out, "\" viewBox=\"0 0 %d %d\">\n", width, height);
}

void
svg_document_begin(
    const struct svg *svg, int width, int height, const char *title)
{
	buf_puts(svg->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	svg_begin(svg, width, height, title);
	buf_puts(svg->out, "<title>");
	html_text(svg->out, title);
	buf_printf(svg->out,
	    "</title>\n<style>%s</style>\n"
	    "<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n",
	    style, width, height);
}

void
svg_end(const struct svg *svg)
{
	buf_puts(svg->out, "</svg>");
}

void
svg_text(
    const struct svg *svg, const char *class, int x, int y, const char *text)
{
	buf_printf(
	    svg->out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, x, y);
	html_text(svg->out, text);
	buf_puts(svg->out, "</text>\n");
}

void
svg_bar(const struct svg *svg, const char *class, int from, int to, int y,
    const char *title)
{
	if (to <= from)
		return;
	buf_printf(svg->out,
	    "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" "
	    "height=\"%d\"><title>",
	    class, from, y, to - from, SVG_BAR);
	html_text(svg->out, title);
	buf_puts(svg->out, "</title></rect>\n");
}

void
svg_line(
    const struct svg *svg, const char *class, int x1, int y1, int x2, int y2)
{
	buf_printf(svg->out,
	    "<line class=\"%s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n",
	    class, x1, y1, x2, y2);
}
