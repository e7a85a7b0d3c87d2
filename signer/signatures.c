#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ksr/response.h"
#include "ksr/rrset.h"
#include "signer/signatures.h"

/* What the threads share; `lock` guards the lower half. */
struct work {
	const struct config *config;
	const struct ksk *ksks;
	struct ksr *response;
	const struct signatures_progress *progress;
	size_t total;

	pthread_mutex_t lock;
	size_t bundle, index; /* the next signature to be made */
	size_t done;
	bool failed;
	size_t failed_bundle;
	struct err err;
};

struct worker {
	struct work *work;
	struct token token;
	pthread_t thread;
	bool started;
};

size_t
signatures_count(const struct ksr *response)
{
	size_t n = 0;

	for (size_t i = 0; i < response->n_bundles; i++)
		n += response->bundles[i].n_signatures;
	return n;
}

static const struct ksk *
ksk_of(const struct work *work, const struct rrsig *rrsig)
{
	for (size_t i = 0; i < work->config->n_keys; i++)
		if (work->ksks[i].present &&
		    strcmp(work->config->keys[i].label, rrsig->identifier) ==
			0)
			return &work->ksks[i];
	return NULL;
}

static bool
sign_one(struct token *token, struct work *work, size_t bundle, size_t index,
    struct err *err)
{
	struct rrsig *rrsig =
	    &work->response->bundles[bundle].signatures[index];
	const struct ksk *ksk = ksk_of(work, rrsig);
	struct buf data = buf_new(TO_BE_SIGNED_MAX);
	bool ok;

	if (ksk == NULL)
		return err_set(err, E_INTERNAL, "key \"%s\" was not opened",
		    rrsig->identifier);
	ok = response_to_be_signed(
		 work->response, bundle, index, &data, err) &&
	    token_sign(token, &ksk->key, &ksk->dnskey, buf_bytes(&data), rrsig,
		err);
	buf_free(&data);
	if (!ok)
		err_prefix(err, "bundle %zu (%s)", bundle + 1,
		    work->response->bundles[bundle].id);
	return ok;
}

/* The next signature that nobody has begun; false when there is none. */
static bool
take_next(struct work *work, size_t *ret_bundle, size_t *ret_index)
{
	const struct ksr *response = work->response;
	bool found = false;

	pthread_mutex_lock(&work->lock);
	while (work->bundle < response->n_bundles &&
	    work->index == response->bundles[work->bundle].n_signatures) {
		work->bundle++;
		work->index = 0;
	}
	if (!work->failed && work->bundle < response->n_bundles) {
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
	pthread_mutex_lock(&work->lock);
	if (ok) {
		work->done++;
		if (work->progress != NULL && work->progress->report != NULL)
			work->progress->report(work->done, work->total);
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
		bool ok = sign_one(
		    &worker->token, worker->work, bundle, index, &err);

		finish_one(worker->work, bundle, ok, &err);
	}
	return NULL;
}

/* The first worker is the caller's own thread and session. */
static bool
start_workers(struct token *token, struct worker *workers, size_t jobs,
    struct err *err)
{
	for (size_t i = 1; i < jobs; i++) {
		workers[i].work = workers[0].work;
		workers[i].token.config = token->config;
		if (!hsm_worker_open(token->hsm, &workers[i].token.hsm, err))
			return false;
	}
	for (size_t i = 1; i < jobs; i++) {
		if (pthread_create(&workers[i].thread, NULL, run_worker,
			&workers[i]) != 0)
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
		hsm_worker_close(workers[i].token.hsm);
	}
}

bool
signatures_make(struct token *token, const struct config *config,
    const struct ksk ksks[CONFIG_KEYS_MAX], struct ksr *response, size_t jobs,
    const struct signatures_progress *progress, struct err *err)
{
	struct work work = { .config = config,
		.ksks = ksks,
		.response = response,
		.progress = progress,
		.total = signatures_count(response),
		.lock = PTHREAD_MUTEX_INITIALIZER };
	struct worker workers[JOBS_MAX] = { { .work = &work,
	    .token = *token } };
	struct err start_err;

	if (jobs < 1 || jobs > JOBS_MAX)
		return err_set(err, E_INTERNAL, "%zu jobs", jobs);
	if (jobs > work.total)
		jobs = work.total;
	if (start_workers(token, workers, jobs, &start_err))
		run_worker(&workers[0]);
	else
		finish_one(&work, 0, false, &start_err);
	end_workers(workers, jobs);
	if (work.failed)
		*err = work.err;
	return !work.failed;
}
