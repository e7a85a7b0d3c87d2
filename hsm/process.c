#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hsm/internal.h"
#include "hsm/process.h"

/* A channel's turns: the parent's CALLED and ANSWERED, the child's others. */
enum { IDLE, CALLED, ASKS, ANSWERED, DONE };

#define PAGE        4096u
#define WORKER_ROOM (256u * 1024)
#define TICK_MS     200u /* how soon the other side's end is seen */
#define CLOSING_S   10u  /* for the end of a process that has done its work */

struct process {
	pid_t pid, parent;
	struct secrets *secrets; /* the mapping's first page */
	struct hsm_settings settings;
	size_t size; /* of the mapping */
	bool taken[WORKERS_MAX];
	pthread_mutex_t lock; /* guards the rest */
	bool ended;
	char how[FUNCTION_NAME_SIZE + 64];
};

/* True if it was woken, or need not wait; false after a tick. */
static bool
wait_while(_Atomic uint32_t *word, uint32_t value)
{
	const struct timespec tick = { .tv_nsec = TICK_MS * 1000000L };

	return syscall(SYS_futex, word, FUTEX_WAIT, value, &tick, NULL, 0) ==
	    0 ||
	    errno != ETIMEDOUT;
}

static void
turn(struct channel *channel, uint32_t state)
{
	atomic_store(&channel->state, state);
	(void)syscall(SYS_futex, &channel->state, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static struct channel *
worker_channel(struct process *process, size_t i)
{
	return (struct channel *)(void *)((uint8_t *)process->secrets + PAGE +
	    CHANNEL_ROOM + i * WORKER_ROOM);
}

pid_t
process_pid(const struct process *process)
{
	return process->pid;
}

struct channel *
process_channel(struct process *process)
{
	return (struct channel *)(void *)((uint8_t *)process->secrets + PAGE);
}

struct secrets *
process_secrets(struct process *process)
{
	return process->secrets;
}

struct channel *
process_take_worker(struct process *process)
{
	for (size_t i = 0; i < WORKERS_MAX; i++) {
		if (process->taken[i])
			continue;
		process->taken[i] = true;
		return worker_channel(process, i);
	}
	return NULL;
}

void
process_give_worker(struct process *process, struct channel *channel)
{
	for (size_t i = 0; i < WORKERS_MAX; i++)
		if (worker_channel(process, i) == channel)
			process->taken[i] = false;
}

bool
process_lock(struct process *process, struct err *err)
{
	return mlock(process->secrets, PAGE) == 0 ||
	    process->settings.may_swap ||
	    err_set_errno(
		err, "the memory for the PIN cannot be locked (ulimit -l)");
}

/* --- In the child. */

/* Nobody is left to work for.  The kernel says so, too, but not to a late one.
 */
static void
leave_if_alone(const struct process *process)
{
	if (getppid() != process->parent)
		_exit(1);
}

static void
await_turn(
    const struct process *process, struct channel *channel, uint32_t wanted)
{
	uint32_t state;

	while ((state = atomic_load(&channel->state)) != wanted)
		if (!wait_while(&channel->state, state))
			leave_if_alone(process);
}

static void
serve(struct served *served)
{
	struct channel *channel = served->channel;

	do {
		await_turn(served->process, channel, CALLED);
		channel->err = (struct err){ 0 };
		channel->ok =
		    channel->run(served, channel->args, &channel->err);
		turn(channel, DONE);
	} while (served->hsm != NULL);
}

bool
channel_ask(struct served *served)
{
	struct channel *channel = served->channel;

	turn(channel, ASKS);
	await_turn(served->process, channel, ANSWERED);
	return channel->ok;
}

static void *
serve_worker(void *arg)
{
	serve(arg);
	free(arg);
	return NULL;
}

bool
channel_serve(struct process *process, struct channel *channel, struct hsm *hsm,
    struct err *err)
{
	struct served *served = calloc(1, sizeof(*served));
	pthread_attr_t attributes;
	pthread_t thread;
	bool ok;

	if (served == NULL || pthread_attr_init(&attributes) != 0) {
		free(served);
		return err_set(err, E_MEMORY, "out of memory");
	}
	*served = (struct served){ hsm, NULL, process, channel };
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	ok = pthread_create(&thread, &attributes, serve_worker, served) == 0;
	pthread_attr_destroy(&attributes);
	if (!ok) {
		free(served);
		return err_set(err, E_IO, "no further thread");
	}
	return true;
}

/* What the parent does on a signal is not the child's to do. */
static void
reset_signals(void)
{
	struct sigaction action;

	for (int sig = 1; sig < NSIG; sig++) {
		if (sigaction(sig, NULL, &action) != 0 ||
		    action.sa_handler == SIG_IGN ||
		    action.sa_handler == SIG_DFL)
			continue;
		action = (struct sigaction){ .sa_handler = SIG_DFL };
		(void)sigaction(sig, &action, NULL);
	}
}

/* Locks and files of the parent's are not held open. */
static void
close_others(int module)
{
	unsigned first = STDERR_FILENO + 1;

	if (module > STDERR_FILENO + 1)
		(void)close_range(first, (unsigned)module - 1, 0);
	if (module > STDERR_FILENO)
		first = (unsigned)module + 1;
	(void)close_range(first, ~0U, 0);
}

static void
be_child(struct process *process, struct hsm_module *module)
{
	struct served served = { NULL, module, process,
		process_channel(process) };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	leave_if_alone(process);
	reset_signals();
	close_others(module_descriptor(module));
	/* Until it is loaded, and then until it is closed. */
	serve(&served);
	_exit(0);
}

/* --- In the parent. */

static bool
map_memory(struct process *process, struct err *err)
{
	const int flags = MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE;
	size_t size = PAGE + CHANNEL_ROOM + WORKERS_MAX * WORKER_ROOM;
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);

	if (map == MAP_FAILED)
		return err_set_errno(err, "memory for the module's process");
	process->secrets = map;
	process->size = size;
	process_channel(process)->room = CHANNEL_ROOM - sizeof(struct channel);
	for (size_t i = 0; i < WORKERS_MAX; i++)
		worker_channel(process, i)->room =
		    WORKER_ROOM - sizeof(struct channel);
	(void)madvise(map, PAGE, MADV_DONTDUMP);
	return process_lock(process, err);
}

bool
process_start(struct hsm_module *module, struct process **ret, struct err *err)
{
	const struct sigaction defaults = { .sa_handler = SIG_DFL };
	struct process *process = calloc(1, sizeof(*process));

	if (process == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	process->settings = *module_settings(module);
	process->parent = getpid();
	process->ended = true;
	pthread_mutex_init(&process->lock, NULL);
	if (!map_memory(process, err)) {
		process_end(process);
		return false;
	}
	/* Else nobody is told how it ended. */
	(void)sigaction(SIGCHLD, &defaults, NULL);
	process->pid = fork();
	if (process->pid == 0)
		be_child(process, module);
	if (process->pid < 0) {
		err_set_errno(err, "no process for the module");
		process_end(process);
		return false;
	}
	process->ended = false;
	/* The next module's process is not to see it. */
	(void)madvise(process->secrets, process->size, MADV_DONTFORK);
	*ret = process;
	return true;
}

static void
note_end(struct process *process, int status)
{
	const char *name =
	    WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;

	process->ended = true;
	if (WIFSIGNALED(status))
		snprintf(process->how, sizeof(process->how),
		    "killed by signal %d, SIG%s", WTERMSIG(status),
		    name == NULL ? "?" : name);
	else
		snprintf(process->how, sizeof(process->how),
		    "by itself, with status %d", WEXITSTATUS(status));
}

/* Any thread may be the one that finds it. */
static bool
has_ended(struct process *process)
{
	bool ended;
	int status = 0;

	pthread_mutex_lock(&process->lock);
	if (!process->ended &&
	    waitpid(process->pid, &status, WNOHANG) == process->pid)
		note_end(process, status);
	ended = process->ended;
	pthread_mutex_unlock(&process->lock);
	return ended;
}

/* The reason is what the other threads are told. */
static void
kill_process(struct process *process, const char *why)
{
	int status = 0;

	pthread_mutex_lock(&process->lock);
	if (!process->ended) {
		kill(process->pid, SIGKILL);
		while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR)
			;
		note_end(process, status);
		snprintf(process->how, sizeof(process->how), "%s", why);
	}
	pthread_mutex_unlock(&process->lock);
}

void
process_end(struct process *process)
{
	const struct timespec tick = { .tv_nsec = 1000000 };

	if (process == NULL)
		return;
	if (process->secrets != NULL) {
		explicit_bzero(process->secrets, PAGE);
		for (size_t ms = 0;
		     ms < CLOSING_S * 1000 && !has_ended(process); ms++)
			nanosleep(&tick, NULL);
		kill_process(process, "it was closed");
		munmap(process->secrets, process->size);
	}
	pthread_mutex_destroy(&process->lock);
	free(process);
}

/* As the child left it; the name is held to its form. */
static void
function_of(const struct channel *channel, char ret[FUNCTION_NAME_SIZE])
{
	memcpy(ret, channel->function, FUNCTION_NAME_SIZE);
	ret[FUNCTION_NAME_SIZE - 1] = '\0';
}

static bool
fail_ended(
    struct process *process, const struct channel *channel, struct err *err)
{
	char function[FUNCTION_NAME_SIZE];

	function_of(channel, function);
	return err_set(err, E_HSM, "%s%sthe module's process ended (%s)",
	    function, function[0] == '\0' ? "" : ": ", process->how);
}

static bool
fail_late(
    struct process *process, const struct channel *channel, struct err *err)
{
	char function[FUNCTION_NAME_SIZE], why[sizeof(process->how)];

	function_of(channel, function);
	snprintf(why, sizeof(why), "%s did not return within %u s",
	    function[0] == '\0' ? "the module" : function,
	    process->settings.limit_s);
	kill_process(process, why);
	return err_set(err, E_HSM, "%s; the module's process was ended", why);
}

/* Until the child's turn is over.  Each function of the module has its time. */
static bool
await_answer(struct process *process, struct channel *channel, bool patient,
    struct err *err)
{
	uint32_t state, functions = atomic_load(&channel->functions);
	uint64_t waited_ms = 0;

	for (;;) {
		state = atomic_load(&channel->state);
		if (state == DONE || state == ASKS)
			return true;
		if (wait_while(&channel->state, state))
			continue;
		if (has_ended(process)) {
			state = atomic_load(&channel->state);
			return state == DONE || state == ASKS ||
			    fail_ended(process, channel, err);
		}
		if (atomic_load(&channel->functions) != functions)
			waited_ms = 0;
		else
			waited_ms += TICK_MS;
		functions = atomic_load(&channel->functions);
		if (!patient && waited_ms > process->settings.limit_s * 1000ULL)
			return fail_late(process, channel, err);
	}
}

static bool
take_error(const struct channel *channel, struct err *err)
{
	struct err said;

	memcpy(&said, &channel->err, sizeof(said));
	said.msg[ERR_MSG_MAX - 1] = '\0';
	return err_set(err,
	    said.code > E_NONE && said.code <= E_INTERNAL ? said.code : E_HSM,
	    "%s", said.msg);
}

bool
process_call(struct process *process, struct channel *channel,
    const struct call *call, bool *ret_lost, struct err *err)
{
	uint32_t begin = CALLED;

	*ret_lost = true;
	if (has_ended(process))
		return fail_ended(process, channel, err);
	channel->run = call->run;
	for (;;) {
		turn(channel, begin);
		if (!await_answer(process, channel, call->patient, err))
			return false;
		if (atomic_load(&channel->state) == DONE)
			break;
		channel->ok = call->answer != NULL &&
		    call->answer(channel->args, call->of);
		begin = ANSWERED;
	}
	*ret_lost = false;
	return channel->ok || take_error(channel, err);
}
