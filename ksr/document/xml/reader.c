/*
 * Expat finds the tags; the grammar's table says which may come; a stack of
 * frames, one for each open element, is all the state there is.  The first
 * thing that is not in the grammar ends the reading.
 */
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ksr/base/limits.h"
#include "ksr/document/xml/content.h"
#include "ksr/document/xml/reader.h"

#define PATH_SIZE 128

/* Since expat 2.9 the short names are deprecated. */
#if XML_MAJOR_VERSION > 2 || XML_MINOR_VERSION >= 9
#define CURRENT(what) XML_GetCurrent##what##64
#else
#define CURRENT(what) XML_GetCurrent##what
#endif

struct position {
	unsigned long line, column; /* from 1 */
};

/* An open element. */
struct frame {
	struct content content;
	struct position position; /* of its start tag */
	size_t index;             /* among its siblings; 0: it has none */
	void *object;             /* what its fields are part of */
};

struct reader {
	XML_Parser parser;
	const struct xml_model *model;
	const char *name;
	struct err *err;
	bool failed; /* expat may call a handler once more after a stop */

	struct frame stack[1 + ELEMENT_DEPTH_MAX];
	size_t depth; /* 0: outside the root element */

	/* Text of the open element, runs of white space as one space. */
	char text[XML_TEXT_MAX + 1];
	size_t text_len;
	bool space; /* seen since the last other character */
};

static bool refuse(struct reader *r, struct position at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

static struct frame *
top(struct reader *r)
{
	return &r->stack[r->depth];
}

/* Of what expat is looking at. */
static struct position
here(const struct reader *r)
{
	return (struct position){
		(unsigned long)CURRENT(LineNumber)(r->parser),
		(unsigned long)CURRENT(ColumnNumber)(r->parser) + 1,
	};
}

/* "KSR/Request/RequestBundle[2]/Key[1]" */
static void
path_format(const struct reader *r, char ret[PATH_SIZE])
{
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = 1; i <= r->depth && len < PATH_SIZE; i++) {
		const struct frame *f = &r->stack[i];

		len += (size_t)snprintf(ret + len, PATH_SIZE - len, "%s%s",
		    i > 1 ? "/" : "", f->content.element->name);
		if (f->index > 0 && len < PATH_SIZE)
			len += (size_t)snprintf(
			    ret + len, PATH_SIZE - len, "[%zu]", f->index);
	}
}

static bool
refuse(struct reader *r, struct position at, const char *fmt, ...)
{
	char what[ERR_MSG_MAX], path[PATH_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	path_format(r, path);
	r->failed = true;
	return err_set(r->err, E_INPUT, "%s:%lu:%lu: %s%s%s", r->name, at.line,
	    at.column, path, path[0] == '\0' ? "" : ": ", what);
}

static bool
out_of_memory(struct reader *r)
{
	r->failed = true;
	return err_set(r->err, E_MEMORY, "%s: out of memory", r->name);
}

/*
 * Attributes.
 */

static bool
attribute_read(
    struct reader *r, const char *name, const char *value, unsigned *seen)
{
	const struct frame *frame = top(r);
	const struct attribute *attributes = frame->content.element->attributes;
	struct err err;

	for (size_t i = 0; attributes[i].name != NULL; i++) {
		if (strcmp(attributes[i].name, name) != 0)
			continue;
		if (!field_store(
			&attributes[i].field, value, frame->object, &err))
			return refuse(r, frame->position, "attribute %s: %s",
			    name, err.msg);
		*seen |= 1u << i;
		return true;
	}
	return refuse(r, frame->position, "unknown attribute \"%.60s%s\"", name,
	    strlen(name) > 60 ? "..." : "");
}

/* pairs is name, value, ..., NULL; expat has refused repeated names. */
static bool
attributes_read(struct reader *r, const char **pairs)
{
	const struct frame *frame = top(r);
	const struct attribute *attributes = frame->content.element->attributes;
	unsigned seen = 0;

	for (; pairs[0] != NULL; pairs += 2)
		if (!attribute_read(r, pairs[0], pairs[1], &seen))
			return false;
	for (size_t i = 0; attributes[i].name != NULL; i++)
		if (!attributes[i].optional && (seen & 1u << i) == 0)
			return refuse(r, frame->position,
			    "attribute %s is missing", attributes[i].name);
	return true;
}

/*
 * What expat calls.
 */

static bool
element_start(struct reader *r, const char *name, const char **attributes)
{
	struct frame *parent = top(r);
	const struct element *element;
	void *object;
	struct err err;

	if (!content_child(&parent->content, name, &element, &err))
		return refuse(r, here(r), "%s", err.msg);
	object = element->object == OBJECT_OF_PARENT
	    ? parent->object
	    : r->model->open(r->model->arg, element->object, parent->object);
	if (object == NULL)
		return out_of_memory(r);
	if (r->depth == ELEMENT_DEPTH_MAX)
		return refuse(r, here(r), "elements are nested too deeply");
	r->depth++;
	*top(r) = (struct frame){
		.content = { .element = element },
		.position = here(r),
		.index = content_index(&parent->content),
		.object = object,
	};
	r->text_len = 0;
	r->space = false;
	return attributes_read(r, attributes);
}

static bool
element_end(struct reader *r)
{
	struct frame *frame = top(r);
	struct err err;

	if (!content_complete(&frame->content, &err))
		return refuse(r, frame->position, "%s", err.msg);
	if (frame->content.element->text.kind != FIELD_NONE) {
		r->text[r->text_len] = '\0';
		if (!field_store(&frame->content.element->text, r->text,
			frame->object, &err))
			return refuse(r, frame->position, "%s", err.msg);
	}
	if (!r->model->close(r->model->arg, frame->content.element->object,
		frame->object, &err))
		return err.code == E_MEMORY
		    ? out_of_memory(r)
		    : refuse(r, frame->position, "%s", err.msg);
	r->depth--;
	return true;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
text_add(struct reader *r, char c)
{
	if (r->text_len == XML_TEXT_MAX)
		return refuse(r, top(r)->position,
		    "text of more than %u characters", XML_TEXT_MAX);
	r->text[r->text_len++] = c;
	return true;
}

/*
 * As xsd's whiteSpace="collapse": none around the text, one space for each run
 * within, which base64 may have and nothing else.
 */
static bool
text_read(struct reader *r, const char *s, int len)
{
	for (int i = 0; i < len; i++) {
		if (is_space(s[i])) {
			r->space = true;
			continue;
		}
		if (top(r)->content.element->text.kind == FIELD_NONE)
			return refuse(r, here(r),
			    "text \"%.*s%s\" where only elements may be",
			    len - i > 60 ? 60 : len - i, s + i,
			    len - i > 60 ? "..." : "");
		if (r->space && r->text_len > 0 && !text_add(r, ' '))
			return false;
		r->space = false;
		if (!text_add(r, s[i]))
			return false;
	}
	return true;
}

static void
stop_unless(struct reader *r, bool ok)
{
	if (!ok)
		XML_StopParser(r->parser, XML_FALSE);
}

static bool
markup_fits(struct reader *r)
{
	if ((size_t)CURRENT(ByteCount)(r->parser) <= XML_MARKUP_MAX)
		return true;
	return refuse(r, here(r), "a tag or comment of more than %u octets",
	    XML_MARKUP_MAX);
}

static void XMLCALL
on_start(void *data, const char *name, const char **attributes)
{
	struct reader *r = data;

	stop_unless(r,
	    !r->failed && markup_fits(r) && element_start(r, name, attributes));
}

static void XMLCALL
on_end(void *data, const char *name)
{
	struct reader *r = data;

	(void)name; /* expat has compared it with the start tag's */
	stop_unless(r, !r->failed && markup_fits(r) && element_end(r));
}

static void XMLCALL
on_text(void *data, const char *s, int len)
{
	struct reader *r = data;

	stop_unless(r, !r->failed && text_read(r, s, len));
}

static void XMLCALL
on_comment(void *data, const char *text)
{
	struct reader *r = data;

	(void)text;
	stop_unless(r, !r->failed && markup_fits(r));
}

static void XMLCALL
on_declaration(
    void *data, const char *version, const char *encoding, int standalone)
{
	struct reader *r = data;

	(void)standalone; /* says nothing without a DTD */
	if (version != NULL && strcmp(version, "1.0") != 0)
		stop_unless(r,
		    refuse(r, here(r), "XML version \"%.60s\", wanted 1.0",
			version));
	else if (encoding != NULL && strcasecmp(encoding, "UTF-8") != 0 &&
	    strcasecmp(encoding, "US-ASCII") != 0)
		stop_unless(r,
		    refuse(r, here(r),
			"encoding \"%.60s\", wanted UTF-8 or US-ASCII",
			encoding));
}

/* No DOCTYPE, hence no entity, no default attribute and no external file. */
static void XMLCALL
on_doctype(void *data, const char *name, const char *system_id,
    const char *public_id, int has_internal_subset)
{
	struct reader *r = data;

	(void)name;
	(void)system_id;
	(void)public_id;
	(void)has_internal_subset;
	stop_unless(r, refuse(r, here(r), "a DOCTYPE is not allowed"));
}

static void XMLCALL
on_instruction(void *data, const char *target, const char *instruction)
{
	struct reader *r = data;

	(void)target;
	(void)instruction;
	stop_unless(r,
	    !r->failed &&
		refuse(r, here(r), "a processing instruction is not allowed"));
}

/*
 * The document as a whole.
 */

static bool
refuse_malformed(struct reader *r)
{
	enum XML_Error error = XML_GetErrorCode(r->parser);

	switch (error) {
	case XML_ERROR_NO_MEMORY:
		return out_of_memory(r);
	case XML_ERROR_NO_ELEMENTS:
	case XML_ERROR_UNCLOSED_TOKEN:
	case XML_ERROR_UNCLOSED_CDATA_SECTION:
	case XML_ERROR_PARTIAL_CHAR:
		return refuse(r, here(r), "the document is cut off");
	default:
		return refuse(r, here(r), "%s", XML_ErrorString(error));
	}
}

/*
 * In chunks, so that no second copy of the document is made.  What is left of
 * one is an unfinished tag or comment, which expat begins again with the next:
 * quadratic, were it not for a limit.  A chunk is as long as the limit because
 * expat may wait with a second try until it has twice the octets of the first.
 */
static bool
parse(struct reader *r, struct bytes xml)
{
	for (size_t at = 0, n; at < xml.len; at += n) {
		bool last = xml.len - at <= XML_MARKUP_MAX;
		int64_t begun;

		n = last ? xml.len - at : XML_MARKUP_MAX;
		if (XML_Parse(r->parser, (const char *)xml.data + at, (int)n,
			last) != XML_STATUS_OK)
			return r->failed ? false : refuse_malformed(r);
		begun = CURRENT(ByteIndex)(r->parser);
		if (!last && begun >= 0 &&
		    at + n - (size_t)begun > XML_MARKUP_MAX)
			return refuse(r, here(r),
			    "a tag or comment of more than %u octets",
			    XML_MARKUP_MAX);
	}
	return true;
}

/* Expat would take these for UTF-16 (XML 1.0 appendix F). */
static bool
is_utf16(struct bytes xml)
{
	if (xml.len < 2)
		return false;
	return xml.data[0] == 0 || xml.data[1] == 0 ||
	    (xml.data[0] == 0xfe && xml.data[1] == 0xff) ||
	    (xml.data[0] == 0xff && xml.data[1] == 0xfe);
}

static bool
document_read(struct reader *r, struct bytes xml)
{
	const struct position start = { 1, 1 };

	if (xml.len == 0)
		return refuse(r, start, "the file is empty");
	if (xml.len > r->model->max)
		return refuse(r, start, "the file has more than %zu octets",
		    r->model->max);
	if (is_utf16(xml))
		return refuse(r, start, "encoding UTF-16, wanted UTF-8");
	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, on_start, on_end);
	XML_SetCharacterDataHandler(r->parser, on_text);
	XML_SetCommentHandler(r->parser, on_comment);
	XML_SetXmlDeclHandler(r->parser, on_declaration);
	XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
	XML_SetProcessingInstructionHandler(r->parser, on_instruction);
	r->stack[0].content.element = r->model->document;
	r->stack[0].object = r->model->arg;
	return parse(r, xml);
}

bool
xml_parse(struct bytes xml, const char *name, const struct xml_model *model,
    struct err *err)
{
	struct reader *r = calloc(1, sizeof(*r));
	bool ok = false;

	if (r == NULL)
		return err_set(err, E_MEMORY, "%s: out of memory", name);
	r->model = model;
	r->name = name;
	r->err = err;
	r->parser = XML_ParserCreate(NULL);
	if (r->parser == NULL)
		out_of_memory(r);
	else
		ok = document_read(r, xml);
	if (r->parser != NULL)
		XML_ParserFree(r->parser);
	free(r);
	return ok;
}
