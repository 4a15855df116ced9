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

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
/* 6.12: <linux/unaligned.h>. */
#include <asm/unaligned.h>
#else
#include <linux/unaligned.h>
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
/* 6.3: vm_flags became read-only for everybody else. */
static inline void vm_flags_mod(struct vm_area_struct *vma, vm_flags_t set,
				vm_flags_t clear)
{
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
/* 6.6: genl_info_dump(). */
#define rvf_dump_attrs(cb) (genl_dumpit_info(cb)->attrs)
#else
#define rvf_dump_attrs(cb) (genl_info_dump(cb)->attrs)
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

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
/* 6.7: get_file_active(). */
static inline struct file *rvf_exe_file(struct mm_struct *mm)
{
	struct file *exe;

	rcu_read_lock();
	exe = rcu_dereference(mm->exe_file);
	if (exe && !get_file_rcu(exe))
		exe = NULL;
	rcu_read_unlock();
	return exe;
}
#else
static inline struct file *rvf_exe_file(struct mm_struct *mm)
{
	return get_file_active(&mm->exe_file);
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

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0) && \
	defined(CONFIG_TRANSPARENT_HUGEPAGE)
/* Here huge faults reach mappings that are VM_PFNMAP, and take an order. */
#define RVF_HUGE_FAULT
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
/* 6.8: guest_memfd; struct kvm_userspace_memory_region2 is what is taken. */
#define rvf_kvm_memory_region kvm_userspace_memory_region
#else
#define rvf_kvm_memory_region kvm_userspace_memory_region2
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
/* By 6.12: the kernel's own name of a field that userspace may change. */
#define rvf_immediate_exit immediate_exit
#else
#define rvf_immediate_exit immediate_exit__unsafe
#endif

#endif /* RVF_COMPAT_H */
