// SPDX-License-Identifier: LGPL-2.1-or-later
/* What each reason of the kernel means, and what to do about it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <linux/rvf.h>
#include <rvf/error.h>

/**
 * struct reason_text - One reason in words
 * @reason: One of enum rvf_reason.
 * @slug: Its stable word.
 * @what: What happened.
 * @why: Details, with %u for the index; or NULL.
 * @hint: What to do, or NULL.
 */
struct reason_text {
	__u32 reason;
	const char *slug;
	const char *what;
	const char *why;
	const char *hint;
};

#define REBUILD "pack it again with this version of rvfctl"
#define REFETCH "fetch the file again; if you built it, pack and sign again"
#define SPLIT	"make the package smaller, or split it"

static const struct reason_text reasons[] = {
	{ RVF_REASON_UNSIGNED, "unsigned", "it is not signed",
	  "the kernel mounts signed packages only", "rvfctl sign --key FILE.key PACKAGE" },
	{ RVF_REASON_UNKNOWN_KEY, "unknown-key", "its key is not trusted here",
	  "no signature in it is by a key of this host",
	  "sudo rvfctl key add THEIR.pub, if you trust its owner" },
	{ RVF_REASON_BAD_SIGNATURE, "bad-signature", "the signature does not fit",
	  "the key is known; manifest or signature was changed", REFETCH },
	{ RVF_REASON_KEY_NOT_YET, "key-not-yet", "its key is not valid yet",
	  "the key's time begins later than this host's clock says", "check the clock: date" },
	{ RVF_REASON_KEY_EXPIRED, "key-expired", "its key has expired",
	  "the key's time has ended, by this host's clock", "sign with the signer's newer key" },
	{ RVF_REASON_KEY_USAGE, "key-usage", "its key is not for this",
	  "the key's record does not allow mounting", "sign with a key that is made for mounting" },
	{ RVF_REASON_KEY_NAME, "key-mount", "its key may not sign for this mount name",
	  "the key's record allows other names",
	  "rvfctl key list shows which names a key may sign for" },
	{ RVF_REASON_ENVELOPE, "malformed", "its signatures are malformed",
	  "the signature envelope is not as it must be", REFETCH },
	{ RVF_REASON_KEY_RECORD, "bad-key", "the key record is malformed",
	  "the field at byte %u is not as it must be",
	  "make the record again from the public key" },
	{ RVF_REASON_KEY_WEAK, "weak-key", "the key is refused: anyone could sign with it",
	  "its modulus is even, prime, or has a small factor",
	  "make a new key: rvfctl keygen NAME" },
	{ RVF_REASON_KEY_ALGORITHM, "bad-algorithm", "the key's algorithm is not known here",
	  "this version takes RSA-4096", "make a new key: rvfctl keygen NAME" },
	{ RVF_REASON_KEY_DEVELOPER, "key-developer", "its key is not a developer's",
	  "component %u relaxes a check of the kernel's, which only a developer's package may",
	  "link the program statically: then nothing has to be relaxed" },

	{ RVF_REASON_HEADER, "bad-manifest", "the manifest is malformed",
	  "it has no RVF1 header, or another length than it says", REBUILD },
	{ RVF_REASON_VERSION, "bad-manifest", "the manifest is of another format version",
	  "the kernel's rvf does not know it", "update rvf on this host" },
	{ RVF_REASON_UNSUPPORTED, "unsupported",
	  "the package asks for what this version of rvf lacks", "entry %u of the manifest",
	  "update rvf on this host" },
	{ RVF_REASON_LAYOUT, "bad-manifest", "the manifest is malformed",
	  "its section %u is not where it must be", REBUILD },
	{ RVF_REASON_RESERVED, "bad-manifest", "the manifest is malformed",
	  "a reserved field or a gap is not zero (%u)", REBUILD },
	{ RVF_REASON_STRING, "bad-manifest", "the manifest is malformed",
	  "a text of entry %u is out of order or not allowed", REBUILD },
	{ RVF_REASON_DUPLICATE, "bad-manifest", "something occurs twice in the manifest",
	  "entry %u has the name, the segment or the object of an earlier one", REBUILD },
	{ RVF_REASON_PACKAGE, "bad-manifest", "the manifest is malformed",
	  "its package entry is not as it must be", REBUILD },
	{ RVF_REASON_SEGMENT, "bad-manifest", "the manifest is malformed",
	  "segment %u is of no kind that a package may have", REBUILD },
	{ RVF_REASON_COMPONENT, "bad-manifest", "the manifest is malformed",
	  "component %u is not as it must be", REBUILD },
	{ RVF_REASON_DEPENDENCY, "bad-manifest", "a component needs one that is not there",
	  "component %u", REBUILD },
	{ RVF_REASON_CYCLE, "bad-manifest", "components need each other in a circle",
	  "component %u is part of it, or waits for one that is", "take one 'needs' away" },
	{ RVF_REASON_REGION, "bad-manifest", "the manifest is malformed",
	  "region %u is not as it must be", REBUILD },
	{ RVF_REASON_QUEUE, "bad-manifest", "the manifest is malformed",
	  "queue %u is not as it must be", REBUILD },
	{ RVF_REASON_GRANT, "bad-manifest", "the manifest is malformed",
	  "grant %u names no object, or rights that it does not have", REBUILD },
	{ RVF_REASON_CONTENT_HASH, "bad-manifest", "the manifest is malformed",
	  "its content hash is not that of its segment table", REBUILD },
	{ RVF_REASON_REQUIRED, "bad-manifest", "the manifest is malformed",
	  "it states less memory than its objects need", REBUILD },
	{ RVF_REASON_MANIFEST_SIZE, "too-large", "the manifest is too large", "the most is 1 MiB",
	  SPLIT },
	{ RVF_REASON_LIMIT_SEGMENTS, "too-large", "it has too many segments", "%u of them", SPLIT },
	{ RVF_REASON_LIMIT_COMPONENTS, "too-large", "it has too many components", "%u of them",
	  SPLIT },
	{ RVF_REASON_LIMIT_TASKS, "too-large", "it has too many tasks", "%u of them", SPLIT },
	{ RVF_REASON_LIMIT_REGIONS, "too-large", "it has too many regions", "%u of them", SPLIT },
	{ RVF_REASON_LIMIT_QUEUES, "too-large", "it has too many queues", "%u of them", SPLIT },
	{ RVF_REASON_LIMIT_GRANTS, "too-large", "a component has too many handles",
	  "component %u; the most is 32", SPLIT },
	{ RVF_REASON_LIMIT_DEPS, "too-large", "it has too many dependencies", "%u of them", SPLIT },
	{ RVF_REASON_LIMIT_BYTES, "too-large", "a region or image is too large",
	  "entry %u; regions may have 1 GiB, images 64 MiB", SPLIT },

	{ RVF_REASON_DIGEST, "bad-digest", "its content was changed",
	  "segment %u of the manifest has another SHA-256 than was signed", REFETCH },
	{ RVF_REASON_SEGMENT_READ, "malformed", "the file ends too early, or cannot be read",
	  "while segment %u of the manifest was read", REFETCH },
	{ RVF_REASON_SEGMENT_COUNT, "malformed", "segments are missing in the file",
	  "the manifest has %u", REFETCH },
	{ RVF_REASON_MOUNT_NAME, "bad-name", "this is not a mount name",
	  "a name is / and words of letters, digits, _ - and ., such as /agents/demo",
	  "choose another with --at" },
	{ RVF_REASON_NAME_IN_USE, "in-use", "a mount of this name exists", NULL,
	  "choose another with --at, or unmount that one" },
	{ RVF_REASON_MEMORY, "no-memory", "there is not enough memory for it",
	  "object or image %u could not be allocated", "allow it more memory, or free some" },
	{ RVF_REASON_WITNESS_FULL, "witness-full", "the kernel's log is full",
	  "the module parameter witness_full says that nothing is mounted then",
	  "rvfctl witness export keeps the records elsewhere" },

	{ RVF_REASON_BIND_IMAGE, "bind-image", "the process does not run the signed image", NULL,
	  NULL },
	{ RVF_REASON_BIND_TEXT, "bind-text", "the process has code that is not the image's", NULL,
	  NULL },
	{ RVF_REASON_BIND_NNP, "bind-nnp", "the process could gain privileges",
	  "no_new_privs is not set", NULL },
	{ RVF_REASON_BIND_SECCOMP, "bind-seccomp", "the process has no seccomp filter", NULL,
	  NULL },
	{ RVF_REASON_BIND_CAPS, "bind-caps", "the process has capabilities", NULL, NULL },
	{ RVF_REASON_BIND_USER, "bind-user", "the process is not a plain user",
	  "it is the host's root, has differing ids, or groups", NULL },
	{ RVF_REASON_BIND_USER_NS, "bind-user-ns", "the process has no user namespace of its own",
	  NULL, NULL },
	{ RVF_REASON_BIND_NAMESPACE, "bind-namespace", "the process shares a namespace", NULL,
	  NULL },
	{ RVF_REASON_BIND_ROOT, "bind-root", "the process has a root that is not empty", NULL,
	  NULL },
	{ RVF_REASON_BIND_PERSONALITY, "bind-personality", "the process has an odd personality",
	  NULL, NULL },
	{ RVF_REASON_BIND_THREADS, "bind-threads", "the process has more than one thread", NULL,
	  NULL },
	{ RVF_REASON_BIND_FILES, "bind-files", "the process shares its files", NULL, NULL },
	{ RVF_REASON_BIND_MM, "bind-mm", "the process shares its memory", NULL, "try again" },
	{ RVF_REASON_BIND_TRACED, "bind-traced", "the process is traced", NULL, NULL },
	{ RVF_REASON_BIND_DUMPABLE, "bind-dumpable", "the process can be dumped",
	  "the sysctl fs.suid_dumpable is 1, or prctl made it so", "sysctl fs.suid_dumpable=0" },
};

static const struct reason_text *find(__u32 reason)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].reason == reason)
			return &reasons[i];
	return NULL;
}

const char *rvf_reason_text(__u32 reason)
{
	const struct reason_text *t = find(reason);

	return t      ? t->what :
	       reason ? "a reason that this version does not know" :
			"nothing is wrong";
}

const char *rvf_reason_slug(__u32 reason)
{
	const struct reason_text *t = find(reason);

	return t ? t->slug : reason ? "unknown" : "ok";
}

/**
 * struct errno_text - What an errno means where there is no reason
 * @err: The errno.
 * @slug: Its stable word.
 * @what: In words.
 * @hint: What to do, or NULL.
 */
struct errno_text {
	int err;
	const char *slug;
	const char *what;
	const char *hint;
};

static const struct errno_text errnos[] = {
	{ EPERM, "denied", "this needs root", "run it as root" },
	{ EACCES, "denied", "the handle does not have this right", NULL },
	{ ENODEV, "gone", "the mount is being unmounted, or is gone", NULL },
	{ ENOENT, "not-found", "there is no such thing", "rvfctl ls shows what there is" },
	{ EEXIST, "exists", "it is there already", NULL },
	{ EBUSY, "busy", "it is in use", NULL },
	{ ESTALE, "stale", "this incarnation of the task is over", NULL },
	{ EDQUOT, "limit", "a limit is reached", NULL },
	{ ENOMEM, "no-memory", "there is not enough memory", "allow it more memory, or free some" },
	{ EKEYREVOKED, "revoked", "the handle was revoked", NULL },
	{ ENOTTY, "unsupported", "the module does not know this command",
	  "load the module that belongs to this rvfctl" },
	{ EOPNOTSUPP, "unsupported", "the module does not have this",
	  "load the module that belongs to this rvfctl" },
	{ EINTR, "interrupted", "it was interrupted, nothing was done", NULL },
	{ EINVAL, "invalid", "the package's file is no regular file", "copy it to a disk first" },
	{ EMFILE, "limit", "too many files are open", NULL },
};

int rvf_error_from_kernel(struct rvf_error *e, int err, __u32 reason, __u32 index)
{
	const struct reason_text *t = find(reason);

	if (!e)
		return -err;
	if (t) {
		rvf_error_set(e, err, t->slug, "%s", t->what);
		if (t->why) {
			const char *number = strstr(t->why, "%u");

			if (number)
				rvf_error_why(e, "%.*s%u%s", (int)(number - t->why), t->why, index,
					      number + 2);
			else
				rvf_error_why(e, "%s", t->why);
		}
		if (t->hint)
			rvf_error_hint(e, "%s", t->hint);
	} else {
		size_t i, n = sizeof(errnos) / sizeof(errnos[0]);

		for (i = 0; i < n && errnos[i].err != err; i++)
			;
		if (i < n) {
			rvf_error_set(e, err, errnos[i].slug, "%s", errnos[i].what);
			if (errnos[i].hint)
				rvf_error_hint(e, "%s", errnos[i].hint);
		} else {
			rvf_error_set(e, err, "system", "the kernel refused it");
			rvf_error_why(e, "%s", strerror(err));
		}
	}
	e->reason = reason;
	e->index = index;
	return -err;
}
