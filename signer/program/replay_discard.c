/*
 * Keys that were discarded for their tags: each was the last one made, and had
 * a tag that was taken; and none that has one was kept.
 */
#include <string.h>

#include "ksr/dns/rrset.h"
#include "signer/program/replay_steps.h"
#include "signer/record/json.h"

bool
replay_zsk_files(struct rerun *rerun, const json_t *line, struct err *err)
{
	(void)err;
	if (fact_text(line, "path")[0] == '\0' || rerun->config == NULL ||
	    !rerun->config->rehearsal)
		differs(rerun, "ZSKs are in files, and this is no rehearsal");
	return true;
}

/* Every key that a new one is held against; found ones come with the request.
 */
static bool
learn(struct rerun *rerun, struct err *err)
{
	if (rerun->known.n > 0 || rerun->config == NULL)
		return true;
	return known_tags_add_config(&rerun->known, rerun->config, err) &&
	    known_tags_add_document(&rerun->known, rerun->previous.ksr, err);
}

bool
replay_made(struct rerun *rerun, const struct dnskey *key, struct err *err)
{
	if (!learn(rerun, err))
		return false;
	rerun->n_known_before = rerun->known.n;
	rerun->clashes = known_tags_clash(&rerun->known, key) != NULL;
	return known_tags_add(&rerun->known, key, err);
}

/* A program from before keys were discarded may have kept one. */
void
replay_clash(struct rerun *rerun)
{
	static const char text[] =
	    "key \"%s\" (key tag %u) has a known key's tag and was kept";
	const struct dnskey *last;

	if (!rerun->clashes)
		return;
	last = &rerun->generated[rerun->n_generated - 1];
	rerun->clashes = false;
	if (rerun->same_program)
		differs(rerun, text, last->identifier, last->tag);
	else
		notes(rerun, text, last->identifier, last->tag);
}

/* The key of the line is the last one that was made. */
static bool
is_last_made(const struct rerun *rerun, const struct dnskey *key)
{
	return rerun->n_generated > 0 &&
	    dnskey_equal(&rerun->generated[rerun->n_generated - 1], key);
}

bool
replay_discarding(struct rerun *rerun, const json_t *line, struct err *err)
{
	const json_t *with = json_object_get(line, "clashes_with");
	json_int_t tag = json_integer_value(json_object_get(with, "key_tag"));
	struct dnskey key;

	(void)err;
	if (!dnskey_of_json(rerun, json_object_get(line, "key"), &key))
		return true;
	if (!is_last_made(rerun, &key))
		differs(rerun, "this is not the key that was just made");
	else if (json_integer_value(json_object_get(with, "algorithm")) !=
		key.algorithm ||
	    (tag != key.tag && tag != dnskey_revoked_tag(&key)))
		differs(rerun,
		    "key \"%s\" does not have the tag that it is discarded for",
		    key.identifier);
	else if (!rerun->clashes)
		rerun->unknown_clash = line;
	rerun->clashes = false;
	return true;
}

bool
replay_discarded(struct rerun *rerun, const json_t *line, struct err *err)
{
	struct dnskey key;

	(void)err;
	if (!dnskey_of_json(rerun, json_object_get(line, "key"), &key))
		return true;
	if (!is_last_made(rerun, &key)) {
		differs(rerun, "this is not the key that was just made");
		return true;
	}
	rerun->n_generated--;
	rerun->known.n = rerun->n_known_before;
	if (rerun->unknown_clash != NULL &&
	    strcmp(rerun->run->command, "keygen") == 0)
		differs(rerun,
		    "key \"%s\" was discarded, and no known key has its tag",
		    key.identifier);
	return true;
}

void
replay_unknown_clash(struct rerun *rerun, const struct ksr *request)
{
	const json_t *with =
	    json_object_get(rerun->unknown_clash, "clashes_with");
	const char *identifier = fact_text(with, "key_identifier");

	if (rerun->unknown_clash == NULL)
		return;
	for (size_t i = 0; i < request->n_bundles; i++) {
		const struct bundle *bundle = &request->bundles[i];

		for (size_t j = 0; j < bundle->n_keys; j++)
			if (strcmp(bundle->keys[j].identifier, identifier) ==
				0 &&
			    bundle->keys[j].tag ==
				json_integer_value(
				    json_object_get(with, "key_tag")))
				return;
	}
	differs(rerun,
	    "a key was discarded for the tag of \"%s\", which is nowhere",
	    identifier);
}
