/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guest of console: 16-bit code from address 0 on, with its interrupt
 * table in place. It sleeps until it is interrupted, takes what was typed, and
 * says it in capitals.
 */
#include "guest.h"

#define PIC_COMMAND 0x20
#define PIC_DATA    0x21
#define PIC_LEVEL   0x4d0
#define VECTOR	    (0x20 + GUEST_LINE)

	.code16
	.org	VECTOR * 4
	.word	interrupt, 0

	.org	GUEST_START
	.globl	_start
_start:	movw	$PIC_LEVEL, %dx		/* the line's level counts, not its edge */
	movb	$1 << GUEST_LINE, %al
	outb	%al, %dx
	movb	$0x11, %al		/* the first PIC: begin */
	outb	%al, $PIC_COMMAND
	movb	$0x20, %al		/* vectors from here on */
	outb	%al, $PIC_DATA
	movb	$0x04, %al		/* where the second one is */
	outb	%al, $PIC_DATA
	movb	$0x01, %al		/* as in a PC */
	outb	%al, $PIC_DATA
	movb	$~(1 << GUEST_LINE), %al
	outb	%al, $PIC_DATA		/* this line only */
	sti
1:	hlt
	jmp	1b

interrupt:
	pushw	%ax
	pushw	%dx
1:	movw	$GUEST_STATUS, %dx
	inb	%dx, %al
	testb	$GUEST_READY, %al
	jz	3f
	movw	$GUEST_DATA, %dx
	inb	%dx, %al
	cmpb	$'a', %al
	jb	2f
	cmpb	$'z', %al
	ja	2f
	subb	$'a' - 'A', %al
2:	outb	%al, %dx
	jmp	1b
3:	movb	$0x20, %al		/* the end of the interrupt */
	outb	%al, $PIC_COMMAND
	popw	%dx
	popw	%ax
	iretw
