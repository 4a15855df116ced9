/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guest of crunch: 16-bit code from address 0 on, with its interrupt table
 * in place. Each vCPU begins at _start, with its number in ebx. It counts the
 * primes among its share of the numbers, leaves its count in memory, and rings
 * its bell. vCPU 0 is interrupted when all are done, and says the total.
 */
#include "guest.h"

#define PIC_COMMAND 0x20
#define PIC_DATA    0x21
#define VECTOR	    (0x20 + GUEST_LINE)

	.code16
	.org	VECTOR * 4
	.word	interrupt, 0

	.org	GUEST_START
	.globl	_start
_start:	xorl	%ebp, %ebp		/* primes */
	leal	2(%ebx), %esi		/* a number */
number:	movl	$2, %edi		/* what may divide it */
divide:	movl	%edi, %eax
	mull	%edi
	cmpl	%esi, %eax
	ja	prime
	movl	%esi, %eax
	xorl	%edx, %edx
	divl	%edi
	testl	%edx, %edx
	jz	next
	incl	%edi
	jmp	divide
prime:	incl	%ebp
next:	addl	$GUEST_VCPUS, %esi
	cmpl	$GUEST_NUMBERS, %esi
	jb	number
	movl	%ebp, GUEST_COUNT(,%ebx,4)
	testl	%ebx, %ebx
	jnz	ring

	movb	$0x11, %al		/* vCPU 0: the PIC, see console's guest */
	outb	%al, $PIC_COMMAND
	movb	$0x20, %al
	outb	%al, $PIC_DATA
	movb	$0x04, %al
	outb	%al, $PIC_DATA
	movb	$0x01, %al
	outb	%al, $PIC_DATA
	movb	$~(1 << GUEST_LINE), %al
	outb	%al, $PIC_DATA
	sti
ring:	leal	GUEST_BELL(%ebx), %edx
	outb	%al, %dx
1:	hlt
	jmp	1b

interrupt:
	xorl	%eax, %eax
	xorl	%ecx, %ecx
1:	addl	GUEST_COUNT(,%ecx,4), %eax
	incl	%ecx
	cmpl	$GUEST_VCPUS, %ecx
	jb	1b
	movl	%eax, %ecx
	movb	$0x20, %al		/* the end of the interrupt */
	outb	%al, $PIC_COMMAND
	movl	%ecx, %eax
	movw	$GUEST_TOTAL, %dx
	outl	%eax, %dx
	iretw
