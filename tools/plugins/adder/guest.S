/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guest of adder: 16-bit code at address 0, in read-only memory, without a
 * stack. It adds up numbers for ever: how many they are, then each of them,
 * comes from a port; the total goes to another.
 *
 * See guest.h for the ports. A total has 64 bits, low half first.
 */
#include "guest.h"

	.code16
	.globl	_start
_start:
	movw	$GUEST_PORT_NUMBERS, %dx
	inl	%dx, %eax		/* how many */
	movl	%eax, %ecx
	xorl	%ebx, %ebx		/* the total: esi:ebx */
	xorl	%esi, %esi
	jecxz	2f
1:	inl	%dx, %eax		/* a number, signed */
	movl	%eax, %edi
	sarl	$31, %edi		/* its sign, for the upper half */
	addl	%eax, %ebx
	adcl	%edi, %esi
	decl	%ecx
	jnz	1b
2:	movw	$GUEST_PORT_TOTAL, %dx
	movl	%ebx, %eax
	outl	%eax, %dx
	movl	%esi, %eax
	outl	%eax, %dx
	jmp	_start
