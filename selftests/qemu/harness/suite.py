# SPDX-License-Identifier: LGPL-2.1-or-later
"""A suite on the host: which programs, in which order, with which arguments."""

import os
import re
import shutil
from collections import namedtuple

from . import images

NAME = re.compile(r"[A-Za-z0-9._-]{1,60}")

OPTION = re.compile(r"(timeout|boots)=(.*)")

Test = namedtuple("Test", "name timeout boots argv")


class SuiteError(Exception):
    """Says what is wrong with the suite, in one line."""


class Suite:
    def __init__(self, path, timeout):
        if os.path.isdir(path):
            self.dir, listing = path, os.path.join(path, "tests")
        else:
            self.dir, listing = os.path.dirname(os.path.abspath(path)), path
        if not os.path.exists(path):
            raise SuiteError(f"no suite {path}")
        if os.path.exists(listing):
            self.tests = self.listed(listing, timeout)
        else:
            self.tests = self.found(timeout)
        if not self.tests:
            raise SuiteError(f"{path}: no tests")
        self.append = self.read_append()

    def listed(self, listing, timeout):
        tests, seen = [], set()
        with open(listing, encoding="ascii") as f:
            for number, line in enumerate(f, 1):
                words = line.partition("#")[0].split()
                if not words:
                    continue
                name, words, options = words[0], words[1:], {"timeout": timeout, "boots": 1}
                while words and (option := OPTION.fullmatch(words[0])):
                    options[option[1]], words = option[2], words[1:]
                if not NAME.fullmatch(name) or name in seen or not words or \
                        not all(str(value).isdigit() for value in options.values()):
                    raise SuiteError(f"{listing}:{number}: want a unique NAME [timeout=S] [boots=N] COMMAND...")
                seen.add(name)
                tests.append(self.test(len(tests) + 1, name, words, **options))
        return tests

    def found(self, timeout):
        names = sorted(n for n in os.listdir(self.dir)
                       if os.path.isfile(os.path.join(self.dir, n)) and
                       os.access(os.path.join(self.dir, n), os.X_OK))
        return [self.test(i, n, [n], timeout) for i, n in enumerate(names, 1)]

    @staticmethod
    def test(number, name, argv, timeout, boots=1):
        command = os.path.join("/suite", argv[0])
        return Test(f"{number:02}-{name}", int(timeout), int(boots), [command, *argv[1:]])

    def read_append(self):
        try:
            with open(os.path.join(self.dir, "append"), encoding="ascii") as f:
                return " ".join(line.partition("#")[0].strip() for line in f).split()
        except FileNotFoundError:
            return []

    def image(self, path, work, slowness, kernel, initrd):
        """The suite's disk, with the list that PID 1 reads, and what a program
        needs that starts the kernel again."""
        copy = os.path.join(work, "suite")
        shutil.copytree(self.dir, copy, symlinks=True)
        with open(os.path.join(copy, ".tests"), "w", encoding="ascii") as f:
            for t in self.tests:
                f.write(f"{t.name} {t.timeout * slowness} {t.boots} {' '.join(t.argv)}\n")
        if any(t.boots > 1 for t in self.tests):
            shutil.copyfile(kernel, os.path.join(copy, ".kernel"))
            shutil.copyfile(initrd, os.path.join(copy, ".initrd"))
        images.ext4(path, copy)
        shutil.rmtree(copy)
