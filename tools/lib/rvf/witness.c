// SPDX-License-Identifier: LGPL-2.1-or-later
/* The witness: read from the kernel, written to files and read again. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <rvf/witness.h>

/* What one command reads at most */
#define CHUNK	 65536
#define FILE_MAX ((off_t)1 << 31)

static int from_kernel(struct rvf_error *e)
{
	int err = errno;

	rvf_error_from_kernel(e, err, RVF_REASON_NONE, 0);
	return -err;
}

static int read_some(int ctl, struct rvf_witness_log *log, struct rvf_witness_read *cmd)
{
	__u8 *grown = realloc(log->bytes, log->length + CHUNK);

	if (!grown)
		return -ENOMEM;
	log->bytes = grown;
	*cmd = (struct rvf_witness_read){
		.size = sizeof(*cmd),
		.sequence = log->next,
		.buffer = (__u64)(unsigned long)(grown + log->length),
		.length = CHUNK,
	};
	return ioctl(ctl, RVF_WITNESS_READ, cmd) ? -errno : 0;
}

int rvf_witness_read(int ctl, __u64 from, struct rvf_witness_log *log, struct rvf_error *e)
{
	struct rvf_witness_read cmd;
	int err;

	*log = (struct rvf_witness_log){ .first = from, .next = from };
	do {
		err = read_some(ctl, log, &cmd);
		if (err == -ESTALE) {
			/* The oldest ones went before we came to them: begin again. */
			log->length = 0;
			log->first = cmd.out_first;
			log->next = cmd.out_first;
			continue;
		}
		if (err) {
			free(log->bytes);
			log->bytes = NULL;
			errno = -err;
			return from_kernel(e);
		}
		log->length += cmd.length;
		log->next += cmd.out_count;
	} while (err || log->next != cmd.out_next);
	log->lost = cmd.out_lost;
	memcpy(log->head, cmd.out_head, sizeof(log->head));
	return 0;
}

int rvf_witness_mark(int ctl, const struct rvf_witness_log *log, struct rvf_error *e)
{
	struct rvf_witness_mark cmd = { .size = sizeof(cmd), .sequence = log->next - 1 };

	memcpy(cmd.hash, log->head, sizeof(cmd.hash));
	return ioctl(ctl, RVF_WITNESS_MARK, &cmd) ? from_kernel(e) : 0;
}

static int write_all(int fd, const void *data, size_t length)
{
	const char *at = data;

	while (length) {
		ssize_t done = write(fd, at, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		at += done;
		length -= done;
	}
	return 0;
}

int rvf_witness_save(const struct rvf_witness_log *log, const char *path, struct rvf_error *e)
{
	struct rvf_witness_file file = {
		.first = htole64(log->first),
		.next = htole64(log->next),
		.lost = htole64(log->lost),
	};
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), err;

	if (fd < 0)
		return rvf_error_system(e, errno, "%s cannot be made", path);
	memcpy(file.magic, RVF_WITNESS_MAGIC, sizeof(file.magic));
	memcpy(file.head, log->head, sizeof(file.head));
	err = write_all(fd, &file, sizeof(file));
	if (!err)
		err = write_all(fd, log->bytes, log->length);
	if (!err && fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	if (err) {
		unlink(path);
		return rvf_error_system(e, -err, "%s cannot be written", path);
	}
	return 0;
}

static int read_all(int fd, void *data, size_t length)
{
	char *at = data;

	while (length) {
		ssize_t done = read(fd, at, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done ? -errno : -EIO;
		at += done;
		length -= done;
	}
	return 0;
}

static int load_fd(struct rvf_witness_log *log, int fd, struct rvf_error *e)
{
	struct rvf_witness_file file;
	struct stat st;

	if (fstat(fd, &st))
		return rvf_error_system(e, errno, "it cannot be read");
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(file) || st.st_size > FILE_MAX ||
	    read_all(fd, &file, sizeof(file)) ||
	    memcmp(file.magic, RVF_WITNESS_MAGIC, sizeof(file.magic)))
		return rvf_error_set(e, EBADMSG, "malformed", "this is no file of the witness");
	log->first = le64toh(file.first);
	log->next = le64toh(file.next);
	log->lost = le64toh(file.lost);
	memcpy(log->head, file.head, sizeof(log->head));
	log->length = st.st_size - sizeof(file);
	log->bytes = malloc(log->length + 1);
	if (!log->bytes)
		return rvf_error_system(e, ENOMEM, "it cannot be read");
	if (read_all(fd, log->bytes, log->length)) {
		free(log->bytes);
		log->bytes = NULL;
		return rvf_error_system(e, EIO, "it cannot be read");
	}
	return 0;
}

int rvf_witness_load(struct rvf_witness_log *log, const char *path, struct rvf_error *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	*log = (struct rvf_witness_log){ 0 };
	if (fd < 0)
		return rvf_error_system(e, errno, "%s cannot be opened", path);
	err = load_fd(log, fd, e);
	close(fd);
	return err;
}
