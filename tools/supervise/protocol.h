/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What rvfd and its clients say to one another: packets on a socket of type
 * SOCK_SEQPACKET, in the host's byte order. A client sends one request; the
 * answer is any number of packets with data and one RVFD_DONE.
 */
#ifndef RVF_SUPERVISE_PROTOCOL_H
#define RVF_SUPERVISE_PROTOCOL_H

#include "client.h"

/* Both ends are built together: one of another version is told so. */
#define RVFD_PROTOCOL 0x52564401u

/**
 * enum rvfd_command - What is asked for
 * @RVFD_PING: One RVFD_INFO.
 * @RVFD_WAIT: Nothing but the end, when all tasks are ready.
 * @RVFD_PS: An RVFD_TASK for each task.
 * @RVFD_LOGS: An RVFD_LOG for each line.
 */
enum rvfd_command {
	RVFD_PING = 1,
	RVFD_WAIT = 2,
	RVFD_PS = 3,
	RVFD_LOGS = 4,
};

/**
 * struct rvfd_request - A request
 * @protocol: RVFD_PROTOCOL.
 * @command: One of enum rvfd_command.
 * @mount_id: A mount, 0: all.
 * @lines: RVFD_LOGS: how many.
 * @follow: RVFD_LOGS: go on.
 * @task: RVFD_LOGS: a task's name, "": all.
 */
struct rvfd_request {
	__u32 protocol;
	__u32 command;
	__u64 mount_id;
	__u32 lines;
	__u32 follow;
	char task[RVF_MAX_NAME + 1];
};

/**
 * enum rvfd_kind - What a packet of an answer is
 * @RVFD_DONE: A struct rvfd_done, the last one.
 * @RVFD_INFO: A struct rvfd_info_packet.
 * @RVFD_TASK: A struct rvfd_task_packet.
 * @RVFD_LOG: A struct rvfd_log_packet.
 */
enum rvfd_kind {
	RVFD_DONE = 1,
	RVFD_INFO = 2,
	RVFD_TASK = 3,
	RVFD_LOG = 4,
};

/**
 * struct rvfd_done - The end of an answer
 * @kind: RVFD_DONE.
 * @err: 0 or a negative errno.
 * @error: What is to be said about it.
 */
struct rvfd_done {
	__u32 kind;
	__s32 err;
	struct rvf_error error;
};

/**
 * struct rvfd_info_packet - Answer to RVFD_PING
 * @kind: RVFD_INFO.
 * @info: The answer.
 */
struct rvfd_info_packet {
	__u32 kind;
	struct rvfd_info info;
};

/**
 * struct rvfd_task_packet - A task
 * @kind: RVFD_TASK.
 * @task: The task.
 */
struct rvfd_task_packet {
	__u32 kind;
	struct rvfd_task task;
};

/**
 * struct rvfd_log_packet - A line, or a gap
 * @kind: RVFD_LOG.
 * @stream: As in struct rvf_log_line; so are the next five.
 * @sequence: Its number.
 * @time_ns: Its time.
 * @length: Bytes of @data that are sent.
 * @cut: It goes on in the next one.
 * @dropped: As in struct rvfd_log.
 * @mount_id: The mount.
 * @mount: Its name.
 * @task: The task.
 * @data: The bytes.
 */
struct rvfd_log_packet {
	__u32 kind;
	__u32 stream;
	__u64 sequence;
	__u64 time_ns;
	__u32 length;
	__u32 cut;
	__u64 dropped;
	__u64 mount_id;
	char mount[RVF_MAX_NAME + 1];
	char task[RVF_MAX_NAME + 1];
	char data[RVF_LOG_LINE];
};

#endif /* RVF_SUPERVISE_PROTOCOL_H */
