// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A main() for fuzz targets where there is no libFuzzer:
 *
 *   NAME [-d] FILE|DIRECTORY...
 *
 * runs the target on each file as it is, and with -d, damaged the same way each
 * time: cut short, bits flipped, bytes set to what lengths are mistaken at.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

/* Of each kind of damage, for each file, spread evenly over it. */
#define DAMAGES	48

static size_t runs;

/* Its own memory, so that AddressSanitizer sees a byte too far. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	FUZZ_CHECK(copy);
	if (size)
		memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	runs++;
}

static void run_damaged(uint8_t *data, size_t size)
{
	static const uint8_t odd[] = { 0, 0x7f, 0x80, 0xff };
	size_t step = size / DAMAGES + 1;

	for (size_t at = 0; at < size; at += step) {
		uint8_t was = data[at];

		run(data, at);
		data[at] = was ^ (uint8_t)(1 << at % 8);
		run(data, size);
		data[at] = odd[at / step % sizeof(odd)];
		run(data, size);
		data[at] = was;
	}
}

static void run_file(const char *path, bool damaged)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	size_t size = 0, got;

	if (!f) {
		perror(path);
		exit(2);
	}
	do {
		data = realloc(data, size + 65536);
		FUZZ_CHECK(data);
		got = fread(data + size, 1, 65536, f);
		size += got;
	} while (got);
	fclose(f);
	run(data, size);
	if (damaged)
		run_damaged(data, size);
	free(data);
}

static void run_directory(const char *path, bool damaged)
{
	struct dirent **names;
	int count = scandir(path, &names, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		char file[4096];

		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			run_file(file, damaged);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

int main(int argc, char **argv)
{
	bool damaged = argc > 1 && !strcmp(argv[1], "-d");

	for (int i = 1 + damaged; i < argc; i++) {
		struct stat st;

		if (!stat(argv[i], &st) && S_ISDIR(st.st_mode))
			run_directory(argv[i], damaged);
		else
			run_file(argv[i], damaged);
	}
	printf("%zu\n", runs);
	return runs ? 0 : 2;
}
