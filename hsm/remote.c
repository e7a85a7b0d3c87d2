/*
 * hsm.h, handed over to the module's process.  For each function what is handed
 * over, what the child does with it, and what the parent takes of it.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hsm/internal.h"
#include "hsm/object.h"
#include "hsm/process.h"

/* Key, URI or path; a longer one is refused before. */
#define TEXT_SIZE (2u * PATH_MAX_LEN + 1)

/* What a call has for its arguments and results, in shared memory. */
struct args {
	char text[TEXT_SIZE];
	bool given, answer;
	enum hsm_mechanism mechanism;
	struct hsm_token token; /* the selected one, after the call */
	bool selected;
	struct hsm_key key, known;
	bool has_known;
	struct hsm_keygen keygen; /* without its pointers */
	struct hsm_key other, transport;
	struct hsm_wishes wishes;
	struct hsm_wrapped wrapped;
	enum hsm_side side;
	uint8_t check[HSM_CHECK_SIZE], whole[HSM_CHECK_SIZE];
	uint8_t id[HSM_ID_SIZE];
	uint8_t signature[SIGNATURE_MAX];
	struct channel *worker;
	size_t n, len;
	union {
		struct hsm_token tokens[SLOTS_MAX];
		struct hsm_key keys[2 * OBJECTS_MAX];
		struct hsm_object objects[MAPPED_MAX];
	} list;
};

static_assert(sizeof(struct args) + sizeof(struct channel) < CHANNEL_ROOM,
    "every call has room");

/* A worker's, and in whole: what is signed stands where the list would. */
struct sign_args {
	struct hsm_key key;
	enum hsm_mechanism mechanism;
	uint8_t signature[SIGNATURE_MAX];
	size_t signature_len, len;
	uint8_t data[];
};

static struct args *
args_of(const struct hsm *hsm)
{
	return (struct args *)(void *)hsm->channel->args;
}

static bool
put_text(struct args *args, const char *text, struct err *err)
{
	if (strlen(text) >= TEXT_SIZE)
		return err_set(err, E_HSM,
		    "a name of %zu octets, expected at most %u", strlen(text),
		    TEXT_SIZE - 1);
	memcpy(args->text, text, strlen(text) + 1);
	return true;
}

/* How the process ended is told with the token's name; all else has it. */
static bool
hand_over(const struct hsm *hsm, const struct call *call, struct err *err)
{
	bool lost = false;

	if (process_call(hsm->process, hsm->channel, call, &lost, err))
		return true;
	if (!lost)
		return false;
	if (call->key != NULL)
		err_prefix(err, "key \"%s\"", call->key);
	return hsm->selected ? token_context(hsm, err)
			     : err_prefix(err, "%s", hsm->module);
}

static bool
run_in_child(const struct hsm *hsm, run_function *run, struct err *err)
{
	const struct call call = { .run = run };

	return hand_over(hsm, &call, err);
}

/* --- What comes back is held to its form. */

#define END_TEXT(text) ((text)[sizeof(text) - 1] = '\0')

static void
take_token(const struct hsm_token *from, struct hsm_token *ret)
{
	memcpy(ret, from, sizeof(*ret));
	END_TEXT(ret->label);
	END_TEXT(ret->name);
	END_TEXT(ret->manufacturer);
	END_TEXT(ret->model);
	END_TEXT(ret->serial);
	END_TEXT(ret->trouble);
}

static bool
take_key(const struct hsm_key *from, struct hsm_key *ret, struct err *err)
{
	struct hsm_key key;

	memcpy(&key, from, sizeof(key));
	END_TEXT(key.label);
	END_TEXT(key.name);
	END_TEXT(key.defect);
	if (key.id_len > sizeof(key.id) ||
	    key.modulus_len > sizeof(key.modulus) ||
	    key.exponent_len > sizeof(key.exponent) ||
	    key.point_len > sizeof(key.point))
		return err_set(
		    err, E_HSM, "the module's process answered what is no key");
	*ret = key;
	return true;
}

static bool
take_count(size_t n, size_t max, struct err *err)
{
	return n <= max ||
	    err_set(err, E_HSM,
		"the module's process answered with %zu items, expected at "
		"most %zu",
		n, max);
}

static bool
copy_list(const void *list, size_t n, size_t size, void **ret, struct err *err)
{
	void *copy = calloc(n + 1, size);

	if (copy == NULL)
		return err_set(err, E_MEMORY, "out of memory");
	memcpy(copy, list, n * size);
	*ret = copy;
	return true;
}

/* --- The module and its process. */

static bool
run_load(struct served *served, void *args, struct err *err)
{
	const struct hsm_settings *settings = module_settings(served->module);

	(void)args;
	return process_lock(served->process, err) &&
	    (settings->enter == NULL || settings->enter(settings->of, err)) &&
	    here_load(served->module, served->channel, &served->hsm, err);
}

bool
hsm_load(struct hsm_module *module, struct hsm **ret, struct err *err)
{
	struct hsm *hsm = calloc(1, sizeof(*hsm));

	if (hsm == NULL) {
		hsm_module_close(module);
		return err_set(err, E_MEMORY, "out of memory");
	}
	hsm->file = module;
	memcpy(hsm->module, module_path(module), sizeof(hsm->module));
	if (!process_start(module, &hsm->process, err)) {
		hsm_close(hsm);
		return err_prefix(err, "%s", module_path(module));
	}
	hsm->channel = process_channel(hsm->process);
	if (!run_in_child(hsm, run_load, err)) {
		hsm_close(hsm);
		return false;
	}
	hsm->started = true;
	*ret = hsm;
	return true;
}

bool
hsm_open(const char *module, struct hsm **ret, struct err *err)
{
	const struct hsm_settings settings = { .may_swap = true };
	struct hsm_module *file;

	if (!hsm_module_open(module, &file, err))
		return false;
	hsm_module_settings(file, &settings);
	return hsm_load(file, ret, err);
}

static bool
run_close(struct served *served, void *args, struct err *err)
{
	(void)args;
	(void)err;
	here_close(served->hsm);
	served->hsm = NULL;
	return true;
}

void
hsm_close(struct hsm *hsm)
{
	struct err ignored;

	if (hsm == NULL)
		return;
	if (hsm->started)
		(void)run_in_child(hsm, run_close, &ignored);
	process_end(hsm->process);
	hsm_module_close(hsm->file);
	free(hsm);
}

static bool
run_mapped(struct served *served, void *of, struct err *err)
{
	struct args *args = of;
	struct hsm_object *list;

	(void)served;
	if (!here_mapped(&list, &args->n, err))
		return false;
	memcpy(args->list.objects, list, args->n * sizeof(*list));
	free(list);
	return true;
}

bool
hsm_mapped(
    struct hsm *hsm, struct hsm_object **ret, size_t *ret_n, struct err *err)
{
	const struct args *args = args_of(hsm);
	void *list = NULL;
	size_t n;

	if (!run_in_child(hsm, run_mapped, err))
		return false;
	n = args->n;
	if (!take_count(n, MAPPED_MAX, err) ||
	    !copy_list(args->list.objects, n, sizeof(**ret), &list, err))
		return false;
	*ret = list;
	for (size_t i = 0; i < n; i++)
		END_TEXT((*ret)[i].path);
	*ret_n = n;
	return true;
}

/* --- Tokens. */

static bool
run_tokens(struct served *served, void *of, struct err *err)
{
	struct args *args = of;
	struct hsm_token *list;

	if (!here_tokens(served->hsm, &list, &args->n, err))
		return false;
	memcpy(args->list.tokens, list, args->n * sizeof(*list));
	free(list);
	return true;
}

bool
hsm_tokens(
    struct hsm *hsm, struct hsm_token **ret, size_t *ret_n, struct err *err)
{
	const struct args *args = args_of(hsm);
	void *list = NULL;
	size_t n;

	if (!run_in_child(hsm, run_tokens, err))
		return false;
	n = args->n;
	if (!take_count(n, SLOTS_MAX, err) ||
	    !copy_list(args->list.tokens, n, sizeof(**ret), &list, err))
		return false;
	*ret = list;
	for (size_t i = 0; i < n; i++)
		take_token(&args->list.tokens[i], &(*ret)[i]);
	*ret_n = n;
	return true;
}

static void
put_selected(const struct hsm *hsm, struct args *args)
{
	args->selected = hsm->selected;
	args->token = hsm->token;
}

/* As the child has it after the call, on failure too. */
static void
take_selected(struct hsm *hsm, const struct args *args)
{
	hsm->selected = args->selected;
	take_token(&args->token, &hsm->token);
}

static bool
run_select(struct served *served, void *of, struct err *err)
{
	struct args *args = of;
	bool ok = here_select(served->hsm, args->text, err);

	put_selected(served->hsm, args);
	return ok;
}

bool
hsm_select(struct hsm *hsm, const char *uri, struct err *err)
{
	struct args *args = args_of(hsm);
	bool ok = put_text(args, uri, err);

	put_selected(hsm, args);
	ok = ok && run_in_child(hsm, run_select, err);
	take_selected(hsm, args);
	return ok;
}

const struct hsm_token *
hsm_selected(const struct hsm *hsm)
{
	return hsm->selected ? &hsm->token : NULL;
}

static bool
run_login(struct served *served, void *of, struct err *err)
{
	struct args *args = of;
	struct secrets *secrets = process_secrets(served->process);
	bool ok =
	    here_login(served->hsm, args->given ? secrets->pin : NULL, err);

	explicit_bzero(secrets->pin, sizeof(secrets->pin));
	put_selected(served->hsm, args);
	return ok;
}

static bool
put_pin(char to[PIN_MAX + 1], const char *pin, struct err *err)
{
	size_t len = strlen(pin);

	if (len > PIN_MAX)
		return err_set(
		    err, E_HSM, "the PIN is longer than %u octets", PIN_MAX);
	memcpy(to, pin, len + 1);
	return true;
}

bool
hsm_login(struct hsm *hsm, const char *pin, struct err *err)
{
	struct args *args = args_of(hsm);
	struct secrets *secrets = process_secrets(hsm->process);
	const struct call call = { .run = run_login, .patient = pin == NULL };
	bool ok;

	if (pin != NULL && !put_pin(secrets->pin, pin, err))
		return token_context(hsm, err);
	args->given = pin != NULL;
	put_selected(hsm, args);
	ok = hand_over(hsm, &call, err);
	explicit_bzero(secrets->pin, sizeof(secrets->pin));
	take_selected(hsm, args);
	return ok;
}

static bool
run_pin_each(struct served *served, void *of, struct err *err)
{
	const struct args *args = of;
	struct secrets *secrets = process_secrets(served->process);

	(void)err;
	here_pin_each(served->hsm, args->given ? secrets->each : NULL);
	return true;
}

bool
hsm_pin_each(struct hsm *hsm, const char *pin, struct err *err)
{
	struct secrets *secrets = process_secrets(hsm->process);

	args_of(hsm)->given = pin != NULL;
	if (pin != NULL && !put_pin(secrets->each, pin, err))
		return token_context(hsm, err);
	/* From a pad it takes as long as somebody needs. */
	hsm->pin_each = pin == NULL;
	return run_in_child(hsm, run_pin_each, err);
}

static bool
run_init_token(struct served *served, void *of, struct err *err)
{
	struct args *args = of;
	struct secrets *secrets = process_secrets(served->process);

	return here_init_token(served->hsm, args->text, secrets->so_pin,
	    secrets->pin, &args->list.tokens[0], err);
}

bool
hsm_init_token(struct hsm *hsm, const char *label, const char *so_pin,
    const char *pin, struct hsm_token *ret, struct err *err)
{
	struct args *args = args_of(hsm);
	struct secrets *secrets = process_secrets(hsm->process);
	bool ok = put_text(args, label, err) &&
	    put_pin(secrets->so_pin, so_pin, err) &&
	    put_pin(secrets->pin, pin, err) &&
	    run_in_child(hsm, run_init_token, err);

	explicit_bzero(secrets, sizeof(*secrets));
	hsm->selected = false;
	hsm->token = (struct hsm_token){ 0 };
	if (ok)
		take_token(&args->list.tokens[0], ret);
	return ok;
}

/* --- Keys. */

static bool
run_keys(struct served *served, void *of, struct err *err)
{
	struct args *args = of;
	struct hsm_key *list;

	if (!here_keys(served->hsm, &list, &args->n, err))
		return false;
	memcpy(args->list.keys, list, args->n * sizeof(*list));
	free(list);
	return true;
}

bool
hsm_keys(struct hsm *hsm, struct hsm_key **ret, size_t *ret_n, struct err *err)
{
	const struct args *args = args_of(hsm);
	struct hsm_key *keys;
	void *list = NULL;
	size_t n;

	if (!run_in_child(hsm, run_keys, err))
		return false;
	n = args->n;
	if (!take_count(n, ARRAY_LEN(args->list.keys), err) ||
	    !copy_list(args->list.keys, n, sizeof(**ret), &list, err))
		return false;
	keys = list;
	for (size_t i = 0; i < n; i++) {
		if (!take_key(&args->list.keys[i], &keys[i], err)) {
			free(keys);
			return false;
		}
	}
	*ret = keys;
	*ret_n = n;
	return true;
}

static bool
run_know_keys(struct served *served, void *of, struct err *err)
{
	(void)of;
	return here_know_keys(served->hsm, err);
}

bool
hsm_know_keys(struct hsm *hsm, struct err *err)
{
	return run_in_child(hsm, run_know_keys, err);
}

static bool
run_shows(struct served *served, void *of, struct err *err)
{
	struct args *args = of;

	return here_shows(served->hsm, args->text, &args->answer, err);
}

bool
hsm_shows(struct hsm *hsm, const char *label, bool *ret, struct err *err)
{
	struct args *args = args_of(hsm);

	if (!put_text(args, label, err) || !run_in_child(hsm, run_shows, err))
		return false;
	*ret = args->answer;
	return true;
}

/* Gives args->key. */
static bool
find(struct hsm *hsm, const char *label, const struct call *call,
    struct hsm_key *ret, struct err *err)
{
	struct args *args = args_of(hsm);

	return put_text(args, label, err) && hand_over(hsm, call, err) &&
	    take_key(&args->key, ret, err);
}

static bool
run_find(struct served *served, void *of, struct err *err)
{
	struct args *args = of;

	return here_find(served->hsm, args->text, &args->key, err);
}

bool
hsm_find(
    struct hsm *hsm, const char *label, struct hsm_key *ret, struct err *err)
{
	const struct call call = { .run = run_find, .key = label };

	return find(hsm, label, &call, ret, err);
}

/* The pin is the parent's: it is asked. */
static bool
ask_pin(const struct hsm_key *key, const void *of)
{
	struct served *served = (struct served *)(uintptr_t)of;
	struct args *args = (struct args *)(void *)served->channel->args;

	args->key = *key;
	return channel_ask(served);
}

static bool
answer_pin(void *of, const void *with)
{
	const struct args *args = of;
	const struct hsm_pin *pin = with;
	struct hsm_key key;
	struct err ignored;

	return take_key(&args->key, &key, &ignored) &&
	    pin->is_it(&key, pin->arg);
}

static bool
run_find_pinned(struct served *served, void *of, struct err *err)
{
	struct args *args = of;
	const struct hsm_pin pin = { ask_pin, served,
		args->has_known ? &args->known : NULL };
	struct hsm_key key;

	if (!(args->given ? here_find_published(
				served->hsm, args->text, &pin, &key, err)
			  : here_find_pinned(
				served->hsm, args->text, &pin, &key, err)))
		return false;
	args->key = key;
	return true;
}

static bool
find_pinned(struct hsm *hsm, const char *label, const struct hsm_pin *pin,
    bool published, struct hsm_key *ret, struct err *err)
{
	const struct call call = { .run = run_find_pinned,
		.key = label,
		.answer = answer_pin,
		.of = pin };
	struct args *args = args_of(hsm);

	args->given = published;
	args->has_known = pin->known != NULL;
	if (pin->known != NULL)
		args->known = *pin->known;
	return find(hsm, label, &call, ret, err);
}

bool
hsm_find_pinned(struct hsm *hsm, const char *label, const struct hsm_pin *pin,
    struct hsm_key *ret, struct err *err)
{
	return find_pinned(hsm, label, pin, false, ret, err);
}

bool
hsm_find_published(struct hsm *hsm, const char *label,
    const struct hsm_pin *pin, struct hsm_key *ret, struct err *err)
{
	return find_pinned(hsm, label, pin, true, ret, err);
}

static bool
run_can_sign(struct served *served, void *of, struct err *err)
{
	struct args *args = of;

	return here_can_sign(
	    served->hsm, &args->key, args->mechanism, args->given, err);
}

bool
hsm_can_sign(struct hsm *hsm, struct hsm_key *key, enum hsm_mechanism mechanism,
    bool hash_in_hsm, struct err *err)
{
	const struct call call = { .run = run_can_sign, .key = key->label };
	struct args *args = args_of(hsm);

	args->key = *key;
	args->mechanism = mechanism;
	args->given = hash_in_hsm;
	return hand_over(hsm, &call, err) && take_key(&args->key, key, err);
}

static bool
run_keygen(struct served *served, void *of, struct err *err)
{
	struct args *args = of;
	struct hsm_keygen what = args->keygen;

	what.label = args->text;
	what.id = args->given ? args->id : NULL;
	return here_keygen(served->hsm, &what, &args->key, err);
}

bool
hsm_keygen(struct hsm *hsm, const struct hsm_keygen *what, struct hsm_key *ret,
    struct err *err)
{
	const struct call call = {
		.run = run_keygen, .key = what->label, .patient = true
	};
	struct args *args = args_of(hsm);

	args->keygen = *what;
	args->given = what->id != NULL;
	if (what->id != NULL)
		memcpy(args->id, what->id, HSM_ID_SIZE);
	return find(hsm, what->label, &call, ret, err);
}

static bool
run_delete(struct served *served, void *of, struct err *err)
{
	const struct args *args = of;

	return here_delete(served->hsm, &args->key, err);
}

bool
hsm_delete(struct hsm *hsm, const struct hsm_key *key, struct err *err)
{
	const struct call call = { .run = run_delete, .key = key->label };

	args_of(hsm)->key = *key;
	return hand_over(hsm, &call, err);
}

/* --- Copies of keys. */

static bool
take_wrapped(
    const struct hsm_wrapped *from, struct hsm_wrapped *ret, struct err *err)
{
	struct hsm_wrapped wrapped;

	memcpy(&wrapped, from, sizeof(wrapped));
	if (wrapped.carrier_len > sizeof(wrapped.carrier) ||
	    wrapped.key_len > sizeof(wrapped.key))
		return err_set(err, E_HSM,
		    "the module's process answered what is no wrapped key");
	*ret = wrapped;
	return true;
}

static bool
run_takes_copies(struct served *served, void *of, struct err *err)
{
	const struct args *args = of;

	return here_takes_copies(
	    served->hsm, args->key.type, &args->wishes, err);
}

bool
hsm_takes_copies(struct hsm *hsm, enum hsm_key_type type,
    const struct hsm_wishes *wishes, struct err *err)
{
	/* A key is made. */
	const struct call call = { .run = run_takes_copies, .patient = true };
	struct args *args = args_of(hsm);

	args->key.type = type;
	args->wishes = *wishes;
	return hand_over(hsm, &call, err);
}

static bool
run_can_take_components(struct served *served, void *of, struct err *err)
{
	const struct args *args = of;

	return here_can_take_components(served->hsm, args->side, err);
}

bool
hsm_can_take_components(struct hsm *hsm, enum hsm_side side, struct err *err)
{
	args_of(hsm)->side = side;
	return run_in_child(hsm, run_can_take_components, err);
}

static bool
run_component(struct served *served, void *of, struct err *err)
{
	struct args *args = of;
	struct secrets *secrets = process_secrets(served->process);

	return here_component(served->hsm, args->side, secrets->component,
	    secrets->sum, args->check, args->whole, err);
}

bool
hsm_component(struct hsm *hsm, enum hsm_side side,
    const uint8_t component[COMPONENT_SIZE], uint8_t ret[HSM_CHECK_SIZE],
    uint8_t ret_whole[HSM_CHECK_SIZE], struct err *err)
{
	struct args *args = args_of(hsm);
	struct secrets *secrets = process_secrets(hsm->process);
	bool ok;

	args->side = side;
	memcpy(secrets->component, component, COMPONENT_SIZE);
	ok = run_in_child(hsm, run_component, err);
	explicit_bzero(secrets->component, COMPONENT_SIZE);
	if (!ok) {
		hsm_components_forget(hsm);
		return false;
	}
	memcpy(ret, args->check, HSM_CHECK_SIZE);
	memcpy(ret_whole, args->whole, HSM_CHECK_SIZE);
	return true;
}

void
hsm_components_forget(struct hsm *hsm)
{
	struct secrets *secrets = process_secrets(hsm->process);

	explicit_bzero(secrets->component, sizeof(secrets->component));
	explicit_bzero(secrets->sum, sizeof(secrets->sum));
}

static bool
run_can_backup(struct served *served, void *of, struct err *err)
{
	struct args *args = of;

	return here_can_backup(served->hsm, &args->key,
	    args->wrapped.carriage, &args->wrapped.how, err);
}

bool
hsm_can_backup(struct hsm *hsm, const struct hsm_key *key,
    enum hsm_carriage carriage, enum hsm_wrap *ret, struct err *err)
{
	const struct call call = { .run = run_can_backup, .key = key->label };
	struct args *args = args_of(hsm);
	struct hsm_wrapped wrapped = { 0 };

	args->key = *key;
	args->wrapped = (struct hsm_wrapped){ .carriage = carriage };
	if (!hand_over(hsm, &call, err) ||
	    !take_wrapped(&args->wrapped, &wrapped, err))
		return false;
	*ret = wrapped.how;
	return true;
}

/* Where the components are the key. */
static const uint8_t *
sum_of(const struct served *served, const struct args *args)
{
	return args->given ? process_secrets(served->process)->sum : NULL;
}

static bool
run_backup(struct served *served, void *of, struct err *err)
{
	struct args *args = of;

	return here_backup(served->hsm, &args->key, &args->other,
	    sum_of(served, args), &args->wrapped, err);
}

bool
hsm_backup(struct hsm *hsm, const struct hsm_key *key,
    const struct hsm_key *recipient, struct hsm_wrapped *ret, struct err *err)
{
	const struct call call = { .run = run_backup, .key = key->label };
	struct args *args = args_of(hsm);
	bool ok;

	args->key = *key;
	args->given = recipient == NULL;
	args->other = recipient == NULL ? *key : *recipient;
	ok = hand_over(hsm, &call, err) &&
	    take_wrapped(&args->wrapped, ret, err);
	hsm_components_forget(hsm);
	explicit_bzero(&args->wrapped, sizeof(args->wrapped));
	return ok;
}

static bool
run_restore(struct served *served, void *of, struct err *err)
{
	struct args *args = of;
	const struct hsm_restore what = { args->text, args->id, args->wishes,
		&args->other, args->given ? NULL : &args->transport,
		&args->wrapped };

	return here_restore(
	    served->hsm, &what, sum_of(served, args), &args->key, err);
}

bool
hsm_restore(struct hsm *hsm, const struct hsm_restore *what,
    struct hsm_key *ret, struct err *err)
{
	const struct call call = { .run = run_restore, .key = what->label };
	struct args *args = args_of(hsm);
	bool ok;

	memcpy(args->id, what->id, HSM_ID_SIZE);
	args->wishes = what->wishes;
	args->other = *what->public;
	args->given = what->transport == NULL;
	if (what->transport != NULL)
		args->transport = *what->transport;
	args->wrapped = *what->wrapped;
	ok = find(hsm, what->label, &call, ret, err);
	hsm_components_forget(hsm);
	explicit_bzero(&args->wrapped, sizeof(args->wrapped));
	return ok;
}

/* --- Signatures. */

static bool
run_sign(struct served *served, void *of, struct err *err)
{
	struct sign_args *args = of;

	return here_sign(served->hsm, &args->key, args->mechanism,
	    (struct bytes){ args->data, args->len }, args->signature,
	    &args->signature_len, err);
}

bool
hsm_sign(struct hsm *hsm, const struct hsm_key *key,
    enum hsm_mechanism mechanism, struct bytes data, uint8_t ret[SIGNATURE_MAX],
    size_t *ret_len, struct err *err)
{
	const struct call call = {
		.run = run_sign, .key = key->label, .patient = hsm->pin_each
	};
	struct sign_args *args = (struct sign_args *)(void *)hsm->channel->args;
	size_t len;

	if (data.len > hsm->channel->room - sizeof(*args))
		return err_set(err, E_HSM,
		    "key \"%s\": %zu octets are too many to be handed over "
		    "for one signature",
		    key->label, data.len);
	args->key = *key;
	args->mechanism = mechanism;
	args->len = data.len;
	if (data.len > 0)
		memcpy(args->data, data.data, data.len);
	if (!hand_over(hsm, &call, err))
		return false;
	len = args->signature_len;
	if (!take_count(len, SIGNATURE_MAX, err))
		return token_context(hsm, err);
	memcpy(ret, args->signature, len);
	*ret_len = len;
	return true;
}

static bool
run_worker_open(struct served *served, void *of, struct err *err)
{
	struct args *args = of;
	struct hsm *worker;

	if (!here_worker_open(served->hsm, &worker, err))
		return false;
	worker->channel = args->worker;
	if (channel_serve(served->process, args->worker, worker, err))
		return true;
	here_worker_close(worker);
	return false;
}

bool
hsm_worker_open(const struct hsm *hsm, struct hsm **ret, struct err *err)
{
	struct channel *channel = process_take_worker(hsm->process);
	struct hsm *worker = malloc(sizeof(*worker));

	if (channel == NULL || worker == NULL) {
		free(worker);
		return err_set(err, E_MEMORY, "no room for a further session");
	}
	args_of(hsm)->worker = channel;
	if (!run_in_child(hsm, run_worker_open, err)) {
		process_give_worker(hsm->process, channel);
		free(worker);
		return false;
	}
	*worker = *hsm;
	worker->channel = channel;
	*ret = worker;
	return true;
}

static bool
run_worker_close(struct served *served, void *args, struct err *err)
{
	(void)args;
	(void)err;
	here_worker_close(served->hsm);
	served->hsm = NULL;
	return true;
}

void
hsm_worker_close(struct hsm *worker)
{
	struct err ignored;

	if (worker == NULL)
		return;
	(void)run_in_child(worker, run_worker_close, &ignored);
	process_give_worker(worker->process, worker->channel);
	free(worker);
}
