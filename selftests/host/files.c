// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "files.h"

static char directory[64];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void remove_directory(void)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(directory);
}

const char *test_path(const char *name)
{
	static char paths[16][PATH_MAX];
	static unsigned int turn;
	char *path = paths[turn++ % 16];

	if (!*directory) {
		strcpy(directory, "/tmp/rvf-host-XXXXXX");
		if (!mkdtemp(directory))
			die("mkdtemp");
		atexit(remove_directory);
	}
	snprintf(path, PATH_MAX, "%s/%s", directory, name);
	return path;
}

static void write_whole(int fd, const void *data, size_t length)
{
	const char *from = data;

	while (length) {
		ssize_t n = write(fd, from, length);

		if (n <= 0)
			die("write");
		from += n;
		length -= n;
	}
}

const char *test_file(const char *name, const void *data, size_t length)
{
	const char *path = test_path(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		die(path);
	write_whole(fd, data, length);
	close(fd);
	return path;
}

unsigned char *read_whole(const char *path, size_t *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char *data;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		die(path);
	data = malloc(st.st_size ? st.st_size : 1);
	if (!data || read(fd, data, st.st_size) != st.st_size)
		die(path);
	close(fd);
	*length = st.st_size;
	return data;
}

void memory_file_open(struct memory_file *file)
{
	file->fd = memfd_create("rvf-test", MFD_CLOEXEC);
	if (file->fd < 0)
		die("memfd_create");
	snprintf(file->path, sizeof(file->path), "/proc/self/fd/%d", file->fd);
}

void memory_file_set(struct memory_file *file, const void *data, size_t length)
{
	if (ftruncate(file->fd, 0) || lseek(file->fd, 0, SEEK_SET))
		die("memfd");
	write_whole(file->fd, data, length);
}

void memory_file_close(struct memory_file *file)
{
	close(file->fd);
}
