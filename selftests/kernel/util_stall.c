// SPDX-License-Identifier: GPL-2.0-only
/* Pointers that make the kernel wait: userfaultfd. */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util_stall.h"

void stall_begin(struct stall *stall)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	stall->uffd = must(syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK));
	must(ioctl(stall->uffd, UFFDIO_API, &api));
	stall->page = must(mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	range.range.start = (uintptr_t)stall->page;
	range.range.len = page_size();
	must(ioctl(stall->uffd, UFFDIO_REGISTER, &range));
}

bool stall_hit(struct stall *stall, int ms)
{
	struct uffd_msg message;

	return poll_for(stall->uffd, POLLIN, ms) &&
	       read(stall->uffd, &message, sizeof(message)) == sizeof(message) &&
	       message.event == UFFD_EVENT_PAGEFAULT;
}

void stall_release(struct stall *stall, uint8_t byte)
{
	static uint8_t bytes[1 << 16];
	struct uffdio_copy copy = {
		.dst = (uintptr_t)stall->page,
		.src = (uintptr_t)bytes,
		.len = page_size(),
	};

	memset(bytes, byte, page_size());
	must(ioctl(stall->uffd, UFFDIO_COPY, &copy));
}

void stall_end(struct stall *stall)
{
	close(stall->uffd);
	munmap(stall->page, page_size());
}
