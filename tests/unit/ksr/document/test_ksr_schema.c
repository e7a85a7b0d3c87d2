/*
 * The reader and docs/ksr.rnc, as jing understands it, accept and refuse the
 * same documents.  jing is a validator written by others in another language:
 * where both agree over thousands of variants, the schema tells the truth.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ksr/document/ksr.h"
#include "tests/support/support.h"
#include "tests/support/xml_variants.h"

#define POLICY "<PublishSafety>P10D</PublishSafety>" POLICY_REST
#define POLICY_REST                                                   \
	"<RetireSafety>PT0S</RetireSafety>"                           \
	"<MaxSignatureValidity>P21D</MaxSignatureValidity>"           \
	"<MinSignatureValidity>P20DT23H59M59S</MinSignatureValidity>" \
	"<MaxValidityOverlap>P12D</MaxValidityOverlap>"               \
	"<MinValidityOverlap>P9D</MinValidityOverlap>"                \
	"<SignatureAlgorithm algorithm=\"8\">"                        \
	"<RSA size=\"2048\" exponent=\"65537\"/></SignatureAlgorithm>"

#define MORE_ALGORITHMS                              \
	"<SignatureAlgorithm algorithm=\"13\">"      \
	"<ECDSA size=\"256\"/></SignatureAlgorithm>" \
	"<SignatureAlgorithm algorithm=\"15\">"      \
	"<EdDSA size=\"256\"/></SignatureAlgorithm>"

#define VALIDITY                                     \
	"<Inception>2018-01-01T00:00:00</Inception>" \
	"<Expiration>2018-01-22T00:00:00+00:00</Expiration>"

#define SIGNER "<Signer keyIdentifier=\"K 0\"/>"

#define KEY                                                         \
	"<Key keyIdentifier=\"K1\" keyTag=\"05017\">"               \
	"<TTL>172800</TTL><Flags>256</Flags><Protocol>3</Protocol>" \
	"<Algorithm>8</Algorithm><PublicKey>AwEAAQ==</PublicKey></Key>"

#define SIGNATURE                                                         \
	"<Signature keyIdentifier=\"K1\">"                                \
	"<TTL>172800</TTL><TypeCovered>DNSKEY</TypeCovered>"              \
	"<Algorithm>8</Algorithm><Labels>0</Labels>"                      \
	"<OriginalTTL>172800</OriginalTTL>"                               \
	"<SignatureExpiration>2018-01-22T00:00:00Z</SignatureExpiration>" \
	"<SignatureInception>2018-01-01T00:00:00</SignatureInception>"    \
	"<KeyTag>5017</KeyTag><SignersName>.</SignersName>"               \
	"<SignatureData>AAEC</SignatureData></Signature>"

#define ROOT "<KSR id=\"4fe9bb10\" domain=\".\" serial=\"1\">"
#define REQUEST_HEAD \
	ROOT "<Request><RequestPolicy><ZSK>" POLICY "</ZSK></RequestPolicy>"
#define REQUEST_TAIL "</Request></KSR>"
#define BUNDLE_HEAD  "<RequestBundle id=\"b1\">" VALIDITY
#define BUNDLE_TAIL  "</RequestBundle>"
#define BUNDLE       BUNDLE_HEAD KEY SIGNATURE BUNDLE_TAIL

static const char request[] =
    ROOT "<Request "
	 "timestamp=\"2017-11-15T12:00:00+02:00\"><RequestPolicy><ZSK>" POLICY
	     MORE_ALGORITHMS "</ZSK></RequestPolicy>"
	 "<RequestBundle id=\"b1\">" VALIDITY SIGNER KEY KEY SIGNATURE
	 "</RequestBundle>" BUNDLE REQUEST_TAIL;

static const char response[] = ROOT
    "<Response timestamp=\"2017-11-15T12:00:00\"><ResponsePolicy><KSK>" POLICY
    "</KSK><ZSK>" POLICY "</ZSK></ResponsePolicy>"
    "<ResponseBundle id=\"b1\">" VALIDITY KEY SIGNATURE
    "</ResponseBundle></Response></KSR>";

/* What the reader says of a document, and later what jing says. */
struct judged {
	const char *kind;
	bool accepted, valid;
	char message[160];
};

struct trial {
	char *folder;
	size_t n, size;
	struct judged *judged;
};

static struct trial
trial_new(void)
{
	return (struct trial){ .folder = scratch_new() };
}

static void
trial_free(struct trial *trial)
{
	scratch_remove(trial->folder);
	free(trial->judged);
}

static void
document_path(const struct trial *trial, size_t i, char ret[256])
{
	snprintf(ret, 256, "%s/%06zu.xml", trial->folder, i);
}

/* Judges the document and leaves it in the folder for jing. */
static void
trial_take(void *context, const char *kind, struct bytes document)
{
	struct trial *trial = context;
	struct judged *judged;
	struct ksr *ksr = NULL;
	struct err err = { 0 };
	char path[256];
	int fd;

	if (trial->n == trial->size) {
		trial->size = trial->size == 0 ? 1024 : 2 * trial->size;
		trial->judged = realloc(
		    trial->judged, trial->size * sizeof(*trial->judged));
		assert_non_null(trial->judged);
	}
	document_path(trial, trial->n, path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, document.data, document.len), document.len);
	close(fd);
	judged = &trial->judged[trial->n++];
	judged->kind = kind;
	judged->valid = true;
	judged->accepted = ksr_read(document, "it", &ksr, &err);
	snprintf(judged->message, sizeof(judged->message), "%.159s", err.msg);
	ksr_free(ksr);
}

static void
trial_take_text(struct trial *trial, const char *kind, const char *text)
{
	trial_take(trial, kind, bytes_of_string(text));
}

/*
 * Runs the command in the folder and marks each file that a line of its
 * output names as not valid.  Returns the last file named by a line that holds
 * fatal, or n if there was none.
 */
static size_t
mark_named(struct trial *trial, const char *command, const char *fatal)
{
	char line[4096];
	size_t last = trial->n;
	FILE *pipe = popen(command, "r");

	assert_non_null(pipe);
	while (fgets(line, sizeof(line), pipe) != NULL) {
		const char *name = strstr(line, ".xml:");
		char *end;
		size_t i;

		if (name == NULL || name - line < 6)
			continue; /* xmllint quotes the place */
		i = strtoul(name - 6, &end, 10);
		if (end != name || i >= trial->n)
			continue;
		trial->judged[i].valid = false;
		if (fatal != NULL && strstr(line, fatal) != NULL)
			last = i;
	}
	pclose(pipe);
	return last;
}

/* xmllint, of libxml2, finds the documents that are not well-formed XML. */
static void
mark_malformed(struct trial *trial)
{
	char command[512];

	snprintf(command, sizeof(command),
	    "cd '%s' && ls | xargs xmllint --huge --noout 2>&1", trial->folder);
	mark_named(trial, command, NULL);
}

static void
list_well_formed(const struct trial *trial, size_t from)
{
	char path[256];
	FILE *list;

	snprintf(path, sizeof(path), "%s/list", trial->folder);
	list = fopen(path, "w");
	assert_non_null(list);
	for (size_t i = from; i < trial->n; i++)
		if (trial->judged[i].valid)
			fprintf(list, "%06zu.xml\n", i);
	fclose(list);
}

/*
 * jing says which documents do not follow the schema.  It stops at the first
 * that its own parser cannot read: then it gets those behind it once more.  Its
 * regular expressions need more stack than Java gives by default.
 */
static void
mark_invalid(struct trial *trial)
{
	char command[1024], here[512];
	size_t at = 0;

	assert_non_null(getcwd(here, sizeof(here)));
	snprintf(command, sizeof(command),
	    "cd '%s' && JDK_JAVA_OPTIONS=-Xss256m jing -c '%s/docs/ksr.rnc' "
	    "$(cat "
	    "list) 2>&1",
	    trial->folder, here);
	while (at < trial->n) {
		list_well_formed(trial, at);
		at = mark_named(trial, command, ": fatal: ") + 1;
	}
}

/*
 * Last come two documents that cannot pass: where they do, a tool is missing
 * or did not come to its end.
 */
static void
trial_validate(struct trial *trial)
{
	trial_take_text(trial, "not XML", "<KSR");
	trial_take_text(trial, "not a KSR", "<x/>");
	mark_malformed(trial);
	if (trial->judged[trial->n - 2].valid ||
	    !trial->judged[trial->n - 1].valid)
		fail_msg("xmllint (Debian package libxml2-utils) fails here");
	mark_invalid(trial);
	if (trial->judged[trial->n - 1].valid)
		fail_msg("jing (Debian package jing) fails here");
	trial->n -= 2;
}

static void
print_document(const struct trial *trial, size_t i)
{
	const struct judged *judged = &trial->judged[i];
	char path[256], text[400];
	struct buf document, untouched;
	size_t at = 0;

	document_path(trial, i, path);
	document = read_whole(path);
	document_path(trial, 0, path);
	untouched = read_whole(path);
	while (
	    document.data[at] != 0 && document.data[at] == untouched.data[at])
		at++;
	text_ascii(text, sizeof(text), (const char *)document.data + at);
	printf("%s: reader %s, schema %s\n  %s\n  from the first change: %s\n",
	    judged->kind, judged->accepted ? "accepts" : "refuses",
	    judged->valid ? "accepts" : "refuses", judged->message, text);
	buf_free(&document);
	buf_free(&untouched);
}

/* Every document is judged alike; the counts are printed. */
static void
trial_must_agree(struct trial *trial)
{
	size_t accepted = 0, refused = 0, differ = 0;

	trial_validate(trial);
	for (size_t i = 0; i < trial->n; i++) {
		const struct judged *judged = &trial->judged[i];

		if (judged->accepted != judged->valid) {
			if (differ++ < 20)
				print_document(trial, i);
		} else if (judged->accepted) {
			accepted++;
		} else {
			refused++;
		}
	}
	printf("%zu documents: both accept %zu, both refuse %zu\n", trial->n,
	    accepted, refused);
	assert_int_equal(differ, 0);
}

static void
corpus_is_accepted_by_both(void **state)
{
	static const char *const names[] = { "root/ksr-root-2016-q3-0.xml",
		"root/ksr-root-2017-q2-0.xml", "root/skr-root-2017-q1-0.xml",
		"root/skr-root-2017-q2-0.xml",
		"root/ksr-root-2018-q1-0-d_to_e.xml",
		"root/skr-root-2018-q1-0-d_to_e.xml" };
	struct trial trial;

	(void)state;
	trial = trial_new();
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct buf file = read_whole(corpus_path(names[i]));

		trial_take(&trial, names[i], buf_bytes(&file));
		assert_true(trial.judged[i].accepted);
		buf_free(&file);
	}
	trial_must_agree(&trial);
	trial_free(&trial);
}

static void
request_variants_are_judged_alike(void **state)
{
	struct trial trial = trial_new();
	struct variant_sink sink = { trial_take, &trial };

	(void)state;
	xml_variants(request, &sink);
	assert_true(trial.n > 1500);
	assert_true(trial.judged[0].accepted);
	trial_must_agree(&trial);
	trial_free(&trial);
}

static void
response_variants_are_judged_alike(void **state)
{
	struct trial trial = trial_new();
	struct variant_sink sink = { trial_take, &trial };

	(void)state;
	xml_variants(response, &sink);
	assert_true(trial.n > 1500);
	assert_true(trial.judged[0].accepted);
	trial_must_agree(&trial);
	trial_free(&trial);
}

/*
 * Where the reader is stricter than RELAX NG can say.  docs/formats.md has
 * the same list.
 */

static void
take_with_front(struct trial *trial, const char *kind, const char *front)
{
	struct buf out = buf_new(1u << 20);

	buf_puts(&out, front);
	buf_puts(&out, request);
	trial_take(trial, kind, buf_bytes(&out));
	buf_free(&out);
}

static void
take_utf16(struct trial *trial, const char *text)
{
	struct buf out = buf_new(1u << 20);

	buf_u16(&out, 0xfeff);
	for (; *text != '\0'; text++)
		buf_u16(&out, (uint8_t)*text);
	trial_take(trial, "UTF-16", buf_bytes(&out));
	buf_free(&out);
}

/* head, n times the middle, tail. */
static void
take_many(struct trial *trial, const char *kind, const char *head,
    const char *middle, size_t n, const char *tail)
{
	struct buf out = buf_new(64u << 20);

	buf_puts(&out, head);
	for (size_t i = 0; i < n; i++)
		buf_puts(&out, middle);
	buf_puts(&out, tail);
	assert_false(out.failed);
	trial_take(trial, kind, buf_bytes(&out));
	buf_free(&out);
}

static void
take_counts(struct trial *trial)
{
	take_many(trial, "bundles", REQUEST_HEAD, BUNDLE, BUNDLES_MAX + 1,
	    REQUEST_TAIL);
	take_many(trial, "keys", REQUEST_HEAD BUNDLE_HEAD, KEY,
	    BUNDLE_KEYS_MAX + 1, SIGNATURE BUNDLE_TAIL REQUEST_TAIL);
	take_many(trial, "signatures", REQUEST_HEAD BUNDLE_HEAD KEY, SIGNATURE,
	    BUNDLE_SIGS_MAX + 1, BUNDLE_TAIL REQUEST_TAIL);
	take_many(trial, "algorithms",
	    ROOT "<Request><RequestPolicy><ZSK>" POLICY,
	    "<SignatureAlgorithm algorithm=\"13\"><ECDSA size=\"256\"/>"
	    "</SignatureAlgorithm>",
	    POLICY_ALGS_MAX, "</ZSK></RequestPolicy>" BUNDLE REQUEST_TAIL);
	take_many(trial, "length of a tag", ROOT "<Request", "    ",
	    XML_MARKUP_MAX / 4,
	    "><RequestPolicy><ZSK>" POLICY
	    "</ZSK></RequestPolicy>" BUNDLE REQUEST_TAIL);
	take_many(trial, "length of a comment", REQUEST_HEAD BUNDLE "<!--",
	    "    ", XML_MARKUP_MAX / 4, "-->" REQUEST_TAIL);
	take_many(trial, "length of the file", REQUEST_HEAD BUNDLE, "\n    ",
	    KSR_FILE_MAX / 5 + 1, REQUEST_TAIL);
}

/* RELAX NG sees the parts, and adds none of them up. */
static void
take_durations(struct trial *trial)
{
	static const char *const durations[] = { "P36526D", "P36525DT1S",
		"PT876601H", "PT876600H1S", "P999999999D" };

	for (size_t i = 0; i < ARRAY_LEN(durations); i++)
		take_many(trial, "duration",
		    ROOT "<Request><RequestPolicy><ZSK><PublishSafety>",
		    durations[i], 1,
		    "</PublishSafety>" POLICY_REST
		    "</ZSK></RequestPolicy>" BUNDLE REQUEST_TAIL);
}

static void
named_differences_are_refused_by_the_reader_alone(void **state)
{
	struct trial trial = trial_new();

	(void)state;
	take_with_front(&trial, "DOCTYPE", "<!DOCTYPE KSR>");
	take_with_front(&trial, "DOCTYPE with an entity",
	    "<!DOCTYPE KSR [<!ENTITY a \"b\">]>");
	take_with_front(&trial, "processing instruction", "<?a b?>");
	take_with_front(
	    &trial, "encoding", "<?xml version='1.0' encoding='ISO-8859-1'?>");
	take_utf16(&trial, request);
	take_many(&trial, "namespace declaration",
	    "<KSR xmlns:a=\"urn:a\" id=\"1\" domain=\".\" serial=\"1\">"
	    "<Request><RequestPolicy><ZSK>" POLICY "</ZSK></RequestPolicy>",
	    BUNDLE, 1, REQUEST_TAIL);
	take_durations(&trial);
	take_counts(&trial);
	trial_validate(&trial);
	for (size_t i = 0; i < trial.n; i++) {
		if (trial.judged[i].accepted || !trial.judged[i].valid) {
			print_document(&trial, i);
			fail();
		}
	}
	printf("%zu named differences\n", trial.n);
	trial_free(&trial);
}

/* The limits themselves are met by both. */
static void
documents_at_the_limits_are_accepted_by_both(void **state)
{
	struct trial trial = trial_new();

	(void)state;
	take_many(
	    &trial, "bundles", REQUEST_HEAD, BUNDLE, BUNDLES_MAX, REQUEST_TAIL);
	take_many(&trial, "keys", REQUEST_HEAD BUNDLE_HEAD, KEY,
	    BUNDLE_KEYS_MAX, SIGNATURE BUNDLE_TAIL REQUEST_TAIL);
	take_many(&trial, "signatures", REQUEST_HEAD BUNDLE_HEAD KEY, SIGNATURE,
	    BUNDLE_SIGS_MAX, BUNDLE_TAIL REQUEST_TAIL);
	take_many(&trial, "signers", REQUEST_HEAD BUNDLE_HEAD, SIGNER, 1000,
	    KEY SIGNATURE BUNDLE_TAIL REQUEST_TAIL);
	take_many(&trial, "algorithms",
	    ROOT "<Request><RequestPolicy><ZSK>" POLICY,
	    "<SignatureAlgorithm algorithm=\"13\"><ECDSA size=\"256\"/>"
	    "</SignatureAlgorithm>",
	    POLICY_ALGS_MAX - 1, "</ZSK></RequestPolicy>" BUNDLE REQUEST_TAIL);
	take_many(&trial, "length of a comment", REQUEST_HEAD BUNDLE "<!--",
	    " ", XML_MARKUP_MAX - 7, "-->" REQUEST_TAIL);
	take_many(&trial, "white space", REQUEST_HEAD BUNDLE, "\n    ",
	    KSR_FILE_MAX / 5 - 1000, REQUEST_TAIL);
	for (size_t i = 0; i < trial.n; i++)
		if (!trial.judged[i].accepted)
			fail_msg("%s: %s", trial.judged[i].kind,
			    trial.judged[i].message);
	trial_must_agree(&trial);
	trial_free(&trial);
}

/* A defect of jing 20220510: XML Schema allows offsets up to 14:00. */
static void
offsets_below_minus_13_hours_are_refused_by_jing_alone(void **state)
{
	static const char *const offsets[] = { "-13:01", "-14:00" };
	struct trial trial = trial_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(offsets); i++)
		take_many(&trial, "offset",
		    ROOT "<Request timestamp=\"2018-01-01T00:00:00", offsets[i],
		    1,
		    "\"><RequestPolicy><ZSK>" POLICY
		    "</ZSK></RequestPolicy>" BUNDLE REQUEST_TAIL);
	trial_validate(&trial);
	for (size_t i = 0; i < trial.n; i++) {
		assert_true(trial.judged[i].accepted);
		assert_false(trial.judged[i].valid);
	}
	trial_free(&trial);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(corpus_is_accepted_by_both),
		cmocka_unit_test(request_variants_are_judged_alike),
		cmocka_unit_test(response_variants_are_judged_alike),
		cmocka_unit_test(
		    named_differences_are_refused_by_the_reader_alone),
		cmocka_unit_test(
		    offsets_below_minus_13_hours_are_refused_by_jing_alone),
		cmocka_unit_test(documents_at_the_limits_are_accepted_by_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
