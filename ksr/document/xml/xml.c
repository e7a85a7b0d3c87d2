#include <string.h>

#include "ksr/document/format.h"
#include "ksr/document/xml/xml.h"

static bool
is_xml(const struct text_style *none, struct bytes octets)
{
	static const char root[] = "<KSR";

	(void)none;
	octets = format_root_element(octets);
	return octets.len >= sizeof(root) - 1 &&
	    memcmp(octets.data, root, sizeof(root) - 1) == 0;
}

const struct format format_xml = {
	.name = "xml",
	.title = "the root's XML",
	.suffix = "xml",
	.lacks = LACKS_USE | LACKS_CHILD | LACKS_GENERATED |
	    LACKS_REFRESHES | LACKS_AGAIN,
	.recognise = is_xml,
	.read = root_xml_read,
	.write = root_xml_write,
};
