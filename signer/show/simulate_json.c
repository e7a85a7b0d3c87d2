#include <stdio.h>
#include <string.h>

#include "signer/foresight/simulating.h"
#include "signer/record/json.h"

enum part { PUBLISHED, SIGNING, REVOKED, ZSKS };

/* A key's name: its tag, and more of it where two keys share one. */
#define KEY_NAME_SIZE 24
static void
key_name(const struct timeline *timeline, size_t index, char ret[KEY_NAME_SIZE])
{
	const struct timeline_key *key = &timeline->keys[index];
	bool clashes = false;

	for (size_t i = 0; i < timeline->n_keys; i++)
		clashes |= i != index && timeline->keys[i].tag == key->tag;
	if (clashes)
		snprintf(ret, KEY_NAME_SIZE, "%u-%02x%02x%02x%02x", key->tag,
		    key->ds[0], key->ds[1], key->ds[2], key->ds[3]);
	else
		snprintf(ret, KEY_NAME_SIZE, "%u", key->tag);
}

static bool
has_part(const struct bundle *bundle, const struct dnskey *key, enum part part)
{
	bool ksk = (key->flags & DNSKEY_FLAG_SEP) != 0;

	switch (part) {
	case PUBLISHED:
		return ksk;
	case REVOKED:
		return (key->flags & DNSKEY_FLAG_REVOKE) != 0;
	case SIGNING:
		for (size_t i = 0; i < bundle->n_signatures; i++)
			if (bundle->signatures[i].tag == key->tag &&
			    bundle->signatures[i].algorithm ==
				key->algorithm &&
			    strcmp(bundle->signatures[i].identifier,
				key->identifier) == 0)
				return true;
		return false;
	case ZSKS:
		return !ksk;
	}
	return false;
}

/* Tags as they stand in the RRset: a revoked key has another than before. */
static json_t *
json_of_tags(const struct bundle *bundle, enum part part)
{
	json_t *list = json_array();

	for (size_t i = 0; i < bundle->n_keys; i++)
		if (has_part(bundle, &bundle->keys[i], part))
			json_array_append_new(
			    list, json_integer(bundle->keys[i].tag));
	return list;
}

static json_t *
json_of_slot(const struct timeline_slot *slot)
{
	const struct bundle *bundle = slot->bundle;

	return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
			 "s:I}",
	    "response", (json_int_t)slot->part + 1, "slot",
	    (json_int_t)slot->slot + 1, "inception",
	    json_of_time(bundle->inception), "expiration",
	    json_of_time(bundle->expiration), "from", json_of_time(slot->from),
	    "until", json_of_time(slot->until), "published",
	    json_of_tags(bundle, PUBLISHED), "signing",
	    json_of_tags(bundle, SIGNING), "revoked",
	    json_of_tags(bundle, REVOKED), "zsks", json_of_tags(bundle, ZSKS),
	    "octets", (json_int_t)slot->octets);
}

static json_t *
json_of_history(const struct validator_run *run, size_t key)
{
	json_t *list = json_array();

	for (size_t i = 0; i < run->n_events; i++) {
		const struct validator_event *event = &run->events[i];

		if (event->key == key)
			json_array_append_new(list,
			    json_pack("{s:o, s:s, s:s}", "at",
				json_of_time(event->at), "from",
				rfc5011_state_text(event->from), "to",
				rfc5011_state_text(event->to)));
	}
	return list;
}

static json_t *
json_of_keys(const struct timeline *timeline, const struct validator_run *run)
{
	json_t *keys = json_object();
	char name[KEY_NAME_SIZE];

	for (size_t i = 0; i < timeline->n_keys; i++) {
		const struct timeline_key *key = &timeline->keys[i];

		key_name(timeline, i, name);
		json_object_set_new(keys, name,
		    json_pack("{s:s, s:i, s:o, s:s, s:o}", "key_identifier",
			key->key->identifier, "key_tag", key->tag, "ds_sha256",
			json_of_sha256(key->ds), "state",
			rfc5011_state_text(validator_state(
			    run, timeline->n_slots - 1, i)),
			"history", json_of_history(run, i)));
	}
	return keys;
}

static json_t *
json_of_time_if(bool there, int64_t time)
{
	return there ? json_of_time(time) : json_null();
}

static json_t *
json_of_failures(
    const struct timeline *timeline, const struct validator_run *run)
{
	json_t *list = json_array();

	for (size_t i = 0; i < run->n_failures; i++) {
		const struct validator_failure *f = &run->failures[i];
		const struct timeline_slot *slot = &timeline->slots[f->slot];

		json_array_append_new(list,
		    json_pack("{s:o, s:I, s:I, s:o, s:o}", "fails_at",
			json_of_time(f->at), "response",
			(json_int_t)slot->part + 1, "slot",
			(json_int_t)slot->slot + 1, "hidden_until",
			json_of_time_if(f->hidden, f->hidden_until),
			"recovers_at",
			json_of_time_if(f->recovers, f->recovers_at)));
	}
	return list;
}

static json_t *
json_of_off(const struct resolver *resolver)
{
	json_t *list = json_array();

	for (size_t i = 0; i < resolver->n_off; i++)
		json_array_append_new(list,
		    json_pack("{s:o, s:o}", "from",
			json_of_time(resolver->off[i].from), "until",
			json_of_time(resolver->off[i].until)));
	return list;
}

static json_t *
json_of_anchors(const struct simulated *one)
{
	json_t *list = json_array();

	for (size_t i = 0; i < one->resolver.n_anchors; i++)
		json_array_append_new(
		    list, json_integer(one->anchors[i].tag));
	return list;
}

static json_t *
json_of_ds(const struct simulated *one)
{
	json_t *list = json_array();

	for (size_t i = 0; i < one->args.n_ds; i++) {
		const struct resolver_ds *ds = &one->args.ds[i];

		json_array_append_new(list,
		    json_pack("{s:s, s:o, s:o}", "key", ds->key, "from",
			json_of_time(ds->from), "until",
			json_of_time_if(ds->until != INT64_MAX, ds->until)));
	}
	return list;
}

static json_t *
json_of_resolver(const struct timeline *timeline, const struct simulated *one)
{
	const struct validator_run *run = &one->run;
	const struct validator_failure none = { 0 };
	const struct validator_failure *first =
	    run->n_failures > 0 ? &run->failures[0] : &none;
	bool fails = run->n_failures > 0;

	json_t *json = json_pack(
	    "{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "resolver", one->args.kind, "name", one->args.name, "anchors",
	    json_of_anchors(one), "start", json_of_time(one->resolver.start),
	    "off", json_of_off(&one->resolver), "fails_at",
	    json_of_time_if(fails, first->at), "hidden_until",
	    json_of_time_if(first->hidden, first->hidden_until), "recovers_at",
	    json_of_time_if(first->recovers, first->recovers_at), "failures",
	    json_of_failures(timeline, run), "keys",
	    json_of_keys(timeline, run));

	if (one->args.n_ds > 0) {
		json_object_set_new(json, "ds", json_of_ds(one));
		json_object_set_new(
		    json, "lag_s", json_integer(one->args.lag_s));
	}
	return json;
}

static json_t *
json_of_outcomes(const struct timeline *timeline, const struct simulated *one)
{
	json_t *list = json_array();
	char name[KEY_NAME_SIZE];

	for (size_t i = 0; i < timeline->n_slots; i++) {
		json_t *states = json_object();

		for (size_t k = 0; k < timeline->n_keys; k++) {
			key_name(timeline, k, name);
			json_object_set_new(states, name,
			    json_string(rfc5011_state_text(
				validator_state(&one->run, i, k))));
		}
		json_array_append_new(list,
		    json_pack("{s:s, s:o}", "outcome",
			validator_outcome_text(one->run.outcomes[i]), "states",
			states));
	}
	return list;
}

json_t *
simulate_json_results(const struct simulating *simulating)
{
	json_t *list = json_array();

	for (size_t i = 0; i < simulating->n_resolvers; i++)
		json_array_append_new(list,
		    json_of_resolver(&simulating->timeline,
			&simulating->resolvers[i]));
	return list;
}

json_t *
simulate_json(const struct simulating *simulating)
{
	const struct timeline *timeline = &simulating->timeline;
	json_t *responses = json_array(), *slots = json_array();
	json_t *resolvers = simulate_json_results(simulating);
	char zone[DNAME_TEXT_MAX + 1];

	for (size_t i = 0; i < simulating->n_documents; i++) {
		json_t *one = json_of_document(&simulating->documents[i]);

		if (simulating->parts[i].takes_over)
			json_object_set_new(one, "takes_over_at",
			    json_of_time(simulating->parts[i].from));
		json_array_append_new(responses, one);
	}
	for (size_t i = 0; i < timeline->n_slots; i++)
		json_array_append_new(slots, json_of_slot(&timeline->slots[i]));
	for (size_t i = 0; i < simulating->n_resolvers; i++)
		json_object_set_new(json_array_get(resolvers, i), "slots",
		    json_of_outcomes(timeline, &simulating->resolvers[i]));
	dname_text(&timeline->owner, zone);
	return json_pack("{s:s, s:s, s:o, s:o, s:o}", "command", "simulate",
	    "zone", zone, "responses", responses, "slots", slots, "resolvers",
	    resolvers);
}
