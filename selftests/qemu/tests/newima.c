// SPDX-License-Identifier: LGPL-2.1-or-later
/* newima PROGRAM [ARGUMENT...]: executes it in a new IMA namespace. */
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#ifndef CLONE_NEWIMA
#define CLONE_NEWIMA	0x00000040
#endif

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs("usage: newima PROGRAM [ARGUMENT...]\n", stderr);
		return 2;
	}
	if (unshare(CLONE_NEWIMA)) {
		perror("newima: cannot make an IMA namespace");
		return 1;
	}
	execv(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
