/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * rvf: the kernel's interface.
 *
 * rvf.ko runs signed packages. A package's manifest is verified by the kernel
 * against a set of public keys; what it lists is then created, and each of
 * its tasks is given exactly the handles that it lists, once the kernel has
 * seen for itself that the process which asks runs the signed image and is
 * jailed.
 *
 * Everything is a file descriptor:
 *
 * ========== =============================== ==================================
 * fd         comes from                      commands
 * ========== =============================== ==================================
 * control    open("/dev/rvfctl")             RVF_CTL_*, RVF_KEY_*, RVF_VERIFY,
 *                                            RVF_MOUNT, RVF_OPEN_MOUNT,
 *                                            RVF_WITNESS_*; poll
 * mount      RVF_MOUNT, RVF_OPEN_MOUNT       RVF_MOUNT_*, RVF_SUPERVISE,
 *                                            RVF_TASK, RVF_TASK_STOP,
 *                                            RVF_UNMOUNT, RVF_EXCHANGE; poll
 * task       RVF_TASK                        RVF_BIND, RVF_READY, RVF_TASK_GET,
 *                                            RVF_TASK_LIST, RVF_VM; poll
 * VM         RVF_VM                          RVF_VM_*
 * vCPU       RVF_VM                          RVF_VCPU_*, some of KVM's; mmap
 * handle     RVF_TASK_GET, RVF_MOUNT_GET,    RVF_HANDLE_*, and by its object
 *            RVF_HANDLE_DERIVE               RVF_REGION_* and RVF_SLOT_*, or
 *                                            RVF_QUEUE_* or RVF_RING_*; read,
 *                                            write, pread,
 *                                            mmap, poll
 * ========== =============================== ==================================
 *
 * The manifest, the signature envelope, the key record and the witness's records
 * are described in rvf_format.h.
 */
#ifndef _UAPI_LINUX_RVF_H
#define _UAPI_LINUX_RVF_H

#include <linux/ioctl.h>
#include <linux/types.h>

#include "rvf_format.h"

/**
 * DOC: General ioctl format
 *
 * Every command takes a pointer to a struct of its own, whose first field is
 * its size as userspace knows it. A struct only grows at its end: an older
 * program passes a smaller size and the missing fields count as zero; a newer
 * one passes a larger size, which is accepted as long as what this kernel does
 * not know is zero. Flags and reserved fields must be zero unless a value is
 * described. Fields named out_* are written by the kernel, up to the size
 * that was passed; pointers are passed as 64-bit numbers.
 *
 * No command waits for anybody: what others do can be polled (RVF_MOUNT and
 * RVF_VERIFY take as long as reading the package does). Reads and writes on
 * handles wait unless O_NONBLOCK is set. Every new fd is close-on-exec.
 *
 * One vocabulary of errors serves all commands:
 *
 *  - ENOTTY: the command's number is unknown, or is none of this fd's.
 *  - EINVAL: the size is below the command's first version, or a value is out
 *    of its range, or RuVix's InvalidArgument or InvalidObjectType.
 *  - E2BIG: the size is larger than this kernel's and the rest is not zero.
 *  - EOPNOTSUPP: a known field holds a flag or value that this kernel does not
 *    have, or a reserved field is not zero.
 *  - EFAULT: a pointer cannot be read or written.
 *  - EBADF, EMFILE, ENOMEM, EINTR: as for any system call.
 *  - EPERM: the caller may not do this at all.
 *  - EACCES: the handle lacks a right; a key is not allowed for this.
 *  - ENODEV: the mount is gone or being unmounted.
 *  - ESTALE: an incarnation that is over; a slot that was freed.
 *  - EKEYREVOKED: the handle was revoked.
 *  - ENOENT, EEXIST, EBUSY, EDQUOT, EMSGSIZE, ENOSPC, EAGAIN: said with each
 *    command.
 *
 * RuVix's errors map to these:
 *
 * ========================== ============ ==========================
 * RuVix                      errno        when
 * ========================== ============ ==========================
 * InvalidCapability          EBADF        not a handle
 * InsufficientRights         EACCES       the handle lacks a right
 * CapabilityRevoked          EKEYREVOKED  the handle was revoked
 * OutOfMemory                ENOMEM
 * QueueFull, QueueEmpty      EAGAIN       with O_NONBLOCK
 * InvalidSignature           EKEYREJECTED
 * InvalidManifest            EBADMSG
 * InvalidObjectType          EINVAL
 * InvalidArgument            EINVAL
 * LimitExceeded              EDQUOT
 * AlreadyExists              EEXIST
 * NotFound                   ENOENT
 * NotPermitted               EPERM
 * CannotGrant                EPERM        no GRANT, no GRANT_ONCE
 * RegionPolicyViolation      EPERM        e.g. a write to an immutable region
 * DelegationDepthExceeded    EMLINK
 * StaleHandle, InvalidSlot   ESTALE
 * SlabFull, RegionFull       ENOSPC
 * BufferTooSmall             EMSGSIZE
 * MessageTooLarge            EMSGSIZE
 * InvalidDescriptorRegion    EOPNOTSUPP
 * InternalError              EIO
 * ========================== ============ ==========================
 *
 * ProofRejected, Timeout and CoherenceViolation have no counterpart: rvf has
 * no proofs and no coherence, and waiting with a timeout is poll's.
 */

#define RVF_ABI_VERSION	1

/*
 * The ioctl type, unlisted in Documentation/userspace-api/ioctl/ioctl-number.
 * A line for it: 0xB9 00-7F linux/rvf.h
 */
#define RVF_IOC_TYPE	0xB9

/* The commands' numbers; a gap leaves room for an fd's later commands. */
enum {
	RVF_CMD_CTL_INFO = 0x00,
	RVF_CMD_KEY_ADD = 0x01,
	RVF_CMD_KEY_LIST = 0x02,
	RVF_CMD_VERIFY = 0x08,
	RVF_CMD_MOUNT = 0x09,
	RVF_CMD_OPEN_MOUNT = 0x0a,
	RVF_CMD_WITNESS_READ = 0x0c,
	RVF_CMD_WITNESS_MARK = 0x0d,

	RVF_CMD_MOUNT_INFO = 0x10,
	RVF_CMD_MOUNT_MANIFEST = 0x11,
	RVF_CMD_MOUNT_TASKS = 0x12,
	RVF_CMD_MOUNT_GET = 0x13,
	RVF_CMD_SUPERVISE = 0x14,
	RVF_CMD_TASK = 0x15,
	RVF_CMD_UNMOUNT = 0x16,
	RVF_CMD_EXCHANGE = 0x17,
	RVF_CMD_TASK_STOP = 0x18,

	RVF_CMD_BIND = 0x20,
	RVF_CMD_READY = 0x21,
	RVF_CMD_TASK_GET = 0x22,
	RVF_CMD_TASK_LIST = 0x23,
	RVF_CMD_VM = 0x24,

	RVF_CMD_HANDLE_INFO = 0x30,
	RVF_CMD_HANDLE_DERIVE = 0x31,
	RVF_CMD_HANDLE_REVOKE = 0x32,

	RVF_CMD_REGION_INFO = 0x40,
	RVF_CMD_SLOT_ALLOC = 0x41,
	RVF_CMD_SLOT_FREE = 0x42,
	RVF_CMD_SLOT_READ = 0x43,
	RVF_CMD_SLOT_WRITE = 0x44,

	RVF_CMD_QUEUE_INFO = 0x50,
	RVF_CMD_QUEUE_SEND = 0x51,
	RVF_CMD_QUEUE_RECV = 0x52,
	RVF_CMD_RING_INFO = 0x58,
	RVF_CMD_RING_WAKE = 0x59,

	RVF_CMD_VM_MAP = 0x60,
	RVF_CMD_VM_UNMAP = 0x61,
	RVF_CMD_VM_RESERVE = 0x62,
	RVF_CMD_VM_KICK = 0x63,
	RVF_CMD_VM_HINT = 0x64,

	RVF_CMD_VCPU_RUN = 0x70,
};

/**
 * enum rvf_rights - What a handle allows
 * @RVF_RIGHT_READ: Region: read and map. Queue: receive.
 * @RVF_RIGHT_WRITE: Append-only region: append. Slab: take, write and free
 *	slots. Queue: send.
 * @RVF_RIGHT_GRANT: Derive handles from it.
 * @RVF_RIGHT_REVOKE: Revoke it, and what was derived from it.
 * @RVF_RIGHT_EXECUTE: Reserved for VMs.
 * @RVF_RIGHT_PROVE: Reserved by RuVix; never granted.
 * @RVF_RIGHT_GRANT_ONCE: Derive handles that cannot be derived from.
 *
 * The values are RuVix's. Asking for a right needs no right: information
 * about an object is given to every holder of a handle on it.
 */
enum rvf_rights {
	RVF_RIGHT_READ = 1 << 0,
	RVF_RIGHT_WRITE = 1 << 1,
	RVF_RIGHT_GRANT = 1 << 2,
	RVF_RIGHT_REVOKE = 1 << 3,
	RVF_RIGHT_EXECUTE = 1 << 4,
	RVF_RIGHT_PROVE = 1 << 5,
	RVF_RIGHT_GRANT_ONCE = 1 << 6,
};

#define RVF_RIGHTS_ALL	0x7fu

/**
 * enum rvf_reason - Why, where an errno is too coarse for people
 * @RVF_REASON_NONE: Nothing to say; or the errno says it all.
 *
 * @RVF_REASON_UNSIGNED: ENODATA: no envelope, or one without a signature.
 * @RVF_REASON_UNKNOWN_KEY: ENOKEY: no signature is by a key of the key set.
 *	out_key_id names the first signature's key.
 * @RVF_REASON_BAD_SIGNATURE: EKEYREJECTED: it does not fit the manifest.
 * @RVF_REASON_KEY_NOT_YET: EKEYEXPIRED: the key does not count yet.
 * @RVF_REASON_KEY_EXPIRED: EKEYEXPIRED: it does not count any more.
 * @RVF_REASON_KEY_USAGE: EACCES: it may not sign what is mounted.
 * @RVF_REASON_KEY_NAME: EACCES: it may not sign for this mount name.
 * @RVF_REASON_ENVELOPE: EBADMSG: the signature envelope is malformed.
 * @RVF_REASON_KEY_RECORD: EINVAL: a key record is malformed; index: the byte
 *	offset of the field.
 * @RVF_REASON_KEY_WEAK: EKEYREJECTED: with this key anyone could sign.
 * @RVF_REASON_KEY_ALGORITHM: EOPNOTSUPP: an algorithm that is not here.
 * @RVF_REASON_KEY_DEVELOPER: EACCES: a component relaxes a check, and the key is
 *	no developer's; index: the component.
 *
 * @RVF_REASON_HEADER: EBADMSG: no RVF1 header, or lengths that do not agree.
 * @RVF_REASON_VERSION: EOPNOTSUPP: a format version that is not known here, or
 *	entries of another size than this version's.
 * @RVF_REASON_UNSUPPORTED: EOPNOTSUPP: a section or feature that is not here;
 *	index: the entry.
 * @RVF_REASON_LAYOUT: EBADMSG: a section is not where it must be; index: its
 *	place in the order of sections, from 0.
 * @RVF_REASON_RESERVED: EBADMSG: a reserved field or a gap is not zero.
 * @RVF_REASON_STRING: EBADMSG: a string is out of order or not allowed.
 * @RVF_REASON_DUPLICATE: EBADMSG: a name, segment, grant or dependency occurs
 *	twice.
 * @RVF_REASON_PACKAGE: EBADMSG: the package entry.
 * @RVF_REASON_SEGMENT: EBADMSG: a segment entry; index: which.
 * @RVF_REASON_COMPONENT: EBADMSG: a component entry; index: which.
 * @RVF_REASON_DEPENDENCY: EBADMSG: a dependency out of range, on itself or on
 *	a guest kernel; index: the component.
 * @RVF_REASON_CYCLE: EBADMSG: dependencies go round; index: a component in the
 *	circle, or waiting for one that is.
 * @RVF_REASON_REGION: EBADMSG: a region entry; index: which.
 * @RVF_REASON_QUEUE: EBADMSG: a queue entry; index: which.
 * @RVF_REASON_GRANT: EBADMSG: a grant; index: which.
 * @RVF_REASON_CONTENT_HASH: EBADMSG: it is not that of the segment table.
 * @RVF_REASON_REQUIRED: EBADMSG: the required capabilities.
 * @RVF_REASON_MANIFEST_SIZE: EDQUOT: larger than %RVF_MAX_MANIFEST.
 * @RVF_REASON_LIMIT_SEGMENTS: EDQUOT: too many segments.
 * @RVF_REASON_LIMIT_COMPONENTS: EDQUOT: too many components.
 * @RVF_REASON_LIMIT_TASKS: EDQUOT: too many tasks.
 * @RVF_REASON_LIMIT_REGIONS: EDQUOT: too many regions.
 * @RVF_REASON_LIMIT_QUEUES: EDQUOT: too many queues.
 * @RVF_REASON_LIMIT_GRANTS: EDQUOT: too many grants; index: the component.
 * @RVF_REASON_LIMIT_DEPS: EDQUOT: too many dependencies.
 * @RVF_REASON_LIMIT_BYTES: EDQUOT: a region or image is too large; index: the
 *	segment or region.
 *
 * @RVF_REASON_DIGEST: EILSEQ: a segment's bytes are not those of the manifest;
 *	index: the segment.
 * @RVF_REASON_SEGMENT_READ: EIO: the package file ends before the segment
 *	does, or reading failed; index: the segment.
 * @RVF_REASON_SEGMENT_COUNT: EINVAL: another number of segments than in the
 *	manifest.
 * @RVF_REASON_MOUNT_NAME: EINVAL: not a mount name.
 * @RVF_REASON_NAME_IN_USE: EEXIST: a mount of this name exists.
 * @RVF_REASON_MEMORY: ENOMEM; index: the region, image or queue.
 * @RVF_REASON_WITNESS_FULL: ENOSPC: the witness has no room for the mount's
 *	records.
 *
 * @RVF_REASON_BIND_IMAGE: EPERM: the caller's executable is not the image.
 * @RVF_REASON_BIND_TEXT: EPERM: it has executable memory that is neither the
 *	image's nor the vDSO's.
 * @RVF_REASON_BIND_NNP: EPERM: no_new_privs is not set.
 * @RVF_REASON_BIND_SECCOMP: EPERM: no seccomp filter.
 * @RVF_REASON_BIND_CAPS: EPERM: a capability in any of its sets.
 * @RVF_REASON_BIND_USER: EPERM: root of the host, differing ids, or groups.
 * @RVF_REASON_BIND_USER_NS: EPERM: the user namespace of the host or of the
 *	supervisor.
 * @RVF_REASON_BIND_NAMESPACE: EPERM: another namespace of the supervisor's.
 * @RVF_REASON_BIND_ROOT: EPERM: its root is not an empty, read-only tmpfs, or
 *	its working directory lies elsewhere.
 * @RVF_REASON_BIND_PERSONALITY: EPERM: an execution domain other than Linux's.
 * @RVF_REASON_BIND_THREADS: EPERM: more than one thread.
 * @RVF_REASON_BIND_FILES: EPERM: its fd table is shared.
 * @RVF_REASON_BIND_MM: EAGAIN: its memory has another user (a reader of /proc
 *	for a moment, or a process that shares it).
 * @RVF_REASON_BIND_TRACED: EPERM: it is traced.
 * @RVF_REASON_BIND_DUMPABLE: EPERM: it is dumpable (the sysctl
 *	fs.suid_dumpable is 1, or prctl made it so).
 */
enum rvf_reason {
	RVF_REASON_NONE = 0,

	RVF_REASON_UNSIGNED = 1,
	RVF_REASON_UNKNOWN_KEY = 2,
	RVF_REASON_BAD_SIGNATURE = 3,
	RVF_REASON_KEY_NOT_YET = 4,
	RVF_REASON_KEY_EXPIRED = 5,
	RVF_REASON_KEY_USAGE = 6,
	RVF_REASON_KEY_NAME = 7,
	RVF_REASON_ENVELOPE = 8,
	RVF_REASON_KEY_RECORD = 9,
	RVF_REASON_KEY_WEAK = 10,
	RVF_REASON_KEY_ALGORITHM = 11,
	RVF_REASON_KEY_DEVELOPER = 12,

	RVF_REASON_HEADER = 32,
	RVF_REASON_VERSION = 33,
	RVF_REASON_UNSUPPORTED = 34,
	RVF_REASON_LAYOUT = 35,
	RVF_REASON_RESERVED = 36,
	RVF_REASON_STRING = 37,
	RVF_REASON_DUPLICATE = 38,
	RVF_REASON_PACKAGE = 39,
	RVF_REASON_SEGMENT = 40,
	RVF_REASON_COMPONENT = 41,
	RVF_REASON_DEPENDENCY = 42,
	RVF_REASON_CYCLE = 43,
	RVF_REASON_REGION = 44,
	RVF_REASON_QUEUE = 45,
	RVF_REASON_GRANT = 46,
	RVF_REASON_CONTENT_HASH = 47,
	RVF_REASON_REQUIRED = 48,
	RVF_REASON_MANIFEST_SIZE = 49,
	RVF_REASON_LIMIT_SEGMENTS = 50,
	RVF_REASON_LIMIT_COMPONENTS = 51,
	RVF_REASON_LIMIT_TASKS = 52,
	RVF_REASON_LIMIT_REGIONS = 53,
	RVF_REASON_LIMIT_QUEUES = 54,
	RVF_REASON_LIMIT_GRANTS = 55,
	RVF_REASON_LIMIT_DEPS = 56,
	RVF_REASON_LIMIT_BYTES = 57,

	RVF_REASON_DIGEST = 64,
	RVF_REASON_SEGMENT_READ = 65,
	RVF_REASON_SEGMENT_COUNT = 66,
	RVF_REASON_MOUNT_NAME = 67,
	RVF_REASON_NAME_IN_USE = 68,
	RVF_REASON_MEMORY = 69,
	RVF_REASON_WITNESS_FULL = 72,

	RVF_REASON_BIND_IMAGE = 96,
	RVF_REASON_BIND_TEXT = 97,
	RVF_REASON_BIND_NNP = 98,
	RVF_REASON_BIND_SECCOMP = 99,
	RVF_REASON_BIND_CAPS = 100,
	RVF_REASON_BIND_USER = 101,
	RVF_REASON_BIND_USER_NS = 102,
	RVF_REASON_BIND_NAMESPACE = 103,
	RVF_REASON_BIND_ROOT = 104,
	RVF_REASON_BIND_PERSONALITY = 105,
	RVF_REASON_BIND_THREADS = 106,
	RVF_REASON_BIND_FILES = 107,
	RVF_REASON_BIND_MM = 108,
	RVF_REASON_BIND_TRACED = 109,
	RVF_REASON_BIND_DUMPABLE = 110,
};

/**
 * DOC: The control fd
 *
 * /dev/rvfctl has mode 0600. Opening it and each of its commands needs
 * CAP_SYS_ADMIN in the initial user namespace (else EPERM), whoever passed
 * the fd.
 */

/**
 * struct rvf_ctl_info - ioctl(RVF_CTL_INFO)
 * @size: sizeof(struct rvf_ctl_info)
 * @flags: Must be 0
 * @out_abi: %RVF_ABI_VERSION of the module. It grows when something is added.
 * @out_errata: Bits of mended faults that userspace can tell apart; none yet.
 * @out_algorithms: Bit n is set when enum rvf_algorithm's n can be verified.
 * @out_keys: Keys in the key set.
 * @out_mounts: Mounts that exist, nameless ones included.
 * @out_max_components: The host's limit for one mount (module parameter).
 * @out_max_regions: Likewise.
 * @out_max_queues: Likewise.
 * @out_max_tasks: Likewise.
 * @__reserved: Must be 0
 * @out_witness_first: Sequence number of the oldest record that the witness
 *	holds
 * @out_witness_next: That of the next record; so many there have been
 * @out_witness_lost: Records that found no room, and that no
 *	%RVF_WITNESS_LOST tells of yet
 * @out_witness_head: Hash of the last record
 *
 * Errors: the general ones.
 */
struct rvf_ctl_info {
	__u32 size;
	__u32 flags;
	__u32 out_abi;
	__u32 out_errata;
	__u32 out_algorithms;
	__u32 out_keys;
	__u32 out_mounts;
	__u32 out_max_components;
	__u32 out_max_regions;
	__u32 out_max_queues;
	__u32 out_max_tasks;
	__u32 __reserved;
	__aligned_u64 out_witness_first;
	__aligned_u64 out_witness_next;
	__aligned_u64 out_witness_lost;
	__u8 out_witness_head[RVF_DIGEST_LEN];
};
#define RVF_CTL_INFO _IO(RVF_IOC_TYPE, RVF_CMD_CTL_INFO)

/**
 * struct rvf_key_add - ioctl(RVF_KEY_ADD)
 * @size: sizeof(struct rvf_key_add)
 * @flags: Must be 0
 * @record: Pointer to a struct rvf_key_record
 * @out_reason: One of enum rvf_reason, also on failure
 * @out_index: What the reason says of it
 * @out_key_id: The key's id, also when it is known already
 *
 * Adds a public key to the key set, which lives until the module is unloaded.
 * The record must be canonical to the last byte, and a key under which anyone
 * could sign (an even or prime modulus, one with a small factor) is refused.
 *
 * Errors: EINVAL malformed; EOPNOTSUPP unknown algorithm or usage; EKEYREJECTED
 * a weak key; EKEYEXPIRED past its last second; then EEXIST the key is there
 * already, whatever else its record says; EDQUOT %RVF_MAX_KEYS are there.
 */
struct rvf_key_add {
	__u32 size;
	__u32 flags;
	__aligned_u64 record;
	__u32 out_reason;
	__u32 out_index;
	__u8 out_key_id[RVF_KEY_ID_LEN];
};
#define RVF_KEY_ADD _IO(RVF_IOC_TYPE, RVF_CMD_KEY_ADD)

/**
 * struct rvf_key_list - ioctl(RVF_KEY_LIST)
 * @size: sizeof(struct rvf_key_list)
 * @index: The how-manieth key, from 0, in the order in which they were added
 * @record: Pointer to a struct rvf_key_record to fill, or 0
 * @out_key_id: The key's id
 *
 * Errors: ENOENT there are fewer keys.
 */
struct rvf_key_list {
	__u32 size;
	__u32 index;
	__aligned_u64 record;
	__u8 out_key_id[RVF_KEY_ID_LEN];
};
#define RVF_KEY_LIST _IO(RVF_IOC_TYPE, RVF_CMD_KEY_LIST)

/**
 * enum rvf_verify_status - RuVix's RvfVerifyStatus
 * @RVF_VERIFY_SIGNATURE_VALID: All is as it must be.
 * @RVF_VERIFY_SIGNATURE_INVALID: No signature by a key that counts here fits.
 * @RVF_VERIFY_MANIFEST_INVALID: Signed, but not a manifest.
 * @RVF_VERIFY_COMPONENT_MISSING: A segment is missing or was changed.
 * @RVF_VERIFY_PROOF_POLICY_INVALID: A proof policy: rvf has none.
 * @RVF_VERIFY_CAPABILITIES_INSUFFICIENT: The host or the limits do not allow
 *	what it asks for.
 */
enum rvf_verify_status {
	RVF_VERIFY_SIGNATURE_VALID = 0,
	RVF_VERIFY_SIGNATURE_INVALID = 1,
	RVF_VERIFY_MANIFEST_INVALID = 2,
	RVF_VERIFY_COMPONENT_MISSING = 3,
	RVF_VERIFY_PROOF_POLICY_INVALID = 4,
	RVF_VERIFY_CAPABILITIES_INSUFFICIENT = 5,
};

/**
 * struct rvf_mount - ioctl(RVF_MOUNT) and ioctl(RVF_VERIFY)
 * @size: sizeof(struct rvf_mount)
 * @flags: Must be 0
 * @manifest: Pointer to the manifest
 * @signatures: Pointer to the signature envelope
 * @segments: Pointer to __u64 offsets: where in the package each segment's
 *	payload begins, in the order of the manifest's segment table
 * @name: Pointer to the mount name, without a NUL; 0 for a nameless mount
 * @manifest_len: Its bytes
 * @signatures_len: Its bytes; 0: not signed, which is refused with ENODATA
 * @segment_count: How many @segments
 * @name_len: Bytes of @name, at most %RVF_MAX_NAME; 0 for a nameless mount
 * @package_fd: The package, open for reading
 * @max_components: A lower limit than the host's, 0: the host's
 * @max_regions: Likewise
 * @max_queues: Likewise
 * @max_tasks: Likewise
 * @out_fd: RVF_MOUNT: the mount fd; otherwise and on failure -1
 * @out_status: One of enum rvf_verify_status, also on failure
 * @out_reason: One of enum rvf_reason, also on failure
 * @out_index: What the reason says of it, else 0
 * @out_components: How many the mount has; likewise the next three
 * @out_regions: Regions
 * @out_queues: Queues
 * @out_tasks: Tasks
 * @__reserved: Must be 0
 * @out_id: The mount's id: never used twice while the module is loaded
 * @out_key_id: The key whose signature counted; with
 *	%RVF_REASON_UNKNOWN_KEY, the key that would be needed
 *
 * RVF_MOUNT does all of its steps or none: the signature is verified, the
 * manifest parsed, regions are created and filled, images sealed, grants
 * noted, queues made, tasks declared. Memory is allocated and charged to the
 * caller's cgroup at once. The manifest is read once. The package's bytes are
 * read once each, hashed as they are kept, and never looked at again.
 *
 * A name is "/" and words (see rvf_format.h) joined by "/". A mount with a
 * name lives until RVF_UNMOUNT. One without lives as long as its fd, cannot
 * be opened again, and its key is checked for the name "/" and the package's.
 *
 * RVF_VERIFY checks all that RVF_MOUNT does, up to the last byte, and creates
 * nothing. Whether a name is in use is not its business.
 *
 * Errors: those of enum rvf_reason; EBADF @package_fd is not open for reading;
 * EINVAL the package is no regular file; ENOMEM, never the OOM killer; EINTR a
 * signal arrived while segments were read, nothing was done.
 */
struct rvf_mount {
	__u32 size;
	__u32 flags;
	__aligned_u64 manifest;
	__aligned_u64 signatures;
	__aligned_u64 segments;
	__aligned_u64 name;
	__u32 manifest_len;
	__u32 signatures_len;
	__u32 segment_count;
	__u32 name_len;
	__s32 package_fd;
	__u32 max_components;
	__u32 max_regions;
	__u32 max_queues;
	__u32 max_tasks;
	__s32 out_fd;
	__u32 out_status;
	__u32 out_reason;
	__u32 out_index;
	__u32 out_components;
	__u32 out_regions;
	__u32 out_queues;
	__u32 out_tasks;
	__u32 __reserved;
	__aligned_u64 out_id;
	__u8 out_key_id[RVF_KEY_ID_LEN];
};
#define RVF_MOUNT _IO(RVF_IOC_TYPE, RVF_CMD_MOUNT)
#define RVF_VERIFY _IO(RVF_IOC_TYPE, RVF_CMD_VERIFY)

/**
 * struct rvf_open_mount - ioctl(RVF_OPEN_MOUNT)
 * @size: sizeof(struct rvf_open_mount)
 * @name_len: Bytes of @name
 * @name: Pointer to the mount name
 * @out_fd: Another mount fd for the same mount
 * @__reserved: Must be 0
 * @out_id: The mount's id
 *
 * Errors: EINVAL not a mount name; ENOENT no such mount, or RVF_UNMOUNT was
 * asked for it.
 */
struct rvf_open_mount {
	__u32 size;
	__u32 name_len;
	__aligned_u64 name;
	__s32 out_fd;
	__u32 __reserved;
	__aligned_u64 out_id;
};
#define RVF_OPEN_MOUNT _IO(RVF_IOC_TYPE, RVF_CMD_OPEN_MOUNT)

/**
 * DOC: The witness
 *
 * A log of what happened to keys, mounts and tasks, kept by the kernel in
 * memory of a fixed size (the module parameter witness_bytes) from the load of
 * the module on. Its records are chained by their hashes (rvf_format.h); nobody
 * can change one or take one out of the middle. The hash of the last one and
 * their number stand in RVF_CTL_INFO and in each event, so that a log that was
 * cut short does not pass for the whole.
 *
 * Who can reach what: a mount's record has the manifest's digest, and a record
 * of its own stands for each grant of it, in manifest order behind it; so does
 * one for each RVF_MOUNT_GET. A task cannot fill the log: of the handles that
 * its process derives and revokes, the first %RVF_WITNESS_TASK_RECORDS of an
 * incarnation have a record, and the others are counted in the one of its end.
 * They reach nothing that their parents do not. The same holds for handles
 * derived from administrators', per mount. That a task took a handle which the
 * manifest grants it has no record, nor have regions and queues, which live
 * exactly as long as their mount.
 *
 * What happens when the log is full, the module parameter witness_full says: 0:
 * RVF_MOUNT is refused with ENOSPC as soon as an eighth of the room or less is
 * left (the rest is for what cannot be refused), 1: the oldest records go, as
 * far as RVF_WITNESS_MARK says that they were exported; where none are left,
 * as 0; 2 (the default): the oldest records go. Nothing but RVF_MOUNT is ever
 * refused. A record that finds no room is counted; %RVF_WITNESS_FULL is the last
 * before such a gap, %RVF_WITNESS_LOST the first behind it.
 *
 * poll on a control fd: POLLIN when there are records behind those that
 * RVF_WITNESS_READ last told this open file of.
 */

#define RVF_WITNESS_TASK_RECORDS	64

/**
 * struct rvf_witness_read - ioctl(RVF_WITNESS_READ)
 * @size: sizeof(struct rvf_witness_read)
 * @flags: Must be 0
 * @sequence: The first record wanted
 * @buffer: Pointer to a buffer
 * @length: Its bytes in; out: those that were filled, or, with EMSGSIZE, that
 *	the first record needs
 * @out_count: How many records are in the buffer, back to back and whole
 * @out_first: Sequence number of the oldest record there is, also with ESTALE
 * @out_next: That of the next record
 * @out_lost: As out_witness_lost of RVF_CTL_INFO
 * @out_head: Hash of the last record
 *
 * All that is told is of one moment. With @sequence equal to @out_next there is
 * nothing new, and no error. At most 64 KiB are read at once.
 *
 * Errors: EINVAL @sequence is larger than @out_next; ESTALE that record is gone;
 * EMSGSIZE too little room for it.
 */
struct rvf_witness_read {
	__u32 size;
	__u32 flags;
	__aligned_u64 sequence;
	__aligned_u64 buffer;
	__u32 length;
	__u32 out_count;
	__aligned_u64 out_first;
	__aligned_u64 out_next;
	__aligned_u64 out_lost;
	__u8 out_head[RVF_DIGEST_LEN];
};
#define RVF_WITNESS_READ _IO(RVF_IOC_TYPE, RVF_CMD_WITNESS_READ)

/**
 * struct rvf_witness_mark - ioctl(RVF_WITNESS_MARK)
 * @size: sizeof(struct rvf_witness_mark)
 * @flags: Must be 0
 * @sequence: A record
 * @hash: Its hash
 *
 * Says that this record and all before it were exported. They go when the room
 * is needed and witness_full is 1. A mark is never taken back.
 *
 * Errors: ENOENT there is no such record (any more); EILSEQ another hash.
 */
struct rvf_witness_mark {
	__u32 size;
	__u32 flags;
	__aligned_u64 sequence;
	__u8 hash[RVF_DIGEST_LEN];
};
#define RVF_WITNESS_MARK _IO(RVF_IOC_TYPE, RVF_CMD_WITNESS_MARK)

/**
 * DOC: The mount fd
 *
 * Each command needs CAP_SYS_ADMIN in the initial user namespace (else EPERM).
 * After RVF_UNMOUNT each fails with ENODEV.
 *
 * poll: POLLIN when a task's state has changed since this fd's last
 * RVF_MOUNT_TASKS (and before its first); POLLPRI from RVF_UNMOUNT on;
 * POLLHUP when the unmount is complete: no process can reach an object of the
 * mount any more, and its name is free.
 */

/**
 * enum rvf_mount_state - What a mount is doing
 * @RVF_MOUNT_LIVE: In use.
 * @RVF_MOUNT_STOPPING: RVF_UNMOUNT was asked; tasks have their grace.
 * @RVF_MOUNT_GONE: Unmounted.
 */
enum rvf_mount_state {
	RVF_MOUNT_LIVE = 0,
	RVF_MOUNT_STOPPING = 1,
	RVF_MOUNT_GONE = 2,
};

/**
 * struct rvf_mount_info - ioctl(RVF_MOUNT_INFO)
 * @size: sizeof(struct rvf_mount_info)
 * @flags: Must be 0
 * @name: Pointer to a buffer for the name, or 0
 * @name_len: Its bytes in; out: the name's bytes (0: nameless), of which as
 *	many as fit were written, without a NUL
 * @out_manifest_len: Bytes of the manifest
 * @out_id: The mount's id
 * @out_bytes: Memory held by regions, queues and images
 * @out_time: Seconds since the epoch of RVF_MOUNT
 * @out_components: How many there are; likewise the next three
 * @out_regions: Regions
 * @out_queues: Queues
 * @out_tasks: Tasks
 * @out_state: One of enum rvf_mount_state
 * @out_supervised: 1 when a mount fd holds the claim
 * @out_key_id: The key whose signature counted
 */
struct rvf_mount_info {
	__u32 size;
	__u32 flags;
	__aligned_u64 name;
	__u32 name_len;
	__u32 out_manifest_len;
	__aligned_u64 out_id;
	__aligned_u64 out_bytes;
	__aligned_u64 out_time;
	__u32 out_components;
	__u32 out_regions;
	__u32 out_queues;
	__u32 out_tasks;
	__u32 out_state;
	__u32 out_supervised;
	__u8 out_key_id[RVF_KEY_ID_LEN];
};
#define RVF_MOUNT_INFO _IO(RVF_IOC_TYPE, RVF_CMD_MOUNT_INFO)

/**
 * struct rvf_mount_manifest - ioctl(RVF_MOUNT_MANIFEST)
 * @size: sizeof(struct rvf_mount_manifest)
 * @flags: Must be 0
 * @buffer: Pointer to a buffer
 * @length: Its bytes in; the manifest's bytes out, also with EMSGSIZE
 * @__reserved: Must be 0
 *
 * Gives the manifest as it was verified: a supervisor takes arguments, limits
 * and dependencies from it, and from nowhere else.
 *
 * Errors: EMSGSIZE the buffer is too small, nothing was written to it.
 */
struct rvf_mount_manifest {
	__u32 size;
	__u32 flags;
	__aligned_u64 buffer;
	__u32 length;
	__u32 __reserved;
};
#define RVF_MOUNT_MANIFEST _IO(RVF_IOC_TYPE, RVF_CMD_MOUNT_MANIFEST)

/**
 * enum rvf_task_state - Where a task stands
 * @RVF_TASK_DECLARED: Never started, or its supervisor went away.
 * @RVF_TASK_STARTING: RVF_TASK gave its fds out.
 * @RVF_TASK_BOUND: RVF_BIND accepted a process.
 * @RVF_TASK_READY: RVF_READY was said.
 * @RVF_TASK_STOPPING: It was asked to stop and still runs.
 * @RVF_TASK_EXITED: Its process ended.
 */
enum rvf_task_state {
	RVF_TASK_DECLARED = 0,
	RVF_TASK_STARTING = 1,
	RVF_TASK_BOUND = 2,
	RVF_TASK_READY = 3,
	RVF_TASK_STOPPING = 4,
	RVF_TASK_EXITED = 5,
};

/**
 * enum rvf_exit_kind - How an incarnation ended
 * @RVF_EXIT_NONE: It did not end.
 * @RVF_EXIT_CODE: exit(code).
 * @RVF_EXIT_SIGNAL: A signal: the code is its number.
 * @RVF_EXIT_EXEC: It executed something else, and was killed for it.
 * @RVF_EXIT_UNBOUND: The last reference to its task fd went before RVF_BIND.
 * @RVF_EXIT_UNKNOWN: It ended and was reaped before the kernel could look.
 */
enum rvf_exit_kind {
	RVF_EXIT_NONE = 0,
	RVF_EXIT_CODE = 1,
	RVF_EXIT_SIGNAL = 2,
	RVF_EXIT_EXEC = 3,
	RVF_EXIT_UNBOUND = 4,
	RVF_EXIT_UNKNOWN = 5,
};

/**
 * struct rvf_task_status - One task in RVF_MOUNT_TASKS
 * @component: Index of its component in the manifest
 * @state: One of enum rvf_task_state
 * @incarnation: How often RVF_TASK succeeded for it
 * @pid: Of the bound process in the caller's pid namespace, else 0
 * @exit_kind: One of enum rvf_exit_kind, of the last incarnation that ended
 * @exit_code: Exit code or signal number
 * @bind_reason: Why the last RVF_BIND of this incarnation was refused, else 0
 * @handles: Live handle nodes that are charged to it
 * @relaxed: Bits of enum rvf_relax: what RVF_BIND does not insist on, for the
 *	component or its profile has it so
 */
struct rvf_task_status {
	__u32 component;
	__u32 state;
	__aligned_u64 incarnation;
	__s32 pid;
	__u32 exit_kind;
	__s32 exit_code;
	__u32 bind_reason;
	__u32 handles;
	__u32 relaxed;
};

/**
 * struct rvf_mount_tasks - ioctl(RVF_MOUNT_TASKS)
 * @size: sizeof(struct rvf_mount_tasks)
 * @count: In: how many entries @tasks has room for; out: how many tasks there
 *	are, also with EMSGSIZE
 * @tasks: Pointer to an array of struct rvf_task_status
 * @entry_size: sizeof(struct rvf_task_status); a smaller one is EINVAL, a
 *	larger one is filled up with zeros
 * @__reserved: Must be 0
 *
 * The states of all tasks, in component order, at one moment. Clears this
 * fd's POLLIN.
 *
 * Errors: EMSGSIZE too little room, nothing was written to @tasks.
 */
struct rvf_mount_tasks {
	__u32 size;
	__u32 count;
	__aligned_u64 tasks;
	__u32 entry_size;
	__u32 __reserved;
};
#define RVF_MOUNT_TASKS _IO(RVF_IOC_TYPE, RVF_CMD_MOUNT_TASKS)

/**
 * struct rvf_get - ioctl(RVF_MOUNT_GET) and ioctl(RVF_TASK_GET)
 * @size: sizeof(struct rvf_get)
 * @rights: The rights wanted; 0: all that may be had
 * @name: Pointer to the object's name, without a NUL
 * @name_len: Its bytes
 * @__reserved: Must be 0
 * @out_fd: The handle
 * @out_rights: Its rights
 * @out_kind: One of enum rvf_object_kind
 * @__reserved2: Must be 0
 * @out_badge: Its badge
 *
 * RVF_TASK_GET gives a task a handle with the rights that the manifest grants
 * it, or with fewer. RVF_MOUNT_GET gives an administrator one with any rights
 * that make sense for the object (an immutable region is not written).
 *
 * Errors: ENOENT no such object, or none granted to this task; EACCES rights
 * that may not be had; EDQUOT %RVF_MAX_HANDLES are live; RVF_TASK_GET also
 * those of the task fd.
 */
struct rvf_get {
	__u32 size;
	__u32 rights;
	__aligned_u64 name;
	__u32 name_len;
	__u32 __reserved;
	__s32 out_fd;
	__u32 out_rights;
	__u32 out_kind;
	__u32 __reserved2;
	__aligned_u64 out_badge;
};
#define RVF_MOUNT_GET _IO(RVF_IOC_TYPE, RVF_CMD_MOUNT_GET)
#define RVF_TASK_GET _IO(RVF_IOC_TYPE, RVF_CMD_TASK_GET)

/**
 * struct rvf_supervise - ioctl(RVF_SUPERVISE)
 * @size: sizeof(struct rvf_supervise)
 * @flags: Must be 0
 * @kvm_fd: /dev/kvm, open for reading and writing, from which tasks make the
 *	VM that their component has; -1: they make none. The module takes a
 *	reference; the fd may be closed
 * @__reserved: Must be 0
 *
 * Makes this mount fd (all duplicates of it) the mount's claim, and its
 * caller's namespaces the ones that a task must not share. When the claim's
 * last duplicate closes, its tasks are killed and return to
 * RVF_TASK_DECLARED, and another mount fd can claim.
 *
 * Errors: EBUSY claimed, by this fd too; EBADF @kvm_fd is not open; EINVAL it
 * is not /dev/kvm, or not open for reading and writing.
 */
struct rvf_supervise {
	__u32 size;
	__u32 flags;
	__s32 kvm_fd;
	__u32 __reserved;
};
#define RVF_SUPERVISE _IO(RVF_IOC_TYPE, RVF_CMD_SUPERVISE)

/**
 * struct rvf_task - ioctl(RVF_TASK)
 * @size: sizeof(struct rvf_task)
 * @component: Index of the task's component in the manifest
 * @flags: Must be 0
 * @out_task_fd: The task fd, for the process to be
 * @out_image_fd: The image: an O_PATH fd that can be executed (execveat with
 *	AT_EMPTY_PATH) and nothing else
 * @__reserved: Must be 0
 * @out_incarnation: Counts from 1
 *
 * Begins an incarnation of a task. Give the process the task fd alone, under
 * a jail, and close this copy: when the last one closes before RVF_BIND, the
 * incarnation has ended (%RVF_EXIT_UNBOUND).
 *
 * Errors: EPERM this fd is not the claim; ENOENT no such component; EINVAL it
 * is no task; EBUSY its last incarnation has not ended.
 */
struct rvf_task {
	__u32 size;
	__u32 component;
	__u32 flags;
	__s32 out_task_fd;
	__s32 out_image_fd;
	__u32 __reserved;
	__aligned_u64 out_incarnation;
};
#define RVF_TASK _IO(RVF_IOC_TYPE, RVF_CMD_TASK)

/**
 * enum rvf_task_stop_flags - What RVF_TASK_STOP does beside asking
 * @RVF_TASK_STOP_VCPUS: It stops the task's vCPUs: each RVF_VCPU_RUN fails with
 *	ECANCELED from now on, also those that a thread is in, and also where
 *	the VM is made later.
 */
enum rvf_task_stop_flags {
	RVF_TASK_STOP_VCPUS = 1 << 0,
};

/**
 * struct rvf_task_stop - ioctl(RVF_TASK_STOP)
 * @size: sizeof(struct rvf_task_stop)
 * @component: Index of the task's component in the manifest
 * @flags: Bits of enum rvf_task_stop_flags
 * @__reserved: Must be 0
 *
 * Asks one task to stop, as RVF_UNMOUNT asks all of them: POLLPRI on its fds
 * until the incarnation is over. Nothing is killed: whoever supervises it does
 * that when the time is up. It can be said again.
 *
 * Errors: EPERM this fd is not the claim; ENOENT no such component; EINVAL it
 * is no task; ESTALE it does not run.
 */
struct rvf_task_stop {
	__u32 size;
	__u32 component;
	__u32 flags;
	__u32 __reserved;
};
#define RVF_TASK_STOP _IO(RVF_IOC_TYPE, RVF_CMD_TASK_STOP)

/**
 * struct rvf_unmount - ioctl(RVF_UNMOUNT)
 * @size: sizeof(struct rvf_unmount)
 * @flags: Must be 0
 * @grace_ms: How long the tasks may take to stop, at most 600,000; 0: none
 * @__reserved: Must be 0
 *
 * Asks the tasks to stop (POLLPRI on their fds), kills those that still run
 * after the grace, disconnects queues, revokes every handle, destroys all
 * objects and frees the name. It returns at once and goes on by itself,
 * whatever becomes of the caller; POLLHUP tells the end.
 *
 * Errors: ENODEV it was asked before; EINVAL the grace is too long.
 */
struct rvf_unmount {
	__u32 size;
	__u32 flags;
	__u32 grace_ms;
	__u32 __reserved;
};
#define RVF_UNMOUNT _IO(RVF_IOC_TYPE, RVF_CMD_UNMOUNT)

/**
 * struct rvf_exchange - ioctl(RVF_EXCHANGE)
 * @size: sizeof(struct rvf_exchange)
 * @flags: Must be 0
 * @mount_fd: Another mount's fd
 * @__reserved: Must be 0
 *
 * Swaps the names of two mounts at one moment: a package is mounted under a
 * name of its own, tried, and takes the place of the one that it follows. No
 * RVF_OPEN_MOUNT finds a name missing meanwhile; fds, handles, claims and tasks
 * stay with their mounts. The key of each must be allowed to sign for the name
 * that its mount gets.
 *
 * Errors: EBADF @mount_fd is not a mount's; EINVAL it is this mount's, or one of
 * them has no name; ENODEV one is being unmounted; EACCES a key.
 */
struct rvf_exchange {
	__u32 size;
	__u32 flags;
	__s32 mount_fd;
	__u32 __reserved;
};
#define RVF_EXCHANGE _IO(RVF_IOC_TYPE, RVF_CMD_EXCHANGE)

/**
 * DOC: The task fd
 *
 * No privilege is needed, but after RVF_BIND the fd serves the one process
 * (more exactly: the one mm) that was bound. From any other, each command
 * fails with EPERM; and when the bound process itself comes with another mm,
 * having executed something else, it is killed. An incarnation that is over
 * answers ESTALE, an unmounted mount ENODEV.
 *
 * poll: POLLPRI when the task is asked to stop; POLLHUP when the incarnation
 * is over or the mount is gone.
 */

/**
 * struct rvf_bind - ioctl(RVF_BIND)
 * @size: sizeof(struct rvf_bind)
 * @flags: Must be 0
 * @out_reason: One of enum rvf_reason, also on failure
 * @__reserved: Must be 0
 * @out_incarnation: Which incarnation this process is
 *
 * Binds the calling process to the task, once the kernel has seen that it
 * executes exactly the task's image and is jailed: enum rvf_reason lists what
 * is checked, under RVF_REASON_BIND_*. It is the first thing that a plugin's
 * runtime does.
 *
 * Errors: EPERM and EAGAIN with a reason; EBUSY a process is bound; ESTALE the
 * incarnation is over; ENODEV the mount is being unmounted; ENOMEM.
 */
struct rvf_bind {
	__u32 size;
	__u32 flags;
	__u32 out_reason;
	__u32 __reserved;
	__aligned_u64 out_incarnation;
};
#define RVF_BIND _IO(RVF_IOC_TYPE, RVF_CMD_BIND)

/**
 * struct rvf_ready - ioctl(RVF_READY)
 * @size: sizeof(struct rvf_ready)
 * @flags: Must be 0
 *
 * Tells that the task is at work: what depends on it may start.
 *
 * Errors: EPERM not bound; EALREADY said before.
 */
struct rvf_ready {
	__u32 size;
	__u32 flags;
};
#define RVF_READY _IO(RVF_IOC_TYPE, RVF_CMD_READY)

/**
 * struct rvf_task_list - ioctl(RVF_TASK_LIST)
 * @size: sizeof(struct rvf_task_list)
 * @index: The how-manieth of this task's grants, from 0
 * @name: Pointer to a buffer for the object's name, or 0
 * @name_len: Its bytes in; the name's bytes out, of which as many as fit were
 *	written, without a NUL
 * @out_kind: One of enum rvf_object_kind
 * @out_rights: Rights granted
 * @__reserved: Must be 0
 * @out_badge: The badge
 *
 * Errors: EPERM not bound; ENOENT there are fewer grants.
 */
struct rvf_task_list {
	__u32 size;
	__u32 index;
	__aligned_u64 name;
	__u32 name_len;
	__u32 out_kind;
	__u32 out_rights;
	__u32 __reserved;
	__aligned_u64 out_badge;
};
#define RVF_TASK_LIST _IO(RVF_IOC_TYPE, RVF_CMD_TASK_LIST)

/**
 * struct rvf_vm - ioctl(RVF_VM)
 * @size: sizeof(struct rvf_vm)
 * @flags: Must be 0
 * @vcpus: Pointer to an array of __s32 for the vCPUs' fds
 * @scratch: Pointer to 64 bytes of zeros that nothing else uses meanwhile
 * @vcpu_count: In: how many @vcpus has room for; out: how many there are
 * @out_vm_fd: The VM
 * @out_identity_map: Of the component; 0: KVM's own choice
 *
 * Makes the task's VM with in-kernel interrupt controllers and timer, and all
 * of its vCPUs, as many as its component has. It is done in the plugin's
 * process, from the /dev/kvm that its supervisor gave, and at a time when no
 * other thread could take KVM's own files from it: these never appear in any
 * fd table. The VM ends with the task's process.
 *
 * Errors: EPERM the component has no VM; ENODEV the supervisor gave no
 * /dev/kvm; EEXIST it is made; EBUSY the process has another thread, shares its
 * fds, is traced or dumpable; EAGAIN its memory has another user for a moment;
 * EMSGSIZE too little room in @vcpus; or what KVM says.
 */
struct rvf_vm {
	__u32 size;
	__u32 flags;
	__aligned_u64 vcpus;
	__aligned_u64 scratch;
	__u32 vcpu_count;
	__s32 out_vm_fd;
	__aligned_u64 out_identity_map;
};
#define RVF_VM _IO(RVF_IOC_TYPE, RVF_CMD_VM)

/**
 * DOC: VM fds
 *
 * A VM or vCPU fd works in the mm that made it and nowhere else (EPERM).
 *
 * These ioctls of KVM's are passed on, with its structs and its errors; every
 * other one is ENOTTY.
 *
 *  - of /dev/kvm: KVM_GET_SUPPORTED_CPUID, which never offers virtualisation;
 *    KVM_GET_EMULATED_CPUID; KVM_GET_MSR_INDEX_LIST.
 *  - KVM_CHECK_EXTENSION, which tells what KVM has, passed on or not.
 *  - interrupts: KVM_IRQ_LINE, KVM_SIGNAL_MSI, KVM_SET_GSI_ROUTING, KVM_IRQFD.
 *  - KVM_IOEVENTFD, for ports and MMIO, with a value to match or without. At
 *    most %RVF_MAX_VM_IOEVENTFDS at a time (ENOSPC). A process whose struct
 *    changes while it is looked at, so that it would have more, is killed.
 *  - state: KVM_GET_ and KVM_SET_ of IRQCHIP, PIT2 and CLOCK.
 *  - KVM_GET_DIRTY_LOG: the slot is RVF_VM_MAP's, which must have had
 *    %RVF_VM_MAP_DIRTY_LOG (ENOENT). KVM writes whole 64-bit words.
 *
 * An eventfd that is given to KVM so is the caller's own. KVM lets go of all of
 * them with the VM, which ends with its process.
 */

#define RVF_MAX_VM_SLOTS	512
#define RVF_MAX_VM_RANGES	1024
#define RVF_MAX_VM_IOEVENTFDS	512

/**
 * struct rvf_vm_map - ioctl(RVF_VM_MAP)
 * @size: sizeof(struct rvf_vm_map)
 * @flags: Bits of enum rvf_vm_map_flags
 * @fd: A handle on a region of this mount with READ, or a memfd that is sealed
 *	against shrinking
 * @out_slot: Names the mapping for RVF_VM_UNMAP
 * @address: Where the guest sees it: a multiple of 4096
 * @offset: Of the first byte in @fd: a multiple of 4096
 * @length: Bytes: a multiple of 4096, not 0
 *
 * Gives the guest memory. A region is read-only to it, but for a slab whose
 * handle has WRITE; a memfd counts towards the task's guest memory. The module
 * maps it into the process itself, out of reach: a process that unmaps, moves
 * or protects such a mapping is killed or refused. When the handle is revoked,
 * the guest's next access ends RVF_VCPU_RUN with EFAULT.
 *
 * Errors: EBADF; EINVAL neither of the two, not aligned, or beyond the end;
 * EPERM a memfd that is not sealed against shrinking, or is sealed against
 * writing (against future writing: unless %RVF_VM_MAP_READ_ONLY); EACCES no
 * READ; EXDEV a handle of another mount; EDQUOT above the task's guest memory;
 * ENOSPC %RVF_MAX_VM_SLOTS are in use; EEXIST it overlaps another one.
 */
struct rvf_vm_map {
	__u32 size;
	__u32 flags;
	__s32 fd;
	__u32 out_slot;
	__aligned_u64 address;
	__aligned_u64 offset;
	__aligned_u64 length;
};
#define RVF_VM_MAP _IO(RVF_IOC_TYPE, RVF_CMD_VM_MAP)

/**
 * enum rvf_vm_map_flags - How memory is mapped
 * @RVF_VM_MAP_READ_ONLY: A memfd or slab that the guest cannot write to.
 * @RVF_VM_MAP_DIRTY_LOG: Note which pages the guest writes to, for
 *	KVM_GET_DIRTY_LOG. What the plugin writes is not noted; what the guest
 *	only reads may be.
 */
enum rvf_vm_map_flags {
	RVF_VM_MAP_READ_ONLY = 1 << 0,
	RVF_VM_MAP_DIRTY_LOG = 1 << 1,
};

/**
 * struct rvf_vm_unmap - ioctl(RVF_VM_UNMAP)
 * @size: sizeof(struct rvf_vm_unmap)
 * @slot: From RVF_VM_MAP
 *
 * Errors: ENOENT no such slot; ENOMEM, with nothing changed.
 */
struct rvf_vm_unmap {
	__u32 size;
	__u32 slot;
};
#define RVF_VM_UNMAP _IO(RVF_IOC_TYPE, RVF_CMD_VM_UNMAP)

/**
 * enum rvf_space - Address spaces of a guest
 * @RVF_SPACE_PORT: I/O ports.
 * @RVF_SPACE_MMIO: Memory that no slot covers.
 */
enum rvf_space {
	RVF_SPACE_PORT = 0,
	RVF_SPACE_MMIO = 1,
};

/**
 * enum rvf_vm_reserve_flags - How accesses to a range are told
 * @RVF_VM_RESERVE_ASYNC: Writes are gathered, and told with the next event:
 *	see struct rvf_vcpu_write. Reads give zeros and are not told.
 */
enum rvf_vm_reserve_flags {
	RVF_VM_RESERVE_ASYNC = 1 << 0,
};

/**
 * struct rvf_vm_reserve - ioctl(RVF_VM_RESERVE)
 * @size: sizeof(struct rvf_vm_reserve)
 * @space: One of enum rvf_space
 * @start: First address
 * @length: How many; 0: take the reservation that begins at @start away
 * @flags: Bits of enum rvf_vm_reserve_flags; 0 when @length is
 * @__reserved: Must be 0
 *
 * An access whose first byte lies in a reserved range is told to the plugin.
 * Any other is completed in the kernel: reads give zeros, writes are dropped.
 * What the VM's own interrupt controllers and timer answer reaches neither.
 *
 * An access that begins in a range is told as a whole, one that reaches into it
 * is not.
 *
 * Errors: EINVAL space, or the range wraps round; EEXIST it overlaps another
 * one; ENOENT none begins there; ENOSPC %RVF_MAX_VM_RANGES are in use.
 */
struct rvf_vm_reserve {
	__u32 size;
	__u32 space;
	__aligned_u64 start;
	__aligned_u64 length;
	__u32 flags;
	__u32 __reserved;
};
#define RVF_VM_RESERVE _IO(RVF_IOC_TYPE, RVF_CMD_VM_RESERVE)

/**
 * struct rvf_vm_kick - ioctl(RVF_VM_KICK)
 * @size: sizeof(struct rvf_vm_kick)
 * @flags: Must be 0
 * @mask: Bit n: vCPU n; bits above the last vCPU are ignored
 *
 * Makes these vCPUs' RVF_VCPU_RUN return with %RVF_EVENT_KICKED, now or, where
 * it is not running, the next time. No signal is sent.
 */
struct rvf_vm_kick {
	__u32 size;
	__u32 flags;
	__aligned_u64 mask;
};
#define RVF_VM_KICK _IO(RVF_IOC_TYPE, RVF_CMD_VM_KICK)

#define RVF_MAX_HINT_DETAILS	32

/**
 * enum rvf_hint_flags - What a hint is about
 * @RVF_HINT_ON_WRITE: The guest writes; otherwise it reads.
 */
enum rvf_hint_flags {
	RVF_HINT_ON_WRITE = 1 << 0,
};

/**
 * struct rvf_hint_detail - What else is wanted at an access, and when
 * @match_rax: Not 0: only when the guest's RAX is @rax; likewise the next ones
 * @match_rbx: RBX
 * @match_rcx: RCX
 * @match_rdx: RDX
 * @__reserved: Must be 0
 * @rax: For @match_rax
 * @rbx: For @match_rbx
 * @rcx: For @match_rcx
 * @rdx: For @match_rdx
 * @send_sregs: Not 0: send %RVF_REGISTERS_SREGS
 * @send_debugregs: Not 0: send %RVF_REGISTERS_DEBUGREGS
 * @__reserved2: Must be 0
 */
struct rvf_hint_detail {
	__u8 match_rax;
	__u8 match_rbx;
	__u8 match_rcx;
	__u8 match_rdx;
	__u32 __reserved;
	__aligned_u64 rax;
	__aligned_u64 rbx;
	__aligned_u64 rcx;
	__aligned_u64 rdx;
	__u8 send_sregs;
	__u8 send_debugregs;
	__u8 __reserved2[6];
};

/**
 * struct rvf_vm_hint - ioctl(RVF_VM_HINT)
 * @size: sizeof(struct rvf_vm_hint)
 * @space: One of enum rvf_space
 * @address: Of the first byte of the access; 0, with @flags and @count 0: the
 *	VM has no hint any more
 * @details: Pointer to an array of struct rvf_hint_detail
 * @flags: Bits of enum rvf_hint_flags
 * @count: How many @details, at most %RVF_MAX_HINT_DETAILS
 *
 * Says that the plugin will look at registers when the guest accesses this
 * address: the event of such an access comes with them on the second event
 * page. %RVF_REGISTERS_REGS always does; the first of the details that fits
 * says what else. A VM has one hint, for all of its vCPUs. It is about accesses
 * that are told one by one, so of ranges without %RVF_VM_RESERVE_ASYNC.
 *
 * Errors: EINVAL space, @count, or no address; EFAULT the details.
 */
struct rvf_vm_hint {
	__u32 size;
	__u32 space;
	__aligned_u64 address;
	__aligned_u64 details;
	__u32 flags;
	__u32 count;
};
#define RVF_VM_HINT _IO(RVF_IOC_TYPE, RVF_CMD_VM_HINT)

/**
 * DOC: vCPU fds
 *
 * mmap (shared, one page or two at offset 0) gives the vCPU's event pages.
 * The first one has struct rvf_vcpu_event, and data from %RVF_EVENT_DATA on. On
 * the second one are, at these offsets from the first one, registers that a
 * hint sent (struct kvm_regs, kvm_sregs and kvm_debugregs), and
 * %RVF_MAX_WRITES gathered writes. The kernel writes the pages when
 * RVF_VCPU_RUN returns, and gathered writes while it runs. It reads nothing from
 * them but the data of a read, when RVF_VCPU_RUN is called again.
 *
 * Passed on to KVM: KVM_GET_ and KVM_SET_ of REGS, SREGS, FPU, DEBUGREGS, XCRS,
 * MSRS, MP_STATE, LAPIC, VCPU_EVENTS and CPUID2; KVM_GET_SUPPORTED_HV_CPUID;
 * KVM_ENABLE_CAP for KVM_CAP_HYPERV_SYNIC and KVM_CAP_HYPERV_SYNIC2 (any other:
 * EINVAL). CPUID never offers virtualisation to the guest. Every other ioctl of
 * KVM's is ENOTTY. While a thread is in a command of a vCPU, another one's is
 * EBUSY.
 */

#define RVF_EVENT_DATA		128
#define RVF_EVENT_DATA_LEN	(4096 - RVF_EVENT_DATA)
#define RVF_EVENT_REGS		4096
#define RVF_EVENT_SREGS		4352
#define RVF_EVENT_DEBUGREGS	4672
#define RVF_EVENT_WRITES_AT	4864

#define RVF_MAX_WRITES		128
#define RVF_MAX_WRITE		8

/**
 * struct rvf_vcpu_write - A write to a range with %RVF_VM_RESERVE_ASYNC
 * @address: Of the first byte
 * @space: One of enum rvf_space
 * @length: Bytes
 * @data: The bytes, and zeros behind them
 *
 * A vCPU's writes are gathered in the order in which it made them, and come
 * with the event that it made after them, none lost and none twice. When there
 * is no room for another one, or after a few milliseconds, they are an event of
 * their own: %RVF_EVENT_WRITES. String I/O of more than one write is no such
 * write: it is told as %RVF_EVENT_IO, behind what was gathered.
 */
struct rvf_vcpu_write {
	__aligned_u64 address;
	__u32 space;
	__u32 length;
	__u8 data[RVF_MAX_WRITE];
};

/**
 * enum rvf_registers - Registers on the second event page
 * @RVF_REGISTERS_REGS: struct kvm_regs at %RVF_EVENT_REGS.
 * @RVF_REGISTERS_SREGS: struct kvm_sregs at %RVF_EVENT_SREGS.
 * @RVF_REGISTERS_DEBUGREGS: struct kvm_debugregs at %RVF_EVENT_DEBUGREGS.
 */
enum rvf_registers {
	RVF_REGISTERS_REGS = 1 << 0,
	RVF_REGISTERS_SREGS = 1 << 1,
	RVF_REGISTERS_DEBUGREGS = 1 << 2,
};

/**
 * enum rvf_event_kind - Why RVF_VCPU_RUN returned
 * @RVF_EVENT_NONE: It did not yet.
 * @RVF_EVENT_IO: The guest accessed a reserved range. A read's data is to be
 *	written to the page before RVF_VCPU_RUN is called again.
 * @RVF_EVENT_KICKED: RVF_VM_KICK.
 * @RVF_EVENT_END: The guest cannot go on: @reason and @code say why.
 * @RVF_EVENT_WRITES: Nothing but gathered writes.
 * @RVF_EVENT_HYPERCALL: A Hyper-V hypercall: struct rvf_hyperv_call is the
 *	data. Its result is to be written there before RVF_VCPU_RUN is called
 *	again.
 * @RVF_EVENT_SYNIC: A change of Hyper-V's synthetic interrupt controller:
 *	struct rvf_hyperv_synic is the data.
 */
enum rvf_event_kind {
	RVF_EVENT_NONE = 0,
	RVF_EVENT_IO = 1,
	RVF_EVENT_KICKED = 2,
	RVF_EVENT_END = 3,
	RVF_EVENT_WRITES = 4,
	RVF_EVENT_HYPERCALL = 5,
	RVF_EVENT_SYNIC = 6,
};

/**
 * struct rvf_vcpu_event - The event page's head
 * @kind: One of enum rvf_event_kind
 * @space: One of enum rvf_space
 * @address: Of the first byte. One access of more than 8 bytes to MMIO comes as
 *	several, each at an address of its own
 * @length: Bytes of data: what one access has, times @count
 * @count: How many accesses: more than one for string I/O
 * @is_write: 1: the guest wrote
 * @reason: KVM's exit reason (KVM_EXIT_*)
 * @code: What goes with it: KVM_EXIT_INTERNAL_ERROR's suberror,
 *	KVM_EXIT_FAIL_ENTRY's reason
 * @writes: How many gathered writes came before it
 * @registers: Bits of enum rvf_registers: what a hint sent with it
 * @__reserved: 0
 */
struct rvf_vcpu_event {
	__u32 kind;
	__u32 space;
	__aligned_u64 address;
	__u32 length;
	__u32 count;
	__u32 is_write;
	__u32 reason;
	__aligned_u64 code;
	__u32 writes;
	__u32 registers;
	__aligned_u64 __reserved[10];
};

/**
 * struct rvf_hyperv_call - The data of %RVF_EVENT_HYPERCALL
 * @result: 0; the plugin's answer
 * @input: What the guest called
 * @params: Its parameters' addresses
 */
struct rvf_hyperv_call {
	__aligned_u64 result;
	__aligned_u64 input;
	__aligned_u64 params[2];
};

/**
 * struct rvf_hyperv_synic - The data of %RVF_EVENT_SYNIC
 * @msr: Which register the guest wrote
 * @__reserved: 0
 * @control: SCONTROL
 * @evt_page: SIEFP
 * @msg_page: SIMP
 */
struct rvf_hyperv_synic {
	__u32 msr;
	__u32 __reserved;
	__aligned_u64 control;
	__aligned_u64 evt_page;
	__aligned_u64 msg_page;
};

/**
 * struct rvf_vcpu_run - ioctl(RVF_VCPU_RUN)
 * @size: sizeof(struct rvf_vcpu_run)
 * @flags: Must be 0
 *
 * Runs the guest until there is an event.
 *
 * Errors: EINTR a signal; EBUSY another thread runs it; EFAULT the guest
 * accessed memory that is no longer there; ECANCELED RVF_TASK_STOP stopped the
 * task's vCPUs; EIO the VM is at its end.
 */
struct rvf_vcpu_run {
	__u32 size;
	__u32 flags;
};
#define RVF_VCPU_RUN _IO(RVF_IOC_TYPE, RVF_CMD_VCPU_RUN)

/**
 * DOC: Handles
 *
 * A handle is a capability: whoever holds the fd may do what its rights say.
 * It can be passed to another process; revoking reaches it there. A process
 * bound to a task that comes with another mm than the bound one is killed.
 *
 * Every command and every read, write and mmap fails with EKEYREVOKED after
 * the handle was revoked and with ENODEV after the unmount (receiving: EPIPE).
 * A mapping made through a revoked handle faults with SIGBUS, in every
 * process. Closing a handle revokes nothing.
 *
 * The handles of an incarnation are revoked when its process ends, and with
 * them what was derived from them, also in messages and at their receivers.
 *
 * A handle that came in a message may show a part of its region only
 * (%RVF_HANDLE_WINDOW). That part is then all there is: its first byte is at
 * offset 0, RVF_REGION_INFO gives its size, and what is derived from the handle
 * shows it too, or less.
 *
 * poll on any handle shows POLLHUP when it was revoked and its own mappings, in
 * whatever process, have lost their pages. Of what was derived from it, a guest's
 * memory included, that is true when RVF_HANDLE_REVOKE returns.
 */

/**
 * struct rvf_handle_info - ioctl(RVF_HANDLE_INFO)
 * @size: sizeof(struct rvf_handle_info)
 * @flags: Must be 0
 * @out_kind: One of enum rvf_object_kind
 * @out_rights: Its rights
 * @out_depth: 0 for one from RVF_TASK_GET or RVF_MOUNT_GET, else one more than
 *	that of the handle it was derived from, or sent from
 * @out_object: Index of the object in the manifest's table of its kind
 * @out_badge: Its badge
 * @out_mount_id: The mount it belongs to
 * @out_offset: Where the part of its region that it shows begins; see
 *	%RVF_HANDLE_WINDOW
 * @out_length: The bytes of that part; 0 for a queue
 */
struct rvf_handle_info {
	__u32 size;
	__u32 flags;
	__u32 out_kind;
	__u32 out_rights;
	__u32 out_depth;
	__u32 out_object;
	__aligned_u64 out_badge;
	__aligned_u64 out_mount_id;
	__aligned_u64 out_offset;
	__aligned_u64 out_length;
};
#define RVF_HANDLE_INFO _IO(RVF_IOC_TYPE, RVF_CMD_HANDLE_INFO)

/**
 * struct rvf_handle_derive - ioctl(RVF_HANDLE_DERIVE)
 * @size: sizeof(struct rvf_handle_derive)
 * @flags: Must be 0
 * @rights: Of the new handle: a subset of this one's, not 0
 * @out_fd: The new handle
 * @badge: Of the new handle. A badge cannot be shed: where this handle has one,
 *	0 or the same
 *
 * Needs GRANT or GRANT_ONCE. With GRANT_ONCE alone the new handle has neither;
 * with GRANT it has what @rights says.
 *
 * Errors: EPERM neither right, or another badge; EACCES @rights exceed this
 * handle's; EINVAL no rights, or none that can be had; EMLINK it would lie
 * deeper than %RVF_MAX_DEPTH; EDQUOT the task has %RVF_MAX_HANDLES live handle
 * nodes. A node lives while its fd or one derived from it is open. In a message
 * it is the sender's, unless it was revoked there; the receiver's afterwards.
 */
struct rvf_handle_derive {
	__u32 size;
	__u32 flags;
	__u32 rights;
	__s32 out_fd;
	__aligned_u64 badge;
};
#define RVF_HANDLE_DERIVE _IO(RVF_IOC_TYPE, RVF_CMD_HANDLE_DERIVE)

/**
 * enum rvf_revoke_flags - What RVF_HANDLE_REVOKE spares
 * @RVF_REVOKE_DERIVED: The handle itself: only what was derived from it goes.
 */
enum rvf_revoke_flags {
	RVF_REVOKE_DERIVED = 1 << 0,
};

/**
 * struct rvf_handle_revoke - ioctl(RVF_HANDLE_REVOKE)
 * @size: sizeof(struct rvf_handle_revoke)
 * @flags: Bits of enum rvf_revoke_flags
 * @out_count: How many handle nodes were revoked; 0 too when that could not be
 *	written any more
 * @__reserved: Must be 0
 *
 * Needs REVOKE. When it returns, no process can use a revoked handle any more,
 * mappings included, and callers that waited in one have been woken. A read or
 * receive that was copying to its caller's memory at that moment may finish
 * what it had begun: at most a page of a region, or one message.
 *
 * Errors: EACCES no REVOKE right.
 */
struct rvf_handle_revoke {
	__u32 size;
	__u32 flags;
	__u32 out_count;
	__u32 __reserved;
};
#define RVF_HANDLE_REVOKE _IO(RVF_IOC_TYPE, RVF_CMD_HANDLE_REVOKE)

/**
 * DOC: Region handles
 *
 * pread and read need READ and copy out bytes below the region's cursor: its
 * length when it is immutable, else what was appended so far. Reading at the
 * cursor gives 0. write appends to an append-only region, needs WRITE, takes
 * at most %RVF_MAX_APPEND bytes (else EMSGSIZE), is atomic, and does nothing
 * when the region lacks room (ENOSPC); the offset is not used, and pwrite is
 * refused with ESPIPE. On an immutable region it is EPERM.
 *
 * A slab has no cursor, and read and write are EPERM: its slots are used with
 * RVF_SLOT_*. A slot's name is good from RVF_SLOT_ALLOC to RVF_SLOT_FREE and
 * never again. It is a name and no capability: whoever holds a handle on the
 * region can use and free every slot, and slots stay taken when a task ends.
 *
 * mmap needs READ, is shared, never executable (EACCES), and covers the
 * region's size rounded up to pages; through a handle that shows a part of the
 * region, the whole pages of it, if it begins with one (else EINVAL). Bytes
 * above the cursor are zero until an append writes them; only those below it
 * are promised. It is never writable,
 * but for a slab's with READ and WRITE (else EACCES). A mapping of a slab
 * knows nothing of slots: it shows the present bytes of all of them, taken or
 * free, at their offsets; nothing there is atomic; a name that went stale is
 * not noticed; and bytes that are written to a free slot are there when it is
 * taken. So slots are kept from one another only among holders that have not
 * mapped the region.
 *
 * poll: POLLIN when bytes lie between the file's offset and the cursor, and
 * POLLOUT always, since a write never waits; of a slab POLLOUT alone, when a
 * slot is free and the handle has WRITE.
 */

/**
 * struct rvf_region_info - ioctl(RVF_REGION_INFO)
 * @size: sizeof(struct rvf_region_info)
 * @out_policy: One of enum rvf_region_policy
 * @out_size: The most bytes it can hold
 * @out_cursor: The bytes it holds; what lies below can be read. Of a slab:
 *	those of the slots in use, wherever they lie
 * @out_slots: Slots of a slab; 0 for others
 * @out_slot_size: Bytes of one
 */
struct rvf_region_info {
	__u32 size;
	__u32 out_policy;
	__aligned_u64 out_size;
	__aligned_u64 out_cursor;
	__u32 out_slots;
	__u32 out_slot_size;
};
#define RVF_REGION_INFO _IO(RVF_IOC_TYPE, RVF_CMD_REGION_INFO)

/**
 * struct rvf_slot_alloc - ioctl(RVF_SLOT_ALLOC)
 * @size: sizeof(struct rvf_slot_alloc)
 * @flags: Must be 0
 * @out_slot: Names the slot until it is freed; never 0
 * @out_offset: Of its first byte in a mapping of the region
 *
 * Takes a slot of a slab, the one that was freed last. Its bytes are zero.
 * Needs WRITE. Takes the same time however many slots there are.
 *
 * Errors: EPERM not a slab; EACCES no WRITE; ENOSPC none is free. A slot can
 * be taken 2^48 times; then it is not used again.
 */
struct rvf_slot_alloc {
	__u32 size;
	__u32 flags;
	__aligned_u64 out_slot;
	__aligned_u64 out_offset;
};
#define RVF_SLOT_ALLOC _IO(RVF_IOC_TYPE, RVF_CMD_SLOT_ALLOC)

/**
 * struct rvf_slot_free - ioctl(RVF_SLOT_FREE)
 * @size: sizeof(struct rvf_slot_free)
 * @flags: Must be 0
 * @slot: From RVF_SLOT_ALLOC
 *
 * Gives a slot back and zeroes its bytes. Needs WRITE.
 *
 * Errors: EPERM not a slab; EACCES no WRITE; ESTALE not in use under this
 * name.
 */
struct rvf_slot_free {
	__u32 size;
	__u32 flags;
	__aligned_u64 slot;
};
#define RVF_SLOT_FREE _IO(RVF_IOC_TYPE, RVF_CMD_SLOT_FREE)

/**
 * struct rvf_slot_io - ioctl(RVF_SLOT_READ) and ioctl(RVF_SLOT_WRITE)
 * @size: sizeof(struct rvf_slot_io)
 * @flags: Must be 0
 * @slot: From RVF_SLOT_ALLOC
 * @buffer: Where the bytes go, or come from
 * @offset: Of the first one in the slot
 * @length: How many
 *
 * RVF_SLOT_READ needs READ and copies bytes of a slot out; RVF_SLOT_WRITE
 * needs WRITE and copies bytes in. Each is atomic against the other and
 * against RVF_SLOT_FREE, and a write that fails leaves the slot as it was.
 *
 * Errors: EPERM not a slab; EACCES the right; EMSGSIZE beyond the slot's end;
 * ESTALE not in use under this name; EFAULT the buffer.
 */
struct rvf_slot_io {
	__u32 size;
	__u32 flags;
	__aligned_u64 slot;
	__aligned_u64 buffer;
	__u32 offset;
	__u32 length;
};
#define RVF_SLOT_READ _IO(RVF_IOC_TYPE, RVF_CMD_SLOT_READ)
#define RVF_SLOT_WRITE _IO(RVF_IOC_TYPE, RVF_CMD_SLOT_WRITE)

/**
 * DOC: Queue handles
 *
 * A queue holds whole messages up to its slots; none is dropped. The message
 * that is received next is the oldest of those with the highest priority. write
 * sends one message of %RVF_PRIORITY_NORMAL (needs WRITE), read receives one
 * (needs READ); both wait unless O_NONBLOCK is set, then EAGAIN. A message
 * larger than the queue's size, or than the receiver's buffer, is EMSGSIZE and
 * stays where it is; so does one that could not be copied (EFAULT).
 *
 * Where several wait, the one that has waited longest is given the next
 * message, or the next slot that is free. A receiver whose last message came
 * from another CPU may look for the next for some microseconds before it
 * sleeps (module parameter queue_spin_us; 0: never).
 *
 * A message may bring up to %RVF_MAX_MESSAGE_HANDLES handles of the same mount:
 * so tasks that share nothing else delegate. What is in the queue are no files:
 * a handle in a message can be revoked and keeps no mount alive. A message with
 * handles is received by RVF_QUEUE_RECV with room for them only; read is
 * EMSGSIZE, and it stays.
 *
 * When no handle with WRITE is left that a message could come from, receiving
 * goes on waiting: a task may come back. After the unmount it is EPIPE.
 *
 * poll: POLLIN a message is there; POLLOUT there is room. Each message, and
 * each slot that is free again, is an edge, unless somebody who waited in read
 * or write was given it.
 */

/**
 * struct rvf_queue_info - ioctl(RVF_QUEUE_INFO)
 * @size: sizeof(struct rvf_queue_info)
 * @out_slots: Messages that it can hold
 * @out_used: Messages that it holds
 * @out_message_size: The most bytes of one
 * @out_type: Type id of its messages, 0: not said
 * @__reserved: Must be 0
 * @out_sent: Messages sent since the mount
 * @out_received: Messages received since the mount
 */
struct rvf_queue_info {
	__u32 size;
	__u32 out_slots;
	__u32 out_used;
	__u32 out_message_size;
	__u32 out_type;
	__u32 __reserved;
	__aligned_u64 out_sent;
	__aligned_u64 out_received;
};
#define RVF_QUEUE_INFO _IO(RVF_IOC_TYPE, RVF_CMD_QUEUE_INFO)

/**
 * enum rvf_priority - Which messages are received first
 * @RVF_PRIORITY_LOW: After all others.
 * @RVF_PRIORITY_NORMAL: What write() sends.
 * @RVF_PRIORITY_HIGH: Before those.
 * @RVF_PRIORITY_URGENT: Before all others.
 *
 * The values are RuVix's. Within a priority the order is that of sending.
 */
enum rvf_priority {
	RVF_PRIORITY_LOW = 0,
	RVF_PRIORITY_NORMAL = 1,
	RVF_PRIORITY_HIGH = 2,
	RVF_PRIORITY_URGENT = 3,
};

/**
 * enum rvf_message_handle_flags - How a handle is sent
 * @RVF_HANDLE_WINDOW: It shows a part of its region only, which @offset and
 *	@length name as the sender's handle shows the region.
 */
enum rvf_message_handle_flags {
	RVF_HANDLE_WINDOW = 1 << 0,
};

/**
 * struct rvf_message_handle - A handle that a message brings
 * @fd: Sending: a handle, which is derived from as by RVF_HANDLE_DERIVE.
 *	Receiving: the new one
 * @rights: Sending: as there. Receiving: what it has
 * @badge: Likewise
 * @offset: Sending: with %RVF_HANDLE_WINDOW, else 0. Receiving: where in the
 *	region what it shows begins
 * @length: Likewise, its bytes; receiving a queue's: 0
 * @flags: Bits of enum rvf_message_handle_flags
 * @kind: Sending: must be 0. Receiving: one of enum rvf_object_kind
 */
struct rvf_message_handle {
	__s32 fd;
	__u32 rights;
	__aligned_u64 badge;
	__aligned_u64 offset;
	__aligned_u64 length;
	__u32 flags;
	__u32 kind;
};

#define RVF_MAX_MESSAGE_HANDLES	4

/**
 * struct rvf_message - One message in a batch
 * @buffer: Pointer to its bytes
 * @length: Sending: its bytes. Receiving: room in, bytes out
 * @type: Sending: its type id; 0 or the queue's. Receiving: the queue's
 * @priority: One of enum rvf_priority; receiving: that of the message
 * @handle_count: Handles that it brings, up to %RVF_MAX_MESSAGE_HANDLES.
 *	Receiving: room in, handles out
 * @handles: Pointer to an array of struct rvf_message_handle. Sending nothing:
 *	must be 0
 * @badge: Sending: must be 0. Receiving: the badge of the sender's handle
 */
struct rvf_message {
	__aligned_u64 buffer;
	__u32 length;
	__u32 type;
	__u32 priority;
	__u32 handle_count;
	__aligned_u64 handles;
	__aligned_u64 badge;
};

#define RVF_MAX_BATCH	256

/**
 * enum rvf_queue_flags - How to receive
 * @RVF_QUEUE_PEEK: The message stays; @count must be 1. Of its handles nothing
 *	is told but how many there are, for which there need be no room.
 */
enum rvf_queue_flags {
	RVF_QUEUE_PEEK = 1 << 0,
};

/**
 * struct rvf_queue_batch - ioctl(RVF_QUEUE_SEND) and ioctl(RVF_QUEUE_RECV)
 * @size: sizeof(struct rvf_queue_batch)
 * @flags: Sending: must be 0. Receiving: bits of enum rvf_queue_flags
 * @messages: Pointer to an array of struct rvf_message
 * @count: In: how many, 1 to %RVF_MAX_BATCH; out: how many were done
 * @entry_size: sizeof(struct rvf_message); any other is EINVAL
 *
 * Sends or receives up to @count messages without waiting, in order, and stops
 * at the first that cannot be. When at least one was done the call succeeds;
 * else its error is the first message's.
 *
 * Errors: EACCES no WRITE (sending) or READ (receiving); EAGAIN full, or
 * empty; EMSGSIZE too large for the queue, or for the buffer, or more handles
 * than there is room for: nothing is lost, and @length and @handle_count say
 * what is needed; EPROTOTYPE another type than the queue's; EINVAL a priority
 * that is none, or too many handles; EPIPE receiving after the unmount.
 *
 * Sending handles, for any of them: EBADF no handle; EXDEV of another mount;
 * EPERM, EACCES, EINVAL, EMLINK, EDQUOT, EKEYREVOKED as RVF_HANDLE_DERIVE says.
 * With %RVF_HANDLE_WINDOW also EOPNOTSUPP a slab or a queue; EINVAL no bytes, or
 * bytes beyond what the sender's handle shows, or WRITE among the rights. The
 * message is not sent then, and nothing was derived.
 *
 * Receiving handles: they are the task's whose handle it was received through,
 * and revoked with it; the sender's revocation reaches them too. One that was
 * revoked on the way is received, and answers EKEYREVOKED. EMFILE, EDQUOT the
 * task has %RVF_MAX_HANDLES, ENOMEM, EFAULT: none is received, and the message
 * stays with all of them.
 */
struct rvf_queue_batch {
	__u32 size;
	__u32 flags;
	__aligned_u64 messages;
	__u32 count;
	__u32 entry_size;
};
#define RVF_QUEUE_SEND _IO(RVF_IOC_TYPE, RVF_CMD_QUEUE_SEND)
#define RVF_QUEUE_RECV _IO(RVF_IOC_TYPE, RVF_CMD_QUEUE_RECV)

/**
 * DOC: Ring handles
 *
 * A queue whose manifest entry has %RVF_QUEUE_RING is a ring: its two ends map
 * the same memory, and the kernel is entered only to sleep and to wake. A
 * handle with READ is the consumer's end, one with WRITE the producer's. Who
 * has several handles or threads on one end keeps them apart by itself.
 *
 * mmap shows either end all of it, at the offsets that RVF_RING_INFO says, and
 * is shared, never executable, and not inherited by fork, whatever madvise is
 * told (MADV_DOFORK: EINVAL); a child that has the fd maps for itself. An end may
 * map for writing what is its own (else EACCES): the consumer its page, the
 * producer its page and the slots. All of it, %RVF_RING_MEMORY, is there from the
 * mount on, and counted by the manifest's @min_memory::
 *
 *	0		struct rvf_ring_control		nobody writes
 *	out_consumer	struct rvf_ring_end		the consumer writes
 *	out_producer	struct rvf_ring_end		the producer writes
 *	out_data	slots, out_stride apart		the producer writes
 *
 * The word of an end is its index and the epoch that the index belongs to. An
 * index counts slots, modulo twice their number: it names slot index modulo
 * slots. The producer fills the slot at its index and then moves on, as long
 * as it is less than slots ahead of the consumer's; the consumer reads the slot
 * at its own index, unless both are equal, and moves on. An index whose epoch is
 * not the present one counts as 0.
 *
 * When a task's new incarnation takes an end that an earlier one had, the
 * kernel raises the epoch: the ring is empty from then on. Each end that finds
 * the epoch another than its own word's writes a word with the new one and
 * index 0, and has so been told. A handle that is derived or sent in a message
 * is of the same end, at its present place: that begins no epoch, and two who
 * use one end at once agree on it by themselves. Rings have no windows.
 *
 * Nothing that the other end writes can be relied on. Its word is read once and
 * checked: an index of twice the slots or more, or more than slots apart, is a
 * lie. So is a length above the message size; and bytes of a slot may change
 * while they are read.
 *
 * read takes eight bytes (EINVAL: fewer) and sleeps, unless O_NONBLOCK is set
 * (EAGAIN), until the end has something to do: a message, for the consumer;
 * room, for the producer; or for either an epoch that its word has not. It
 * gives a __u64: how many messages there are to receive, or can be sent; 0
 * where only the epoch is new or a word is a lie. With both rights the consumer
 * is meant. POLLIN and POLLOUT say the same. A sleeper is woken by RVF_RING_WAKE
 * of the other end, which need not call it while the sleeper's @waiting is 0:
 *
 *  - the sleeper writes 1 to its own @waiting, then a full barrier, looks again
 *    at the other's word, and sleeps; awake, it writes 0;
 *  - the waker writes its own word, then a full barrier, and looks at @waiting.
 *
 * After the unmount read is EPIPE. Else all is as with queues; there is no
 * write (EINVAL).
 */

/**
 * struct rvf_ring_control - What the kernel writes
 * @epoch: The present epoch, never 0
 * @__reserved: 0
 */
struct rvf_ring_control {
	__u32 epoch;
	__u32 __reserved;
};

/**
 * struct rvf_ring_end - What an end writes, at the beginning of its page
 * @word: %RVF_RING_WORD of the epoch and its index
 * @waiting: 1 while it sleeps or is about to
 * @__reserved: 0
 */
struct rvf_ring_end {
	__aligned_u64 word;
	__u32 waiting;
	__u32 __reserved;
};

#define RVF_RING_WORD(epoch, index)	((__u64)(epoch) << 32 | (index))
#define RVF_RING_EPOCH(word)		((__u32)((word) >> 32))
#define RVF_RING_INDEX(word)		((__u32)(word))

/**
 * struct rvf_ring_slot - What a slot begins with; the message follows
 * @length: Bytes of the message
 * @__reserved: 0
 */
struct rvf_ring_slot {
	__u32 length;
	__u32 __reserved;
};

/**
 * struct rvf_ring_info - ioctl(RVF_RING_INFO)
 * @size: sizeof(struct rvf_ring_info)
 * @flags: Must be 0
 * @out_slots: Messages that it can hold
 * @out_message_size: The most bytes of one
 * @out_type: Type id of its messages, 0: not said
 * @out_stride: Bytes from one slot to the next
 * @out_epoch: The present epoch
 * @out_consumer: Offset of the consumer's page in a mapping
 * @out_producer: Offset of the producer's page
 * @out_data: Offset of the first slot
 * @out_length: Bytes that can be mapped
 *
 * Errors: the general ones.
 */
struct rvf_ring_info {
	__u32 size;
	__u32 flags;
	__u32 out_slots;
	__u32 out_message_size;
	__u32 out_type;
	__u32 out_stride;
	__u32 out_epoch;
	__u32 out_consumer;
	__u32 out_producer;
	__u32 out_data;
	__aligned_u64 out_length;
};
#define RVF_RING_INFO _IO(RVF_IOC_TYPE, RVF_CMD_RING_INFO)

/**
 * struct rvf_ring_wake - ioctl(RVF_RING_WAKE)
 * @size: sizeof(struct rvf_ring_wake)
 * @flags: Must be 0
 *
 * Wakes what sleeps at the other end, to look at the words again. Needs READ or
 * WRITE.
 *
 * Errors: EACCES neither.
 */
struct rvf_ring_wake {
	__u32 size;
	__u32 flags;
};
#define RVF_RING_WAKE _IO(RVF_IOC_TYPE, RVF_CMD_RING_WAKE)

/**
 * DOC: Generic netlink
 *
 * The family "rvf", version 1, in the initial network namespace. The dumps
 * need CAP_NET_ADMIN, and so does joining the group "events".
 *
 * A dump of mounts has a message RVF_NL_MOUNT for each mount, one of tasks a
 * message RVF_NL_TASK for each task, one of objects a message RVF_NL_OBJECT
 * for each region and queue. All take RVF_NL_A_MOUNT_ID to ask for one mount.
 * Attributes are those that the comments name, in any order;
 * readers skip unknown ones.
 *
 * Events (a message of the same kind as in the dump, with RVF_NL_A_EVENT):
 * RVF_NL_MOUNT when a mount appears, is asked to unmount, is gone, loses or
 * gains its supervisor, or its name; RVF_NL_TASK when a task's state changes. An event is
 * lost when its receiver is slow or memory is short (ENOBUFS at the socket):
 * then dump again.
 */
#define RVF_NL_FAMILY	"rvf"
#define RVF_NL_VERSION	1
#define RVF_NL_GROUP	"events"

/**
 * enum rvf_nl_command - Commands of the family
 * @RVF_NL_UNSPEC: Not a command.
 * @RVF_NL_MOUNT: Dump mounts; event.
 * @RVF_NL_TASK: Dump tasks; event.
 * @RVF_NL_OBJECT: Dump objects.
 */
enum rvf_nl_command {
	RVF_NL_UNSPEC = 0,
	RVF_NL_MOUNT = 1,
	RVF_NL_TASK = 2,
	RVF_NL_OBJECT = 3,
};

/**
 * enum rvf_nl_event - Values of RVF_NL_A_EVENT
 * @RVF_NL_EVENT_NONE: Not an event.
 * @RVF_NL_EVENT_MOUNTED: A mount appeared.
 * @RVF_NL_EVENT_UNMOUNTING: RVF_UNMOUNT was asked, or a nameless mount's last
 *	fd was closed.
 * @RVF_NL_EVENT_UNMOUNTED: A mount is gone.
 * @RVF_NL_EVENT_SUPERVISED: It was claimed.
 * @RVF_NL_EVENT_UNSUPERVISED: Its claim was closed.
 * @RVF_NL_EVENT_TASK: A task's state changed.
 * @RVF_NL_EVENT_RENAMED: RVF_EXCHANGE gave a mount another name.
 */
enum rvf_nl_event {
	RVF_NL_EVENT_NONE = 0,
	RVF_NL_EVENT_MOUNTED = 1,
	RVF_NL_EVENT_UNMOUNTING = 2,
	RVF_NL_EVENT_UNMOUNTED = 3,
	RVF_NL_EVENT_SUPERVISED = 4,
	RVF_NL_EVENT_UNSUPERVISED = 5,
	RVF_NL_EVENT_TASK = 6,
	RVF_NL_EVENT_RENAMED = 7,
};

/**
 * enum rvf_nl_attribute - Attributes of the family
 * @RVF_NL_A_UNSPEC: Not an attribute.
 * @RVF_NL_A_PAD: Padding of 64-bit attributes.
 * @RVF_NL_A_EVENT: u32, enum rvf_nl_event; in events only.
 * @RVF_NL_A_MOUNT_ID: u64; in every message, and in a request.
 * @RVF_NL_A_NAME: string; mount: its name, absent: nameless; task: its
 *	component's; object: its own.
 * @RVF_NL_A_STATE: u32; mount: enum rvf_mount_state; task: enum
 *	rvf_task_state.
 * @RVF_NL_A_PACKAGE: string; mount: the package's name.
 * @RVF_NL_A_VERSION: u64; mount: the package's version.
 * @RVF_NL_A_KEY_ID: 32 bytes; mount: the key whose signature counted.
 * @RVF_NL_A_KEY_LABEL: string; mount: that key's label.
 * @RVF_NL_A_TASKS: u32; mount: how many tasks it has.
 * @RVF_NL_A_BYTES: u64; mount: memory held by its objects and images.
 * @RVF_NL_A_SUPERVISED: u32; mount: 1 when claimed.
 * @RVF_NL_A_COMPONENT: u32; task: its component's index.
 * @RVF_NL_A_KIND: u32; task: enum rvf_component_kind; object: enum
 *	rvf_object_kind.
 * @RVF_NL_A_INCARNATION: u64; task.
 * @RVF_NL_A_PID: u32; task: in the initial pid namespace, 0: none.
 * @RVF_NL_A_EXIT_KIND: u32; task: enum rvf_exit_kind.
 * @RVF_NL_A_EXIT_CODE: s32; task.
 * @RVF_NL_A_BIND_REASON: u32; task: enum rvf_reason.
 * @RVF_NL_A_FLAGS: u32; queue: bits of enum rvf_m_queue_flags.
 * @RVF_NL_A_RELAXED: u32; task: bits of enum rvf_relax.
 * @RVF_NL_A_POLICY: u32; region: enum rvf_region_policy.
 * @RVF_NL_A_SIZE: u64; region: the most it can hold; queue: the most bytes of
 *	a message.
 * @RVF_NL_A_USED: u64; region: bytes it holds; queue: messages it holds.
 * @RVF_NL_A_SLOTS: u32; queue: messages it can hold; slab: its slots.
 * @RVF_NL_A_TYPE: u32; queue: type id.
 * @RVF_NL_A_TYPE_NAME: string; queue: the type's text.
 * @RVF_NL_A_GRANT: nest, repeated; object: what a component is granted by the
 *	manifest: RVF_NL_A_COMPONENT, RVF_NL_A_RIGHTS, RVF_NL_A_BADGE.
 * @RVF_NL_A_HOLDER: nest, repeated; object: a live handle: RVF_NL_A_COMPONENT
 *	(absent: an administrator's), RVF_NL_A_RIGHTS, RVF_NL_A_BADGE,
 *	RVF_NL_A_DEPTH. At most 256 for each object; RVF_NL_A_HOLDERS counts
 *	all.
 * @RVF_NL_A_HOLDERS: u32; object: how many live handles there are.
 * @RVF_NL_A_RIGHTS: u32; in a nest: enum rvf_rights.
 * @RVF_NL_A_BADGE: u64; in a nest.
 * @RVF_NL_A_DEPTH: u32; in a nest.
 * @RVF_NL_A_WITNESS_NEXT: u64; in events: records that the witness has had.
 * @RVF_NL_A_WITNESS_HEAD: 32 bytes; in events: hash of the last of them.
 */
enum rvf_nl_attribute {
	RVF_NL_A_UNSPEC = 0,
	RVF_NL_A_PAD = 1,
	RVF_NL_A_EVENT = 2,
	RVF_NL_A_MOUNT_ID = 3,
	RVF_NL_A_NAME = 4,
	RVF_NL_A_STATE = 5,
	RVF_NL_A_PACKAGE = 6,
	RVF_NL_A_VERSION = 7,
	RVF_NL_A_KEY_ID = 8,
	RVF_NL_A_KEY_LABEL = 9,
	RVF_NL_A_TASKS = 10,
	RVF_NL_A_BYTES = 11,
	RVF_NL_A_SUPERVISED = 12,
	RVF_NL_A_COMPONENT = 13,
	RVF_NL_A_KIND = 14,
	RVF_NL_A_INCARNATION = 15,
	RVF_NL_A_PID = 16,
	RVF_NL_A_EXIT_KIND = 17,
	RVF_NL_A_EXIT_CODE = 18,
	RVF_NL_A_BIND_REASON = 19,
	RVF_NL_A_POLICY = 20,
	RVF_NL_A_SIZE = 21,
	RVF_NL_A_USED = 22,
	RVF_NL_A_SLOTS = 23,
	RVF_NL_A_TYPE = 24,
	RVF_NL_A_TYPE_NAME = 25,
	RVF_NL_A_GRANT = 26,
	RVF_NL_A_HOLDER = 27,
	RVF_NL_A_HOLDERS = 28,
	RVF_NL_A_RIGHTS = 29,
	RVF_NL_A_BADGE = 30,
	RVF_NL_A_DEPTH = 31,
	RVF_NL_A_RELAXED = 32,
	RVF_NL_A_FLAGS = 33,
	RVF_NL_A_WITNESS_NEXT = 34,
	RVF_NL_A_WITNESS_HEAD = 35,
};

#define RVF_NL_A_MAX	RVF_NL_A_WITNESS_HEAD

#endif /* _UAPI_LINUX_RVF_H */
