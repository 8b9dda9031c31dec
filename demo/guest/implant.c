// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the attacker brings: a program that no reference value can know, since
 * BUILD_ID is drawn anew for each run of the demo.
 */
#include <stdio.h>

int main(void)
{
	return puts("implant " BUILD_ID " runs") < 0;
}
