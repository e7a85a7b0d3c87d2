#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/attack/mutation_scene.h"
#include "tests/support/fixture.h"
#include "tests/support/keys.h"

#define DOCUMENT_MAX   (1u << 20)
#define STEPS_MAX      2
#define WORKERS_MAX    64
#define DISTINCT_LEAST 5000
#define PAIRS_DEFAULT  2000
#define SEED_DEFAULT   1
#define PRINTED_MAX    10 /* of one worker's failures */
#define JOB_SKIPPED    UINT32_MAX

/* One mutant, or rather how to make it. */
struct job {
	const struct scene *scene;
	enum mutant_family family;
	size_t n;
	struct mutation steps[STEPS_MAX];
};

struct jobs {
	size_t n, size;
	struct job *at;
};

/* What a worker tells of one job. */
struct record {
	uint64_t hash; /* of what was judged */
	struct row_set rows;
	uint32_t kind;
};

struct records {
	size_t n, size;
	struct record *at;
};

struct campaign {
	pid_t pid;
	struct scene *normal, *revoke;
	struct records records; /* of all tests */
};

static struct campaign campaign;

/*
 * One mutant.
 */

static uint64_t
hash_of(const struct scene *scene, const struct bytes *parts, size_t n)
{
	struct buf all = buf_new(2 * DOCUMENT_MAX);
	uint8_t digest[SHA256_SIZE];
	uint64_t hash;
	struct err err;

	buf_puts(&all, scene->schema);
	for (size_t i = 0; i < n; i++)
		buf_put(&all, parts[i].data, parts[i].len);
	assert_ok(sha256(buf_bytes(&all), digest, &err), &err);
	memcpy(&hash, digest, sizeof(hash));
	buf_free(&all);
	return hash;
}

/* The document that was changed, or as it was. */
static struct buf
document_of(const struct job *job, enum document document, struct xml *clone)
{
	struct buf buf = buf_new(DOCUMENT_MAX);
	const struct xml_style *style = NULL;

	for (size_t i = 0; i < job->n; i++)
		if (job->steps[i].document == document)
			style = mutation_style(&job->steps[i]);
	xml_write(clone, style, &buf);
	assert_false(buf.failed);
	return buf;
}

static bool
prove_anew(struct buf *request)
{
	struct buf proven = buf_new(DOCUMENT_MAX);

	if (!scene_prove(buf_bytes(request), &proven)) {
		buf_free(&proven);
		return false;
	}
	buf_free(request);
	*request = proven;
	return true;
}

static bool
is_original(const struct job *job, const struct buf bytes[DOCUMENTS])
{
	for (size_t i = 0; i < DOCUMENTS; i++)
		if (!bytes_equal(
			buf_bytes(&bytes[i]), buf_bytes(&job->scene->bytes[i])))
			return false;
	return true;
}

static void
judge(const struct job *job, const struct buf documents[DOCUMENTS],
    struct outcome *outcome, struct record *ret)
{
	struct bytes bytes[DOCUMENTS];

	for (size_t i = 0; i < DOCUMENTS; i++)
		bytes[i] = buf_bytes(&documents[i]);
	if (job->steps[0].document == DOCUMENT_RESPONSE) {
		scene_verify(
		    job->scene, bytes[DOCUMENT_RESPONSE], job->family, outcome);
		ret->hash = hash_of(job->scene, &bytes[DOCUMENT_RESPONSE], 1);
	} else {
		scene_sign(job->scene, bytes[DOCUMENT_REQUEST],
		    bytes[DOCUMENT_PREVIOUS], job->family, outcome);
		ret->hash = hash_of(job->scene, bytes, 2);
	}
	ret->rows = outcome->rows;
	ret->kind = (uint32_t)outcome->kind;
}

static bool
make_mutant(const struct job *job, struct xml *const clones[DOCUMENTS],
    struct buf ret[DOCUMENTS])
{
	const struct xml *originals[DOCUMENTS];
	bool changed = true;

	for (size_t i = 0; i < DOCUMENTS; i++)
		originals[i] = job->scene->trees[i];
	for (size_t i = 0; i < job->n; i++)
		changed = changed &&
		    mutation_apply(&job->steps[i], originals, clones);
	for (size_t i = 0; i < DOCUMENTS; i++)
		ret[i] = document_of(job, (enum document)i, clones[i]);
	if (!changed || is_original(job, ret))
		return false;
	return job->family != FAMILY_RESIGNED ||
	    prove_anew(&ret[DOCUMENT_REQUEST]);
}

static void
run_job(const struct job *job, struct outcome *outcome, struct record *ret)
{
	struct xml *clones[DOCUMENTS];
	struct buf documents[DOCUMENTS];

	for (size_t i = 0; i < DOCUMENTS; i++)
		clones[i] = xml_clone(job->scene->trees[i]);
	*ret = (struct record){ .kind = JOB_SKIPPED };
	if (make_mutant(job, clones, documents))
		judge(job, documents, outcome, ret);
	for (size_t i = 0; i < DOCUMENTS; i++) {
		buf_free(&documents[i]);
		xml_free(clones[i]);
	}
}

static void
print_illegal(const struct job *job, const struct outcome *outcome)
{
	const struct xml *originals[DOCUMENTS];
	struct buf text = buf_new(DOCUMENT_MAX);

	for (size_t i = 0; i < DOCUMENTS; i++)
		originals[i] = job->scene->trees[i];
	buf_printf(&text, "ILLEGAL, schema %s%s\n", job->scene->schema,
	    job->family == FAMILY_RESIGNED ? ", proofs made anew" : "");
	for (size_t i = 0; i < job->n; i++) {
		buf_puts(&text, "  ");
		mutation_describe(&job->steps[i], originals, &text);
		buf_puts(&text, "\n");
	}
	buf_printf(&text, "  %s\n", outcome->why);
	fwrite(text.data, 1, text.len, stderr);
	buf_free(&text);
}

/*
 * Workers: each takes every n-th job and tells its results through one pipe,
 * in records smaller than PIPE_BUF, so that they never mix.
 */

static void
work(const struct jobs *jobs, size_t first, size_t step, int out)
{
	size_t printed = 0;

	for (size_t i = first; i < jobs->n; i += step) {
		struct outcome outcome = { 0 };
		struct record record;

		run_job(&jobs->at[i], &outcome, &record);
		if (record.kind == ILLEGAL && printed++ < PRINTED_MAX)
			print_illegal(&jobs->at[i], &outcome);
		if (write(out, &record, sizeof(record)) != sizeof(record))
			_exit(1);
	}
	_exit(0);
}

static size_t
count_workers(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > WORKERS_MAX ? WORKERS_MAX : (size_t)n;
}

static void
keep(struct records *records, struct record record)
{
	if (records->n == records->size) {
		records->size = records->size == 0 ? 1024 : 2 * records->size;
		records->at = realloc(
		    records->at, records->size * sizeof(records->at[0]));
		assert_non_null(records->at);
	}
	records->at[records->n++] = record;
}

static size_t
collect(int in, size_t *ret_illegal)
{
	struct record record;
	size_t n = 0;

	*ret_illegal = 0;
	while (read(in, &record, sizeof(record)) == sizeof(record)) {
		n++;
		if (record.kind == JOB_SKIPPED)
			continue;
		keep(&campaign.records, record);
		if (record.kind == ILLEGAL)
			(*ret_illegal)++;
	}
	return n;
}

/* A worker that fails an assertion comes back here with the next test. */
static void
stay_parent(void)
{
	if (getpid() != campaign.pid)
		_exit(1);
}

static void
run_jobs(struct jobs *jobs)
{
	size_t n_workers = count_workers(), n_done, illegal;
	int ends[2];

	fflush(NULL);
	assert_int_equal(0, pipe(ends));
	for (size_t i = 0; i < n_workers; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			work(jobs, i, n_workers, ends[1]);
	}
	close(ends[1]);
	n_done = collect(ends[0], &illegal);
	close(ends[0]);
	while (wait(NULL) > 0)
		;
	assert_int_equal(n_done, jobs->n);
	free(jobs->at);
	*jobs = (struct jobs){ 0 };
	if (illegal > 0)
		fail_msg(
		    "%zu mutants have an outcome that is not legal", illegal);
}

/*
 * What the mutants are.
 */

static void
add_job(struct jobs *jobs, struct job job)
{
	if (jobs->n == jobs->size) {
		jobs->size = jobs->size == 0 ? 1024 : 2 * jobs->size;
		jobs->at = realloc(jobs->at, jobs->size * sizeof(jobs->at[0]));
		assert_non_null(jobs->at);
	}
	jobs->at[jobs->n++] = job;
}

static struct mutations
list_of(const struct scene *scene, enum document document)
{
	const struct xml *originals[DOCUMENTS];
	struct mutations list = { 0 };

	for (size_t i = 0; i < DOCUMENTS; i++)
		originals[i] = scene->trees[i];
	mutations_list(originals, document,
	    document == DOCUMENT_PREVIOUS ? DOCUMENT_REQUEST
					  : DOCUMENT_PREVIOUS,
	    &list);
	return list;
}

/* Every single change to the document. */
static void
add_singles(struct jobs *jobs, const struct scene *scene,
    enum document document, enum mutant_family family)
{
	struct mutations list = list_of(scene, document);

	for (size_t i = 0; i < list.n; i++) {
		bool spelling = mutation_is_spelling(&list.at[i]);

		if (spelling && family == FAMILY_RESIGNED)
			continue;
		add_job(jobs,
		    (struct job){ scene, spelling ? FAMILY_SPELLING : family, 1,
			{ list.at[i] } });
	}
	mutations_clear(&list);
}

static void
single_changes_of_the_request_have_legal_outcomes(void **state)
{
	struct jobs jobs = { 0 };

	(void)state;
	stay_parent();
	add_singles(&jobs, campaign.normal, DOCUMENT_REQUEST, FAMILY_PLAIN);
	run_jobs(&jobs);
}

static void
single_changes_of_the_previous_response_have_legal_outcomes(void **state)
{
	struct jobs jobs = { 0 };

	(void)state;
	stay_parent();
	add_singles(&jobs, campaign.normal, DOCUMENT_PREVIOUS, FAMILY_PLAIN);
	run_jobs(&jobs);
}

/* The ZSK operator may be the attacker, and proves what it likes. */
static void
changes_that_the_zsks_sign_have_legal_outcomes(void **state)
{
	struct jobs jobs = { 0 };

	(void)state;
	stay_parent();
	add_singles(&jobs, campaign.normal, DOCUMENT_REQUEST, FAMILY_RESIGNED);
	run_jobs(&jobs);
}

static void
single_changes_of_the_response_are_refused(void **state)
{
	struct jobs jobs = { 0 };

	(void)state;
	stay_parent();
	add_singles(&jobs, campaign.normal, DOCUMENT_RESPONSE, FAMILY_PLAIN);
	run_jobs(&jobs);
}

static void
single_changes_of_a_revoking_response_are_refused(void **state)
{
	struct jobs jobs = { 0 };

	(void)state;
	stay_parent();
	add_singles(&jobs, campaign.revoke, DOCUMENT_RESPONSE, FAMILY_PLAIN);
	run_jobs(&jobs);
}

/*
 * Pairs at random.
 */

static uint64_t
setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text == NULL || *text == '\0' ? otherwise
					     : strtoull(text, NULL, 10);
}

/* SplitMix64 (Steele, Lea, Flood 2014): every seed gives a sequence. */
static uint64_t
next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static struct mutation
draw(const struct mutations *list, uint64_t *state)
{
	const struct mutation *drawn;

	do
		drawn = &list->at[next_random(state) % list->n];
	while (mutation_is_spelling(drawn));
	return *drawn;
}

/* Two of the response, or two of the request and the previous response. */
static struct job
draw_pair(const struct scene *scene, const struct mutations lists[DOCUMENTS],
    uint64_t *state)
{
	static const enum mutant_family families[] = { FAMILY_PLAIN,
		FAMILY_RESIGNED };
	bool verified = next_random(state) % 4 == 0;
	struct job job = { .scene = scene, .n = 2 };

	if (!verified)
		job.family = families[next_random(state) % 2];
	for (size_t i = 0; i < 2; i++)
		job.steps[i] = draw(
		    &lists[verified ? DOCUMENT_RESPONSE
				    : next_random(state) % DOCUMENT_RESPONSE],
		    state);
	return job;
}

static void
pairs_of_changes_have_legal_outcomes(void **state)
{
	uint64_t seed = setting("ANCHORITE_MUTATION_SEED", SEED_DEFAULT);
	uint64_t n = setting("ANCHORITE_MUTATION_PAIRS", PAIRS_DEFAULT);
	const struct scene *scenes[] = { campaign.normal, campaign.revoke };
	struct mutations lists[ARRAY_LEN(scenes)][DOCUMENTS];
	struct jobs jobs = { 0 };

	(void)state;
	stay_parent();
	printf("seed %" PRIu64 ", %" PRIu64 " pairs\n", seed, n);
	for (size_t i = 0; i < ARRAY_LEN(scenes); i++)
		for (size_t j = 0; j < DOCUMENTS; j++)
			lists[i][j] = list_of(scenes[i], (enum document)j);
	for (uint64_t i = 0; i < n; i++)
		add_job(&jobs, draw_pair(scenes[i % 2], lists[i % 2], &seed));
	for (size_t i = 0; i < ARRAY_LEN(scenes); i++)
		for (size_t j = 0; j < DOCUMENTS; j++)
			mutations_clear(&lists[i][j]);
	run_jobs(&jobs);
}

/*
 * What the ZSK operator, or a configuration, may try on purpose.
 */

/* The id of a refusing row, or "" for a response that echoes the key. */
static void
assert_outcome(const struct outcome *outcome, const char *name, const char *id)
{
	bool refused = false;

	for (size_t row = 0; row < n_checks; row++)
		if (row_set_has(&outcome->rows, row) &&
		    strcmp(checks[row].id, id) == 0)
			refused = true;
	if (*id == '\0' ? outcome->kind != ECHOED : !refused)
		fail_msg("%s: outcome %d, not \"%s\": %s", name,
		    (int)outcome->kind, id, outcome->why);
}

static struct ksr *
read_document(const struct scene *scene, enum document which)
{
	struct ksr *ksr = NULL;
	struct err err;

	assert_ok(ksr_read(buf_bytes(&scene->bytes[which]), "document", &ksr,
		      &err),
	    &err);
	return ksr;
}

/* The last slot's new ZSK becomes this key, which proves possession. */
static struct outcome
sign_with_next_zsk(const struct dnskey *key)
{
	struct ksr *request = fixture_request(FIXTURE_START, 1);
	struct buf xml = buf_new(DOCUMENT_MAX), proven = buf_new(DOCUMENT_MAX);
	struct outcome outcome;

	request->has_timestamp = true;
	request->timestamp = campaign.normal->now - DAY_S;
	fixture_replace_key(request, fixture_zsk(3), key);
	ksr_write(request, &xml);
	assert_true(scene_prove(buf_bytes(&xml), &proven));
	scene_sign(campaign.normal, buf_bytes(&proven),
	    buf_bytes(&campaign.normal->bytes[DOCUMENT_PREVIOUS]),
	    FAMILY_RESIGNED, &outcome);
	buf_free(&xml);
	buf_free(&proven);
	ksr_free(request);
	return outcome;
}

static void
next_zsk_of_another_kind_is_refused(void **state)
{
	static const struct {
		const char *name;
		uint16_t flags;
		uint8_t algorithm;
		unsigned bits;
		const char *refused_by;
	} cases[] = {
		{ "made-alike", 256, ALGORITHM_RSASHA256, 2048, "" },
		{ "made-short", 256, ALGORITHM_RSASHA256, 1024,
		    "KSR-POLICY-ALG" },
		{ "made-long", 256, ALGORITHM_RSASHA256, 3072,
		    "KSR-POLICY-ALG" },
		{ "made-undeclared-size", 256, ALGORITHM_RSASHA256, 4096,
		    "KSR-BUNDLE-KEYS" },
		{ "made-sha512", 256, ALGORITHM_RSASHA512, 2048,
		    "KSR-POLICY-ALG" },
		{ "made-ecdsa", 256, ALGORITHM_ECDSAP256SHA256, 0,
		    "SKR-SCHEDULE" },
		{ "made-eddsa", 256, ALGORITHM_ED25519, 0, "KSR-POLICY-ALG" },
		{ "made-ksk", 257, ALGORITHM_RSASHA256, 2048,
		    "KSR-BUNDLE-KEYS" },
		{ "made-revoked", 384, ALGORITHM_RSASHA256, 2048,
		    "KSR-BUNDLE-KEYS" },
	};

	(void)state;
	stay_parent();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct keypair *pair = fixture_key(cases[i].name,
		    cases[i].flags, cases[i].algorithm, cases[i].bits);
		struct outcome outcome = sign_with_next_zsk(&pair->dnskey);

		assert_outcome(&outcome, cases[i].name, cases[i].refused_by);
		/* Its owner has it: that is not what is wrong with it. */
		for (size_t row = 0; row < n_checks; row++)
			if (strcmp(checks[row].id, "KSR-BUNDLE-POP") == 0)
				assert_false(row_set_has(&outcome.rows, row));
	}
}

static void
record_outcome(const struct outcome *outcome, const struct bytes *document)
{
	struct record record = { hash_of(campaign.normal, document, 1),
		outcome->rows, (uint32_t)outcome->kind };

	keep(&campaign.records, record);
}

/* No change of a letter makes a ZSK of a KSK: these are made so. */
static void
zsk_that_is_or_is_called_like_a_ksk_is_refused(void **state)
{
	const struct scene *scene = campaign.normal;
	struct dnskey keys[] = { *fixture_zsk(3), *fixture_ksk(0) };

	(void)state;
	stay_parent();
	memcpy(keys[0].identifier, "ksk-0", sizeof("ksk-0"));
	keys[1].flags = DNSKEY_FLAGS_ZSK;
	keys[1].tag = dnskey_tag(&keys[1]);
	memcpy(keys[1].identifier, "zsk-3", sizeof("zsk-3"));
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct ksr *ksr = fixture_request(FIXTURE_START, 1);
		struct buf xml = buf_new(DOCUMENT_MAX);
		struct outcome outcome;
		struct bytes document;

		fixture_replace_key(ksr, fixture_zsk(3), &keys[i]);
		ksr_write(ksr, &xml);
		document = buf_bytes(&xml);
		scene_sign(scene, document,
		    buf_bytes(&scene->bytes[DOCUMENT_PREVIOUS]), FAMILY_PLAIN,
		    &outcome);
		assert_outcome(&outcome, "like a KSK", "KSR-ZSK-NOT-KSK");
		record_outcome(&outcome, &document);
		buf_free(&xml);
		ksr_free(ksr);
	}
}

/* Nobody's keys end in these ceremonies: here one does. */
static void
signature_beyond_valid_until_is_refused(void **state)
{
	struct scene *scene = scene_new("normal", "normal");
	struct bytes request = buf_bytes(&scene->bytes[DOCUMENT_REQUEST]);
	struct outcome outcome;

	(void)state;
	stay_parent();
	scene->config->keys[0].has_valid_until = true;
	scene->config->keys[0].valid_until =
	    FIXTURE_START + CYCLE_S + 10 * DAY_S;
	scene_sign(scene, request,
	    buf_bytes(&scene->bytes[DOCUMENT_PREVIOUS]), FAMILY_PLAIN,
	    &outcome);
	assert_outcome(&outcome, "valid_until", "SKR-SCHEDULE");
	record_outcome(&outcome, &request);
	scene_free(scene);
}

/* No flipped bit gives two keys a prime in common: these are made so. */
static void
keys_with_a_prime_in_common_are_refused(void **state)
{
	const struct scene *scene = campaign.normal;
	struct dnskey key = dnskey_sharing_a_prime(
	    fixture_key("zsk-1", 256, ALGORITHM_RSASHA256, 2048), "zsk-3");

	(void)state;
	stay_parent();
	for (size_t i = 0; i < 2; i++) {
		struct ksr *ksr = i == 0
		    ? fixture_request(FIXTURE_START, 1)
		    : read_document(scene, DOCUMENT_RESPONSE);
		struct buf xml = buf_new(DOCUMENT_MAX);
		struct outcome outcome;
		struct bytes document;

		fixture_replace_key(ksr, fixture_zsk(3), &key);
		ksr_write(ksr, &xml);
		document = buf_bytes(&xml);
		if (i == 0)
			scene_sign(scene, document,
			    buf_bytes(&scene->bytes[DOCUMENT_PREVIOUS]),
			    FAMILY_PLAIN, &outcome);
		else
			scene_verify(scene, document, FAMILY_PLAIN, &outcome);
		assert_outcome(&outcome, "a prime in common", "KSR-KEY-VALID");
		record_outcome(&outcome, &document);
		buf_free(&xml);
		ksr_free(ksr);
	}
}

/* Past KSKs stay in the configuration, and their tags stay taken. */
static void
tag_of_a_past_ksk_is_refused_by_nothing_else(void **state)
{
	struct scene *scene = scene_new("normal", "normal");
	struct buf more = buf_new(4096);
	struct outcome outcome;

	(void)state;
	stay_parent();
	buf_printf(&more,
	    "  ksk_past:\n    label: past\n    key_tag: %u\n"
	    "    algorithm: RSASHA256\n    rsa_size: 2048\n"
	    "    rsa_exponent: 65537\n"
	    "    valid_from: 2010-01-01T00:00:00+00:00\n"
	    "    ds_sha256: \"%064d\"\n",
	    fixture_zsk(2)->tag, 1);
	buf_u8(&more, 0);
	scene_configure(scene, (const char *)more.data);
	scene_sign(scene, buf_bytes(&scene->bytes[DOCUMENT_REQUEST]),
	    buf_bytes(&scene->bytes[DOCUMENT_PREVIOUS]), FAMILY_PLAIN,
	    &outcome);
	for (size_t row = 0; row < n_checks; row++)
		if (row_set_has(&outcome.rows, row))
			assert_string_equal(checks[row].id, "KSR-TAG-CLASH");
	assert_outcome(&outcome, "past tag", "KSR-TAG-CLASH");
	buf_free(&more);
	scene_free(scene);
}

/*
 * What it all came to.
 */

static int
by_hash(const void *left, const void *right)
{
	const struct record *a = left, *b = right;

	return (a->hash > b->hash) - (a->hash < b->hash);
}

/* One record of each hash stays. */
static void
keep_distinct(struct records *records)
{
	size_t kept = 0;

	qsort(records->at, records->n, sizeof(records->at[0]), by_hash);
	for (size_t i = 0; i < records->n; i++)
		if (kept == 0 ||
		    records->at[kept - 1].hash != records->at[i].hash)
			records->at[kept++] = records->at[i];
	records->n = kept;
}

static void
print_counts(const struct records *records)
{
	size_t counts[ILLEGAL + 1] = { 0 };

	for (size_t i = 0; i < records->n; i++)
		counts[records->at[i].kind]++;
	printf("%zu distinct mutants\n"
	       "  %zu refused: %zu by the reader, %zu by checks\n"
	       "  %zu with the same response\n"
	       "  %zu with a response that echoes the change\n",
	    records->n, counts[REFUSED_BY_READER] + counts[REFUSED_BY_CHECK],
	    counts[REFUSED_BY_READER], counts[REFUSED_BY_CHECK],
	    counts[SAME_RESPONSE], counts[ECHOED]);
}

static void
every_check_refuses_a_mutant(void **state)
{
	const struct records *records = &campaign.records;
	size_t missing = 0;

	(void)state;
	stay_parent();
	keep_distinct(&campaign.records);
	print_counts(records);
	assert_true(n_checks <= ROWS_MAX);
	for (size_t row = 0; row < n_checks; row++) {
		size_t n = 0, alone = 0;
		struct row_set only = { 0 };

		row_set_add(&only, row);
		/*
		 * What this program built no document can spoil (test_clear
		 * does), without a request there is no way through, what
		 * the register has is test_check_once's, and what text lacks
		 * test_check_text's.
		 */
		if (checks[row].stages == STAGE_BUILT ||
		    checks[row].instead != 0 ||
		    strcmp(checks[row].id, "KSR-ONCE") == 0 ||
		    strcmp(checks[row].id, "KSR-CHAIN-PREVIOUS") == 0 ||
		    checks[row].stages == STAGE_PREVIOUS ||
		    !check_in_force(&checks[row], RULES_TODAY) ||
		    (checks[row].enabled != NULL &&
			!checks[row].enabled(campaign.normal->config)))
			continue;
		for (size_t i = 0; i < records->n; i++) {
			n += row_set_has(&records->at[i].rows, row);
			alone += memcmp(&records->at[i].rows, &only,
				     sizeof(only)) == 0;
		}
		printf("  %5zu, %5zu alone: %s, %s\n", n, alone, checks[row].id,
		    checks[row].title);
		missing += n == 0;
	}
	if (missing > 0)
		fail_msg("%zu rows refused no mutant", missing);
	assert_true(records->n >= DISTINCT_LEAST);
}

static int
set_up(void **state)
{
	(void)state;
	campaign.pid = getpid();
	campaign.normal = scene_new("normal", "normal");
	campaign.revoke = scene_new("rollover", "revoke");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	scene_free(campaign.normal);
	scene_free(campaign.revoke);
	free(campaign.records.at);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    single_changes_of_the_request_have_legal_outcomes),
		cmocka_unit_test(
		    single_changes_of_the_previous_response_have_legal_outcomes),
		cmocka_unit_test(
		    changes_that_the_zsks_sign_have_legal_outcomes),
		cmocka_unit_test(single_changes_of_the_response_are_refused),
		cmocka_unit_test(
		    single_changes_of_a_revoking_response_are_refused),
		cmocka_unit_test(pairs_of_changes_have_legal_outcomes),
		cmocka_unit_test(next_zsk_of_another_kind_is_refused),
		cmocka_unit_test(
		    zsk_that_is_or_is_called_like_a_ksk_is_refused),
		cmocka_unit_test(signature_beyond_valid_until_is_refused),
		cmocka_unit_test(keys_with_a_prime_in_common_are_refused),
		cmocka_unit_test(tag_of_a_past_ksk_is_refused_by_nothing_else),
		cmocka_unit_test(every_check_refuses_a_mutant),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
