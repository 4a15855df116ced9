/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where adder and its guest meet: ports, 32 bits wide. */
#ifndef RVF_ADDER_GUEST_H
#define RVF_ADDER_GUEST_H

#define GUEST_PORT_NUMBERS 0x500
#define GUEST_PORT_TOTAL   0x504
#define GUEST_PORTS	   8

#endif /* RVF_ADDER_GUEST_H */
