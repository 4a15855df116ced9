/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * rvf: the byte formats that the kernel reads from userspace.
 *
 * Three formats, each of fixed shape: the key record, the signature envelope
 * and the manifest. Only the first two are read before anything is known
 * about their origin; the manifest is parsed after its signature fits.
 *
 * All integers are little-endian. All reserved bytes are zero, and a reader
 * refuses a non-zero one: what is not understood is never ignored.
 */
#ifndef _UAPI_LINUX_RVF_FORMAT_H
#define _UAPI_LINUX_RVF_FORMAT_H

#include <linux/types.h>

/**
 * DOC: Limits
 *
 * What a manifest, a mount and a task may hold at the most. RVF_MOUNT can ask
 * for lower ones, and the module's parameters can lower them for the host.
 */
#define RVF_MAX_MANIFEST	(1u << 20)	/* bytes */
#define RVF_MAX_ENVELOPE	(64u << 10)	/* bytes */
#define RVF_MAX_SIGNATURES	8		/* in one envelope */
#define RVF_MAX_COMPONENTS	256
#define RVF_MAX_REGIONS		256
#define RVF_MAX_QUEUES		1024
#define RVF_MAX_TASKS		64
#define RVF_MAX_SEGMENTS	1024
#define RVF_MAX_DEPENDENCIES	4096		/* in one manifest */
#define RVF_MAX_GRANTS		32		/* for one component */
#define RVF_MAX_HANDLES		1024		/* live nodes of one task */
#define RVF_MAX_DEPTH		8		/* derivations above one another */
#define RVF_MAX_NAME		256		/* bytes of any name */
#define RVF_MAX_ARGS		4096		/* bytes of a component's arguments */
#define RVF_MAX_JAIL		4096		/* bytes of what it asks of its jail */
#define RVF_MAX_QUEUE_SLOTS	65536
#define RVF_MAX_MESSAGE		65536		/* bytes */
#define RVF_MAX_APPEND		65536		/* bytes of one append */
#define RVF_MAX_SLOTS		65536		/* of a slab region */
#define RVF_MAX_SLOT		65536		/* bytes of one */
#define RVF_MAX_REGION_BYTES	(1ull << 30)
#define RVF_MAX_IMAGE_BYTES	(64ull << 20)
#define RVF_MAX_KEYS		64		/* in the module's key set */
#define RVF_MAX_VCPUS		64

/**
 * DOC: Signatures
 *
 * What is signed is the SHA-256 of three things in this order: the 16 bytes
 * of %RVF_SIGN_TAG (the terminating NUL is the 16th), the manifest's length
 * in bytes as a 64-bit little-endian number, and the manifest. The tag keeps
 * a signature from meaning anything in another protocol.
 */
#define RVF_SIGN_TAG		"rvf-manifest-v1"
#define RVF_SIGN_TAG_LEN	16
#define RVF_DIGEST_LEN		32
#define RVF_KEY_ID_LEN		32

/**
 * enum rvf_algorithm - How a manifest is signed
 * @RVF_ALG_NONE: Not an algorithm.
 * @RVF_ALG_RSA4096: RSASSA-PKCS1-v1_5 (RFC 8017, section 8.2) with SHA-256, a
 *	modulus of exactly 4096 bits and the public exponent 65537. The key
 *	is the modulus alone: 512 bytes, big-endian. A signature has 512
 *	bytes. Every stock kernel verifies it.
 */
enum rvf_algorithm {
	RVF_ALG_NONE = 0,
	RVF_ALG_RSA4096 = 1,
};

#define RVF_RSA4096_LEN		512

/**
 * enum rvf_key_usage - What a key may be used for
 * @RVF_KEY_MOUNT: Packages signed by it may be mounted.
 * @RVF_KEY_DEVELOPER: Their components may relax checks, too (enum rvf_relax).
 *	Only together with @RVF_KEY_MOUNT.
 */
enum rvf_key_usage {
	RVF_KEY_MOUNT = 1 << 0,
	RVF_KEY_DEVELOPER = 1 << 1,
};

#define RVF_KEY_MAGIC		"RVFKEY1"	/* with its NUL: 8 bytes */
#define RVF_KEY_LABEL_LEN	64
#define RVF_KEY_PREFIXES	4
#define RVF_KEY_PUBLIC_LEN	2048

/**
 * struct rvf_key_record - A public key as the module takes it
 * @magic: %RVF_KEY_MAGIC.
 * @algorithm: One of enum rvf_algorithm.
 * @usage: Bits of enum rvf_key_usage, at least one.
 * @key_len: Bytes of @key in use: exactly what @algorithm fixes.
 * @not_before: Seconds since the epoch from which the key counts, 0: always.
 * @not_after: The last second in which it counts, 0: for ever.
 * @label: For people: printable ASCII, NUL-terminated, NUL-padded.
 * @prefixes: Mount names that it may sign for. A name is allowed when a
 *	prefix equals it or ends at one of its slashes: "/agents" allows
 *	"/agents" and "/agents/demo", not "/agents2". Entries are
 *	NUL-terminated, NUL-padded and used from the first on; none at all
 *	allows every name.
 * @key: The raw public key, zero-padded.
 *
 * The key id is the SHA-256 of @algorithm (as its two bytes stand here) and
 * the first @key_len bytes of @key. rvfctl makes the record from a key or a
 * certificate in PEM; no certificate is ever parsed in the kernel.
 */
struct rvf_key_record {
	char magic[8];
	__le16 algorithm;
	__le16 usage;
	__le32 key_len;
	__le64 not_before;
	__le64 not_after;
	char label[RVF_KEY_LABEL_LEN];
	char prefixes[RVF_KEY_PREFIXES][RVF_MAX_NAME];
	__u8 key[RVF_KEY_PUBLIC_LEN];
};

#define RVF_ENVELOPE_MAGIC	"RVE1"		/* without a NUL: 4 bytes */

/**
 * struct rvf_envelope - The head of a signature envelope
 * @magic: %RVF_ENVELOPE_MAGIC.
 * @version: 1.
 * @count: How many signatures follow, at most %RVF_MAX_SIGNATURES. With none
 *	the package is not signed.
 * @length: Bytes of the whole envelope, this head included.
 * @reserved: 0.
 *
 * It is the payload of a CRYPTO segment. @count signatures follow the head
 * without gaps, each a struct rvf_signature and its bytes padded with zeros
 * to a multiple of eight.
 */
struct rvf_envelope {
	char magic[4];
	__le16 version;
	__le16 count;
	__le32 length;
	__le32 reserved;
};

/**
 * struct rvf_signature - One signature in an envelope
 * @algorithm: One of enum rvf_algorithm.
 * @reserved: 0.
 * @length: Bytes of the signature that follow.
 * @key_id: Whose it is.
 */
struct rvf_signature {
	__le16 algorithm;
	__le16 reserved;
	__le32 length;
	__u8 key_id[RVF_KEY_ID_LEN];
};

/**
 * DOC: Manifest
 *
 * A manifest is the payload of the META segment: the 96-byte RVF1 header, and
 * behind it the sections in the order of the header's fields below, each
 * beginning at the next multiple of eight (gaps are zero) and the strings
 * last, up to the end. A section is a table: struct rvf_m_table and its
 * entries. The strings stand in the order in which the tables name them
 * (package, components, regions, queues; within an entry in the order of its
 * fields), back to back. So there are no bytes that nothing refers to, and
 * one encoding of a given content.
 *
 * The header keeps the places that RVF1 fixes (bytes 0 to 65); bytes 66 to 95,
 * which RVF1 leaves unused, hold the offsets of our own sections. RVF1's
 * sections for proof policy, rollback hooks and witness-log policy have no
 * use here and must be absent.
 */
#define RVF_M_MAGIC		"RVF1"
#define RVF_M_MAJOR		1
#define RVF_M_MINOR		0

/**
 * struct rvf_m_header - The RVF1 header, 96 bytes
 * @magic: %RVF_M_MAGIC without a NUL.
 * @major: %RVF_M_MAJOR; another one is refused.
 * @minor: %RVF_M_MINOR; a higher one is refused.
 * @patch: Any number.
 * @content_hash: SHA-256 over the entries of the segment table, in order.
 * @components: Offset of the component graph, a table of rvf_m_component.
 * @regions: Offset of the memory schema, a table of rvf_m_region.
 * @proof_policy: 0.
 * @rollback_hooks: 0.
 * @witness_policy: 0.
 * @required: Offset of the required capabilities, a table of one
 *	rvf_m_required.
 * @reserved: 0.
 * @length: Bytes of the whole manifest.
 * @package: Offset of a table of one rvf_m_package.
 * @segments: Offset of a table of rvf_m_segment.
 * @queues: Offset of a table of rvf_m_queue.
 * @grants: Offset of a table of rvf_m_grant.
 * @deps: Offset of a table of __le32: component indices.
 * @strings: Offset of the strings: bytes up to @length.
 *
 * The sections stand in this order: package, segments, components, regions,
 * queues, grants, deps, required, strings. Offsets count from the manifest's
 * first byte.
 */
struct rvf_m_header {
	char magic[4];
	__le16 major;
	__le16 minor;
	__le16 patch;
	__u8 content_hash[RVF_DIGEST_LEN];
	__le32 components;
	__le32 regions;
	__le32 proof_policy;
	__le32 rollback_hooks;
	__le32 witness_policy;
	__le32 required;
	__le16 reserved;
	__le32 length;
	__le32 package;
	__le32 segments;
	__le32 queues;
	__le32 grants;
	__le32 deps;
	__le32 strings;
} __attribute__((packed));

/**
 * struct rvf_m_table - The head of a section
 * @count: Entries that follow.
 * @entry_size: Bytes of one entry: the size of its struct in this version.
 */
struct rvf_m_table {
	__le32 count;
	__le32 entry_size;
};

/**
 * struct rvf_m_string - Bytes in the strings section
 * @offset: From the manifest's first byte; 0 with @length 0.
 * @length: Bytes, no NUL counted or needed.
 */
struct rvf_m_string {
	__le32 offset;
	__le32 length;
};

/**
 * struct rvf_m_package - What the package is
 * @id: Names the package across its versions; not all zero.
 * @version: The rollback index: a number that grows with each release.
 * @name: Of the package: a word (see rvf_m_component). "/" and it make the
 *	mount name that rvfctl proposes.
 * @release: For people, at most 64 bytes of printable ASCII; may be empty.
 * @reserved: 0.
 */
struct rvf_m_package {
	__u8 id[16];
	__le64 version;
	struct rvf_m_string name;
	struct rvf_m_string release;
	__le64 reserved;
};

/**
 * enum rvf_segment_type - Types of segments that a manifest may list
 * @RVF_SEG_KERNEL: A guest kernel.
 * @RVF_SEG_EBPF: An eBPF program.
 * @RVF_SEG_WASM: WebAssembly bytecode.
 * @RVF_SEG_IMAGE: A native image: a static ELF. An extension type of ours.
 * @RVF_SEG_REGION: The content of an immutable region. Likewise.
 */
enum rvf_segment_type {
	RVF_SEG_KERNEL = 0x0e,
	RVF_SEG_EBPF = 0x0f,
	RVF_SEG_WASM = 0x10,
	RVF_SEG_IMAGE = 0xf0,
	RVF_SEG_REGION = 0xf1,
};

/**
 * struct rvf_m_segment - A segment that belongs to the package
 * @id: Its id in the file; (id, type, digest) is unique in the table.
 * @length: Bytes of its payload; 0 is allowed.
 * @type: One of enum rvf_segment_type.
 * @reserved: 0.
 * @digest: SHA-256 of its payload.
 * @reserved2: 0.
 *
 * Offsets are not signed, since other tools may move segments in the file.
 */
struct rvf_m_segment {
	__le64 id;
	__le64 length;
	__le32 type;
	__le32 reserved;
	__u8 digest[RVF_DIGEST_LEN];
	__le64 reserved2;
};

/**
 * enum rvf_component_kind - What a component is
 * @RVF_COMPONENT_NATIVE: A native program, run as one task.
 * @RVF_COMPONENT_WASM: WebAssembly; its compiled form is run as one task.
 * @RVF_COMPONENT_KERNEL: A guest kernel: data, never a task of its own.
 */
enum rvf_component_kind {
	RVF_COMPONENT_NATIVE = 1,
	RVF_COMPONENT_WASM = 2,
	RVF_COMPONENT_KERNEL = 3,
};

/**
 * enum rvf_restart - When the supervisor starts a task again
 * @RVF_RESTART_NEVER: Not at all.
 * @RVF_RESTART_ON_FAILURE: When it ended otherwise than by exit(0).
 * @RVF_RESTART_ALWAYS: Whenever it ended.
 */
enum rvf_restart {
	RVF_RESTART_NEVER = 0,
	RVF_RESTART_ON_FAILURE = 1,
	RVF_RESTART_ALWAYS = 2,
};

/**
 * enum rvf_profile - The jail that a task runs in
 * @RVF_PROFILE_STRICT: An empty root and nothing else.
 * @RVF_PROFILE_CROSVM: What plugins written for crosvm expect.
 */
enum rvf_profile {
	RVF_PROFILE_STRICT = 0,
	RVF_PROFILE_CROSVM = 1,
};

/**
 * enum rvf_relax - What RVF_BIND does not insist on
 * @RVF_RELAX_TEXT: That the image's code is the only one: executable mappings
 *	of files on read-only mounts are accepted, too, as a dynamic executable
 *	and its libraries need.
 * @RVF_RELAX_ROOT: That the root is empty.
 *
 * A package with a component that relaxes anything is mounted only under a key
 * with %RVF_KEY_DEVELOPER.
 */
enum rvf_relax {
	RVF_RELAX_TEXT = 1 << 0,
	RVF_RELAX_ROOT = 1 << 1,
};

#define RVF_M_NONE		0xffffffffu	/* an index that names nothing */

/**
 * struct rvf_m_component - Code in the package
 * @name: A word: 1 to 255 characters of A-Z a-z 0-9 _ - and ., the first a
 *	letter or digit; unique among components.
 * @kind: One of enum rvf_component_kind.
 * @image: Index of its executable segment: an RVF_SEG_IMAGE for a native or
 *	WebAssembly component, an RVF_SEG_KERNEL for a guest kernel.
 * @source: Index of the RVF_SEG_WASM segment that @image was compiled from;
 *	%RVF_M_NONE for the other kinds.
 * @profile: One of enum rvf_profile.
 * @restart: One of enum rvf_restart.
 * @restart_times: Starts again at most so many times ...
 * @restart_window_ms: ... within so many milliseconds; 1 to 86,400,000.
 * @backoff_min_ms: The first pause before a restart, doubled each time ...
 * @backoff_max_ms: ... up to this; not below @backoff_min_ms, at most
 *	86,400,000.
 * @limit_pids: Threads that the task may have, 1 to 65,536.
 * @limit_memory: Bytes, at least 1 MiB.
 * @limit_cpu: CPU time in thousandths of one CPU, 1 to 1,024,000.
 * @first_dep: Index in the deps table of the first component that it needs.
 * @deps: How many it needs; they form no cycle.
 * @first_grant: Index in the grants table of its first grant.
 * @grants: How many grants it has, at most %RVF_MAX_GRANTS.
 * @n_args: Arguments behind argv[0].
 * @args: NUL-terminated strings, one for each argument, back to back.
 * @vcpus: vCPUs of its VM, 0 for no VM, at most %RVF_MAX_VCPUS.
 * @relax: Bits of enum rvf_relax.
 * @guest_memory: Bytes of memory that the task may bring into its VM; 0
 *	without a VM.
 * @jail: What it asks of its jail beyond the profile: NUL-terminated strings,
 *	back to back, which the supervisor reads and the kernel does not: it
 *	looks at the jail itself when the task is bound.
 * @reserved2: 0.
 * @identity_map: Where KVM puts a page of its own into the guest's address
 *	space, on processors where it needs one: a multiple of 4096, at most
 *	0xffffe000; 0: KVM's own choice, as without a VM.
 *
 * A guest kernel has neither deps nor grants, arguments nor a jail, relaxes nothing, and
 * nothing needs it. The ranges of deps and of grants follow one another in component order and
 * cover their tables exactly.
 */
struct rvf_m_component {
	struct rvf_m_string name;
	__le32 kind;
	__le32 image;
	__le32 source;
	__le32 profile;
	__le32 restart;
	__le32 restart_times;
	__le32 restart_window_ms;
	__le32 backoff_min_ms;
	__le32 backoff_max_ms;
	__le32 limit_pids;
	__le64 limit_memory;
	__le32 limit_cpu;
	__le32 first_dep;
	__le32 deps;
	__le32 first_grant;
	__le32 grants;
	__le32 n_args;
	struct rvf_m_string args;
	__le32 vcpus;
	__le32 relax;
	__le64 guest_memory;
	struct rvf_m_string jail;
	__le64 reserved2[1];
	__le64 identity_map;
};

/**
 * enum rvf_region_policy - What may be done with a region
 * @RVF_REGION_IMMUTABLE: Holds exactly the signed bytes, for the mount's life.
 * @RVF_REGION_APPEND_ONLY: Grows at its end; what was appended never changes.
 * @RVF_REGION_SLAB: Slots of one size that are taken, written and freed.
 */
enum rvf_region_policy {
	RVF_REGION_IMMUTABLE = 0,
	RVF_REGION_APPEND_ONLY = 1,
	RVF_REGION_SLAB = 2,
};

/**
 * struct rvf_m_region - A region
 * @name: A word, unique among regions and queues together.
 * @policy: One of enum rvf_region_policy.
 * @segment: Immutable: index of its RVF_SEG_REGION segment; else %RVF_M_NONE.
 * @size: Bytes: immutable: the segment's length; append-only: the most it can
 *	hold, 1 to %RVF_MAX_REGION_BYTES; slab: @slots times the size of one,
 *	which is 1 to %RVF_MAX_SLOT, up to %RVF_MAX_REGION_BYTES.
 * @slots: Slab: 1 to %RVF_MAX_SLOTS; else 0.
 * @reserved: 0.
 */
struct rvf_m_region {
	struct rvf_m_string name;
	__le32 policy;
	__le32 segment;
	__le64 size;
	__le64 slots;
	__le64 reserved[2];
};

/**
 * enum rvf_m_queue_flags - What kind of queue it is
 * @RVF_QUEUE_RING: A ring: its two ends map it and move messages by themselves.
 *	Exactly one component is granted WRITE and exactly one other READ, the
 *	end that it is.
 */
enum rvf_m_queue_flags {
	RVF_QUEUE_RING = 1 << 0,
};

/*
 * Bytes from one slot of a ring to the next: struct rvf_ring_slot, the message,
 * and what fills the last cache line.
 */
#define RVF_RING_STRIDE(message_size)	(((message_size) + 8u + 63u) & ~63u)

/*
 * Bytes of memory that a ring takes, and that its ends map: a page of 4,096 for
 * the kernel and for each end, and whole ones for the slots.
 */
#define RVF_RING_MEMORY(slots, message_size)                                   \
	(3 * 4096ull +                                                        \
	 (((__u64)(slots) * RVF_RING_STRIDE(message_size) + 4095) & ~4095ull))

/**
 * struct rvf_m_queue - A queue
 * @name: A word, unique among regions and queues together.
 * @slots: Messages that it can hold, 1 to %RVF_MAX_QUEUE_SLOTS.
 * @message_size: The most bytes of one message, 1 to %RVF_MAX_MESSAGE.
 * @type: What its messages are: the first four bytes, as a little-endian
 *	number, of the SHA-256 of the type's text; 0: not said.
 * @flags: Bits of enum rvf_m_queue_flags.
 * @type_name: The type's text, for people: printable ASCII; empty when @type is
 *	0, and only then.
 * @reserved2: 0.
 */
struct rvf_m_queue {
	struct rvf_m_string name;
	__le32 slots;
	__le32 message_size;
	__le32 type;
	__le32 flags;
	struct rvf_m_string type_name;
	__le64 reserved2;
};

/**
 * enum rvf_object_kind - What a handle leads to
 * @RVF_OBJECT_REGION: A region.
 * @RVF_OBJECT_QUEUE: A queue.
 */
enum rvf_object_kind {
	RVF_OBJECT_REGION = 1,
	RVF_OBJECT_QUEUE = 2,
};

/**
 * struct rvf_m_grant - A handle that a component is given
 * @kind: One of enum rvf_object_kind.
 * @object: Index in the table of that kind.
 * @rights: Bits of enum rvf_rights, READ or WRITE among them, and only ones
 *	that the object has: an immutable region is never written.
 * @reserved: 0.
 * @badge: Tells the holder from others; 0: none.
 *
 * A component has at most one grant for an object.
 */
struct rvf_m_grant {
	__le32 kind;
	__le32 object;
	__le32 rights;
	__le32 reserved;
	__le64 badge;
};

/**
 * struct rvf_m_required - What the package needs of the host
 * @flags: 0.
 * @reserved: 0.
 * @min_memory: Bytes that the mount's objects and images need; MOUNT refuses
 *	a manifest that states less than its regions, queues and images come
 *	to. A region comes to its @size, a queue to its slots times its message
 *	size, a ring to %RVF_RING_MEMORY.
 * @reserved2: 0.
 */
struct rvf_m_required {
	__le32 flags;
	__le32 reserved;
	__le64 min_memory;
	__le64 reserved2;
};

/**
 * DOC: Witness records
 *
 * The kernel's log of what happened to keys, mounts and tasks is a chain of
 * records: struct rvf_witness_header, laid out as RuVix's boot log has it, and
 * behind it @payload_size bytes, which begin with struct rvf_witness_payload and
 * end with its text. A record's hash is the SHA-256 of both, and @prev_hash is
 * that of the record before it (zeros in record 0). Who knows the hash of the
 * last one knows all of them.
 */

/**
 * enum rvf_witness_type - What a record tells
 * @RVF_WITNESS_BOOT: The module was loaded: record 0, and only that. Text: its
 *	version. Digest: random bytes that tell this chain from any other.
 * @RVF_WITNESS_GRANT: A handle can be had, or was made. With a task: by the
 *	manifest (at the mount), or, with @code 1, derived by the task's
 *	process. Without: an administrator's, by RVF_MOUNT_GET, or derived from
 *	one of those with @code 1. Text: the object's name. Value: the badge.
 * @RVF_WITNESS_REVOKE: RVF_HANDLE_REVOKE, as above. Value: handles revoked.
 * @RVF_WITNESS_MOUNT: Mounted. Text: its name. Key, and in @digest the
 *	manifest's SHA-256. Value: the package's version.
 * @RVF_WITNESS_UNMOUNT: The unmount is complete. Text: its name. Value: derives
 *	and revokes through administrators' handles that have no record.
 * @RVF_WITNESS_KEY_ADDED: Text: its label.
 * @RVF_WITNESS_REFUSED: RVF_MOUNT failed. Text: the name. @code: the errno;
 *	@reason; @object: its index; key: the one that signed, if that is known.
 * @RVF_WITNESS_UNMOUNTING: RVF_UNMOUNT was asked, or a nameless mount's last fd
 *	was closed. Text: its name.
 * @RVF_WITNESS_BOUND: RVF_BIND accepted a process. Text: the component's name.
 *	Value: the incarnation. Digest: the image's SHA-256. @code: its uid.
 * @RVF_WITNESS_BIND_REFUSED: It refused one, with @reason; the first of an
 *	incarnation only.
 * @RVF_WITNESS_ENDED: A bound process ended. Text: the component's name. Reason:
 *	enum rvf_exit_kind. Code: exit code or signal. Value: derives and
 *	revokes by it that have no record.
 * @RVF_WITNESS_CLAIMED: A supervisor claimed the mount. Text: its name.
 * @RVF_WITNESS_UNCLAIMED: The claim was closed.
 * @RVF_WITNESS_EXCHANGED: Two mounts swapped names. @value: the other mount.
 *	Text: the mount's new name, a NUL, the other's.
 * @RVF_WITNESS_FULL: The log is full. What comes behind it may be missing.
 * @RVF_WITNESS_LOST: There is room again. Value: records missing before this.
 */
enum rvf_witness_type {
	RVF_WITNESS_BOOT = 0,
	RVF_WITNESS_GRANT = 2,
	RVF_WITNESS_REVOKE = 3,
	RVF_WITNESS_MOUNT = 4,
	RVF_WITNESS_UNMOUNT = 5,

	RVF_WITNESS_KEY_ADDED = 16,
	RVF_WITNESS_REFUSED = 17,
	RVF_WITNESS_UNMOUNTING = 18,
	RVF_WITNESS_BOUND = 19,
	RVF_WITNESS_BIND_REFUSED = 20,
	RVF_WITNESS_ENDED = 21,
	RVF_WITNESS_CLAIMED = 22,
	RVF_WITNESS_UNCLAIMED = 23,
	RVF_WITNESS_EXCHANGED = 24,
	RVF_WITNESS_FULL = 25,
	RVF_WITNESS_LOST = 26,
};

/**
 * struct rvf_witness_header - Before each record; 53 bytes
 * @prev_hash: Hash of the record before it.
 * @type: One of enum rvf_witness_type.
 * @sequence: How many records there were before it.
 * @time: Nanoseconds since the epoch, by the host's clock.
 * @payload_size: Bytes behind the header.
 */
struct rvf_witness_header {
	__u8 prev_hash[RVF_DIGEST_LEN];
	__u8 type;
	__le64 sequence;
	__le64 time;
	__le32 payload_size;
} __attribute__((packed));

/* In @task: none. */
#define RVF_WITNESS_NONE	0xffffffffu

/**
 * struct rvf_witness_payload - What a record says, 0 where it says nothing
 * @mount: The mount's id.
 * @value: By type.
 * @task: The component's index, or %RVF_WITNESS_NONE.
 * @kind: One of enum rvf_object_kind.
 * @object: The object's index.
 * @rights: Bits of enum rvf_rights.
 * @code: By type; errnos are positive.
 * @reason: One of enum rvf_reason.
 * @pid: Who did it, in the initial pid namespace; 0: the kernel.
 * @uid: Its user in the initial user namespace.
 * @key: A key's id.
 * @digest: By type.
 * @text_len: Bytes of text that follow, without a NUL at their end.
 * @reserved: 0.
 */
struct rvf_witness_payload {
	__le64 mount;
	__le64 value;
	__le32 task;
	__le32 kind;
	__le32 object;
	__le32 rights;
	__le32 code;
	__le32 reason;
	__le32 pid;
	__le32 uid;
	__u8 key[RVF_KEY_ID_LEN];
	__u8 digest[RVF_DIGEST_LEN];
	__le32 text_len;
	__le32 reserved;
} __attribute__((packed));

/* Two names and a NUL between them. */
#define RVF_WITNESS_MAX_TEXT	(2 * RVF_MAX_NAME + 1)
#define RVF_WITNESS_MAX_RECORD	(sizeof(struct rvf_witness_header) + \
				 sizeof(struct rvf_witness_payload) + \
				 RVF_WITNESS_MAX_TEXT)

#endif /* _UAPI_LINUX_RVF_FORMAT_H */
