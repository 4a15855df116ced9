// SPDX-License-Identifier: GPL-2.0-only
/*
 * The smallest image: some hundred bytes, so that a mount of 4 KiB is one.
 * Never run.
 */
void _start(void)
{
	for (;;)
		__asm__ volatile("");
}
