// SPDX-License-Identifier: LGPL-2.1-or-later
/* libarchive, loaded when the first image is read. */

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "archive_load.h"
#include "bytes.h"

#define SONAME		"libarchive.so.13"

/*
 * Tells packagers and those who make initrds what the linker does not know: the
 * UAPI group's "package metadata for dlopen", a note of type 0x407c0c0a by FDO.
 */
#define NOTE_TYPE	0x407c0c0a
#define NOTE_TEXT	"[{\"feature\":\"image\",\"description\":\"Reference values from images of containers\",\"priority\":\"recommended\",\"soname\":[\"" SONAME "\"]}]"

static const struct {
	uint32_t name_size, text_size, type;
	char name[4];
	_Alignas(uint32_t) char text[sizeof(NOTE_TEXT)];
} note __attribute__((used, section(".note.dlopen"), aligned(4))) = {
	.name_size = sizeof(note.name),
	.text_size = sizeof(note.text),
	.type = NOTE_TYPE,
	.name = "FDO",
	.text = NOTE_TEXT,
};

/* The dynamic linker's word, which may begin with the name that stands there. */
static int failed(struct imans_ctx *ctx, const char *name)
{
	const char *text = dlerror();

	text = text ? text : "it can't be loaded";
	if (!strncmp(text, SONAME ": ", sizeof(SONAME) + 1))
		text += sizeof(SONAME) + 1;
	return imans_err(ctx, -ENOPKG, "%s: reading images needs %s: %s", name,
			 SONAME, text);
}

/* All of them, or -ENOPKG. */
static int resolve(struct imans_ctx *ctx, const char *name, void *handle,
		   struct imans_archive_calls *calls)
{
#define RESOLVE(call) { #call, &calls->call },
	const struct {
		const char *symbol;
		void *to;
	} all[] = { IMANS_ARCHIVE_CALLS(RESOLVE) };
#undef RESOLVE

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		void *symbol = dlsym(handle, all[i].symbol);

		if (!symbol)
			return failed(ctx, name);
		/* POSIX: a pointer to a function has a void pointer's form. */
		memcpy(all[i].to, &symbol, sizeof(symbol));
	}
	return 0;
}

int imans_archive_load(struct imans_ctx *ctx, const char *name,
		       const struct imans_archive_calls **calls)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct imans_archive_calls loaded;
	static bool done;
	void *handle;
	int err = 0;

	pthread_mutex_lock(&lock);
	if (!done) {
		handle = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);
		err = handle ? resolve(ctx, name, handle, &loaded) :
			       failed(ctx, name);
		if (err && handle)
			dlclose(handle);
		done = !err;
	}
	pthread_mutex_unlock(&lock);
	if (!err)
		*calls = &loaded;
	return err;
}
