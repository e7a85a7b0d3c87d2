/*
 * The module's process: a child that has the module's code and the token's work
 * and nothing else.  Parent and child share memory; a call is handed over in a
 * channel, the child's own thread of the channel runs it, and the parent waits.
 *
 * What the module does to its process is its own trouble: the parent is told
 * how it ended and in which function of the module.  The child ends when the
 * parent does.  Who answers is not believed beyond the form of what is
 * answered.
 */
#pragma once

#include <p11-kit/pkcs11.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "hsm/hsm.h"

#define FUNCTION_NAME_SIZE 40u
/* For a record to be signed in whole; what is touched of it is memory. */
#define CHANNEL_ROOM (80u * 1024 * 1024)
#define WORKERS_MAX  64u

/* What the child works with, of one channel. */
struct served {
	struct hsm *hsm; /* NULL: not loaded */
	struct hsm_module *module;
	struct process *process;
	struct channel *channel;
};

/* Runs in the child; args are the channel's. */
typedef bool run_function(struct served *served, void *args, struct err *err);

/* In shared memory. */
struct channel {
	_Atomic uint32_t state;
	_Atomic uint32_t functions; /* of the module, that were called */
	/* The module's function that runs; "" while none does. */
	char function[FUNCTION_NAME_SIZE];
	run_function *run; /* the parent's to write, the child's to follow */
	bool ok;
	struct err err;
	size_t room; /* octets of args */
	alignas(max_align_t) uint8_t args[];
};

/* In shared memory that is locked, on both sides. */
struct secrets {
	char pin[PIN_MAX + 1]; /* while it is handed over */
	char so_pin[PIN_MAX + 1];
	char each[PIN_MAX + 1]; /* until the end, for hsm_pin_each */
	/* Officers' components: one while it is handed over, and their sum. */
	uint8_t component[COMPONENT_SIZE], sum[COMPONENT_SIZE];
};

struct process;

/* The child, which has run nothing of the module yet.  No thread may exist. */
MUST_USE bool
process_start(struct hsm_module *module, struct process **ret, struct err *err);

/* Wipes, and waits for the child's end, or brings it about.  NULL is fine. */
void process_end(struct process *process);

/* Each side locks its mapping of the secrets. */
MUST_USE bool process_lock(struct process *process, struct err *err);

pid_t process_pid(const struct process *process);
struct channel *process_channel(struct process *process);
struct secrets *process_secrets(struct process *process);

/* Another one, for one thread; NULL: there is none left. */
struct channel *process_take_worker(struct process *process);
void process_give_worker(struct process *process, struct channel *channel);

struct call {
	run_function *run;
	const char *key; /* that it is about; or NULL */
	bool patient;    /* somebody may be at a pin pad, or a key is made */
	/* Answers what the child asks meanwhile (channel_ask); or NULL. */
	bool (*answer)(void *args, const void *of);
	const void *of;
};

/*
 * False with what the child said; or, *ret_lost, with how it ended, or for how
 * long it did not answer.
 */
MUST_USE bool process_call(struct process *process, struct channel *channel,
    const struct call *call, bool *ret_lost, struct err *err);

/* In the child: what the parent answers. */
bool channel_ask(struct served *served);

/* In the child: a thread that serves this channel with this hsm. */
MUST_USE bool channel_serve(struct process *process, struct channel *channel,
    struct hsm *hsm, struct err *err);
