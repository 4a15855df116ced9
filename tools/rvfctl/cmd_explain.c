// SPDX-License-Identifier: GPL-2.0-only
/* What the word in brackets of an error, or another word of rvf, means. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "rvfctl.h"
#include "text.h"

static const struct word {
	const char *name;
	const char *text;
} words[] = {
	/* refusals: exit status 3 */
	{ "unsigned", "The package has no signature. The kernel mounts signed packages only; sign\n"
		      "it with a key whose public half the host has." },
	{ "unknown-key",
	  "The package is signed, but by no key of this host's key set. 'rvfctl key\n"
	  "list' shows the set, 'rvfctl inspect FILE' who signed. Add a key only if\n"
	  "you trust its owner with this host." },
	{ "bad-signature",
	  "A key of the key set is named, but its signature does not fit the\n"
	  "manifest: one of the two was changed after signing. Which one cannot be\n"
	  "told." },
	{ "bad-digest", "A segment's bytes are not those whose SHA-256 the signed manifest holds:\n"
			"an image or a region's content was changed or damaged." },
	{ "key-expired", "The key that signed counts no more since the date in its record." },
	{ "key-not-yet",
	  "The key that signed counts from a later date on; or the clock is wrong." },
	{ "key-usage", "The key that signed is not meant for packages to be mounted." },
	{ "key-mount", "The key that signed may sign for some mount names only, and this name is\n"
		       "none of them. 'rvfctl key list' shows them." },
	{ "key-weak", "With such a key anyone could sign: its modulus is even, prime or has a\n"
		      "small factor. Make a new one with 'rvfctl key gen'." },
	{ "malformed", "The file is no RVF package, or its parts do not fit together. Fetch it\n"
		       "again." },
	{ "bad-manifest", "The manifest is signed but not as this version of rvf wants it. Pack\n"
			  "again with the rvfctl that belongs to the host's module." },
	{ "too-large", "The package holds more than a mount may have: tasks, regions, queues or\n"
		       "bytes." },
	/* states of the host */
	{ "no-module", "The kernel module is not loaded. 'modprobe rvf' loads an installed one." },
	{ "no-daemon", "rvfd, which starts a mount's tasks, does not answer. 'run' and 'mount\n"
		       "--no-start' do without it." },
	{ "denied", "The command needs root: more exactly CAP_SYS_ADMIN, and CAP_NET_ADMIN for\n"
		    "what lists mounts." },
	{ "not-root", "The command needs root: more exactly CAP_SYS_ADMIN, and CAP_NET_ADMIN for\n"
		      "what lists mounts." },
	{ "name-in-use", "A mount of this name exists. Unmount it, or mount --at another name." },
	{ "task-failed", "A task of the mount did not become ready, so the mount was undone." },
	{ "usage", "The command line is wrong. 'rvfctl help COMMAND' says how it goes." },
	{ "bad-recipe", "The recipe has errors; each was shown with its line. rvf.yaml(5) has the\n"
			"rules." },
	/* words */
	{ "package", "A .rvf file: a signed manifest, and the programs and data it lists." },
	{ "recipe", "rvf.yaml: what 'rvfctl pack' makes a package from." },
	{ "manifest",
	  "What is signed: which components, regions and queues there are, and who may\n"
	  "do what with them." },
	{ "mount", "A package at work, under a name such as /sense. It is no directory, and\n"
		   "findmnt does not show it." },
	{ "component", "A program in a package. At run time each is one task." },
	{ "task", "The run of a component: one jailed process, started again as the package\n"
		  "says." },
	{ "region", "Memory that tasks share: immutable (from a file in the package) or\n"
		    "append-only." },
	{ "queue", "Messages from task to task, first in, first out; none is dropped." },
	{ "handle", "A file descriptor on a region or queue, with rights. A task has those that\n"
		    "its manifest lists, and no others." },
	{ "rights", "r read or receive, w append or send, x execute, g derive handles, o derive\n"
		    "handles that cannot be derived from, v revoke." },
	{ "badge", "A number on a handle: the receiver of a message sees the badge of the handle\n"
		   "that it was sent with." },
	{ "fingerprint",
	  "The first 8 bytes of a key's id, which is the SHA-256 of its algorithm and\n"
	  "public key." },
	{ "version", "A whole number that grows with each release of a package." },
};
#define N_WORDS (sizeof(words) / sizeof(words[0]))

static int run(const struct args *args)
{
	const char *names[N_WORDS], *like, *wanted = args->names[0];
	size_t length = strlen(wanted), i;

	/* as it stands in an error: [unsigned] */
	if (length > 2 && wanted[0] == '[' && wanted[length - 1] == ']') {
		args->names[0][length - 1] = 0;
		wanted++;
	}
	for (i = 0; i < N_WORDS; i++) {
		if (!strcmp(words[i].name, wanted)) {
			printf("%s\n", words[i].text);
			return RVFCTL_OK;
		}
		names[i] = words[i].name;
	}
	like = suggest(wanted, names, N_WORDS);
	if (like)
		return usage_error(args->command, "'%s' is not explained; did you mean '%s'?",
				   wanted, like);
	return usage_error(args->command, "'%s' is not explained", wanted);
}

const struct command cmd_explain = {
	.name = "explain",
	.arguments = "WORD",
	.least = 1,
	.group = "help",
	.summary = "Says what a word means",
	.text = "WORD is what stands in brackets in an error, such as unsigned, or a word of\n"
		"rvf, such as region.\n",
	.run = run,
};
