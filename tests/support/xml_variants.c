#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"
#include "tests/support/xml_variants.h"

#define NODES_MAX      256
#define ATTRIBUTES_MAX 4
#define DEPTH_MAX      16
#define NAME_SIZE      32
#define LONG_MAX_LEN   1000

/* A part of the document: from its first octet to behind its last. */
struct span {
	size_t from, to;
};

struct attribute {
	struct span all; /* with the space in front of it */
	struct span name, value;
};

struct node {
	struct span all, tag, name, content;
	size_t parent; /* index; its own for the root */
	bool empty;    /* <X/>: content is nowhere */
	bool leaf;     /* has no elements in it */
	size_t n_attributes;
	struct attribute attributes[ATTRIBUTES_MAX];
};

struct variants {
	const char *text;
	const struct variant_sink *sink;
	size_t n;
	struct node nodes[NODES_MAX];
};

/* One replacement; several of them, in order, make a variant. */
struct edit {
	struct span where;
	struct bytes with;
};

static struct bytes
part(const struct variants *v, struct span span)
{
	return (struct bytes){ (const uint8_t *)v->text + span.from,
		span.to - span.from };
}

static struct span
point(size_t at)
{
	return (struct span){ at, at };
}

static struct edit
replace(struct span where, const char *with)
{
	return (struct edit){ where, bytes_of_string(with) };
}

/*
 * The document cut at its tags.
 */

static void
scan_attributes(struct node *node, const char *text)
{
	size_t at = node->name.to;

	while (text[at] == ' ') {
		struct attribute *a = &node->attributes[node->n_attributes++];

		assert_true(node->n_attributes <= ATTRIBUTES_MAX);
		a->all.from = at++;
		a->name.from = at;
		a->name.to = at += strcspn(text + at, "=");
		a->value.from = at += 2;
		a->value.to = at += strcspn(text + at, "\"");
		a->all.to = ++at;
	}
}

static void
scan_start_tag(struct variants *v, size_t at, size_t *open, size_t *depth)
{
	struct node *node = &v->nodes[v->n];

	assert_true(v->n < NODES_MAX && *depth < DEPTH_MAX);
	*node = (struct node){ .leaf = true };
	node->parent = *depth > 0 ? open[*depth - 1] : 0;
	v->nodes[node->parent].leaf = node == v->nodes;
	node->all.from = node->tag.from = at;
	node->name.from = at + 1;
	node->name.to = at + strcspn(v->text + at, " />");
	node->tag.to = at + strcspn(v->text + at, ">") + 1;
	node->empty = v->text[node->tag.to - 2] == '/';
	node->all.to = node->content.from = node->content.to = node->tag.to;
	scan_attributes(node, v->text);
	if (!node->empty)
		open[(*depth)++] = v->n;
	v->n++;
}

static void
scan(struct variants *v)
{
	size_t open[DEPTH_MAX], depth = 0;

	for (size_t at = 0; v->text[at] != '\0'; at++) {
		if (v->text[at] != '<')
			continue;
		if (v->text[at + 1] != '/') {
			scan_start_tag(v, at, open, &depth);
			continue;
		}
		v->nodes[open[--depth]].content.to = at;
		v->nodes[open[depth]].all.to =
		    at + strcspn(v->text + at, ">") + 1;
	}
	assert_true(depth == 0);
}

/*
 * Edits to documents.
 */

static void
emit(const struct variants *v, const char *kind, const struct edit *edits,
    size_t n)
{
	struct buf out = buf_new(1u << 20);
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		buf_put(&out, v->text + at, edits[i].where.from - at);
		buf_put(&out, edits[i].with.data, edits[i].with.len);
		at = edits[i].where.to;
	}
	buf_puts(&out, v->text + at);
	assert_true(!out.failed);
	v->sink->take(v->sink->context, kind, buf_bytes(&out));
	buf_free(&out);
}

static void
emit_one(const struct variants *v, const char *kind, struct span where,
    const char *with)
{
	emit(v, kind, &(struct edit){ where, bytes_of_string(with) }, 1);
}

/* The tag's name, at both ends. */
static void
emit_renamed(
    const struct variants *v, const struct node *node, const char *name)
{
	struct span end = { node->content.to + 2, node->all.to - 1 };
	struct edit edits[] = {
		replace(node->name, name),
		replace(end, name),
	};

	emit(v, "element renamed", edits, node->empty ? 1 : 2);
}

static void
emit_moved(const struct variants *v, const struct node *node, size_t to)
{
	struct edit take = { node->all, { NULL, 0 } };
	struct edit put = { point(to), part(v, node->all) };

	if (to <= node->all.from)
		emit(v, "element moved", (struct edit[]){ put, take }, 2);
	else if (to >= node->all.to)
		emit(v, "element moved", (struct edit[]){ take, put }, 2);
}

static const struct node *
next_sibling(const struct variants *v, size_t i)
{
	for (size_t j = i + 1; i > 0 && j < v->n; j++)
		if (v->nodes[j].parent == v->nodes[i].parent)
			return &v->nodes[j];
	return NULL;
}

static void
vary_element(const struct variants *v, size_t i)
{
	static const char *const others[] = { "<x/>", "<TTL>1</TTL>",
		"<Signer keyIdentifier=\"K\"/>", "<ECDSA size=\"256\"/>",
		"<ZSK/>", "<KSR id=\"1\" domain=\".\" serial=\"1\"/>" };
	const struct node *node = &v->nodes[i];
	const struct node *next = next_sibling(v, i);

	for (size_t j = 0; j < sizeof(others) / sizeof(others[0]); j++)
		emit_one(v, "element added", point(node->all.from), others[j]);
	emit_one(v, "element removed", node->all, "");
	emit(v, "element repeated",
	    &(struct edit){ point(node->all.to), part(v, node->all) }, 1);
	if (!node->empty)
		emit_one(v, "element emptied", node->content, "");
	if (next != NULL)
		emit(v, "element swapped",
		    (struct edit[]){ { node->all, part(v, next->all) },
			{ next->all, part(v, node->all) } },
		    2);
	for (size_t j = 0; i > 0 && j < v->n; j++) {
		if (v->nodes[j].empty)
			continue;
		emit_moved(v, node, v->nodes[j].content.from);
		if (!v->nodes[j].leaf)
			emit_moved(v, node, v->nodes[j].content.to);
	}
}

/* A name was met before, in this document. */
static bool
name_is_first(const struct variants *v, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (bytes_equal(
			part(v, v->nodes[j].name), part(v, v->nodes[i].name)))
			return false;
	return true;
}

static void
vary_name(const struct variants *v, const struct node *node)
{
	char name[NAME_SIZE];
	static const char *const others[] = { "x", "ksr:Key", "xml:Key" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		emit_renamed(v, node, others[i]);
	for (size_t i = 0; i < v->n; i++) {
		struct bytes b = part(v, v->nodes[i].name);

		snprintf(name, sizeof(name), "%.*s", (int)b.len,
		    (const char *)b.data);
		if (name_is_first(v, i))
			emit_renamed(v, node, name);
		for (char *c = name; *c != '\0'; c++)
			*c = (char)tolower((unsigned char)*c);
		if (&v->nodes[i] == node)
			emit_renamed(v, node, name);
	}
}

/* What may be between tags, and what may not. */
static void
vary_content(const struct variants *v, const struct node *node)
{
	static const char *const texts[] = { "x", " ", "\n\t", "\r\n",
		"<!-- -->", "<![CDATA[]]>", "<![CDATA[ ]]>", "<![CDATA[x]]>",
		"&#32;", "&#9;", "&#x41;", "&amp;", "&nbsp;", "&#160;",
		"\xc2\xa0", "<x/>", "</x>", "<", "&", "]]>", "\x01", "\xff",
		"&#0;" };
	struct bytes name = part(v, node->name);
	struct span ends[] = { point(node->content.from),
		point(node->content.to) };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (size_t j = 0; j < 2; j++)
			if (!node->empty || j == 0)
				emit_one(v, "text put in", ends[j], texts[i]);
	if (node->empty) {
		struct span slash = { node->tag.to - 2, node->tag.to };

		char rest[NAME_SIZE + 8];

		snprintf(rest, sizeof(rest), "> </%.*s>", (int)name.len,
		    (const char *)name.data);
		emit_one(v, "empty tag opened", slash, rest);
		emit_one(v, "empty tag opened", slash, ">");
	}
}

/*
 * Values.
 */

static const char *const nasty_values[] = {
	"",
	" ",
	"0",
	"1",
	"00",
	"007",
	"00000000000000000008",
	"000000000000000000008",
	"255",
	"256",
	"00256",
	"65535",
	"65536",
	"0065535",
	"2147483647",
	"2147483648",
	"4294967295",
	"4294967296",
	"9223372036854775807",
	"9223372036854775808",
	"18446744073709551615",
	"18446744073709551616",
	"99999999999999999999",
	"184467440737095516150",
	"+8",
	"-0",
	"-1",
	"+0",
	" 8",
	"8 ",
	"8 8",
	"8\n",
	"\t8\r\n",
	"&#32;8",
	"&#10;8",
	"8&#9;",
	"0x8",
	"0X10",
	"010",
	"8.0",
	"8e0",
	"8,0",
	"8x",
	"\xd9\xa8",     /* an Arabic-Indic digit */
	"\xef\xbc\x98", /* a full-width digit */
	"NaN",
	"DNSKEY",
	" DNSKEY ",
	"dnskey",
	"DNS KEY",
	"DNSKEYS",
	"48",
	"TYPE48",
	/* domain names */
	".",
	"..",
	" . ",
	"a",
	"a.",
	"a..",
	".a",
	"a.b",
	"A.B.",
	"a b",
	"a\\.b",
	"a\\046b",
	"a\\256",
	"a\\255",
	"a\\25",
	"a\\0",
	"a\\",
	"a\\ b",
	"a\\;b.c",
	"a;b",
	"a@b",
	"$a",
	"(a)",
	"!#%+,:=?[]^`{|}~.'*",
	"\\000\\032.\\\\.",
	"\\*.a",
	"\\042.a",
	"\\042a.a",
	"a.*",
	"**",
	"*",
	"*.a",
	"_a.b-c.d_e",
	"-",
	"a,b",
	"a/b",
	"\xc3\xa9.",
	"xn--9ca.",
	/* 63 and 64 octets in a label */
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.",
	"b.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.",
	/* base64 */
	"A",
	"AA",
	"AA=",
	"AA==",
	"AA===",
	"A===",
	"AAA",
	"AAA=",
	"AAA==",
	"AAAA",
	"AAAAA",
	"AAAA=",
	"AAAA====",
	"====",
	"=AAA",
	"A=AA",
	"AA=A",
	"AA==AA==",
	"AB==",
	"AQ==",
	"AAB=",
	"AAE=",
	"A A A A",
	"A\nA\tA\rA",
	"A  AA A",
	"A A = =",
	"AA= =",
	" AAAA ",
	"AA&#32;AA",
	"AA<![CDATA[A]]>A",
	"A&#65;AA",
	"AA-_",
	"AA+/",
	"AA*A",
	"AA.A",
	"AA\xc2\xa0YA",
	/* times */
	"1970-01-01T00:00:00",
	"1969-12-31T23:59:59",
	"9999-12-31T23:59:59",
	"10000-01-01T00:00:00",
	"0000-01-01T00:00:00",
	"-2018-01-01T00:00:00",
	"+2018-01-01T00:00:00",
	"1970-01-01T00:00:00Z",
	"1970-01-01T00:00:00-13:00",
	"1970-01-01T14:00:00+14:00",
	"1970-01-01T13:59:59+14:00",
	"1970-01-01T00:00:00+00:01",
	"1969-12-31T23:59:59-01:00",
	"9999-12-31T23:59:59Z",
	"9999-12-31T23:59:59-00:01",
	"9999-12-31T23:59:59+14:00",
	"10000-01-01T00:00:00+14:00",
	"2018-01-01T00:00:00+00:00",
	"2018-01-01T00:00:00-00:00",
	"2018-01-01T00:00:00+14:00",
	"2018-01-01T00:00:00-13:00",
	"2018-01-01T00:00:00+14:01",
	"2018-01-01T00:00:00-14:01",
	"2018-01-01T00:00:00+15:00",
	"2018-01-01T00:00:00+13:60",
	"2018-01-01T00:00:00+1:00",
	"2018-01-01T00:00:00+0100",
	"2018-01-01T00:00:00+01",
	"2018-01-01T00:00:00z",
	"2018-01-01T00:00:00ZZ",
	"2018-01-01T00:00:00 Z",
	"2018-01-01T00:00:00UTC",
	" 2018-01-01T00:00:00 ",
	"2018-01-01T23:59:59",
	"2018-01-01T23:59:60",
	"2016-12-31T23:59:60",
	"2018-01-01T24:00:00",
	"2018-01-01T24:00:01",
	"2018-01-01T25:00:00",
	"2018-01-01T00:60:00",
	"2018-01-01T00:00:00.0",
	"2018-01-01T00:00:00.5Z",
	"2018-01-01T00:00:00.",
	"2018-01-01T00:00",
	"2018-01-01t00:00:00",
	"2018-01-01 00:00:00",
	"2018-01-01",
	"20180101T000000",
	"20180101000000",
	"1514764800",
	"2018-00-01T00:00:00",
	"2018-13-01T00:00:00",
	"2018-01-00T00:00:00",
	"2018-01-32T00:00:00",
	"2018-04-31T00:00:00",
	"2018-02-29T00:00:00",
	"2018-02-30T00:00:00",
	"2016-02-29T00:00:00",
	"2016-02-30T00:00:00",
	"2000-02-29T00:00:00",
	"2100-02-29T00:00:00",
	"2018-1-1T00:00:00",
	"18-01-01T00:00:00",
	"2018-01-01T0:00:00",
	"2018-01-01T00:00:0",
	/* durations */
	"P",
	"PT",
	"P0D",
	"PT0S",
	"P1D",
	"P01D",
	"P1DT",
	"P1DT1H",
	"P1DT1M",
	"PT1H1S",
	"PT1S1H",
	"P1H",
	"PT1D",
	"P1DT1H1M1S",
	"PT59S1M",
	"P1W",
	"P1M",
	"P1Y",
	"P0Y",
	"P0M1D",
	"P1Y1D",
	"PT1M",
	"PT1.5S",
	"PT1.S",
	"PT.5S",
	"P1.5D",
	"-P1D",
	"+P1D",
	"P-1D",
	"P+1D",
	"p1d",
	"P1d",
	"P 1D",
	" P1D ",
	"P1D P1D",
	"P1D1D",
	"P1DT1H1H",
	"1D",
	"P1",
	"PT1",
	"P36525D",
	"PT876600H",
	"PT876599H60M",
	"PT876599H59M60S",
	"PT999999999S",
	"PT1000000000S",
	"PT0000000001S",
	"P18446744073709551617D",
	"P9223372036854775808DT1S",
	/* identifiers, and what XML makes of them */
	"~",
	"\x7f",
	"\t",
	"&#9;",
	"&#x7e;",
	"&#x7f;",
	"a&#10;b",
	"a\nb",
	"&amp;&lt;&gt;&quot;&apos;",
	"&eacute;",
	"\xc3\xa9",
	"a<b",
	"a>b",
	"a'b",
	"a&b",
	"<![CDATA[8]]>",
	"<!-- 8 -->",
};

/* fill again and again, len characters with the tail at their end. */
static void
emit_long(const struct variants *v, const char *kind, struct span where,
    const char *fill, size_t len, const char *tail)
{
	char text[LONG_MAX_LEN + 1] = "";
	size_t unit = strlen(fill), tail_len = strlen(tail);

	assert_true(len <= LONG_MAX_LEN);
	for (size_t i = 0; i < len; i++)
		text[i] = fill[i % unit];
	memcpy(text + len - tail_len, tail, tail_len);
	emit_one(v, kind, where, text);
}

static void
vary_value(const struct variants *v, const char *kind, struct span where)
{
	static const size_t lengths[] = { 253, 254, 255, 256, 257, 680, 684,
		688, 692, 696, 700, LONG_MAX_LEN };
	static const char *const fills[] = { "a", "A", "0", "a.", " " };

	for (size_t i = 0; i < sizeof(nasty_values) / sizeof(nasty_values[0]);
	     i++)
		emit_one(v, kind, where, nasty_values[i]);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		for (size_t j = 0; j < sizeof(fills) / sizeof(fills[0]); j++)
			emit_long(v, kind, where, fills[j], lengths[i], "");
		emit_long(v, kind, where, "A", lengths[i], "=");
		emit_long(v, kind, where, "A", lengths[i], "==");
		emit_long(v, kind, where, "a.", lengths[i], "a");
	}
}

/* The value as it is, written otherwise. */
static void
vary_spelling(const struct variants *v, struct span where)
{
	static const char *const around[][2] = { { " ", " " },
		{ "\n\t", "\r\n" }, { "<!--a-->", "<!--b-->" },
		{ "<![CDATA[", "]]>" }, { "<![CDATA[ ", " ]]>" },
		{ "&#32;", "&#x20;" }, { "\xc2\xa0", "" }, { "", "\x0c" } };
	static const char *const within[] = { " ", "<!-- -->", "<![CDATA[]]>",
		"&#10;", "<x/>", "&#x200b;" };
	size_t middle = where.from + (where.to - where.from + 1) / 2;
	char ref[16];

	for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++)
		emit(v, "value wrapped",
		    (struct edit[]){ replace(point(where.from), around[i][0]),
			replace(point(where.to), around[i][1]) },
		    2);
	for (size_t i = 0; i < sizeof(within) / sizeof(within[0]); i++)
		emit_one(v, "value split", point(middle), within[i]);
	snprintf(ref, sizeof(ref), "&#%d;", v->text[where.from]);
	emit_one(v, "value escaped",
	    (struct span){ where.from, where.from + 1 }, ref);
	snprintf(ref, sizeof(ref), "&#x%X;", (unsigned)v->text[where.to - 1]);
	emit_one(
	    v, "value escaped", (struct span){ where.to - 1, where.to }, ref);
}

/*
 * Attributes.
 */

static void
vary_attribute(const struct variants *v, const struct node *node, size_t i)
{
	const struct attribute *a = &node->attributes[i];
	struct bytes all = part(v, a->all);
	struct span quotes[] = { { a->value.from - 1, a->value.from },
		{ a->value.to, a->value.to + 1 } };

	emit_one(v, "attribute removed", a->all, "");
	emit(v, "attribute repeated", &(struct edit){ point(a->all.to), all },
	    1);
	emit_one(v, "attribute renamed", a->name, "x");
	emit_one(v, "attribute renamed", a->name, "KeyTag");
	emit_one(v, "attribute renamed", a->name, "xml:id");
	emit(v, "attribute in single quotes",
	    (struct edit[]){ replace(quotes[0], "'"), replace(quotes[1], "'") },
	    2);
	emit_one(v, "attribute without quotes", quotes[0], "");
	emit_one(v, "attribute spaced", point(a->name.to), " ");
	emit_one(v, "attribute spaced", point(a->name.to + 1), "\n");
	if (i + 1 < node->n_attributes) {
		const struct attribute *b = &node->attributes[i + 1];

		emit(v, "attributes swapped",
		    (struct edit[]){
			{ a->all, part(v, b->all) }, { b->all, all } },
		    2);
	}
	for (size_t j = 0; j < v->n; j++)
		if (&v->nodes[j] != node)
			emit(v, "attribute added",
			    &(struct edit){ point(v->nodes[j].name.to), all },
			    1);
}

static void
vary_attributes(const struct variants *v, const struct node *node)
{
	static const char *const others[] = { " x=\"\"", " xml:lang=\"en\"",
		" xml:space=\"preserve\"", " xml:base=\"a\"",
		" xmlns=\"urn:x\"", " xmlns=\"\" xmlns=\"\"", " x:y=\"1\"",
		" timestamp=\"2018-01-01T00:00:00Z\"" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		emit_one(v, "attribute added", point(node->name.to), others[i]);
	for (size_t i = 0; i < node->n_attributes; i++)
		vary_attribute(v, node, i);
}

/* The same field was met before: its values need no second round. */
static bool
field_is_first(const struct variants *v, size_t i)
{
	const struct node *node = &v->nodes[i];

	for (size_t j = 0; j < i; j++)
		if (bytes_equal(
			part(v, v->nodes[j].name), part(v, node->name)) &&
		    bytes_equal(part(v, v->nodes[v->nodes[j].parent].name),
			part(v, v->nodes[node->parent].name)))
			return false;
	return true;
}

/*
 * The document's edges.
 */
static void
vary_document(const struct variants *v)
{
	static const char *const fronts[] = {
		"<?xml version=\"1.0\"?>",
		"<?xml version='1.0' encoding='UTF-8'?>\n",
		"<?xml version='1.0' encoding='utf-8' standalone='yes'?>",
		"<?xml version='1.0' encoding='US-ASCII'?>",
		"<?xml version='1.0' encoding='US-ASCII'?><!-- \xc3\xa9 -->",
		"\xef\xbb\xbf",
		"\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?>",
		" <?xml version=\"1.0\"?>",
		"<?xml?>",
		"<?xml version=\"1.0\" x=\"\"?>",
		"<?xml version=\"1.1\"?>",
		"<?xml version=\"2.0\"?>",
		"<?xml encoding=\"UTF-8\"?>",
		"<?xml version=\"1.0\" encoding=\"\"?>",
		"<?xml version=\"1.0\" encoding=\"none\"?>",
		"<!-- -->",
		"<!-- \xc3\xa9 -->",
		"<!-- \xe9 -->",
		"<!-- \xed\xa0\x80 -->",
		"<!-- -- -->",
		" \r\n\t",
		"x",
		"&amp;",
		"<x/>",
		"<![CDATA[]]>",
	};
	static const char *const backs[] = { "\n", "<!-- -->", "x", "<x/>",
		"</KSR>", "&amp;", "<![CDATA[ ]]>", "<!--", "<" };
	size_t len = strlen(v->text);

	emit(v, "untouched", NULL, 0);
	for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++)
		emit_one(v, "put in front", point(0), fronts[i]);
	for (size_t i = 0; i < sizeof(backs) / sizeof(backs[0]); i++)
		emit_one(v, "put behind", point(len), backs[i]);
	for (size_t at = 0; at < len; at += 37)
		emit_one(v, "cut off", (struct span){ at, len }, "");
}

void
xml_variants(const char *document, const struct variant_sink *sink)
{
	struct variants *v = calloc(1, sizeof(*v));

	assert_true(v != NULL);
	v->text = document;
	v->sink = sink;
	scan(v);
	vary_document(v);
	for (size_t i = 0; i < v->n; i++) {
		const struct node *node = &v->nodes[i];

		vary_element(v, i);
		vary_name(v, node);
		vary_content(v, node);
		vary_attributes(v, node);
		if (!field_is_first(v, i))
			continue;
		for (size_t j = 0; j < node->n_attributes; j++) {
			vary_value(
			    v, "attribute replaced", node->attributes[j].value);
			vary_spelling(v, node->attributes[j].value);
		}
		if (!node->leaf || node->empty)
			continue;
		vary_value(v, "value replaced", node->content);
		vary_spelling(v, node->content);
	}
	free(v);
}
