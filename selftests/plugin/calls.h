/* SPDX-License-Identifier: GPL-2.0-only */
/* What the package of this test holds: see the Makefile. */
#ifndef PLUGIN_CALLS_H
#define PLUGIN_CALLS_H

#define DATA "the quick brown fox\n"

#endif
