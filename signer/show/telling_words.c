#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/policy/purpose.h"
#include "signer/record/ceremony.h"
#include "signer/show/telling_words.h"

#define PATH_SIZE 48
#define FORM_SIZE 12

/* "key.key_tag:n": whose value, and in which form. */
struct name {
	char path[PATH_SIZE];
	char form[FORM_SIZE];
};

struct filling {
	const struct medium *medium;
	struct buf *out;
	enum tone tone;
	const json_t *facts;
	uint8_t open; /* a bit for each of marks */
};

static const char marks[] = "\"`*^~|";

static void
form_text(const json_t *value, struct buf *ret)
{
	if (json_is_string(value))
		buf_puts(ret, json_string_value(value));
}

static void
form_integer(const json_t *value, struct buf *ret)
{
	buf_printf(ret, "%lld", (long long)json_integer_value(value));
}

static void
form_count(const json_t *value, struct buf *ret)
{
	buf_printf(ret, "%zu", json_array_size(value));
}

static void
form_yes(const json_t *value, struct buf *ret)
{
	buf_puts(ret, json_is_true(value) ? "yes" : "");
}

static void
form_some(const json_t *value, struct buf *ret)
{
	buf_puts(ret, json_array_size(value) > 0 ? "some" : "");
}

static void
form_object(const json_t *value, struct buf *ret)
{
	buf_puts(ret, json_is_object(value) ? "object" : "");
}

static void
join(const json_t *list, const char *separator, const char *no_text,
    struct buf *ret)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const char *text = json_string_value(item);

		buf_printf(ret, "%s%s", i == 0 ? "" : separator,
		    text == NULL ? no_text : text);
	}
}

static void
form_list(const json_t *list, struct buf *ret)
{
	join(list, ", ", "?", ret);
}

static void
form_words(const json_t *list, struct buf *ret)
{
	join(list, " ", "", ret);
}

static void
form_item(const json_t *value, struct buf *ret)
{
	buf_puts(ret, json_is_string(value) ? json_string_value(value) : "?");
}

static void
form_purpose(const json_t *value, struct buf *ret)
{
	const char *name = json_string_value(value);
	enum key_purpose purpose;
	bool said = name != NULL && purpose_of_name(name, &purpose);

	buf_puts(ret, said ? purpose_text(purpose) : "a key");
}

static void
form_step(const json_t *line, struct buf *ret)
{
	char step[STEP_TEXT_SIZE];

	step_text(line, step);
	buf_puts(ret, step);
}

static void
form_whole(const json_t *value, struct buf *ret)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII);

	buf_puts(ret, text == NULL ? "" : text);
	free(text);
}

/* Other forms are a text's, and the medium's affair. */
static const struct {
	const char *form;
	void (*put)(const json_t *value, struct buf *ret);
} forms[] = {
	{ "n", form_integer },       /* a number */
	{ "count", form_count },     /* how many there are in the list */
	{ "yes", form_yes },         /* something if it is true; */
	{ "some", form_some },       /* if it is a list that is not empty; */
	{ "object", form_object },   /* if it is an object */
	{ "list", form_list },       /* the list's texts, commas between */
	{ "words", form_words },     /* the same with spaces */
	{ "item", form_item },       /* one of such a list's */
	{ "purpose", form_purpose }, /* of a key, as people say it */
	{ "step", form_step },       /* of the line: step_text */
	{ "whole", form_whole },     /* JSON, as it stands in the record */
};

static const json_t *
value_at(const json_t *facts, const char *path)
{
	while (*path != '\0' && facts != NULL) {
		size_t len = strcspn(path, ".");

		facts = json_object_getn(facts, path, len);
		path += len;
		path += *path == '.' ? 1 : 0;
	}
	return facts;
}

/* NUL-terminated; free after use. */
static struct buf
text_of(const json_t *facts, const struct name *name)
{
	const json_t *value = value_at(facts, name->path);
	void (*put)(const json_t *value, struct buf *ret) = form_text;
	struct buf text = buf_new(CHAIN_LINE_MAX);

	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (strcmp(forms[i].form, name->form) == 0)
			put = forms[i].put;
	put(value, &text);
	buf_u8(&text, 0);
	return text;
}

/* Returns what comes after it. */
static const char *
read_name(const char *words, struct name *ret)
{
	size_t path = strcspn(words, ":=?}"), form;

	snprintf(ret->path, sizeof(ret->path), "%.*s", (int)path, words);
	words += path;
	words += *words == ':' ? 1 : 0;
	form = words[-1] == ':' ? strcspn(words, "=?}") : 0;
	snprintf(ret->form, sizeof(ret->form), "%.*s", (int)form, words);
	return words + form;
}

static const char *
put_fact(struct filling *filling, const char *words)
{
	struct name name;
	struct buf text;

	words = read_name(words, &name);
	text = text_of(filling->facts, &name);
	if (text.failed)
		filling->out->failed = true;
	else
		filling->medium->fact(filling->out, filling->facts,
		    (const char *)text.data, name.form);
	buf_free(&text);
	return words + (*words == '}' ? 1 : 0);
}

/* One of those with commas between. */
static bool
is_one_of(const char *text, const char *list, size_t len)
{
	const char *end = list + len;

	while (list < end) {
		size_t n = strcspn(list, ",?");

		if (strlen(text) == n && memcmp(text, list, n) == 0)
			return true;
		list += n + 1;
	}
	return false;
}

/* Whether what stands before the `?` holds; *words is then behind it. */
static bool
read_condition(struct filling *filling, const char **words)
{
	bool negated = **words == '!', holds;
	struct name name;
	const char *list;
	struct buf text;
	size_t len;

	list = read_name(*words + (negated ? 1 : 0), &name);
	len = strcspn(list, "?");
	*words = list + len + (list[len] == '?' ? 1 : 0);
	text = text_of(filling->facts, &name);
	filling->out->failed |= text.failed;
	if (*list == '=' && !text.failed)
		holds = is_one_of((const char *)text.data, list + 1, len - 1);
	else
		holds = text.len > 1;
	buf_free(&text);
	return holds != negated;
}

/* The end of what a [ before it begins. */
static const char *
closing(const char *words)
{
	for (size_t depth = 1; *words != '\0'; words++) {
		depth += *words == '[' ? 1 : 0;
		depth -= *words == ']' ? 1 : 0;
		if (depth == 0)
			break;
	}
	return words;
}

static void fill(struct filling *filling, const char *words, const char *end);

static const char *
put_if(struct filling *filling, const char *words)
{
	const char *end = closing(words);

	if (read_condition(filling, &words))
		fill(filling, words, end);
	return end + (*end == ']' ? 1 : 0);
}

static void
put_octet(struct filling *filling, char c)
{
	const char *mark = strchr(marks, c);
	uint8_t bit;

	if (mark == NULL) {
		buf_u8(filling->out, (uint8_t)c);
		return;
	}
	bit = (uint8_t)(1u << (mark - marks));
	filling->open ^= bit;
	filling->medium->mark(
	    filling->out, c, (filling->open & bit) != 0, filling->tone);
}

static void
fill(struct filling *filling, const char *words, const char *end)
{
	while (words < end) {
		if (*words == '{')
			words = put_fact(filling, words + 1);
		else if (*words == '[')
			words = put_if(filling, words + 1);
		else
			put_octet(filling, *words++);
	}
}

void
words_fill(const struct medium *medium, struct buf *out, enum tone tone,
    const json_t *facts, const char *words)
{
	struct filling filling = { medium, out, tone, facts, 0 };

	fill(&filling, words, words + strlen(words));
}

static void
text_mark(struct buf *out, char mark, bool opens, enum tone tone)
{
	(void)opens;
	(void)tone;
	if (mark == '"')
		buf_u8(out, '"');
}

static void
text_fact(
    struct buf *out, const json_t *facts, const char *text, const char *form)
{
	(void)facts;
	(void)form;
	buf_puts(out, text);
}

const struct medium medium_text = { text_mark, text_fact };
