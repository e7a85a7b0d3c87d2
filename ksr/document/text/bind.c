/*
 * BIND, 9.20 and later: dnssec-ksr writes requests, `rndc skr -import` reads
 * responses.
 */
#include "ksr/document/format.h"
#include "ksr/document/text/text.h"

static const struct text_style style = {
	.name = "bind",
	.time = TEXT_TIME_STAMP,
	.rule = "",
	.has_class = true,
	.has_gaps = true,
	.signature_follows = true,
	.ksks_first = true,
};

const struct format format_bind = {
	.name = "bind",
	.title = "BIND's text",
	.suffix = "txt",
	.lacks = LACKS_ID | LACKS_SERIAL | LACKS_POLICY | LACKS_EXPIRATION |
	    LACKS_PROOF | LACKS_SLOTS,
	.lead_s = 3600,
	.style = &style,
	.recognise = text_begins,
	.read = text_read,
	.write = text_write,
	.begins = text_id_begins,
};
