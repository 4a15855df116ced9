/* SPDX-License-Identifier: GPL-2.0-only */
/* A round trip through two mapped rings. */
#ifndef RVF_BENCH_RING_TRIP_H
#define RVF_BENCH_RING_TRIP_H

#include "bench.h"

/* On CPUs 0 and 1, as the rows of queues; @trips in a run. */
struct row *ring_add(struct bench *bench, const char *name, unsigned int trips);
/* When all is measured. */
void ring_stop(void);

#endif /* RVF_BENCH_RING_TRIP_H */
