// SPDX-License-Identifier: GPL-2.0-only
/*
 * In its jail a program finds no interpreter and no library, and the kernel
 * binds no task with executable memory besides its image. What would fail
 * there is told here.
 */
#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "elf_check.h"

struct image {
	const unsigned char *data;
	size_t length;
	Elf64_Ehdr head;
};

static bool part(const struct image *image, uint64_t offset, void *to, size_t bytes)
{
	if (offset > image->length || image->length - offset < bytes)
		return false;
	memcpy(to, image->data + offset, bytes);
	return true;
}

static bool program_header(const struct image *image, unsigned int index, Elf64_Phdr *header)
{
	uint64_t offset = (uint64_t)index * sizeof(*header);

	return !__builtin_add_overflow(offset, image->head.e_phoff, &offset) &&
	       part(image, offset, header, sizeof(*header));
}

static bool needs_libraries(const struct image *image, const Elf64_Phdr *dynamic)
{
	Elf64_Dyn entry;
	uint64_t at;

	for (at = 0; at + sizeof(entry) <= dynamic->p_filesz; at += sizeof(entry)) {
		if (!part(image, dynamic->p_offset + at, &entry, sizeof(entry)) ||
		    entry.d_tag == DT_NULL)
			break;
		if (entry.d_tag == DT_NEEDED)
			return true;
	}
	return false;
}

static const char *check_segments(const struct image *image, bool *dynamic, const char **hint)
{
	Elf64_Phdr header;
	bool entered = false;
	unsigned int i;

	for (i = 0; i < image->head.e_phnum; i++) {
		if (!program_header(image, i, &header)) {
			*hint = "link it again";
			return "it is cut off";
		}
		if (header.p_type == PT_INTERP ||
		    (header.p_type == PT_DYNAMIC && needs_libraries(image, &header))) {
			if (!dynamic) {
				*hint = "link it with -static";
				return "it is linked dynamically";
			}
			*dynamic = true;
		}
		if (header.p_type == PT_GNU_STACK && header.p_flags & PF_X) {
			*hint = "link it with -z noexecstack";
			return "it wants an executable stack";
		}
		if (header.p_type != PT_LOAD)
			continue;
		if (header.p_offset > image->length ||
		    image->length - header.p_offset < header.p_filesz) {
			*hint = "link it again";
			return "it is cut off";
		}
		if (header.p_flags & PF_X && image->head.e_entry >= header.p_vaddr &&
		    image->head.e_entry - header.p_vaddr < header.p_filesz)
			entered = true;
	}
	if (entered)
		return NULL;
	*hint = "link it as a program, with -static";
	return "it is no program: nothing begins at its entry point";
}

const char *elf_check(const void *data, size_t length, bool *dynamic, const char **hint)
{
	struct image image = { .data = data, .length = length };

	*hint = "link it for x86-64, with -static";
	if (length < SELFMAG || memcmp(data, ELFMAG, SELFMAG))
		return "it is not an ELF file";
	if (!part(&image, 0, &image.head, sizeof(image.head)))
		return "it is cut off";
	if (image.head.e_ident[EI_CLASS] != ELFCLASS64 ||
	    image.head.e_ident[EI_DATA] != ELFDATA2LSB || image.head.e_machine != EM_X86_64)
		return "it is not for x86-64";
	if ((image.head.e_type != ET_EXEC && image.head.e_type != ET_DYN) ||
	    image.head.e_phentsize != sizeof(Elf64_Phdr) || !image.head.e_phnum)
		return "it is not linked into a program";
	return check_segments(&image, dynamic, hint);
}
