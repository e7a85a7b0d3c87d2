#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/document/ksr.h"
#include "tests/support/support.h"

#define SAFETY "<PublishSafety>P10D</PublishSafety>\n"
#define REST_OF_POLICY                                                  \
	"<RetireSafety>PT0S</RetireSafety>\n"                           \
	"<MaxSignatureValidity>P21D</MaxSignatureValidity>\n"           \
	"<MinSignatureValidity>P20DT23H59M59S</MinSignatureValidity>\n" \
	"<MaxValidityOverlap>P12D</MaxValidityOverlap>\n"               \
	"<MinValidityOverlap>P9D</MinValidityOverlap>\n"

#define RSA_ALGORITHM                               \
	"<SignatureAlgorithm algorithm=\"8\">\n"    \
	"<RSA size=\"2048\" exponent=\"65537\"/>\n" \
	"</SignatureAlgorithm>\n"

#define KEY                                             \
	"<Key keyIdentifier=\"K1\" keyTag=\"05017\">\n" \
	"<TTL>172800</TTL>\n"                           \
	"<Flags>256</Flags>\n"                          \
	"<Protocol>3</Protocol>\n"                      \
	"<Algorithm>8</Algorithm>\n"                    \
	"<PublicKey>AwEAAQ==</PublicKey>\n"             \
	"</Key>\n"

#define SIGNATURE                                                              \
	"<Signature keyIdentifier=\"K2\">\n"                                   \
	"<TTL>172801</TTL>\n"                                                  \
	"<TypeCovered>DNSKEY</TypeCovered>\n"                                  \
	"<Algorithm>10</Algorithm>\n"                                          \
	"<Labels>1</Labels>\n"                                                 \
	"<OriginalTTL>172802</OriginalTTL>\n"                                  \
	"<SignatureExpiration>2018-01-22T00:00:00Z</SignatureExpiration>\n"    \
	"<SignatureInception>2018-01-01T02:00:00+02:00</SignatureInception>\n" \
	"<KeyTag>46809</KeyTag>\n"                                             \
	"<SignersName>example.</SignersName>\n"                                \
	"<SignatureData>AAEC</SignatureData>\n"                                \
	"</Signature>\n"

#define BUNDLE_HEAD                                    \
	"<RequestBundle id=\"b1\">\n"                  \
	"<Inception>2018-01-01T00:00:00</Inception>\n" \
	"<Expiration>2018-01-22T00:00:00</Expiration>\n"

#define REQUEST_HEAD                                               \
	"<KSR id=\"4fe9bb10\" domain=\"example.\" serial=\"7\">\n" \
	"<Request>\n"                                              \
	"<RequestPolicy>\n"                                        \
	"<ZSK>\n"
#define REQUEST_MIDDLE \
	"</ZSK>\n"     \
	"</RequestPolicy>\n"
#define REQUEST_TAIL   \
	"</Request>\n" \
	"</KSR>\n"

/* One element or tag a line, so that a line number is a place in it. */
static const char request[] = REQUEST_HEAD SAFETY REST_OF_POLICY RSA_ALGORITHM
    REQUEST_MIDDLE BUNDLE_HEAD KEY SIGNATURE "</RequestBundle>\n" REQUEST_TAIL;

static const char response[] =
    "<KSR id='4fe9bb10' domain='.' serial='0'>"
    "<Response timestamp='2017-11-15T12:00:00Z'><ResponsePolicy>"
    "<KSK>" SAFETY REST_OF_POLICY
    "<SignatureAlgorithm algorithm='13'><ECDSA size='256'/>"
    "</SignatureAlgorithm>"
    "<SignatureAlgorithm algorithm='15'><EdDSA size='255'/>"
    "</SignatureAlgorithm></KSK>"
    "<ZSK>" SAFETY REST_OF_POLICY RSA_ALGORITHM "</ZSK></ResponsePolicy>"
    "<ResponseBundle id='b1'>"
    "<Inception>2018-01-01T00:00:00</Inception>"
    "<Expiration>2018-01-22T00:00:00</Expiration>" KEY SIGNATURE
    "</ResponseBundle></Response></KSR>";

static struct ksr *
read_accepted(const char *text)
{
	struct ksr *ksr = NULL;
	struct err err;

	assert_ok(ksr_read(bytes_of_string(text), "it", &ksr, &err), &err);
	return ksr;
}

/* The whole message is compared, as a record has it: position, path, what was
 * seen and wanted. */
static void
assert_refused(struct bytes xml, const char *message)
{
	char said[4 * ERR_MSG_MAX];
	struct ksr *ksr = NULL;
	struct err err;

	if (ksr_read(xml, "it", &ksr, &err))
		fail_msg("accepted, wanted \"%s\"", message);
	assert_null(ksr);
	assert_int_equal(err.code, E_INPUT);
	text_ascii(said, sizeof(said), err.msg);
	assert_string_equal(said, message);
}

/* The text with the first find replaced, on the heap. */
static char *
replaced(const char *text, const char *find, const char *with)
{
	const char *at = strstr(text, find);
	char *ret = NULL;

	assert_non_null(at);
	assert_true(asprintf(&ret, "%.*s%s%s", (int)(at - text), text, with,
			at + strlen(find)) > 0);
	return ret;
}

struct refusal {
	const char *find, *with, *message;
};

static void
assert_refusals(const struct refusal *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *text = replaced(request, cases[i].find, cases[i].with);

		assert_refused(bytes_of_string(text), cases[i].message);
		free(text);
	}
}

#define BUNDLE "KSR/Request/RequestBundle[1]"
#define POLICY "KSR/Request/RequestPolicy/ZSK"

static void
request_with_all_fields_is_read(void **state)
{
	struct ksr *ksr = read_accepted(request);
	const struct signature_policy *policy = &ksr->zsk_policy;
	const struct bundle *bundle = ksr->bundles;
	const struct dnskey *key = bundle->keys;
	const struct rrsig *rrsig = bundle->signatures;

	(void)state;
	assert_int_equal(ksr->kind, KSR_REQUEST);
	assert_string_equal(ksr->id, "4fe9bb10");
	assert_string_equal(ksr->domain, "example.");
	assert_int_equal(ksr->serial, 7);
	assert_false(ksr->has_timestamp);
	assert_int_equal(policy->publish_safety_s, 864000);
	assert_int_equal(policy->retire_safety_s, 0);
	assert_int_equal(policy->max_signature_validity_s, 21 * 86400);
	assert_int_equal(policy->min_signature_validity_s, 21 * 86400 - 1);
	assert_int_equal(policy->max_validity_overlap_s, 12 * 86400);
	assert_int_equal(policy->min_validity_overlap_s, 9 * 86400);
	assert_int_equal(policy->n_algorithms, 1);
	assert_int_equal(policy->algorithms[0].algorithm, 8);
	assert_int_equal(policy->algorithms[0].family, FAMILY_RSA);
	assert_int_equal(policy->algorithms[0].size, 2048);
	assert_int_equal(policy->algorithms[0].exponent, 65537);
	assert_int_equal(ksr->n_bundles, 1);
	assert_string_equal(bundle->id, "b1");
	assert_int_equal(bundle->inception, 1514764800);
	assert_int_equal(bundle->expiration, 1516579200);
	assert_int_equal(bundle->n_signers, 0);
	assert_int_equal(bundle->n_keys, 1);
	assert_string_equal(key->identifier, "K1");
	assert_int_equal(key->tag, 5017);
	assert_int_equal(key->ttl_s, 172800);
	assert_int_equal(key->flags, 256);
	assert_int_equal(key->protocol, 3);
	assert_int_equal(key->algorithm, 8);
	assert_int_equal(key->public_key_len, 4);
	assert_memory_equal(key->public_key, "\x03\x01\x00\x01", 4);
	assert_int_equal(bundle->n_signatures, 1);
	assert_string_equal(rrsig->identifier, "K2");
	assert_int_equal(rrsig->ttl_s, 172801);
	assert_int_equal(rrsig->algorithm, 10);
	assert_int_equal(rrsig->labels, 1);
	assert_int_equal(rrsig->original_ttl_s, 172802);
	assert_int_equal(rrsig->expiration, 1516579200);
	assert_int_equal(rrsig->inception, 1514764800);
	assert_int_equal(rrsig->tag, 46809);
	assert_string_equal(rrsig->signers_name, "example.");
	assert_int_equal(rrsig->signature_len, 3);
	assert_memory_equal(rrsig->signature, "\x00\x01\x02", 3);
	ksr_free(ksr);
}

static void
response_with_all_families_is_read(void **state)
{
	struct ksr *ksr = read_accepted(response);
	const struct signature_algorithm *algorithms =
	    ksr->ksk_policy.algorithms;

	(void)state;
	assert_int_equal(ksr->kind, KSR_RESPONSE);
	assert_string_equal(ksr->domain, ".");
	assert_true(ksr->has_timestamp);
	assert_int_equal(ksr->timestamp, 1510747200);
	assert_int_equal(ksr->ksk_policy.n_algorithms, 2);
	assert_int_equal(algorithms[0].algorithm, 13);
	assert_int_equal(algorithms[0].family, FAMILY_ECDSA);
	assert_int_equal(algorithms[0].size, 256);
	assert_int_equal(algorithms[0].exponent, 0);
	assert_int_equal(algorithms[1].algorithm, 15);
	assert_int_equal(algorithms[1].family, FAMILY_EDDSA);
	assert_int_equal(algorithms[1].size, 255);
	assert_int_equal(ksr->zsk_policy.n_algorithms, 1);
	assert_int_equal(ksr->zsk_policy.algorithms[0].family, FAMILY_RSA);
	assert_int_equal(ksr->n_bundles, 1);
	assert_int_equal(ksr->bundles[0].n_keys, 1);
	ksr_free(ksr);
}

static void
corpus_request_is_read(void **state)
{
	struct buf file =
	    read_whole(corpus_path("root/ksr-root-2017-q2-0.xml"));
	struct ksr *ksr = NULL;
	struct err err;

	(void)state;
	assert_ok(ksr_read(buf_bytes(&file), "it", &ksr, &err), &err);
	assert_int_equal(strlen(ksr->id), 36);
	assert_int_equal(ksr->n_bundles, 9);
	assert_int_equal(ksr->bundles[0].n_keys, 2);
	assert_int_equal(ksr->bundles[1].n_keys, 1);
	assert_int_equal(ksr->bundles[8].n_keys, 2);
	assert_int_equal(ksr->bundles[0].keys[0].tag, 14796);
	assert_int_equal(ksr->bundles[0].keys[0].public_key_len, 260);
	assert_int_equal(ksr->bundles[8].n_signatures, 2);
	assert_int_equal(ksr->bundles[8].signatures[1].signature_len, 256);
	ksr_free(ksr);
	buf_free(&file);
}

static void
corpus_response_is_read(void **state)
{
	struct buf file =
	    read_whole(corpus_path("root/skr-root-2018-q1-0-d_to_e.xml"));
	struct ksr *ksr = NULL;
	struct err err;

	(void)state;
	assert_ok(ksr_read(buf_bytes(&file), "it", &ksr, &err), &err);
	assert_int_equal(ksr->kind, KSR_RESPONSE);
	assert_int_equal(ksr->n_bundles, 9);
	assert_int_equal(ksr->ksk_policy.retire_safety_s, 28 * 86400);
	assert_int_equal(ksr->zsk_policy.retire_safety_s, 10 * 86400);
	assert_int_equal(ksr->bundles[0].n_keys, 4);
	assert_string_equal(
	    ksr->bundles[0].signatures[0].identifier, "Kjqmt7v");
	assert_string_equal(
	    ksr->bundles[1].signatures[0].identifier, "Klajeyz");
	ksr_free(ksr);
	buf_free(&file);
}

/* What XML allows and producers do. */
static void
other_spellings_are_accepted(void **state)
{
	static const struct {
		const char *find, *with;
	} cases[] = {
		{ "<KSR", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<KSR" },
		{ "<KSR", "<?xml version='1.0' encoding='us-ascii'?><KSR" },
		{ "<KSR", "\xef\xbb\xbf<KSR" },
		{ "<KSR", "<!-- \xc3\xa9 --><KSR" },
		{ "id=\"4fe9bb10\" domain=\"example.\" serial=\"7\"",
		    "serial = '7'\n\tid='4fe9bb10' domain='example.'" },
		{ ">172800<", ">\n\t172800\r\n <" },
		{ ">172800<", "><![CDATA[172800]]><" },
		{ ">172800<", ">1728<!-- -->00<" },
		{ ">172800<", ">&#49;72800<" },
		{ ">AwEAAQ==<", ">\nAwEA\nAQ==\n<" },
		{ "<RSA size=\"2048\" exponent=\"65537\"/>",
		    "<RSA exponent=\"65537\" size=\"2048\">\n</RSA>" },
		{ "\"05017\"", "\"5017\"" },
		{ "</KSR>", "</KSR >\n<!-- -->\n" },
	};
	struct ksr *plain = read_accepted(request);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *text = replaced(request, cases[i].find, cases[i].with);
		struct ksr *ksr = read_accepted(text);

		assert_int_equal(ksr->serial, plain->serial);
		assert_memory_equal(ksr->bundles[0].keys,
		    plain->bundles[0].keys, sizeof(struct dnskey));
		assert_memory_equal(&ksr->zsk_policy, &plain->zsk_policy,
		    sizeof(struct signature_policy));
		ksr_free(ksr);
		free(text);
	}
	ksr_free(plain);
}

static void
signers_are_counted(void **state)
{
	char *text = replaced(request, "<Key keyIdentifier",
	    "<Signer keyIdentifier=\"Kjqmt7v\"/>"
	    "<Signer keyIdentifier='a'></Signer><Key keyIdentifier");
	struct ksr *ksr = read_accepted(text);

	(void)state;
	assert_int_equal(ksr->bundles[0].n_signers, 2);
	ksr_free(ksr);
	free(text);
}

static void
characters_of_identifiers_are_kept(void **state)
{
	char *text = replaced(
	    request, "\"K1\"", "\" &amp;&lt;&gt;&quot;&apos;&#126;\t\"");
	struct ksr *ksr = read_accepted(text);

	(void)state;
	assert_string_equal(ksr->bundles[0].keys[0].identifier, " &<>\"'~ ");
	ksr_free(ksr);
	free(text);
}

static void
element_out_of_grammar_is_refused(void **state)
{
	static const struct refusal cases[] = {
		{ "<KSR", "<X/><KSR",
		    "it:1:1: unknown element \"X\", wanted KSR" },
		{ "<Flags>", "  <Flag>",
		    "it:21:3: " BUNDLE
		    "/Key[1]: unknown element \"Flag\", wanted Flags" },
		{ "<Flags>256</Flags>\n", "",
		    "it:21:1: " BUNDLE "/Key[1]: repeated or misplaced element "
		    "\"Protocol\", wanted Flags" },
		{ "<Flags>256</Flags>", "<Flags>256</Flags><Flags>1</Flags>",
		    "it:21:19: " BUNDLE
		    "/Key[1]: repeated or misplaced element "
		    "\"Flags\", wanted Protocol" },
		{ "<PublicKey>AwEAAQ==</PublicKey>\n", "",
		    "it:19:1: " BUNDLE "/Key[1]: ends without PublicKey" },
		{ "</Key>", "<X/></Key>",
		    "it:25:1: " BUNDLE
		    "/Key[1]: unknown element \"X\", wanted an end tag" },
		{ KEY, "",
		    "it:19:1: " BUNDLE ": repeated or misplaced element "
		    "\"Signature\", wanted Signer or Key" },
		{ SIGNATURE, "",
		    "it:16:1: " BUNDLE ": ends without Key or Signature" },
		{ KEY, KEY "<Signer keyIdentifier='a'/>",
		    "it:26:1: " BUNDLE ": repeated or misplaced element "
		    "\"Signer\", wanted Key or Signature" },
		{ "<RSA size=\"2048\" exponent=\"65537\"/>", "",
		    "it:11:1: " POLICY "/SignatureAlgorithm[1]: ends without "
		    "RSA or ECDSA or EdDSA" },
		{ "<RSA size=\"2048\" exponent=\"65537\"/>",
		    "<ECDSA size='1'/><RSA size='1' exponent='1'/>",
		    "it:12:18: " POLICY "/SignatureAlgorithm[1]: repeated or "
		    "misplaced element \"RSA\", wanted an end tag" },
		{ "</ZSK>", "</ZSK><KSK/>",
		    "it:14:7: KSR/Request/RequestPolicy: unknown element "
		    "\"KSK\", wanted an end tag" },
		{ "</Request>", "<ResponseBundle/></Request>",
		    "it:39:1: KSR/Request: unknown element \"ResponseBundle\", "
		    "wanted RequestBundle" },
		{ "</Request>", "</Request><Response/>",
		    "it:39:11: KSR: repeated or misplaced element "
		    "\"Response\", wanted an end tag" },
		{ "<Request>", "<Response>",
		    "it:3:1: KSR/Response: unknown element \"RequestPolicy\", "
		    "wanted ResponsePolicy" },
		{ "172800", "<X/>",
		    "it:20:6: " BUNDLE "/Key[1]/TTL: unknown element \"X\", "
		    "wanted an end tag" },
		{ "<Flags>",
		    "<aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeee"
		    "eeeeffffffffffgggggggggg>",
		    "it:21:1: " BUNDLE "/Key[1]: unknown element \"aaaaaaaaaabb"
		    "bbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff...\", "
		    "wanted Flags" },
	};

	(void)state;
	assert_refusals(cases, ARRAY_LEN(cases));
}

static void
refusal_in_a_later_bundle_is_numbered(void **state)
{
	char *text = replaced(request, "</RequestBundle>\n",
	    "</RequestBundle>\n" BUNDLE_HEAD KEY KEY
	    "<Key/></RequestBundle>\n");

	(void)state;
	assert_refused(bytes_of_string(text),
	    "it:56:1: KSR/Request/RequestBundle[2]/Key[3]: attribute "
	    "keyIdentifier is missing");
	free(text);
}

static void
attribute_out_of_grammar_is_refused(void **state)
{
	static const struct refusal cases[] = {
		{ " keyTag=\"05017\"", "",
		    "it:19:1: " BUNDLE "/Key[1]: attribute keyTag is missing" },
		{ "keyTag=", "x='' keyTag=",
		    "it:19:1: " BUNDLE "/Key[1]: unknown attribute \"x\"" },
		{ "keyTag=", "keytag=",
		    "it:19:1: " BUNDLE
		    "/Key[1]: unknown attribute \"keytag\"" },
		{ "keyTag=", "keyTag=\"1\" keyTag=",
		    "it:19:36: " BUNDLE ": duplicate attribute" },
		{ "<KSR ", "<KSR xmlns='urn:a' ",
		    "it:1:1: KSR: unknown attribute \"xmlns\"" },
		{ "<TTL>", "<TTL x='1'>",
		    "it:20:1: " BUNDLE "/Key[1]/TTL: unknown attribute \"x\"" },
		{ "<RSA size=\"2048\" exponent=\"65537\"/>",
		    "<ECDSA size='256' exponent='3'/>",
		    "it:12:1: " POLICY "/SignatureAlgorithm[1]/ECDSA: unknown "
		    "attribute \"exponent\"" },
		{ "<Request>", "<Request timestamp='now'>",
		    "it:2:1: KSR/Request: attribute timestamp: \"now\", wanted "
		    "a "
		    "time as 2018-01-01T00:00:00 with nothing, Z or +00:00 "
		    "behind it" },
		{ "\"05017\"", "\"65536\"",
		    "it:19:1: " BUNDLE "/Key[1]: attribute keyTag: \"65536\", "
		    "wanted a decimal number from 0 to 65535" },
		{ "\"05017\"", "\" 5017\"",
		    "it:19:1: " BUNDLE "/Key[1]: attribute keyTag: \" 5017\", "
		    "wanted a decimal number from 0 to 65535" },
		{ "\"K1\"", "\"\"",
		    "it:19:1: " BUNDLE
		    "/Key[1]: attribute keyIdentifier: \"\", "
		    "wanted 1 to 255 printable ASCII characters" },
		{ "\"K1\"", "\"K\xc3\xa9\x7f\"",
		    "it:19:1: " BUNDLE "/Key[1]: attribute keyIdentifier: "
		    "\"K\\xc3\\xa9\\x7f\", wanted 1 to 255 printable ASCII "
		    "characters" },
		{ "\"7\"", "\"9223372036854775808\"",
		    "it:1:1: KSR: attribute serial: \"9223372036854775808\", "
		    "wanted a decimal number from 0 to 9223372036854775807" },
		{ "\"65537\"", "\"18446744073709551616\"",
		    "it:12:1: " POLICY "/SignatureAlgorithm[1]/RSA: attribute "
		    "exponent: \"18446744073709551616\", wanted a decimal "
		    "number "
		    "from 0 to 18446744073709551615" },
	};

	(void)state;
	assert_refusals(cases, ARRAY_LEN(cases));
}

#define NOT_A_TTL "\", wanted a decimal number from 0 to 2147483647"
#define NOT_A_TIME                                                            \
	"\", wanted a time as 2018-01-01T00:00:00 with nothing, Z or +00:00 " \
	"behind it"
#define NOT_A_DURATION                                                      \
	"\", wanted a duration of at most P36525D in days, hours, minutes " \
	"and seconds, as P21D or PT12H"

static void
value_out_of_range_is_refused(void **state)
{
	static const struct refusal cases[] = {
		{ "172800", "2147483648",
		    "it:20:1: " BUNDLE "/Key[1]/TTL: \"2147483648" NOT_A_TTL },
		{ "172800", "-1",
		    "it:20:1: " BUNDLE "/Key[1]/TTL: \"-1" NOT_A_TTL },
		{ "172800", "+1",
		    "it:20:1: " BUNDLE "/Key[1]/TTL: \"+1" NOT_A_TTL },
		{ "172800", "0x10",
		    "it:20:1: " BUNDLE "/Key[1]/TTL: \"0x10" NOT_A_TTL },
		{ "172800", "1 2",
		    "it:20:1: " BUNDLE "/Key[1]/TTL: \"1 2" NOT_A_TTL },
		{ "172800", "\n1\n\n2\n",
		    "it:20:1: " BUNDLE "/Key[1]/TTL: \"1 2" NOT_A_TTL },
		{ "172800", "1s",
		    "it:20:1: " BUNDLE "/Key[1]/TTL: \"1s" NOT_A_TTL },
		{ "172800", "",
		    "it:20:1: " BUNDLE "/Key[1]/TTL: \"" NOT_A_TTL },
		{ "<TTL>172800</TTL>", "<TTL/>",
		    "it:20:1: " BUNDLE "/Key[1]/TTL: \"" NOT_A_TTL },
		{ "256", "65536",
		    "it:21:1: " BUNDLE "/Key[1]/Flags: \"65536\", wanted a "
		    "decimal number from 0 to 65535" },
		{ ">3<", ">256<",
		    "it:22:1: " BUNDLE "/Key[1]/Protocol: \"256\", wanted a "
		    "decimal number from 0 to 255" },
		{ "DNSKEY", "dnskey",
		    "it:28:1: " BUNDLE "/Signature[1]/TypeCovered: \"dnskey\", "
		    "wanted DNSKEY" },
		{ "AwEAAQ==", "AwEAAQ=",
		    "it:24:1: " BUNDLE "/Key[1]/PublicKey: \"AwEAAQ=\", wanted "
		    "base64 of 1 to 520 octets" },
		{ "AAEC", "AAE_",
		    "it:36:1: " BUNDLE "/Signature[1]/SignatureData: \"AAE_\", "
		    "wanted base64 of 1 to 512 octets" },
		{ "2018-01-01T00:00:00", "2018-02-30T00:00:00",
		    "it:17:1: " BUNDLE
		    "/Inception: \"2018-02-30T00:00:00" NOT_A_TIME },
		{ "2018-01-22T00:00:00Z", "9999-12-31T23:59:59-00:01",
		    "it:32:1: " BUNDLE "/Signature[1]/SignatureExpiration: "
		    "\"9999-12-31T23:59:59-00:01" NOT_A_TIME },
		{ "P10D", "P1M",
		    "it:5:1: " POLICY "/PublishSafety: \"P1M" NOT_A_DURATION },
		{ "P10D", "P36525DT1S",
		    "it:5:1: " POLICY
		    "/PublishSafety: \"P36525DT1S" NOT_A_DURATION },
	};

	(void)state;
	assert_refusals(cases, ARRAY_LEN(cases));
}

static void
name_that_is_no_domain_is_refused(void **state)
{
	static const struct refusal cases[] = {
		{ ">example.<", ">exa mple<",
		    "it:35:1: " BUNDLE
		    "/Signature[1]/SignersName: \"exa mple\"" },
		{ ">example.<", "><",
		    "it:35:1: " BUNDLE "/Signature[1]/SignersName: \"\"" },
		{ "\"example.\"", "\"a..\"",
		    "it:1:1: KSR: attribute domain: \"a..\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *text = replaced(request, cases[i].find, cases[i].with);
		struct ksr *ksr = NULL;
		struct err err;

		assert_false(ksr_read(bytes_of_string(text), "it", &ksr, &err));
		assert_message_has(&err, cases[i].message);
		free(text);
	}
}

static void
markup_beyond_plain_xml_is_refused(void **state)
{
	static const struct refusal cases[] = {
		{ "<KSR", "\n<!DOCTYPE KSR><KSR",
		    "it:2:14: a DOCTYPE is not allowed" },
		{ "<KSR", "<!DOCTYPE KSR [<!ENTITY a '&#60;'>]><KSR",
		    "it:1:15: a DOCTYPE is not allowed" },
		{ "<KSR", "<!DOCTYPE KSR SYSTEM 'file:///etc/passwd'><KSR",
		    "it:1:42: a DOCTYPE is not allowed" },
		{ "<KSR", "<?a b?><KSR",
		    "it:1:1: a processing instruction is not allowed" },
		{ "172800", "1<?a?>",
		    "it:20:7: " BUNDLE
		    "/Key[1]/TTL: a processing instruction is not allowed" },
		{ "172800", "&ttl;",
		    "it:20:6: " BUNDLE "/Key[1]/TTL: undefined entity" },
		{ "<KSR", "<?xml version='1.1'?><KSR",
		    "it:1:1: XML version \"1.1\", wanted 1.0" },
		{ "<KSR", "<?xml version='1.0' encoding='ISO-8859-1'?><KSR",
		    "it:1:1: encoding \"ISO-8859-1\", wanted UTF-8 or "
		    "US-ASCII" },
		{ "<KSR", "<?xml version='1.0' encoding='UTF-16'?><KSR",
		    "it:1:1: encoding \"UTF-16\", wanted UTF-8 or US-ASCII" },
		{ "<KSR", "<?xml version='1.0' encoding='x'?><KSR",
		    "it:1:1: encoding \"x\", wanted UTF-8 or US-ASCII" },
		{ "<KSR", "<!-- \xe9 --><KSR",
		    "it:1:6: not well-formed (invalid token)" },
		{ "<Flags>", "x<Flags>",
		    "it:21:1: " BUNDLE
		    "/Key[1]: text \"x\" where only elements may be" },
		{ "</ZSK>", "<![CDATA[ \x7f]]></ZSK>",
		    "it:14:10: " POLICY
		    ": text \"\\x7f\" where only elements may be" },
		{ "</KSR>\n", "</KSR>\nx",
		    "it:41:1: junk after document element" },
		{ "</KSR>\n", "</KSR>\n<KSR/>",
		    "it:41:1: junk after document element" },
		{ "</Flags>", "</Flag>",
		    "it:21:13: " BUNDLE "/Key[1]/Flags: mismatched tag" },
	};

	(void)state;
	assert_refusals(cases, ARRAY_LEN(cases));
}

static void
bytes_that_are_no_text_are_refused(void **state)
{
	static const struct {
		struct bytes xml;
		const char *message;
	} cases[] = {
		{ { (const uint8_t *)"", 0 }, "it:1:1: the file is empty" },
		{ { (const uint8_t *)" \n ", 3 },
		    "it:2:2: the document is cut off" },
		{ { (const uint8_t *)"<", 1 },
		    "it:1:1: the document is cut off" },
		{ { (const uint8_t *)"<KSR id='\0'/>", 13 },
		    "it:1:10: not well-formed (invalid token)" },
		{ { (const uint8_t *)"\xfe\xff\0<\0K", 6 },
		    "it:1:1: encoding UTF-16, wanted UTF-8" },
		{ { (const uint8_t *)"\xff\xfe<\0K\0", 6 },
		    "it:1:1: encoding UTF-16, wanted UTF-8" },
		{ { (const uint8_t *)"<\0K\0", 4 },
		    "it:1:1: encoding UTF-16, wanted UTF-8" },
		{ { (const uint8_t *)"\0<\0K", 4 },
		    "it:1:1: encoding UTF-16, wanted UTF-8" },
		{ { (const uint8_t *)"\0", 1 },
		    "it:1:1: the document is cut off" },
		{ { (const uint8_t *)"\xff", 1 },
		    "it:1:1: the document is cut off" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_refused(cases[i].xml, cases[i].message);
}

/* head, n times the middle, tail. */
static struct buf
many(const char *head, const char *middle, size_t n, const char *tail)
{
	struct buf out = buf_new(64u << 20);

	buf_puts(&out, head);
	for (size_t i = 0; i < n; i++)
		buf_puts(&out, middle);
	buf_puts(&out, tail);
	assert_false(out.failed);
	return out;
}

static void
too_many_or_too_long_is_refused(void **state)
{
	static const struct {
		const char *head, *middle;
		size_t n;
		const char *message;
	} cases[] = {
		{ REQUEST_HEAD SAFETY REST_OF_POLICY RSA_ALGORITHM
			REQUEST_MIDDLE,
		    BUNDLE_HEAD KEY SIGNATURE "</RequestBundle>\n",
		    BUNDLES_MAX + 1,
		    ": KSR/Request: more than 4096 RequestBundle elements" },
		{ REQUEST_HEAD SAFETY REST_OF_POLICY RSA_ALGORITHM
			REQUEST_MIDDLE BUNDLE_HEAD,
		    KEY, BUNDLE_KEYS_MAX + 1,
		    ": " BUNDLE ": more than 16 Key elements" },
		{ REQUEST_HEAD SAFETY REST_OF_POLICY RSA_ALGORITHM
			REQUEST_MIDDLE BUNDLE_HEAD KEY,
		    SIGNATURE, BUNDLE_SIGS_MAX + 1,
		    ": " BUNDLE ": more than 16 Signature elements" },
		{ REQUEST_HEAD SAFETY REST_OF_POLICY, RSA_ALGORITHM,
		    POLICY_ALGS_MAX + 1,
		    ": " POLICY ": more than 16 SignatureAlgorithm elements" },
		{ REQUEST_HEAD "<PublishSafety>", "0", XML_TEXT_MAX + 1,
		    "it:5:1: " POLICY
		    "/PublishSafety: text of more than 4096 characters" },
		{ REQUEST_HEAD "<PublishSafety>", "0 ", XML_TEXT_MAX,
		    "it:5:1: " POLICY
		    "/PublishSafety: text of more than 4096 characters" },
		{ "<KSR><!--", "a", XML_MARKUP_MAX, "it:1:1: KSR: attribute" },
		{ "<!--", "a", XML_MARKUP_MAX * 10,
		    "it:1:1: a tag or comment of more than 65536 octets" },
		{ "<KSR id='", "a", XML_MARKUP_MAX * 10,
		    "it:1:1: a tag or comment of more than 65536 octets" },
		{ "<", "a", KSR_FILE_MAX - 1,
		    "it:1:1: a tag or comment of more than 65536 octets" },
		{ "", " ", KSR_FILE_MAX + 1,
		    "it:1:1: the file has more than 33554432 octets" },
		{ "", "<KSR>", 100000, "it:1:1: KSR: attribute id is" },
		{ "<KSR id='1' domain='.' serial='1'>", "<KSR>", 2,
		    "it:1:35: KSR: unknown element \"KSR\", wanted Request or "
		    "Response" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf xml =
		    many(cases[i].head, cases[i].middle, cases[i].n, "");
		struct ksr *ksr = NULL;
		struct err err;

		assert_false(ksr_read(buf_bytes(&xml), "it", &ksr, &err));
		assert_message_has(&err, cases[i].message);
		buf_free(&xml);
	}
}

static void
longest_identifier_is_read(void **state)
{
	struct buf fits = many("\"", "k", ID_MAX, "\"");
	struct buf exceeds = many("\"", "k", ID_MAX + 1, "\"");
	struct ksr *ksr = NULL;
	struct err err;
	char *text;

	(void)state;
	buf_u8(&fits, 0);
	buf_u8(&exceeds, 0);
	text = replaced(request, "\"K1\"", (const char *)fits.data);
	ksr = read_accepted(text);
	assert_int_equal(strlen(ksr->bundles[0].keys[0].identifier), ID_MAX);
	ksr_free(ksr);
	free(text);
	text = replaced(request, "\"K1\"", (const char *)exceeds.data);
	assert_false(ksr_read(bytes_of_string(text), "it", &ksr, &err));
	assert_message_has(&err, "kkk...\", wanted 1 to 255 printable ASCII");
	free(text);
	buf_free(&fits);
	buf_free(&exceeds);
}

/* The limit does not depend on where expat's chunks begin. */
static void
markup_limit_is_sharp(void **state)
{
	char space[9] = "";

	(void)state;
	for (size_t front = 0; front < sizeof(space); front++) {
		const size_t most = XML_MARKUP_MAX - strlen("<!---->");
		char head[32];
		struct buf fits, exceeds;
		struct ksr *ksr = NULL;
		struct err err;

		snprintf(head, sizeof(head), "%s<!--", space);
		fits = many(head, "a", most, "-->");
		exceeds = many(head, "a", most + 1, "-->");
		buf_puts(&fits, request);
		buf_puts(&exceeds, request);
		assert_ok(ksr_read(buf_bytes(&fits), "it", &ksr, &err), &err);
		ksr_free(ksr);
		assert_false(ksr_read(buf_bytes(&exceeds), "it", &ksr, &err));
		assert_message_has(
		    &err, "a tag or comment of more than 65536 octets");
		buf_free(&fits);
		buf_free(&exceeds);
		if (front + 1 < sizeof(space))
			space[front] = ' ';
	}
}

static void
longest_key_and_signature_are_read(void **state)
{
	struct buf key = many("<PublicKey>", "AAAA", 173, "AA==</PublicKey>");
	struct buf long_key = many("<PublicKey>", "AAAA", 173, "AAA=</Public");
	char *text;
	struct ksr *ksr;

	(void)state;
	buf_u8(&key, 0);
	text = replaced(
	    request, "<PublicKey>AwEAAQ==</PublicKey>", (const char *)key.data);
	ksr = read_accepted(text);
	assert_int_equal(
	    ksr->bundles[0].keys[0].public_key_len, PUBLIC_KEY_MAX);
	ksr_free(ksr);
	free(text);
	buf_u8(&long_key, 0);
	text = replaced(request, "<PublicKey>AwEAAQ==</Public",
	    (const char *)long_key.data);
	assert_refused(bytes_of_string(text),
	    "it:24:1: " BUNDLE "/Key[1]/PublicKey: \"AAAAAAAAAAAAAAAAAAAAAAAAA"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA...\", wanted base64 of 1 to "
	    "520 octets");
	free(text);
	buf_free(&key);
	buf_free(&long_key);
}

/* No prefix of a document is a document. */
static void
truncated_document_is_refused(void **state)
{
	const size_t len = strlen(request) - 1; /* less the final newline */

	(void)state;
	for (size_t i = 0; i < len; i++) {
		struct ksr *ksr = NULL;
		struct err err;

		/* A copy, so that a read beyond the end is noticed. */
		uint8_t *copy = malloc(i + 1);

		memcpy(copy, request, i);
		assert_false(
		    ksr_read((struct bytes){ copy, i }, "it", &ksr, &err));
		assert_int_equal(strncmp(err.msg, "it:", 3), 0);
		free(copy);
	}
}

/* Any one octet wrong: never a crash, and a message that a screen can show. */
static void
damaged_document_is_survived(void **state)
{
	static const uint8_t damage[] = { 0, 1, ' ', '<', '>', '&', '"', '/',
		'=', '9', 'A', 0x7f, 0x80, 0xc3, 0xff };
	const size_t len = strlen(response);
	uint8_t *copy = malloc(len);
	size_t refused = 0;

	(void)state;
	for (size_t i = 0; i < len; i++) {
		for (size_t j = 0; j < ARRAY_LEN(damage); j++) {
			struct ksr *ksr = NULL;
			struct err err;

			memcpy(copy, response, len);
			copy[i] = damage[j];
			if (ksr_read((struct bytes){ copy, len }, "it", &ksr,
				&err)) {
				ksr_free(ksr);
				continue;
			}
			refused++;
			for (const char *c = err.msg; *c != '\0'; c++)
				assert_true(*c >= 0x20 && *c < 0x7f);
		}
	}
	assert_true(refused > len * ARRAY_LEN(damage) / 2);
	free(copy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_with_all_fields_is_read),
		cmocka_unit_test(response_with_all_families_is_read),
		cmocka_unit_test(corpus_request_is_read),
		cmocka_unit_test(corpus_response_is_read),
		cmocka_unit_test(other_spellings_are_accepted),
		cmocka_unit_test(signers_are_counted),
		cmocka_unit_test(characters_of_identifiers_are_kept),
		cmocka_unit_test(element_out_of_grammar_is_refused),
		cmocka_unit_test(refusal_in_a_later_bundle_is_numbered),
		cmocka_unit_test(attribute_out_of_grammar_is_refused),
		cmocka_unit_test(value_out_of_range_is_refused),
		cmocka_unit_test(name_that_is_no_domain_is_refused),
		cmocka_unit_test(markup_beyond_plain_xml_is_refused),
		cmocka_unit_test(bytes_that_are_no_text_are_refused),
		cmocka_unit_test(too_many_or_too_long_is_refused),
		cmocka_unit_test(longest_identifier_is_read),
		cmocka_unit_test(markup_limit_is_sharp),
		cmocka_unit_test(longest_key_and_signature_are_read),
		cmocka_unit_test(truncated_document_is_refused),
		cmocka_unit_test(damaged_document_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
