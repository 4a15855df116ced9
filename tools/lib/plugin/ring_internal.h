/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RVF_PLUGIN_RING_INTERNAL_H
#define RVF_PLUGIN_RING_INTERNAL_H

#include <rvf/ring.h>

/* Whether the next call would say something else than -EAGAIN */
bool rvf_ring_has_news(struct rvf_ring *ring);
/* Takes the place that its own word says, or begins at the present epoch */
void rvf_ring_adopt(struct rvf_ring *ring);
/* Wakes the other end */
void rvf_ring_kick(const struct rvf_ring *ring);

#endif
