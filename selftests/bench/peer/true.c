// SPDX-License-Identifier: GPL-2.0-only
/* What the launchers that a task's start is compared with have to run. */
int main(void)
{
	return 0;
}
