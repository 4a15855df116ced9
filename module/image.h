/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVF_IMAGE_H
#define RVF_IMAGE_H

#include <linux/fs.h>
#include "rvf.h"

struct rvf_segment_reader;

int rvf_image_setup(void);
void rvf_image_cleanup(void);
struct file *rvf_image_create(const char *name, u32 name_len,
			      struct rvf_segment_reader *reader);
void rvf_image_destroy(struct file *image);
struct file *rvf_image_open(struct file *image);
bool rvf_is_shmem(const struct file *file);

#endif /* RVF_IMAGE_H */
