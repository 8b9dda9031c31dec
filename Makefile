# SPDX-License-Identifier: LGPL-2.1-or-later
#
#   make demo        containers measured apart, proven by the TPM
#   make check       the tests; ends with the line "N passed, M failed"
#   make check-long  those that take too long for every change; ends likewise
#   make fuzz        hostile input, for MINUTES=10 of processor time
#
# They do all the set-up on a fresh Debian 12, as root or with sudo. Parts:
# setup kernel kernel-base kernel-off kernel-debug lib tools harness image kselftests
# neighbour, bench-lib, check-SUITE for one of selftests/suites or selftests/suites-long, lint,
# export, clean.
# O=DIR builds elsewhere than in build/.

O := $(abspath $(or $(O),build))
export O

STEP := tools/dev/step

all: lib tools

setup:
	@tools/dev/setup.sh

# The kernel's variants share sources: one at a time, whatever -j says.
.NOTPARALLEL:

kernel: setup
	@$(STEP) -n 1500 kernel "kernel with IMA namespaces" tools/dev/kbuild ns

kernel-base: setup
	@$(STEP) -n 1200 kernel-base "unpatched kernel" tools/dev/kbuild base

kernel-off: setup
	@$(STEP) -n 900 kernel-off "patched kernel, option off" tools/dev/kbuild off

# For developers: lockdep, KASAN, kmemleak. No part of check.
kernel-debug: setup
	@$(STEP) -n 1600 kernel-debug "patched kernel that finds mistakes" tools/dev/kbuild debug

lib: setup
	@$(STEP) lib "libima-ns" $(MAKE) -C libima-ns O=$(O)

tools: lib
	@$(STEP) tools "ima-ns" $(MAKE) -C tools/ima-ns O=$(O)

harness: setup
	@$(STEP) harness "test harness" $(MAKE) -C selftests/qemu O=$(O)

kselftests: setup
	@$(STEP) kselftests "kernel selftests" $(MAKE) -C selftests/ima_ns O=$(O)

# From the unpatched source, which comes with its kernel.
neighbour: kernel-base
	@$(STEP) neighbour "the kernel's own selftests" $(MAKE) -C selftests/neighbour O=$(O)

# The suites of the harness itself: programs and scripts, put together.
smoke: setup
	@$(MAKE) -s -C selftests/qemu smoke O=$(O)

image: tools
	@$(STEP) image "guest image" $(MAKE) -C demo image O=$(O)

demo: kernel tools harness image
	@$(MAKE) -s --no-print-directory -C demo demo O=$(O)

# Beside evmctl and OpenSSL alone, on a list of a million entries.
bench-lib: setup
	@$(MAKE) -s --no-print-directory -C libima-ns bench-lib O=$(O)

check: setup
	@selftests/check

check-long: setup
	@selftests/check --list selftests/suites-long

# Everything that parses, for MINUTES of processor time; FUZZ= names some targets only.
fuzz: setup
	@$(MAKE) -s --no-print-directory -C libima-ns fuzz O=$(O) MINUTES=$(or $(MINUTES),10) \
		$(if $(FUZZ),FUZZ="$(FUZZ)")

check-%: setup
	@selftests/check $*

# All that can be found wrong without running the kernel.
lint: setup
	@selftests/check docs lint series warnings unchanged bisect

# The whole series for git am, in build/series. With KERNEL=, a git tree, patches/6.12
# is written first, from its tag BASE= on.
export:
	@$(if $(KERNEL),tools/dev/export $(KERNEL) $(BASE))
	@tools/dev/series $(O)/series

clean:
	rm -rf $(O)

.PHONY: all setup kernel kernel-base kernel-off kernel-debug lib tools harness kselftests \
	neighbour bench-lib smoke image demo check check-long fuzz lint export clean
