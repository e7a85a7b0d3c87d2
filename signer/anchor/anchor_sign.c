#include <stdio.h>
#include <string.h>

#include "ksr/anchor/anchor_compare.h"
#include "ksr/base/file.h"
#include "ksr/document/wording.h"
#include "signer/anchor/anchor_file.h"
#include "signer/anchor/anchor_key.h"
#include "signer/anchor/anchor_show.h"
#include "signer/anchor/anchor_sign.h"
#include "signer/anchor/anchoring.h"
#include "signer/cms/detached.h"
#include "signer/live/confirm.h"
#include "signer/record/facts.h"
#include "signer/record/json.h"
#include "signer/record/publishing.h"
#include "signer/screen/interrupt.h"
#include "signer/screen/print.h"

#define SIGNATURE_ROLE   "trust anchor signature"
#define CERTIFICATE_ROLE "certificate"
#define CA_ROLE          "CA certificate"

/* What the steps of signing share. */
struct signing_anchors {
	const struct context *context;
	const struct args *args;
	const char *path; /* of the signature */
	struct output *output;
	struct anchor_file file;
	struct certificates certificates;
	struct certificate_facts certificate;
	struct dnskey certified;
	struct anchor_key key;
	struct buf attributes, to_be_signed, der;
	struct rrsig made;
};

static bool
load_certificates(const struct context *context, const char *role,
    const char *path, struct certificates *ret, struct err *err)
{
	struct buf pem = buf_new(CERTIFICATE_FILE_MAX);
	bool ok = record_read(context->record, role, path, CERTIFICATE_FILE_MAX,
		      &pem, err) &&
	    certificates_read(buf_bytes(&pem), path, ret, err);

	buf_free(&pem);
	return ok;
}

/* Signed is what is declared, and all of it. */
static bool
compare_file(const struct signing_anchors *s, struct err *err)
{
	struct anchor_comparisons comparisons;
	struct anchoring *a = NULL;
	/* The token is asked for the key that signs; keys are their pins. */
	const struct anchoring_wish wish = { .ask_tokens = false };
	bool ok = anchoring_load(s->context, s->args, &wish, &a, err) &&
	    (anchors_compare(&a->declared, s->file.anchors, s->context->now,
		 true, &comparisons, err) ||
		err_prefix(err, "%s", s->file.path)) &&
	    comparisons_fact(s->context->record, ANCHORS_COMPARED, s->file.path,
		&comparisons, err) &&
	    comparisons_judge(s->file.path, &comparisons, err);

	anchoring_free(a);
	return ok;
}

static bool
load_certificate(struct signing_anchors *s, struct err *err)
{
	const char *path = args_value(s->args, "certificate");
	X509 *own;

	if (!load_certificates(
		s->context, CERTIFICATE_ROLE, path, &s->certificates, err))
		return false;
	own = s->certificates.list[0];
	return (certificate_check(own, s->context->now, err) &&
		   certificate_facts_of(own, &s->certificate, err) &&
		   certificate_dnskey(own, &s->certified, err)) ||
	    err_prefix(err, "%s", path);
}

static bool
build(struct signing_anchors *s, struct err *err)
{
	if (!detached_attributes(&s->key.dnskey, buf_bytes(&s->file.xml),
		s->context->now, &s->attributes, err))
		return false;
	cms_to_be_signed(buf_bytes(&s->attributes), &s->to_be_signed);
	return !s->to_be_signed.failed ||
	    err_set(err, E_MEMORY, "out of memory");
}

static bool
ask(const struct signing_anchors *s, struct err *err)
{
	const struct confirmation confirmation = {
		.prompt = "Sign these trust anchors?  Type Yes and Enter: ",
		.wanted = "Yes",
		.not_done = "nothing was signed",
		.batch = args_flag(s->args, "batch"),
	};

	if (!s->context->json) {
		anchors_print(s->file.anchors, s->context->now);
		printf("\n");
		anchor_file_print_hash(s->file.path, s->file.sha256);
		printf("\nSigner %s\n  key \"%s\", certificate valid until "
		       "%s\n\n",
		    s->certificate.subject, s->key.dnskey.identifier,
		    time_text(s->certificate.not_after).s);
	}
	return confirm(s->context, &confirmation, err);
}

static bool
put_intent(const struct signing_anchors *s, struct err *err)
{
	return record_event(s->context->record, "signing anchors",
	    json_pack("{s:o, s:o, s:o, s:s, s:o, s:o}", "path",
		json_of_text(s->path), "sha256", json_of_sha256(s->file.sha256),
		"key", json_of_key(&s->key.dnskey), "signer",
		s->certificate.subject, "certificate_sha256",
		json_of_sha256(s->certificate.sha256), "to_be_signed_sha256",
		json_of_hash_of(buf_bytes(&s->to_be_signed))),
	    err);
}

static bool
put_signed(const struct signing_anchors *s, struct err *err)
{
	return record_event(s->context->record, "anchors signed",
	    json_pack("{s:[{s:s, s:o, s:o}]}", "signatures", "key",
		s->key.dnskey.identifier, "to_be_signed_sha256",
		json_of_hash_of(buf_bytes(&s->to_be_signed)), "signature",
		json_of_bytes_base64(s->made.signature, s->made.signature_len)),
	    err);
}

/* What is on disk is the signature, by OpenSSL's own account. */
static bool
check_written(const struct signing_anchors *s, struct err *err)
{
	const struct detached_trust trust = { .now = s->context->now };
	struct buf der = buf_new(CMS_MAX);
	struct detached_signer signer;
	bool ok = output_read(s->output, CMS_MAX, &der, err) &&
	    detached_verify(buf_bytes(&der), buf_bytes(&s->file.xml), &trust,
		&signer, err) &&
	    (same_sha256(signer.certificate.sha256, s->certificate.sha256) ||
		err_set(err, E_INTERNAL,
		    "the signature written has another signer"));

	buf_free(&der);
	return ok || err_prefix(err, "%s", s->path);
}

static bool
publish(struct signing_anchors *s, struct err *err)
{
	return detached_encode(&s->key.dnskey, &s->certificates,
		   buf_bytes(&s->attributes), &s->made, &s->der, err) &&
	    output_write(s->output, buf_bytes(&s->der), err) &&
	    check_written(s, err) &&
	    record_output(s->context->record, SIGNATURE_ROLE, s->path,
		buf_bytes(&s->der), err) &&
	    publishing_finish(
		s->context, s->output, s->path, buf_bytes(&s->der), err);
}

static bool
print_signed(const struct signing_anchors *s, struct err *err)
{
	uint8_t digest[SHA256_SIZE];

	if (!sha256(buf_bytes(&s->der), digest, err))
		return false;
	if (s->context->json)
		return json_print(
		    json_pack("{s:s, s:o, s:o, s:o, s:s, s:o}", "command",
			"trust-anchor sign", "path", json_of_text(s->path),
			"sha256", json_of_sha256(digest), "document_sha256",
			json_of_sha256(s->file.sha256), "signer",
			s->certificate.subject, "certificate_sha256",
			json_of_sha256(s->certificate.sha256)),
		    err);
	print_digest("Signature", s->path, digest);
	return true;
}

static bool
sign(struct signing_anchors *s, struct err *err)
{
	return anchor_file_load(s->context, s->args->files[1], &s->file, err) &&
	    compare_file(s, err) && load_certificate(s, err) &&
	    anchor_key_open(s->context, s->args, &s->certified, &s->key, err) &&
	    build(s, err) && ask(s, err) && put_intent(s, err) &&
	    anchor_key_sign(
		&s->key, buf_bytes(&s->to_be_signed), &s->made, err) &&
	    put_signed(s, err) && publish(s, err) && print_signed(s, err);
}

bool
anchor_sign(
    const struct context *context, const struct args *args, struct err *err)
{
	struct signing_anchors s = { .context = context,
		.args = args,
		.path = args->files[2],
		.attributes = buf_new(CMS_MAX),
		.to_be_signed = buf_new(CMS_MAX),
		.der = buf_new(CMS_MAX) };
	bool ok;

	if (!confirm_possible(context, args_flag(args, "batch"), err) ||
	    !publishing_open(context, s.path, &s.output, err))
		return false;
	interrupt_guard_file(output_temporary(s.output));
	ok = sign(&s, err);
	interrupt_guard_file(NULL);
	anchor_key_close(&s.key);
	output_free(s.output);
	certificates_free(&s.certificates);
	anchor_file_free(&s.file);
	buf_free(&s.attributes);
	buf_free(&s.to_be_signed);
	buf_free(&s.der);
	return ok;
}

/* --- Verifying. */

static bool
facts_verified(const struct context *context, const struct anchor_file *file,
    const struct detached_signer *signer, struct err *err)
{
	return record_event(context->record, "anchors verified",
	    json_pack("{s:o, s:o, s:s, s:o, s:o}", "path",
		json_of_text(file->path), "sha256",
		json_of_sha256(file->sha256), "signer",
		signer->certificate.subject, "certificate_sha256",
		json_of_sha256(signer->certificate.sha256), "signed_at",
		signer->has_time ? json_of_time(signer->signed_at)
				 : json_null()),
	    err);
}

static bool
print_verified(const struct context *context, const struct anchor_file *file,
    const struct detached_signer *signer, struct err *err)
{
	const struct certificate_facts *certificate = &signer->certificate;

	if (context->json)
		return json_print(
		    json_pack("{s:s, s:b, s:s, s:o, s:o, s:o, s:o, s:o}",
			"command", "trust-anchor verify", "accepted", 1,
			"signer", certificate->subject, "certificate_sha256",
			json_of_sha256(certificate->sha256), "valid_until",
			json_of_time(certificate->not_after), "signed_at",
			signer->has_time ? json_of_time(signer->signed_at)
					 : json_null(),
			"sha256", json_of_sha256(file->sha256), "set",
			json_of_anchors(file->anchors, context->now)),
		    err);
	anchors_print(file->anchors, context->now);
	printf("\n");
	anchor_file_print_hash(file->path, file->sha256);
	printf("\nSigned by %s\n  certificate valid until %s\n",
	    certificate->subject, time_text(certificate->not_after).s);
	if (signer->has_time)
		printf("  signed at %s, as the signer says\n",
		    time_text(signer->signed_at).s);
	return true;
}

/* The signature first: what nobody has signed need not be understood. */
static bool
verify(const struct context *context, const struct args *args,
    struct anchor_file *file, struct buf *der, struct certificates *ca,
    struct err *err)
{
	const struct detached_trust trust = { .ca = ca,
		.now = context->now,
		.email = args_value(args, "signer") };
	struct detached_signer signer;

	file->path = args->files[1];
	return record_read(context->record, ANCHOR_FILE_ROLE, file->path,
		   TRUST_ANCHOR_FILE_MAX, &file->xml, err) &&
	    record_read(context->record, SIGNATURE_ROLE, args->files[2],
		CMS_MAX, der, err) &&
	    load_certificates(context, CA_ROLE, args->files[3], ca, err) &&
	    (detached_verify(
		 buf_bytes(der), buf_bytes(&file->xml), &trust, &signer, err) ||
		err_prefix(err, "%s", args->files[2])) &&
	    sha256(buf_bytes(&file->xml), file->sha256, err) &&
	    trust_anchors_read(
		buf_bytes(&file->xml), file->path, &file->anchors, err) &&
	    facts_verified(context, file, &signer, err) &&
	    print_verified(context, file, &signer, err);
}

bool
anchor_verify(
    const struct context *context, const struct args *args, struct err *err)
{
	struct anchor_file file = { .xml = buf_new(TRUST_ANCHOR_FILE_MAX) };
	struct buf der = buf_new(CMS_MAX);
	struct certificates ca = { .n = 0 };
	bool ok = verify(context, args, &file, &der, &ca, err);

	certificates_free(&ca);
	buf_free(&der);
	anchor_file_free(&file);
	return ok;
}
