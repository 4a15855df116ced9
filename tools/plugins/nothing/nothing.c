// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * nothing: binds, says that it is ready and ends. The benchmark starts it, and
 * whoever wants to see how small a task can be.
 */
#include <stdlib.h>

#include <rvf/plugin.h>

int main(void)
{
	return rvf_ready() < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
