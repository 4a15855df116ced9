/* SPDX-License-Identifier: GPL-2.0-only */
/* Records of the witness for people and programs. */
#ifndef RVFCTL_WITNESS_H
#define RVFCTL_WITNESS_H

#include <rvf/witness.h>

#include "json_out.h"

/* One line: number, time, mount, what happened. */
void witness_line(const struct rvf_witness_record *record);
/* Into an object that is open */
void witness_json(struct json *json, const struct rvf_witness_record *record);

#endif /* RVFCTL_WITNESS_H */
