/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where crunch and its guest meet. */
#ifndef RVF_CRUNCH_GUEST_H
#define RVF_CRUNCH_GUEST_H

#define GUEST_VCPUS   4
#define GUEST_NUMBERS 10000 /* are looked at */

#define GUEST_TOTAL 0x400 /* a port, 32 bits wide */
#define GUEST_BELL  0x500 /* and one more for each vCPU */
#define GUEST_LINE  5

#define GUEST_START 0x400
#define GUEST_COUNT 0x800 /* 32 bits for each vCPU */
#define GUEST_STACK 0x8000 /* vCPU 0's */

#endif /* RVF_CRUNCH_GUEST_H */
