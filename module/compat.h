/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that rvf builds on, and nothing else.
 * Each entry says which kernels have what; the rest of the module is written
 * for the newer form.
 */
#ifndef RVF_COMPAT_H
#define RVF_COMPAT_H

#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/uio.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
/* 6.3: vm_flags became read-only for everybody else. */
static inline void vm_flags_mod(struct vm_area_struct *vma, vm_flags_t set,
				vm_flags_t clear)
{
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
/* 6.4: import_single_range() lost its iovec and became import_ubuf(). */
static inline int rvf_import_ubuf(int direction, void __user *buf, size_t len,
				  struct iovec *iov, struct iov_iter *iter)
{
	return import_single_range(direction, buf, len, iov, iter);
}
#else
static inline int rvf_import_ubuf(int direction, void __user *buf, size_t len,
				  struct iovec *iov, struct iov_iter *iter)
{
	return import_ubuf(direction, buf, len, iter);
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
/* 6.5: copy_splice_read(). The old one copies too, since rvf's read_iter does. */
#define rvf_splice_read generic_file_splice_read
#else
#define rvf_splice_read copy_splice_read
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
/* 6.8: close_fd_get_file() became file_close_fd(). */
#define rvf_take_fd close_fd_get_file
#else
#define rvf_take_fd file_close_fd
#endif

#endif /* RVF_COMPAT_H */
