/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where console and its guest meet. */
#ifndef RVF_CONSOLE_GUEST_H
#define RVF_CONSOLE_GUEST_H

#define GUEST_DATA   0x3f8
#define GUEST_STATUS 0x3fd
#define GUEST_READY  1 /* a character can be read */
#define GUEST_LINE   4 /* active as long as one can */

#define GUEST_START 0x400
#define GUEST_STACK 0x8000

#endif /* RVF_CONSOLE_GUEST_H */
