#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/dns/rrset.h"
#include "ksr/document/bundle.h"
#include "ksr/response/response.h"
#include "signer/sign/signatures.h"

/* What the threads share; `lock` guards the lower half. */
struct work {
	const struct signatures_job *job;
	struct ksr *response;
	size_t total;

	pthread_mutex_t lock;
	bool again; /* a replay: one that is missing is not the last */
	size_t bundle, index; /* the next signature to be made */
	size_t done;
	bool failed;
	size_t failed_bundle;
	struct err err;
};

struct worker {
	struct work *work;
	struct tokens tokens;
	pthread_t thread;
	bool started;
};

size_t
signatures_count(const struct ksr *response)
{
	size_t n = 0;

	for (size_t i = 0; i < response->n_bundles; i++)
		n += bundle_count_signatures(&response->bundles[i]);
	return n;
}

static size_t
count_made(const struct bundle *bundle)
{
	const struct child_set *set;
	uint16_t type;
	size_t n = 0;

	for (size_t i = 0; i < bundle_count_signatures(bundle); i++)
		n += bundle_signature(bundle, i, &set, &type)->signature_len > 0;
	return n;
}

size_t
signatures_made(const struct ksr *response)
{
	size_t n = 0;

	for (size_t i = 0; i < response->n_bundles; i++)
		n += count_made(&response->bundles[i]);
	return n;
}

/* The key of the configuration that is to make the signature. */
static bool
find_signer(const struct signatures_job *job, const struct rrsig *rrsig,
    size_t *ret, struct err *err)
{
	for (size_t i = 0; i < job->config->n_keys; i++) {
		if (!job->ksks[i].present || job->ksks[i].hsm == NULL ||
		    strcmp(job->config->keys[i].label, rrsig->identifier) != 0)
			continue;
		*ret = i;
		return true;
	}
	return err_set(
	    err, E_INTERNAL, "key \"%s\" was not opened", rrsig->identifier);
}

/* What the signature covers, and that this may be signed. */
static bool
clear(const struct work *work, size_t bundle, size_t index, size_t signer,
    struct cleared **ret, struct err *err)
{
	const struct signatures_job *job = work->job;
	const struct child_set *set;
	struct clear_wanted wanted = { .config = job->config,
		.slot = &job->schema->slots[bundle],
		.request = &job->request->bundles[bundle],
		.signer = signer,
		.now = job->now };
	struct buf octets = buf_new(TO_BE_SIGNED_MAX);
	bool ok;

	(void)bundle_signature(&work->response->bundles[bundle], index, &set,
	    &wanted.covers);
	for (size_t i = 0; i < job->config->n_keys; i++)
		if (job->ksks[i].present)
			wanted.ksks[i] = &job->ksks[i].dnskey;
	ok = response_to_be_signed(
		 work->response, bundle, index, &octets, err) &&
	    clear_rrset(buf_bytes(&octets), &wanted, ret, err);

	buf_free(&octets);
	return ok;
}

static bool
sign_one(struct tokens *tokens, struct work *work, size_t bundle, size_t index,
    struct err *err)
{
	const struct ksk *ksks = work->job->ksks;
	const struct child_set *set;
	uint16_t type;
	struct rrsig *rrsig = bundle_signature(
	    &work->response->bundles[bundle], index, &set, &type);
	struct cleared *cleared = NULL;
	size_t signer = 0;
	bool ok = find_signer(work->job, rrsig, &signer, err) &&
	    clear(work, bundle, index, signer, &cleared, err) &&
	    token_sign_rrset(tokens_of(tokens, ksks[signer].hsm),
		&ksks[signer].key, cleared, rrsig, err);

	cleared_free(cleared);
	return ok ||
	    err_prefix(err, "bundle %zu (%s)", bundle + 1,
		work->response->bundles[bundle].id);
}

/* The next signature that nobody has begun; false when there is none. */
static bool
take_next(struct work *work, size_t *ret_bundle, size_t *ret_index)
{
	const struct ksr *response = work->response;
	bool found = false;

	pthread_mutex_lock(&work->lock);
	while (work->bundle < response->n_bundles &&
	    work->index ==
		bundle_count_signatures(&response->bundles[work->bundle])) {
		work->bundle++;
		work->index = 0;
	}
	if ((!work->failed || work->again) &&
	    work->bundle < response->n_bundles) {
		*ret_bundle = work->bundle;
		*ret_index = work->index++;
		found = true;
	}
	pthread_mutex_unlock(&work->lock);
	return found;
}

static void
finish_one(struct work *work, size_t bundle, bool ok, const struct err *err)
{
	const struct signatures_progress *progress = work->job->progress;

	pthread_mutex_lock(&work->lock);
	if (ok) {
		work->done++;
		if (progress != NULL && progress->report != NULL)
			progress->report(work->done, work->total);
	} else if (!work->failed || bundle < work->failed_bundle) {
		work->failed = true;
		work->failed_bundle = bundle;
		work->err = *err;
	}
	pthread_mutex_unlock(&work->lock);
}

static void *
run_worker(void *arg)
{
	struct worker *worker = arg;
	size_t bundle, index;
	struct err err;

	while (take_next(worker->work, &bundle, &index)) {
		bool ok =
		    sign_one(&worker->tokens, worker->work, bundle, index, &err);

		finish_one(worker->work, bundle, ok, &err);
	}
	return NULL;
}

/* The first worker is the caller's own thread and sessions. */
static bool
start_workers(
    struct tokens *tokens, struct worker *workers, size_t jobs, struct err *err)
{
	for (size_t i = 1; i < jobs; i++) {
		workers[i].work = workers[0].work;
		if (!tokens_worker_open(tokens, &workers[i].tokens, err))
			return false;
	}
	for (size_t i = 1; i < jobs; i++) {
		if (pthread_create(
			&workers[i].thread, NULL, run_worker, &workers[i]) != 0)
			return err_set(err, E_IO, "no further thread");
		workers[i].started = true;
	}
	return true;
}

static void
end_workers(struct worker *workers, size_t jobs)
{
	for (size_t i = 1; i < jobs; i++) {
		if (workers[i].started)
			pthread_join(workers[i].thread, NULL);
		tokens_worker_close(&workers[i].tokens);
	}
}

bool
signatures_make(struct tokens *tokens, const struct signatures_job *job,
    struct ksr *response, struct err *err)
{
	struct work work = { .job = job,
		.response = response,
		.again = tokens->n > 0 && tokens->list[0].recorded != NULL,
		.total = signatures_count(response),
		.lock = PTHREAD_MUTEX_INITIALIZER };
	struct worker workers[JOBS_MAX] = { { .work = &work,
	    .tokens = *tokens } };
	size_t jobs = work.again     ? 1
	    : job->jobs < work.total ? job->jobs
				     : work.total;
	struct err start_err;

	if (job->jobs < 1 || job->jobs > JOBS_MAX)
		return err_set(err, E_INTERNAL, "%zu jobs", job->jobs);
	if (response->n_bundles != job->schema->n_slots ||
	    response->n_bundles != job->request->n_bundles)
		return err_set(err, E_INTERNAL,
		    "%zu bundles for %zu slots and a request of %zu",
		    response->n_bundles, job->schema->n_slots,
		    job->request->n_bundles);
	if (start_workers(tokens, workers, jobs, &start_err))
		run_worker(&workers[0]);
	else
		finish_one(&work, 0, false, &start_err);
	end_workers(workers, jobs);
	if (work.failed)
		*err = work.err;
	return !work.failed;
}
