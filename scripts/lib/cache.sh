# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Where scripts keep what can be made again: never in the tree.

rvf_cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/rvf

# Some files of the kernel's source that Debian's header package leaves out.
# shellcheck disable=SC2034
rvf_kernel_source=$rvf_cache/linux-6.1
