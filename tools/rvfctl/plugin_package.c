// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <rvf/jail.h>
#include <rvf/manifest.h>

#include "elf_check.h"
#include "plugin_package.h"
#include "rvfctl.h"
#include "text.h"

/* Beside the guest's memory; threads beside those of vCPUs; as recipes have them */
#define MEMORY	(64ull << 20)
#define THREADS 16

/* Where the program interpreter and libraries are looked for */
static const char *const library_places[] = { "/lib", "/lib64", "/usr/lib", "/usr/lib64",
					      "/usr/local/lib" };

/* What the manifest says of the jail, as texts. */
struct jail_texts {
	char **texts;
	size_t count;
};

static void add_text(struct jail_texts *jail, char *text)
{
	jail->texts = xgrow(jail->texts, jail->count, sizeof(*jail->texts));
	jail->texts[jail->count++] = text;
}

/* A jail follows no symbolic link: so they are followed here. */
static int add_mount(struct jail_texts *jail, const char *source, const char *target, bool writable,
		     struct rvf_error *e)
{
	char *real = realpath(source, NULL);

	if (!real) {
		int err = errno;

		rvf_error_set(e, err, "jail-mount", "cannot give '%.200s' to the plugin", source);
		rvf_error_why(e, "%s", strerror(err));
		return -err;
	}
	add_text(jail, xprintf("mount=%s:%s:%s", real, target, writable ? "rw" : "ro"));
	free(real);
	return 0;
}

static int add_libraries(struct jail_texts *jail, struct rvf_error *e)
{
	int err = 0;

	for (size_t i = 0; i < sizeof(library_places) / sizeof(library_places[0]) && !err; i++) {
		if (!access(library_places[i], X_OK))
			err = add_mount(jail, library_places[i], library_places[i], false, e);
	}
	if (!err && !access("/etc/ld.so.cache", R_OK))
		err = add_mount(jail, "/etc/ld.so.cache", "/etc/ld.so.cache", false, e);
	return err;
}

/* A word for the manifest: what of the file's name can stand in one. */
static char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = xstrndup(slash ? slash + 1 : path, RVF_MAX_NAME - 1);

	for (char *c = name; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr("_-.", *c))
			*c = '-';
	}
	if (isalnum((unsigned char)*name))
		return name;
	free(name);
	return xstrdup("plugin");
}

/* Whether the program is dynamic; what no jail could execute is told. */
static int look_at(const char *path, bool *dynamic, struct rvf_error *e)
{
	const char *wrong, *hint;
	struct stat st;
	void *data;
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0 || fstat(fd, &st)) {
		err = errno;
		if (fd >= 0)
			close(fd);
		file_error(e, err, "read");
		return -err;
	}
	data = S_ISREG(st.st_mode) && st.st_size ?
		       mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) :
		       MAP_FAILED;
	close(fd);
	if (data == MAP_FAILED)
		return rvf_error_set(e, EINVAL, "bad-file", "it is no program");
	wrong = elf_check(data, st.st_size, dynamic, &hint);
	munmap(data, st.st_size);
	if (!wrong)
		return 0;
	rvf_error_set(e, ENOEXEC, "bad-file", "%s", wrong);
	rvf_error_hint(e, "%s", hint);
	return -ENOEXEC;
}

static int build(struct rvf_builder *builder, const struct plugin_package *package,
		 const char *name, const struct jail_texts *jail, bool dynamic, struct rvf_error *e)
{
	struct rvf_component_spec spec = {
		.name = name,
		.kind = RVF_COMPONENT_NATIVE,
		.source = RVF_M_NONE,
		.profile = package->profile,
		.restart = RVF_RESTART_NEVER,
		.restart_times = 1,
		.restart_window_ms = 1,
		.limit_pids = THREADS + package->vcpus,
		.limit_memory = MEMORY + (package->vcpus ? package->memory : 0),
		.limit_cpu = 1000 * (1 + package->vcpus),
		.vcpus = package->vcpus,
		.guest_memory = package->vcpus ? package->memory : 0,
		.relax = dynamic ? RVF_RELAX_TEXT | RVF_RELAX_ROOT : 0,
		.args = package->args,
		.n_args = package->n_args,
		.jail = (const char *const *)jail->texts,
		.n_jail = jail->count,
	};
	int segment = rvf_builder_segment(builder, RVF_SEG_IMAGE, package->path, e);

	if (segment < 0)
		return segment;
	spec.image = segment;
	segment = rvf_builder_component(builder, &spec);
	return segment < 0 ? segment : 0;
}

int plugin_package_write(const struct plugin_package *package, const char *file,
			 struct rvf_error *e)
{
	struct rvf_builder *builder = NULL;
	struct jail_texts jail = { 0 };
	bool dynamic = false;
	char *name = NULL;
	__u8 id[16];
	int err;

	err = look_at(package->path, &dynamic, e);
	if (!err && dynamic && package->profile != RVF_PROFILE_CROSVM) {
		err = rvf_error_set(e, EINVAL, "bad-file", "it is linked dynamically");
		rvf_error_why(e, "in profile strict there are no libraries");
		rvf_error_hint(e, "link it with -static, or take --profile crosvm");
	}
	for (size_t i = 0; i < package->n_mounts && !err; i++)
		err = add_mount(&jail, package->mounts[i].source, package->mounts[i].target,
				package->mounts[i].writable, e);
	if (!err && dynamic)
		err = add_libraries(&jail, e);
	if (!err && package->tap)
		add_text(&jail, xprintf("tap=%s", package->tap));
	if (!err && getrandom(id, sizeof(id), 0) != sizeof(id))
		err = rvf_error_system(e, errno, "no random number");
	if (!err) {
		name = name_of(package->path);
		builder = rvf_builder_new(id, name, 1, NULL);
		err = builder ? build(builder, package, name, &jail, dynamic, e) : -ENOMEM;
	}
	if (!err)
		err = rvf_builder_write(builder, file, e);
	if (err && e && !e->err)
		rvf_error_system(e, -err, "the package cannot be made");
	rvf_builder_free(builder);
	for (size_t i = 0; i < jail.count; i++)
		free(jail.texts[i]);
	free(jail.texts);
	free(name);
	return err;
}
