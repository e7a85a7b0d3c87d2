#include <stdio.h>
#include <string.h>

#include "ksr/base/text.h"
#include "ksr/dns/pubkey.h"
#include "ksr/document/format.h"
#include "ksr/plan/plan_check.h"
#include "signer/record/json.h"
#include "signer/screen/screen.h"
#include "signer/show/plan_draw.h"
#include "signer/show/plan_show.h"

/* A response, and what its slots are judged by. */
struct shown {
	const struct plan_quarter *quarter;
	size_t response;
	const struct config *config;
	const struct schema *schema;
};

/* As it is called in answer to a request in the root's format. */
static void
file_of(const struct plan_quarter *quarter, size_t k,
    const struct config *config, char ret[PLAN_FILE_NAME_SIZE])
{
	plan_file_name(quarter, k, config->ksk_policy.signers_name,
	    format_of(KSR_XML)->suffix, ret);
}

static struct shown
shown_of(const struct plan *plan, const struct config *config, size_t i,
    size_t k)
{
	const struct plan_quarter *quarter = &plan->quarters[i];

	return (struct shown){ quarter, k, config,
		&quarter->responses[k].schema };
}

static size_t
octets_of(const struct shown *shown, size_t slot)
{
	return plan_slot_octets(
	    shown->quarter, shown->response, shown->config, slot);
}

/* The algorithms that sign the zone's data and have no ZSK in the slot. */
static uint32_t
beside(const struct shown *shown, size_t slot)
{
	return plan_zone_algorithms(shown->quarter, shown->response,
		   shown->config, slot) &
	    ~plan_zsk_algorithms(
		shown->quarter, shown->response, shown->config, slot);
}

/* The slots from first on that have the same keys and size. */
static size_t
last_alike(const struct shown *shown, size_t first)
{
	const struct schema *schema = shown->schema;
	const struct schema_slot *slots = schema->slots;
	size_t octets = octets_of(shown, first);
	size_t i = first + 1;

	while (i < schema->n_slots &&
	    slots[i].publish == slots[first].publish &&
	    slots[i].sign == slots[first].sign &&
	    slots[i].revoke == slots[first].revoke &&
	    beside(shown, i) == beside(shown, first) &&
	    octets_of(shown, i) == octets)
		i++;
	return i - 1;
}

/* "20326(Klajeyz)/S,38696(Kmyv6jo)/P", as the operator's table has it. */
static void
print_keys(const struct config *config, const struct schema_slot *slot)
{
	bool first = true;

	for (size_t i = 0; i < config->n_keys; i++) {
		const struct config_key *key = &config->keys[i];
		const char *role = plan_role(slot, UINT32_C(1) << i);
		char label[4 * sizeof(key->label)];

		if (role[0] == '\0')
			continue;
		text_printable(label, sizeof(label), key->label);
		printf("%s", first ? "" : ",");
		if (key->has_tag)
			printf("%u", key->tag);
		else
			printf("?");
		printf("(%s)/%s", label, role);
		first = false;
	}
}

/* "; the zone signed with ECDSAP256SHA256 too" */
static void
print_beside(uint32_t algorithms)
{
	const char *between = "; zone signed with ";

	for (uint8_t i = 0; i < 32; i++) {
		char name[ALGORITHM_TEXT_SIZE];

		if ((algorithms >> i & 1) == 0)
			continue;
		printf("%s%s", between, algorithm_text(i, name));
		between = ", ";
	}
	if (algorithms != 0)
		printf(" too");
}

static void
print_slots(const struct shown *shown)
{
	const struct schema *schema = shown->schema;
	enum screen_kind before = screen_set(SCREEN_ROWS);
	size_t last;

	for (size_t i = 0; i < schema->n_slots; i = last + 1) {
		char range[48];

		last = last_alike(shown, i);
		if (last == i)
			snprintf(range, sizeof(range), "%zu", i + 1);
		else
			snprintf(
			    range, sizeof(range), "%zu-%zu", i + 1, last + 1);
		printf("    %-9s  %6zu  ", range, octets_of(shown, i));
		print_keys(shown->config, &schema->slots[i]);
		print_beside(beside(shown, i));
		printf("\n");
	}
	screen_set(before);
}

static void
print_response(
    const struct plan *plan, const struct config *config, size_t i, size_t k)
{
	const struct plan_quarter *quarter = &plan->quarters[i];
	const struct plan_response *response = &quarter->responses[k];
	const struct shown shown = shown_of(plan, config, i, k);
	char file[PLAN_FILE_NAME_SIZE], next[PLAN_NEXT_TEXT_SIZE];

	file_of(quarter, k, config, file);
	plan_next_text(plan, i, k, next);
	printf("\n  %s%s, schema %s; %s\n    %s\n", k == 0 ? "" : "fallback ",
	    response->name, response->schema.name, next, file);
	if (k > 0 && plan_request_of(quarter, k) == k)
		printf("    answers a request of its own\n");
	printf("    Slots      Octets  KSK Tag(CKA_LABEL)\n");
	print_slots(&shown);
}

void
plan_print(const struct plan *plan, const struct config *config)
{
	printf("\n%s%sFallbacks may cost %u quarters in all\n",
	    plan->description, plan->description[0] == '\0' ? "" : "\n",
	    plan->delays);
	for (size_t i = 0; i < plan->n_quarters; i++) {
		char start[TIME_TEXT_SIZE];

		time_format(plan->quarters[i].start, start);
		printf("\n%s, %zu slots from %s\n", plan->quarters[i].name,
		    plan->n_slots, start);
		for (size_t k = 0; k < plan->quarters[i].n_responses; k++)
			print_response(plan, config, i, k);
	}
}

static json_t *
json_of_names(const struct config *config, uint32_t keys)
{
	json_t *list = json_array();

	for (size_t i = 0; i < config->n_keys; i++)
		if ((keys & (UINT32_C(1) << i)) != 0)
			json_array_append_new(
			    list, json_string(config->keys[i].name));
	return list;
}

static json_t *
json_of_algorithms(uint32_t algorithms)
{
	json_t *list = json_array();
	char name[ALGORITHM_TEXT_SIZE];

	for (uint8_t i = 0; i < 32; i++)
		if ((algorithms >> i & 1) != 0)
			json_array_append_new(
			    list, json_string(algorithm_text(i, name)));
	return list;
}

static json_t *
json_of_slots(const struct shown *shown)
{
	const struct schema *schema = shown->schema;
	const struct config *config = shown->config;
	json_t *list = json_array();

	for (size_t i = 0; i < schema->n_slots; i++) {
		const struct schema_slot *slot = &schema->slots[i];

		json_array_append_new(list,
		    json_pack("{s:I, s:o, s:o, s:o, s:I, s:o}", "slot",
			(json_int_t)i + 1, "publish",
			json_of_names(config, slot->publish), "sign",
			json_of_names(config, slot->sign), "revoke",
			json_of_names(config, slot->revoke), "octets",
			(json_int_t)octets_of(shown, i), "zone_signatures",
			json_of_algorithms(plan_zone_algorithms(shown->quarter,
			    shown->response, config, i))));
	}
	return list;
}

static json_t *
json_of_response(
    const struct plan *plan, const struct config *config, size_t i, size_t k)
{
	const struct plan_quarter *quarter = &plan->quarters[i];
	const struct plan_response *response = &quarter->responses[k];
	const struct shown shown = shown_of(plan, config, i, k);
	char file[PLAN_FILE_NAME_SIZE];

	file_of(quarter, k, config, file);
	return json_pack("{s:s, s:s, s:b, s:b, s:s, s:s?, s:I, s:o}", "name",
	    response->name, "schema", response->schema.name, "fallback", k > 0,
	    "own_request", k > 0 && plan_request_of(quarter, k) == k, "file", file, "next",
	    response->next == plan->n_quarters
		? NULL
		: plan->quarters[response->next].name,
	    "until", (json_int_t)response->until, "slots",
	    json_of_slots(&shown));
}

static json_t *
json_of_quarter(const struct plan *plan, const struct config *config, size_t i)
{
	json_t *responses = json_array();

	for (size_t k = 0; k < plan->quarters[i].n_responses; k++)
		json_array_append_new(
		    responses, json_of_response(plan, config, i, k));
	return json_pack("{s:s, s:o, s:o}", "name", plan->quarters[i].name,
	    "start", json_of_time(plan->quarters[i].start), "responses",
	    responses);
}

json_t *
plan_json_head(const struct planned *planned)
{
	return json_pack("{s:o, s:o, s:s, s:I, s:I}", "path",
	    json_of_text(planned->path), "sha256", json_of_sha256(planned->sha256), "description",
	    planned->plan->description, "delays",
	    (json_int_t)planned->plan->delays, "max_response_size",
	    (json_int_t)planned->plan->max_response_size);
}

json_t *
plan_json(const struct planned *planned, const struct config *config)
{
	json_t *quarters = json_array();

	for (size_t i = 0; i < planned->plan->n_quarters; i++)
		json_array_append_new(
		    quarters, json_of_quarter(planned->plan, config, i));
	return json_pack("{s:s, s:o, s:o}", "command", "plan show", "plan",
	    plan_json_head(planned), "quarters", quarters);
}
