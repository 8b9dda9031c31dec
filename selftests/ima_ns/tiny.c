// SPDX-License-Identifier: GPL-2.0-only
/* The program that tests make their own of: small, so that hashing is quick. */

int main(void)
{
	return 0;
}
