/*
 * Requests and responses of BIND and Knot with the configuration that theirs
 * amounts to: what rules, and mutations, are held against.
 */
#pragma once

#include <stdio.h>
#include <string.h>

#include "ksr/dns/rrset.h"
#include "ksr/document/bundle.h"
#include "ksr/policy/records.h"
#include "tests/support/fixture.h"

#define NOW INT64_C(1798156800) /* 2026-12-25 */

struct text_scene {
	struct config *config;
	struct ksr *request, *response;
	struct check_input in;
};

static inline struct ksr *
read_signers(const char *signer, const char *name)
{
	struct ksr *ksr = NULL;
	struct buf octets;
	char path[256];
	struct err err;

	snprintf(path, sizeof(path), "tests/data/signers/%s/%s", signer, name);
	octets = read_whole(path);
	assert_ok(ksr_read(buf_bytes(&octets), name, &ksr, &err), &err);
	buf_free(&octets);
	return ksr;
}

/* The KSK of their response pinned, and their policy. */
static inline struct config *
config_of(const struct ksr *response, const char *more)
{
	const struct dnskey *ksk = NULL;
	struct buf yaml = buf_new(CONFIG_FILE_MAX);
	uint8_t digest[DS_SHA256_SIZE];
	struct config *config = NULL;
	struct dname owner;
	struct err err;

	for (size_t i = 0; i < response->bundles[0].n_keys; i++)
		if (is_ksk(&response->bundles[0].keys[i]))
			ksk = &response->bundles[0].keys[i];
	assert_non_null(ksk);
	assert_ok(dname_parse(response->domain, &owner, &err), &err);
	assert_ok(dnskey_ds(&owner, ksk, digest, &err), &err);
	buf_puts(&yaml,
	    "rehearsal: true\n"
	    "keys:\n"
	    "  ksk_current:\n"
	    "    label: theirs\n"
	    "    algorithm: ECDSAP256SHA256\n"
	    "    valid_from: 2020-01-01T00:00:00+00:00\n"
	    "    ds_sha256: ");
	buf_hex(&yaml, (struct bytes){ digest, sizeof(digest) });
	buf_puts(&yaml,
	    "\nksk_policy:\n"
	    "  signers_name: example.\n"
	    "  ttl: 3600\n"
	    "  publish_safety: PT1H\n"
	    "  retire_safety: PT1H\n"
	    "  min_signature_validity: P21D\n"
	    "  max_signature_validity: P21DT2H\n"
	    "  min_validity_overlap: P7D\n"
	    "  max_validity_overlap: P22D\n"
	    "request_policy:\n"
	    "  acceptable_domains: [example.]\n"
	    "  approved_algorithms: [ECDSAP256SHA256]\n"
	    "  enable_unsupported_ecdsa: true\n");
	buf_puts(&yaml, more);
	assert_ok(
	    config_read(buf_bytes(&yaml), "it.yaml", &config, &err), &err);
	buf_free(&yaml);
	return config;
}

static inline struct text_scene
text_scene_of(const char *signer, const char *more)
{
	struct text_scene s = { .request = read_signers(signer, "ksr.txt"),
		.response = read_signers(signer, "skr.txt") };
	struct err err;

	s.config = config_of(s.response, more);
	assert_ok(records_complete(s.config, s.request, &err), &err);
	assert_ok(records_complete(s.config, s.response, &err), &err);
	records_take_ids(s.response, s.request);
	s.in = (struct check_input){ .config = s.config,
		.now = NOW,
		.request = s.request,
		.response = s.response };
	return s;
}

static inline void
text_scene_free(struct text_scene *s)
{
	ksr_free(s->response);
	ksr_free(s->request);
	config_free(s->config);
}

#define NO_PROOF "  proof_of_possession: none\n"
#define CDS	 "cds: {cdnskey: true, digests: [SHA256]}\n"
#define RECORDS	 "records: {validity: P21D, refresh: P7D, cover_last: "

static const struct {
	const char *signer, *policy;
} signers[] = {
	{ "bind/9.20.30-example", NO_PROOF RECORDS "P13DT3H}\n" CDS },
	{ "bind/9.20.30-small", NO_PROOF RECORDS "P14D}\n" CDS },
	{ "knot/3.2.6-example", NO_PROOF RECORDS "PT0S}\n" },
	{ "knot/3.2.6-small", NO_PROOF RECORDS "PT0S}\n" },
};
