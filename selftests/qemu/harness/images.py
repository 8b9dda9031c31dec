# SPDX-License-Identifier: LGPL-2.1-or-later
"""The initramfs and the ext4 images, made without root privileges."""

import gzip
import os
import stat
import subprocess

# Room for what tests write, beside what the image begins with.
SPARE = 192 << 20
PER_FILE = 4096 + 512


def cpio_entry(ino, name, mode, data=b"", rdev=(0, 0)):
    fields = [ino, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(name) + 1, 0]
    head = b"070701" + b"".join(b"%08X" % f for f in fields)
    body = head + name.encode() + b"\0"
    body += b"\0" * (-len(body) % 4)
    return body + data + b"\0" * (-len(data) % 4)


def initramfs(path, init):
    """PID 1 alone. /dev/console must be there for it to have a console."""
    with open(init, "rb") as f:
        program = f.read()
    entries = [(name, stat.S_IFDIR | 0o755, b"", (0, 0)) for name in ("dev", "proc", "sys", "root")]
    entries.append(("dev/console", stat.S_IFCHR | 0o600, b"", (5, 1)))
    entries.append(("init", stat.S_IFREG | 0o755, program, (0, 0)))
    entries.append(("TRAILER!!!", 0, b"", (0, 0)))
    with gzip.GzipFile(path, "wb", compresslevel=1, mtime=0) as out:
        for ino, entry in enumerate(entries, 1):
            out.write(cpio_entry(ino, *entry))


def tree_size(directory):
    total = 0
    for parent, dirs, files in os.walk(directory):
        total += PER_FILE * len(dirs)
        for name in files:
            total += os.lstat(os.path.join(parent, name)).st_size + PER_FILE
    return total


def ext4(path, directory):
    """An image with the directory's content, owned by root, and some space left."""
    size = (tree_size(directory) * 5 // 4 + SPARE) >> 10
    if os.path.exists(path):
        os.unlink(path)
    subprocess.run(
        ["/sbin/mke2fs", "-q", "-t", "ext4", "-b", "4096", "-O", "verity", "-m", "0",
         "-E", "root_owner=0:0,lazy_itable_init=0", "-d", directory, path, f"{size}k"],
        check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
