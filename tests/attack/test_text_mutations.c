/*
 * Does a damaged request or response of BIND's or Knot's get through?  Real ones
 * are changed in every single way that is known here, and each mutant goes
 * through what `sign` or `verify` do but the HSM.  Legal are three outcomes: it is
 * refused, by the reader or a rule; it means the same; or, of a request, what is
 * built for it is what it asks, within what the policy leaves.
 */
#include <stdlib.h>

#include "ksr/document/format.h"
#include "ksr/response/response.h"
#include "tests/support/text_scene.h"

#define TEXT_MAX (1u << 20)
#define LINES_MAX 1024

enum outcome { BY_READER, BY_RULE, SAME, ECHOED, OUTCOMES };

static const char *const outcome_names[OUTCOMES] = {
	[BY_READER] = "refused by the reader",
	[BY_RULE] = "refused by a rule",
	[SAME] = "the same",
	[ECHOED] = "answered as asked",
};

/* A pair of theirs, and what is counted of its mutants. */
struct subject {
	const char *signer, *policy;
	struct text_scene scene;
	struct buf request, response; /* the files */
	struct buf meanings[2];	      /* of the two */
	size_t counts[2][OUTCOMES];
};

static struct buf
file_of(const char *signer, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "tests/data/signers/%s/%s", signer, name);
	return read_whole(path);
}

/*
 * What a document means, as text: the order of keys, which records only sign
 * again and who generated the file are of no account.
 */
static struct buf
meaning_of(const struct ksr *ksr)
{
	struct ksr plain = *ksr;
	struct buf buf = buf_new(TEXT_MAX);

	plain.generated[0] = '\0';
	plain.has_timestamp = false;
	for (size_t i = 0; i < plain.n_bundles; i++) {
		plain.bundles[i].refreshes = false;
		bundle_sort(&plain.bundles[i]);
	}
	ksr_write(&plain, &buf);
	assert_false(buf.failed);
	return buf;
}

static struct ksr *
read_text(struct bytes octets, struct err *err)
{
	struct ksr *ksr = NULL;

	return ksr_read(octets, "mutant", &ksr, err) ? ksr : NULL;
}

static struct subject
subject_new(const char *signer, const char *policy)
{
	struct subject s = { .signer = signer,
		.policy = policy,
		.scene = text_scene_of(signer, policy),
		.request = file_of(signer, "ksr.txt"),
		.response = file_of(signer, "skr.txt") };
	struct err err;
	struct ksr *request = read_text(buf_bytes(&s.request), &err);
	struct ksr *response = read_text(buf_bytes(&s.response), &err);

	s.meanings[KSR_REQUEST] = meaning_of(request);
	s.meanings[KSR_RESPONSE] = meaning_of(response);
	ksr_free(request);
	ksr_free(response);
	return s;
}

static void
subject_free(struct subject *s)
{
	buf_free(&s->meanings[0]);
	buf_free(&s->meanings[1]);
	buf_free(&s->request);
	buf_free(&s->response);
	text_scene_free(&s->scene);
}

static bool
accepts(const struct check_input *in, unsigned stages)
{
	struct report report = { 0 };
	struct err err;
	bool ok;

	assert_ok(checks_run(stages, in, NULL, 0, &report, &err), &err);
	ok = report_accepted(&report);
	report_clear(&report);
	return ok;
}

/* What the policy leaves to a request, once more and in few words. */
static void
assert_within(const struct ksr *request)
{
	assert_true(same_domain(request->domain, "example."));
	for (size_t i = 0; i < request->n_bundles; i++) {
		const struct bundle *b = &request->bundles[i];

		assert_true(b->n_keys >= 1 && b->n_signatures == 0);
		assert_true(b->expiration > NOW);
		assert_true(b->expiration - NOW <= 180 * INT64_C(86400));
		assert_true(
		    i == 0 || b->inception > request->bundles[i - 1].inception);
		for (size_t j = 0; j < b->n_keys; j++) {
			assert_int_equal(b->keys[j].flags, 256);
			assert_int_equal(b->keys[j].protocol, 3);
			assert_int_equal(b->keys[j].algorithm, 13);
			assert_int_equal(b->keys[j].public_key_len, 64);
			assert_int_equal(b->keys[j].ttl_s, 3600);
		}
	}
}

/* What is built is what is asked: the rules for what is to be signed say so. */
static void
assert_built(const struct subject *s, struct ksr *request)
{
	const struct schema *schema = NULL;
	struct schema stretched = { 0 };
	struct ksr *response = NULL;
	struct dnskey ksks[CONFIG_KEYS_MAX] = { 0 };
	struct check_input in = s->scene.in;
	struct err err;

	for (size_t i = 0; i < s->scene.response->bundles[0].n_keys; i++)
		if (is_ksk(&s->scene.response->bundles[0].keys[i]))
			ksks[0] = s->scene.response->bundles[0].keys[i];
	assert_ok(schema_of_document(s->scene.config, "normal", request,
		      &stretched, &schema, &err),
	    &err);
	assert_ok(response_build(s->scene.config, schema, request, ksks,
		      &response, &err),
	    &err);
	in.request = request;
	in.response = response;
	in.schema = schema;
	assert_true(accepts(&in, STAGE_BUILT));
	assert_int_equal(response->n_bundles, request->n_bundles);
	schema_clear(&stretched);
	ksr_free(response);
}

static enum outcome
judge_request(const struct subject *s, struct ksr *request)
{
	struct check_input in = s->scene.in;
	struct err err;
	struct buf meaning = meaning_of(request);
	bool same = bytes_equal(
	    buf_bytes(&meaning), buf_bytes(&s->meanings[KSR_REQUEST]));

	buf_free(&meaning);
	if (!records_complete(s->scene.config, request, &err))
		return BY_RULE;
	in.request = request;
	in.response = NULL;
	if (!accepts(&in, STAGE_REQUEST))
		return BY_RULE;
	assert_within(request);
	assert_built(s, request);
	return same ? SAME : ECHOED;
}

static enum outcome
judge_response(const struct subject *s, struct ksr *response)
{
	struct check_input in = s->scene.in;
	struct err err;
	struct ksr *request = read_text(buf_bytes(&s->request), &err);
	struct buf meaning = meaning_of(response);
	bool same = bytes_equal(
	    buf_bytes(&meaning), buf_bytes(&s->meanings[KSR_RESPONSE]));
	bool ok = records_complete(s->scene.config, request, &err) &&
	    records_complete(s->scene.config, response, &err) &&
	    records_meet(response, request, &err);

	buf_free(&meaning);
	in.request = request;
	in.response = response;
	ok = ok && accepts(&in, STAGE_RESPONSE);
	ksr_free(request);
	if (ok && !same) {
		meaning = meaning_of(response);
		fail_msg("another response is accepted:\n%.*s",
		    (int)meaning.len, (const char *)meaning.data);
	}
	return ok ? SAME : BY_RULE;
}

/* A mutant of the request or of the response. */
static void
judge(struct subject *s, enum ksr_kind kind, struct bytes octets)
{
	struct err err;
	struct ksr *ksr = read_text(octets, &err);
	enum outcome outcome = BY_READER;

	if (ksr == NULL)
		assert_int_equal(err.code, E_INPUT);
	else if (ksr->kind == kind)
		outcome = kind == KSR_REQUEST ? judge_request(s, ksr)
					      : judge_response(s, ksr);
	s->counts[kind][outcome]++;
	ksr_free(ksr);
}

static struct bytes
origin_of(const struct subject *s, enum ksr_kind kind)
{
	return buf_bytes(kind == KSR_REQUEST ? &s->request : &s->response);
}

/* Octets replaced, put in and left out; bits turned. */
static void
change_octets(struct subject *s, enum ksr_kind kind, size_t step)
{
	static const char with[] = " \n\t;()$09A=/.\\b2";
	struct bytes origin = origin_of(s, kind);
	uint8_t *copy = malloc(origin.len + 1);

	assert_non_null(copy);
	for (size_t i = 0; i < origin.len; i += step) {
		uint8_t c = (uint8_t)with[i / step % (sizeof(with) - 1)];

		memcpy(copy, origin.data, origin.len);
		copy[i] = c;
		judge(s, kind, (struct bytes){ copy, origin.len });
		copy[i] = origin.data[i] ^ (uint8_t)(1u << i / step % 8);
		judge(s, kind, (struct bytes){ copy, origin.len });
		copy[i] = c;
		memcpy(copy + i + 1, origin.data + i, origin.len - i);
		judge(s, kind, (struct bytes){ copy, origin.len + 1 });
		memcpy(copy, origin.data, i);
		memcpy(copy + i, origin.data + i + 1, origin.len - i - 1);
		judge(s, kind, (struct bytes){ copy, origin.len - 1 });
	}
	free(copy);
}

/* Where the pieces begin: lines, or records with their headers. */
static size_t
find_pieces(struct bytes text, bool records, size_t starts[LINES_MAX + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		if ((i == 0 || text.data[i - 1] == '\n') &&
		    (!records || (text.data[i] == ';' && text.data[i + 1] == ';'))) {
			assert_true(n < LINES_MAX);
			starts[n++] = i;
		}
	starts[n] = text.len;
	return n;
}

static void
put_piece(struct bytes text, const size_t *starts, size_t i, struct buf *ret)
{
	buf_put(ret, text.data + starts[i], starts[i + 1] - starts[i]);
}

/* Left out; and put, or put once more, where each other one stands. */
static void
change_pieces(struct subject *s, enum ksr_kind kind, bool records, size_t step)
{
	struct bytes text = origin_of(s, kind);
	size_t starts[LINES_MAX + 1], n = find_pieces(text, records, starts);

	for (size_t i = 0; i < n; i++)
		for (size_t j = i % step; j <= n; j += step)
			for (int twice = 0; twice < 2; twice++) {
				struct buf made = buf_new(TEXT_MAX);

				for (size_t k = 0; k <= n; k++) {
					if (k == j)
						put_piece(text, starts, i, &made);
					if (k < n && (twice || k != i))
						put_piece(text, starts, k, &made);
				}
				judge(s, kind, buf_bytes(&made));
				buf_free(&made);
			}
}

static void
judge_written(struct subject *s, const struct ksr *ksr)
{
	struct buf text = buf_new(TEXT_MAX);

	ksr_write(ksr, &text);
	judge(s, ksr->kind, buf_bytes(&text));
	buf_free(&text);
}

/* Well-formed in all but what is asked: moved, of another TTL, short of a key. */
static void
change_request(struct subject *s)
{
	static const int64_t moves[] = { 1, 3600, 86400, 30 * 86400,
		400 * INT64_C(86400) };
	struct err err;
	struct ksr *ksr = read_text(buf_bytes(&s->request), &err);

	for (size_t i = 0; i < ksr->n_bundles; i++) {
		struct bundle *b = &ksr->bundles[i];
		const struct bundle good = *b;
		const struct dnskey key = b->keys[0];

		for (size_t j = 0; j < 2 * ARRAY_LEN(moves); j++) {
			b->inception += j % 2 == 0 ? moves[j / 2] : -moves[j / 2];
			judge_written(s, ksr);
			b->inception = good.inception;
		}
		b->keys[0].ttl_s++;
		judge_written(s, ksr);
		b->keys[0] = key;
		b->n_keys--;
		judge_written(s, ksr);
		b->n_keys++;
		for (size_t j = 0; j < ksr->n_bundles; j++) {
			b->keys[0] = ksr->bundles[j].keys[0];
			judge_written(s, ksr);
			b->keys[0] = key;
		}
	}
	ksr_free(ksr);
}

static void
change_all(struct subject *s, size_t step)
{
	for (enum ksr_kind kind = KSR_REQUEST; kind <= KSR_RESPONSE; kind++) {
		change_octets(s, kind, step);
		change_pieces(s, kind, false, 1 + step / 2);
		change_pieces(s, kind, true, 1);
	}
	change_request(s);
}

static void
print_counts(const struct subject *s)
{
	for (enum ksr_kind kind = KSR_REQUEST; kind <= KSR_RESPONSE; kind++) {
		printf("%s, %s:", s->signer,
		    kind == KSR_REQUEST ? "request" : "response");
		for (size_t i = 0; i < OUTCOMES; i++)
			printf(" %zu %s%s", s->counts[kind][i],
			    outcome_names[i], i + 1 < OUTCOMES ? "," : "\n");
	}
}

static void
run(size_t pair, size_t step)
{
	struct subject s = subject_new(signers[pair].signer, signers[pair].policy);

	/* What is not changed is accepted, and means the same. */
	judge(&s, KSR_REQUEST, buf_bytes(&s.request));
	judge(&s, KSR_RESPONSE, buf_bytes(&s.response));
	assert_int_equal(s.counts[KSR_REQUEST][SAME], 1);
	assert_int_equal(s.counts[KSR_RESPONSE][SAME], 1);
	change_all(&s, step);
	print_counts(&s);
	for (enum ksr_kind kind = KSR_REQUEST; kind <= KSR_RESPONSE; kind++) {
		assert_true(s.counts[kind][BY_READER] > 200);
		assert_true(s.counts[kind][BY_RULE] > 20);
		assert_true(s.counts[kind][SAME] > 5);
	}
	assert_true(s.counts[KSR_REQUEST][ECHOED] > 5);
	assert_int_equal(s.counts[KSR_RESPONSE][ECHOED], 0);
	subject_free(&s);
}

static void
mutants_of_bind_have_legal_outcomes(void **state)
{
	(void)state;
	run(1, 2);
	run(0, 23);
}

static void
mutants_of_knot_have_legal_outcomes(void **state)
{
	(void)state;
	run(3, 2);
	run(2, 23);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mutants_of_bind_have_legal_outcomes),
		cmocka_unit_test(mutants_of_knot_have_legal_outcomes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
