/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands, each in the file of its name. */
#ifndef RVFCTL_COMMANDS_H
#define RVFCTL_COMMANDS_H

#include "rvfctl.h"

extern const struct command cmd_pack;
extern const struct command cmd_sign;
extern const struct command cmd_verify;
extern const struct command cmd_inspect;
extern const struct command cmd_key_gen;
extern const struct command cmd_key_add;
extern const struct command cmd_key_list;
extern const struct command cmd_mount;
extern const struct command cmd_umount;
extern const struct command cmd_exchange;
extern const struct command cmd_run;
extern const struct command cmd_plugin_run;
extern const struct command cmd_ls;
extern const struct command cmd_ps;
extern const struct command cmd_logs;
extern const struct command cmd_witness_show;
extern const struct command cmd_witness_follow;
extern const struct command cmd_witness_export;
extern const struct command cmd_witness_verify;
extern const struct command cmd_help;
extern const struct command cmd_explain;

#endif /* RVFCTL_COMMANDS_H */
