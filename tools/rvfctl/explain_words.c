// SPDX-License-Identifier: GPL-2.0-only
/* Every word that an error may end with, and the words of rvf. */
#include <string.h>

#include "explain.h"

#define ROOT                                                                               \
	"The command needs root: more exactly CAP_SYS_ADMIN, and CAP_NET_ADMIN for what\n" \
	"lists mounts, in the host's own namespaces; or the file's permissions say no."
#define FULL "The disk, or a quota on it, is full. What was there before is as it was."
#define MEMORY                                                                        \
	"There is not enough memory, on the host or in the cgroup that it would be\n" \
	"charged to. Nothing was done by half."
#define JAIL                                                                            \
	"The jail of a task, or of another program, could not be made: the text says\n" \
	"what failed. Nothing runs in half a jail."

const struct explained explained[] = {
	/* refused packages and keys */
	{ "unsigned",
	  "The package has no signature. The kernel mounts signed packages only; sign it\n"
	  "with a key whose public half the host has." },
	{ "unknown-key",
	  "The package is signed, but by no key of this host's key set. 'rvfctl key list'\n"
	  "shows the set, 'rvfctl inspect FILE' who signed. Add a key only if you trust its\n"
	  "owner with this host. After the module was loaded anew the set is empty." },
	{ "bad-signature",
	  "A key of the key set is named, but its signature does not fit the manifest: one\n"
	  "of the two was changed after signing. Which one cannot be told." },
	{ "bad-digest",
	  "A segment's bytes are not those whose SHA-256 the signed manifest holds: a\n"
	  "program or a region's content was changed or damaged. 'rvfctl verify -v' shows\n"
	  "which." },
	{ "key-expired", "The key that signed counts no more since the date in its record." },
	{ "key-not-yet",
	  "The key that signed counts from a later date on; or the clock is wrong." },
	{ "key-usage", "The key that signed is not meant for packages to be mounted." },
	{ "key-developer",
	  "The package relaxes what the kernel looks at before it gives a task its handles (see\n"
	  "'relaxed'), and its key was not added with 'rvfctl key add --developer'." },
	{ "key-mount",
	  "The key that signed may sign for some mount names only, and this name is none of\n"
	  "them. 'rvfctl key list' shows them." },
	{ "weak-key",
	  "With such a key anyone could sign: its modulus is even, prime or has a small\n"
	  "factor. Make a new one with 'rvfctl key gen'." },
	{ "bad-key", "The file is no key, or a damaged one: fetch it again." },
	{ "bad-algorithm",
	  "A key of a kind that this version does not have: it takes RSA with 4096 bits and\n"
	  "the exponent 65537. Make one with 'rvfctl key gen'." },
	{ "malformed",
	  "The file is no RVF package, was cut off, or its parts do not fit together. Fetch\n"
	  "it again." },
	{ "bad-manifest",
	  "The manifest is not as this version of rvf wants it. Pack again with the rvfctl\n"
	  "that belongs to the host's module." },
	{ "too-large",
	  "The package holds more than a mount may have: tasks, regions, queues or bytes.\n"
	  "Module parameters can lower what a host allows." },
	{ "too-many-signatures", "A package may have signatures of eight keys." },
	{ "unsupported",
	  "It asks for what this version of the module or of the tools does not have." },
	{ "passphrase",
	  "The private key has a passphrase. It is asked for on a terminal, or read from\n"
	  "the file that RVF_PASSPHRASE_FILE names; it may also be wrong." },
	/* the host */
	{ "no-module", "The kernel module is not loaded. 'modprobe rvf' loads an installed one." },
	{ "no-daemon", "rvfd, which starts the tasks of mounts, does not answer. 'run' and 'mount\n"
		       "--no-start' do without it." },
	{ "denied", ROOT },
	{ "not-root", ROOT },
	{ "netlink",
	  "What is mounted could not be asked for. That needs CAP_NET_ADMIN in the host's\n"
	  "own network namespace." },
	{ "no-cgroup",
	  "There is no cgroup hierarchy of version 2 with the controllers memory, pids and\n"
	  "cpu: boot with systemd.unified_cgroup_hierarchy=1." },
	{ "cgroup",
	  "A cgroup below 'rvf' could not be made or changed: the text says which. A process\n"
	  "that was put into it by hand keeps it busy." },
	{ "claimed", "Another supervisor has the mount: only one can." },
	{ "running", "rvfd runs already." },
	{ "socket", "rvfd's socket could not be made: the text says why." },
	{ "uid-range", "The user ids that tasks run with are used up, or the range is wrong: see\n"
		       "'--uid-range' of rvfd(8)." },
	{ "jail", JAIL },
	{ "exec",
	  "The program could not be executed. In a jail there is neither an interpreter nor\n"
	  "a library: link it statically." },
	{ "no-program", "What to execute is not there, or not a regular file." },
	{ "jail-mount",
	  "A file or directory that the package asks for in the jail cannot be had: it is\n"
	  "not there, it is neither a file nor a directory, or a symbolic link is on the way\n"
	  "to it, which is not followed." },
	{ "jail-options",
	  "What the package asks of its jail is of another form than rvf.yaml(5) says, or of\n"
	  "a later version of rvf. 'rvfctl inspect FILE' shows it." },
	{ "jail-syscall",
	  "The package asks for a system call that no jail allows: it would undo the rest of\n"
	  "the filter. Or this machine has none of that name." },
	{ "not-allowed",
	  "The package asks for something of the host that the administrator has not allowed\n"
	  "in /etc/rvf/policy.d: see 'Jail' in rvfd(8). The signer cannot allow it." },
	{ "policy",
	  "A file in /etc/rvf/policy.d does not count, since others than root could write it:\n"
	  "'chown root' and 'chmod 644' it." },
	{ "device-filter",
	  "The filter that says which devices a task may open could not be set. It is a BPF\n"
	  "program on the task's cgroup, and the kernel needs CONFIG_CGROUP_BPF for it." },
	{ "tap", "The TAP device that the package asks for could not be opened: it must exist (ip\n"
		 "tuntap add NAME mode tap vnet_hdr) and nobody else may have it open." },
	{ "no-memory", MEMORY },
	{ "limit", "A limit is reached; the text names it." },
	{ "no-space", FULL },
	{ "system", "A system call failed; the text says which and why." },
	/* mounts and tasks */
	{ "in-use", "A mount of this name exists. Unmount it, or mount --at another name." },
	{ "bad-name",
	  "A mount name is / and words joined by /, such as /agents/demo. A word has letters,\n"
	  "digits, _ - and full stops, the first of them a letter or digit." },
	{ "no-mount", "Nothing is mounted under this name, or not any more: 'rvfctl ls'." },
	{ "no-task", "The mount has no task of this name: 'rvfctl ps'." },
	{ "no-object", "The mount has no region or queue of this name: 'rvfctl ls -l'." },
	{ "gone", "The mount is gone, or is being unmounted." },
	{ "no-kvm",
	  "This host has no /dev/kvm that rvf can use. Load kvm-amd or kvm-intel, then mount again." },
	{ "busy", "It is in use, or its last run has not ended." },
	{ "stale", "This run of the task is over." },
	{ "revoked", "The handle was revoked." },
	{ "task-failed",
	  "A task ended, or could not be started, and is not started again. 'mount' has\n"
	  "undone the mount and shown what the task wrote last." },
	{ "timeout", "It took too long: a task did not say that it is ready, or rvfd no word." },
	{ "interrupted", "A signal such as Ctrl-C came. Nothing was left half done." },
	/* the witness */
	{ "witness-changed", "A record's bytes are not those that its hash was made of." },
	{ "witness-missing", "Records are missing between two others." },
	{ "witness-order", "Records stand in another order than they were written in." },
	{ "witness-cut", "The last records, or all, are missing." },
	{ "witness-other",
	  "The file is whole, but of another log: its head is not the one asked for." },
	{ "witness-gone", "The kernel has dropped these records: export them earlier." },
	{ "witness-full",
	  "The log has no room, and nothing new is mounted until it has: 'rvfctl witness export'." },
	/* files and the command line */
	{ "usage", "The command line is wrong. 'rvfctl help COMMAND' says how it goes." },
	{ "bad-recipe",
	  "The recipe has errors; each was shown with its line. rvf.yaml(5) has the rules." },
	{ "bad-file", "It is a file of the wrong kind, such as a directory." },
	{ "bad-fd", "An open file of the wrong kind was given." },
	{ "invalid", "The file cannot be used as it lies: copy it to a disk first." },
	{ "not-found", "There is no such file, or no such thing in it." },
	{ "exists", "It is there already, and is not replaced." },
	/* words */
	{ "package", "A .rvf file: a signed manifest, and the programs and data it lists." },
	{ "recipe", "rvf.yaml: what 'rvfctl pack' makes a package from." },
	{ "manifest",
	  "What is signed: which components, regions and queues there are, and who may do\n"
	  "what with them." },
	{ "mount",
	  "A package at work, under a name such as /sense. It is no directory, and findmnt\n"
	  "does not show it." },
	{ "component", "A program in a package. At run time each is one task." },
	{ "task",
	  "The run of a component: one jailed process, started again as the package says." },
	{ "region",
	  "Memory that tasks share: immutable (from a file in the package) or append-only." },
	{ "queue", "Messages from task to task, first in, first out; none is dropped." },
	{ "handle",
	  "A file descriptor on a region or queue, with rights. A task has those that its\n"
	  "manifest lists, and no others." },
	{ "rights",
	  "r read or receive, w append or send, x execute, g derive handles, o derive handles\n"
	  "that cannot be derived from, v revoke." },
	{ "badge",
	  "A number on a handle: the receiver of a message sees the badge of the handle that\n"
	  "it was sent with." },
	{ "relaxed",
	  "Checks that the kernel leaves out when it binds a process to a task: text (that\n"
	  "the signed program's is the only code), root (that the root directory is empty).\n"
	  "text is for developers' packages only; root also goes with profile crosvm." },
	{ "fingerprint",
	  "The first 8 bytes of a key's id, which is the SHA-256 of its algorithm and public\n"
	  "key." },
	{ "version", "A whole number that grows with each release of a package." },
};
const size_t n_explained = sizeof(explained) / sizeof(explained[0]);

const char *explain_word(const char *word)
{
	for (size_t i = 0; i < n_explained; i++) {
		if (!strcmp(explained[i].name, word))
			return explained[i].text;
	}
	/* one for each check, and one answer to all */
	if (!strncmp(word, "bind-", 5))
		return "The kernel gives a task its handles only when the process that asks executes\n"
		       "exactly the signed program and is jailed. This one does not, or is not: the\n"
		       "text says what is missing. rvfd's jail has all of it; what a program can do\n"
		       "wrong is to have executable memory or a thread before its main().";
	return NULL;
}
