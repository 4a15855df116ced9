/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest of hello-guest: 16-bit code at address 0, in read-only memory. */
	.code16
	.globl	_start
_start:	movw	$text, %si
	movw	$0x3f8, %dx
1:	lodsb
	outb	%al, %dx
	cmpb	$'\n', %al
	jne	1b
2:	hlt
	jmp	2b
text:	.ascii	"hello from a guest\n"
