#include <stdio.h>
#include <string.h>

#include "ksr/document/xml/content.h"

#define WANTED_SIZE 128

static const struct element *
particle_choice(const struct particle *particle, const char *name)
{
	for (size_t i = 0; i < PARTICLE_CHOICES_MAX; i++) {
		const struct element *element = particle->choices[i];

		if (element != NULL && strcmp(element->name, name) == 0)
			return element;
	}
	return NULL;
}

static bool
element_holds(const struct element *element, const char *name)
{
	for (size_t i = 0; element->particles[i].max > 0; i++)
		if (particle_choice(&element->particles[i], name) != NULL)
			return true;
	return false;
}

/* "Signer or Key": what may come next, up to the first that must. */
static void
wanted_format(const struct content *content, char ret[WANTED_SIZE])
{
	const struct particle *particle =
	    &content->element->particles[content->particle];
	size_t count = content->count, len = 0;

	snprintf(ret, WANTED_SIZE, "an end tag");
	for (; particle->max > 0; particle++, count = 0) {
		for (size_t i = 0; i < PARTICLE_CHOICES_MAX; i++) {
			if (count == particle->max || len >= WANTED_SIZE ||
			    particle->choices[i] == NULL)
				break;
			len += (size_t)snprintf(ret + len, WANTED_SIZE - len,
			    "%s%s", len > 0 ? " or " : "",
			    particle->choices[i]->name);
		}
		if (count < particle->min)
			break;
	}
}

static bool
child_refuse(const struct content *content, const char *name, struct err *err)
{
	const struct particle *particle =
	    &content->element->particles[content->particle];
	const char *what = "unknown";
	char wanted[WANTED_SIZE];

	if (particle->max > 1 && content->count == particle->max &&
	    particle_choice(particle, name) != NULL)
		return err_set(err, E_INPUT, "more than %zu %s elements",
		    particle->max, name);
	if (element_holds(content->element, name))
		what = "repeated or misplaced";
	wanted_format(content, wanted);
	return err_set(err, E_INPUT, "%s element \"%.60s%s\", wanted %s", what,
	    name, strlen(name) > 60 ? "..." : "", wanted);
}

bool
content_child(struct content *content, const char *name,
    const struct element **ret, struct err *err)
{
	const struct particle *particles = content->element->particles;
	size_t at = content->particle, count = content->count;

	for (; particles[at].max > 0; at++, count = 0) {
		const struct element *child =
		    particle_choice(&particles[at], name);

		if (child != NULL && count < particles[at].max) {
			content->particle = at;
			content->count = count + 1;
			*ret = child;
			return true;
		}
		if (count < particles[at].min)
			break;
	}
	return child_refuse(content, name, err);
}

size_t
content_index(const struct content *content)
{
	const struct particle *particles = content->element->particles;

	return particles[content->particle].max > 1 ? content->count : 0;
}

bool
content_complete(const struct content *content, struct err *err)
{
	const struct particle *particles = content->element->particles;
	size_t at = content->particle, count = content->count;
	char wanted[WANTED_SIZE];

	for (; particles[at].max > 0; at++, count = 0) {
		if (count >= particles[at].min)
			continue;
		wanted_format(content, wanted);
		return err_set(err, E_INPUT, "ends without %s", wanted);
	}
	return true;
}
