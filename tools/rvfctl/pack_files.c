// SPDX-License-Identifier: GPL-2.0-only
/* The files that a recipe names. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf_check.h"
#include "pack_files.h"
#include "rvfctl.h"
#include "text.h"

char *recipe_path(const char *directory, const char *path)
{
	if (!directory || *path == '/')
		return xstrdup(path);
	return xprintf("%s/%s", directory, path);
}

static void complain_errno(struct complaints *all, const struct place *at, const char *path,
			   int err)
{
	struct rvf_error e;

	file_error(&e, err, "read");
	complain(all, at, "'%s' cannot be read: %s", path, e.why);
	if (err == ENOENT)
		advise(all, "build it first; paths are relative to the recipe");
}

int open_file(struct complaints *all, const struct place *at, const char *directory,
	      const char *said, uint64_t most, size_t *length)
{
	char *path = recipe_path(directory, said), size[UNIT_TEXT], limit[UNIT_TEXT];
	/* a FIFO must not make us wait for its writer */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat stat;

	free(path);
	if (fd < 0 || fstat(fd, &stat)) {
		complain_errno(all, at, said, errno);
	} else if (!S_ISREG(stat.st_mode)) {
		complain(all, at, "'%s' is not a regular file", said);
	} else if (!stat.st_size) {
		complain(all, at, "'%s' is empty", said);
	} else if ((uint64_t)stat.st_size > most) {
		complain(all, at, "'%s' has %s; %s are possible", said,
			 size_text(stat.st_size, size), size_text(most, limit));
	} else {
		*length = stat.st_size;
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

static void check_elf(const struct recipe_component *one, const char *directory,
		      struct complaints *all)
{
	const char *wrong, *hint;
	size_t length;
	void *data;
	int fd;

	fd = open_file(all, &one->elf_at, directory, one->elf, RVF_MAX_IMAGE_BYTES, &length);
	if (fd < 0)
		return;
	data = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (data == MAP_FAILED) {
		complain_errno(all, &one->elf_at, one->elf, errno);
		return;
	}
	wrong = elf_check(data, length, NULL, &hint);
	munmap(data, length);
	if (wrong) {
		complain(all, &one->elf_at, "'%s' cannot be executed in a jail: %s", one->elf,
			 wrong);
		advise(all, "%s", hint);
	}
}

void check_files(struct recipe *recipe, const char *directory, struct complaints *all)
{
	const struct recipe_region *region;
	size_t length, i;
	int fd;

	for (i = 0; i < recipe->n_components; i++) {
		check_elf(&recipe->components[i], directory, all);
		complete_jail(&recipe->components[i], directory, all);
	}
	for (i = 0; i < recipe->n_regions; i++) {
		region = &recipe->regions[i];
		if (!region->file)
			continue;
		fd = open_file(all, &region->file_at, directory, region->file, RVF_MAX_REGION_BYTES,
			       &length);
		if (fd >= 0)
			close(fd);
	}
}
