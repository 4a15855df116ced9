/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies of some words from and to userspace.
 *
 * For a message of 64 bytes the start of a string instruction and hardened
 * usercopy's question whose memory that is cost more than all the rest. So
 * what is short is copied word by word; whoever calls has bounded it. (Where
 * copies are to fail for a test, the kernel's functions must be called.)
 */
#ifndef RVF_USERCOPY_H
#define RVF_USERCOPY_H

#include <linux/types.h>
#include <linux/uaccess.h>

/* Those of a burst's descriptions are the most that come. */
#define RVF_SHORT_COPY 768

static inline bool rvf_copy_is_short(size_t n)
{
	return n <= RVF_SHORT_COPY &&
	       !IS_ENABLED(CONFIG_FAULT_INJECTION_USERCOPY);
}

/* As copy_from_user(), but that what could not be copied is not zeroed. */
static inline size_t rvf_copy_in(void *to, const void __user *from, size_t n)
{
	size_t at = 0;

	if (!rvf_copy_is_short(n))
		return copy_from_user(to, from, n);
	if (!user_read_access_begin(from, n))
		return n;
	for (; at + sizeof(u64) <= n; at += sizeof(u64))
		unsafe_get_user(*(u64 *)(to + at), (u64 __user *)(from + at),
				fault);
	for (; at < n; at++)
		unsafe_get_user(*(u8 *)(to + at), (u8 __user *)(from + at),
				fault);
fault:
	user_read_access_end();
	return n - at;
}

/* As copy_to_user(). */
static inline size_t rvf_copy_out(void __user *to, const void *from, size_t n)
{
	size_t at = 0;

	if (!rvf_copy_is_short(n))
		return copy_to_user(to, from, n);
	if (!user_write_access_begin(to, n))
		return n;
	for (; at + sizeof(u64) <= n; at += sizeof(u64))
		unsafe_put_user(*(u64 *)(from + at), (u64 __user *)(to + at),
				fault);
	for (; at < n; at++)
		unsafe_put_user(*(u8 *)(from + at), (u8 __user *)(to + at),
				fault);
fault:
	user_write_access_end();
	return n - at;
}

#endif /* RVF_USERCOPY_H */
