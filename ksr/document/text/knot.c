/*
 * Knot DNS: `keymgr generate-ksr` writes requests, `keymgr import-skr` reads
 * responses.
 */
#include "ksr/document/format.h"
#include "ksr/document/text/text.h"

static const struct text_style style = {
	.name = "knot",
	.time = TEXT_TIME_SECONDS,
	.rule = " =========",
	.has_parens = true,
};

const struct format format_knot = {
	.name = "knot",
	.title = "Knot's text",
	.suffix = "txt",
	.lacks = LACKS_ID | LACKS_SERIAL | LACKS_POLICY | LACKS_EXPIRATION |
	    LACKS_PROOF | LACKS_SLOTS | LACKS_REFRESHES | LACKS_AGAIN,
	.lead_s = 5400,
	.child_ttl_zero = true,
	.style = &style,
	.recognise = text_begins,
	.read = text_read,
	.write = text_write,
	.begins = text_id_begins,
};
