// SPDX-License-Identifier: LGPL-2.1-or-later
/* Collecting what a package will hold. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <rvf/manifest.h>
#include "builder.h"
#include "sha256.h"

/* More of anything than the parser would take; it says so by name. */
#define BUILD_MAX 20000

/* Room for one more, zeroed, at the end of an array. */
static void *more(void *array, size_t *count, size_t size)
{
	char *grown;

	if (*count >= BUILD_MAX)
		return NULL;
	grown = realloc(array, (*count + 1) * size);
	if (!grown)
		return NULL;
	memset(grown + *count * size, 0, size);
	++*count;
	return grown;
}

#define MORE(b, what)                                                               \
	({                                                                          \
		void *grown_ = more((b)->what, &(b)->n_##what, sizeof(*(b)->what)); \
		if (grown_)                                                         \
			(b)->what = grown_;                                         \
		grown_ ? &(b)->what[(b)->n_##what - 1] : NULL;                      \
	})

struct rvf_builder *rvf_builder_new(const __u8 id[16], const char *name, __u64 version,
				    const char *release)
{
	struct rvf_builder *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	memcpy(b->id, id, sizeof(b->id));
	b->name = strdup(name);
	b->version = version;
	b->release = strdup(release ? release : "");
	if (!b->name || !b->release) {
		rvf_builder_free(b);
		return NULL;
	}
	return b;
}

void rvf_builder_free(struct rvf_builder *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n_segments; i++)
		free(b->segments[i].path);
	for (size_t i = 0; i < b->n_components; i++) {
		free(b->components[i].name);
		free(b->components[i].args);
		free(b->components[i].jail);
	}
	for (size_t i = 0; i < b->n_regions; i++)
		free(b->regions[i].name);
	for (size_t i = 0; i < b->n_queues; i++) {
		free(b->queues[i].name);
		free(b->queues[i].type);
	}
	free(b->segments);
	free(b->components);
	free(b->deps);
	free(b->regions);
	free(b->queues);
	free(b->grants);
	free(b->name);
	free(b->release);
	free(b);
}

static int hash_file(const char *path, __u64 *length, __u8 *digest, struct rvf_error *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	int err = 0;

	if (fd < 0)
		return rvf_error_system(e, errno, "cannot open %s", path);
	if (fstat(fd, &st)) {
		err = rvf_error_system(e, errno, "cannot open %s", path);
	} else if (!S_ISREG(st.st_mode)) {
		err = rvf_error_set(e, EINVAL, "bad-file", "%s is no regular file", path);
	} else {
		*length = st.st_size;
		err = rvf_sha256_file(fd, 0, *length, digest);
		if (err)
			err = rvf_error_system(e, -err, "cannot read %s", path);
	}
	close(fd);
	return err;
}

int rvf_builder_segment(struct rvf_builder *b, __u32 type, const char *path, struct rvf_error *e)
{
	struct build_segment *s;
	__u8 digest[RVF_DIGEST_LEN];
	__u64 length = 0;
	char *copy;
	int err;

	for (size_t i = 0; i < b->n_segments; i++)
		if (b->segments[i].type == type && !strcmp(b->segments[i].path, path))
			return i;
	err = hash_file(path, &length, digest, e);
	if (err)
		return err;
	copy = strdup(path);
	s = copy ? MORE(b, segments) : NULL;
	if (!s) {
		free(copy);
		return rvf_error_system(e, ENOMEM, "cannot add %s", path);
	}
	s->type = type;
	s->path = copy;
	s->length = length;
	memcpy(s->digest, digest, sizeof(digest));
	return b->n_segments - 1;
}

__u64 rvf_builder_segment_length(const struct rvf_builder *b, __u32 segment)
{
	return segment < b->n_segments ? b->segments[segment].length : 0;
}

/* Texts back to back, each with its NUL. */
static int join(char **all, size_t *length, const char *const *texts, size_t count)
{
	char *at;

	for (size_t i = 0; i < count; i++)
		*length += strlen(texts[i]) + 1;
	if (!*length)
		return 0;
	at = *all = malloc(*length);
	if (!at)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		at = stpcpy(at, texts[i]) + 1;
	return 0;
}

int rvf_builder_component(struct rvf_builder *b, const struct rvf_component_spec *spec)
{
	struct build_component *c = MORE(b, components);

	if (!c)
		return -ENOMEM;
	c->spec = *spec;
	c->spec.args = NULL;
	c->spec.jail = NULL;
	c->n_args = spec->n_args;
	c->name = strdup(spec->name);
	if (!c->name || join(&c->args, &c->args_length, spec->args, spec->n_args) ||
	    join(&c->jail, &c->jail_length, spec->jail, spec->n_jail))
		return -ENOMEM;
	return b->n_components - 1;
}

int rvf_builder_dependency(struct rvf_builder *b, __u32 component, __u32 needs)
{
	struct build_dep *d = MORE(b, deps);

	if (!d)
		return -ENOMEM;
	d->component = component;
	d->needs = needs;
	return b->n_deps - 1;
}

static int add_region(struct rvf_builder *b, const char *name, __u32 policy, __u32 segment,
		      __u64 size, __u32 slots)
{
	struct build_region *r = MORE(b, regions);

	if (!r)
		return -ENOMEM;
	r->name = strdup(name);
	r->policy = policy;
	r->segment = segment;
	r->size = size;
	r->slots = slots;
	return r->name ? (int)b->n_regions - 1 : -ENOMEM;
}

int rvf_builder_immutable(struct rvf_builder *b, const char *name, __u32 segment)
{
	return add_region(b, name, RVF_REGION_IMMUTABLE, segment,
			  rvf_builder_segment_length(b, segment), 0);
}

int rvf_builder_append_only(struct rvf_builder *b, const char *name, __u64 size)
{
	return add_region(b, name, RVF_REGION_APPEND_ONLY, RVF_M_NONE, size, 0);
}

int rvf_builder_slab(struct rvf_builder *b, const char *name, __u32 slots, __u64 slot_size)
{
	return add_region(b, name, RVF_REGION_SLAB, RVF_M_NONE, slots * slot_size, slots);
}

int rvf_builder_queue(struct rvf_builder *b, const char *name, __u32 slots, __u32 message_size,
		      const char *type)
{
	struct build_queue *q = MORE(b, queues);

	if (!q)
		return -ENOMEM;
	q->name = strdup(name);
	q->slots = slots;
	q->message_size = message_size;
	q->type = strdup(type ? type : "");
	return q->name && q->type ? (int)b->n_queues - 1 : -ENOMEM;
}

int rvf_builder_ring(struct rvf_builder *b, const char *name, __u32 slots, __u32 message_size,
		     const char *type)
{
	int index = rvf_builder_queue(b, name, slots, message_size, type);

	if (index >= 0)
		b->queues[index].flags = RVF_QUEUE_RING;
	return index;
}

int rvf_builder_grant(struct rvf_builder *b, __u32 component, __u32 kind, __u32 object,
		      __u32 rights, __u64 badge)
{
	struct build_grant *g = MORE(b, grants);

	if (!g)
		return -ENOMEM;
	*g = (struct build_grant){ component, kind, object, rights, badge };
	return b->n_grants - 1;
}

__u32 rvf_type_id(const char *text)
{
	__u8 digest[RVF_DIGEST_LEN];
	__u32 id;

	if (!text || !*text || rvf_sha256(text, strlen(text), digest))
		return 0;
	memcpy(&id, digest, sizeof(id));
	return le32toh(id);
}
