#include <string.h>

#include "ksr/policy/config.h"
#include "ksr/policy/tree.h"

static const char mask[] = "masked";

/* The octet at which character `index` of UTF-8 text begins. */
static size_t
octet_of_character(struct bytes text, size_t index)
{
	size_t at = 0;

	while (at < text.len && index > 0) {
		at++;
		while (at < text.len && (text.data[at] & 0xc0) == 0x80)
			at++;
		index--;
	}
	return at;
}

static bool
is_pin(const struct tree *node)
{
	return node->kind == TREE_TEXT &&
	    (strcmp(node->key, "pin") == 0 || strcmp(node->key, "so_pin") == 0);
}

bool
config_mask_pins(
    struct bytes yaml, const char *name, struct buf *ret, struct err *err)
{
	const struct tree *hsms;
	struct tree *root;
	size_t at = 0;

	if (!tree_read(yaml, name, &root, err))
		return false;
	hsms = tree_given(root, "hsm");
	/* In the order of the file, so that each piece follows the last. */
	for (const struct tree *hsm = hsms == NULL ? NULL : hsms->first;
	     hsm != NULL; hsm = hsm->next) {
		for (const struct tree *value = hsm->first; value != NULL;
		     value = value->next) {
			if (!is_pin(value))
				continue;
			buf_put(ret, yaml.data + at,
			    octet_of_character(yaml, value->begin) - at);
			buf_puts(ret, mask);
			at = octet_of_character(yaml, value->end);
		}
	}
	buf_put(ret, yaml.data + at, yaml.len - at);
	tree_free(root);
	return !ret->failed || err_set(err, E_MEMORY, "out of memory");
}
