#include <stdlib.h>

#include "ksr/base/limits.h"
#include "ksr/document/xml/builder.h"
#include "ksr/document/xml/reader.h"
#include "ksr/document/xml/xml.h"

static void *
open_object(void *arg, int object, void *parent)
{
	return builder_open(arg, (enum object)object, parent);
}

static bool
close_object(void *arg, int object, void *what, struct err *err)
{
	return builder_close(arg, (enum object)object, what, err);
}

static bool
read_into(struct builder *builder, struct bytes xml, const char *name,
    struct err *err)
{
	const struct xml_model model = { &document_element, KSR_FILE_MAX,
		builder, open_object, close_object };

	builder->ksr = ksr_new(KSR_REQUEST, 0);
	if (builder->ksr == NULL)
		return err_set(err, E_MEMORY, "%s: out of memory", name);
	if (!xml_parse(xml, name, &model, err)) {
		ksr_free(builder->ksr);
		return false;
	}
	builder_fit(builder);
	return true;
}

bool
root_xml_read(const struct text_style *none, struct bytes xml,
    const char *name, struct ksr **ret, struct err *err)
{
	struct builder *builder = calloc(1, sizeof(*builder));
	bool ok;

	(void)none;
	if (builder == NULL)
		return err_set(err, E_MEMORY, "%s: out of memory", name);
	ok = read_into(builder, xml, name, err);
	if (ok)
		*ret = builder->ksr;
	free(builder);
	return ok;
}
