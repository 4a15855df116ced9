// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another executable than the tests' image, which can do the same: RVF_BIND
 * has to tell the two apart by what they are and not by what they do.
 */
#include "plugin_proxy.c"

const char other_text[] __attribute__((used)) = "not the signed image";
