#include <string.h>

#include "ksr/dns/sha256.h"
#include "signer/cms/seal.h"
#include "signer/program/replay_steps.h"

/* The key was one that may sign records, and is named by its hash. */
bool
replay_seal(struct rerun *rerun, const json_t *line, struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	char hex[SHA256_TEXT_SIZE];
	struct dnskey key;
	struct err why;

	if (!dnskey_of_json(rerun, json_object_get(line, "key"), &key))
		return true;
	if (!seal_key_sha256(&key, digest, &why)) {
		differs(rerun, "%s", why.msg);
		return true;
	}
	sha256_text(digest, hex);
	if (strcmp(hex, fact_text(line, "key_sha256")) != 0)
		differs(rerun, "the key's SHA-256 is %s, recorded is %.80s",
		    hex, fact_text(line, "key_sha256"));
	if (rerun->config != NULL && key.ttl_s != config_ttl_s(rerun->config))
		differs(rerun, "key \"%s\" has TTL %u, not the configuration's",
		    key.identifier, key.ttl_s);
	if (seal_may_sign(rerun->config, &rerun->replay->ceremony,
		rerun->run->first, &key, &why))
		return true;
	if (why.code == E_MEMORY) {
		*err = why;
		return false;
	}
	differs(rerun, "%s", why.msg);
	return true;
}
