#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What small images can make large: names, links, look-ups, what is packed; and images
where libarchive is not. Prints TAP. O= is where the command was built."""

import gzip
import json
import os
import random
import subprocess
import sys
import tarfile

from images import GOOD, HERE, IMANS, Layout, docker, one_layer, run, sha256, tar


def files(count, names="{}"):
    return [{"type": "file", "path": names.format(n)} for n in range(count)]


def directories(work):
    """A path of 2 KiB names a thousand of them."""
    path = "{}/" + "d/" * 1000 + "x"
    layer = one_layer(files(4000, path), form=tarfile.GNU_FORMAT)
    work.refused(work.directory(layer), 1, "more than 4000000 names in the image")
    got = work.make(work.directory(one_layer(files(40, path), form=tarfile.GNU_FORMAT)))
    assert len(got[2] or ()) == 40, got[:2]


def links(work):
    """Each entry's path leads through forty links, each of which is long."""
    chain = [{"type": "link", "path": f"l{n}", "target": "./" * 2040 + f"l{n + 1}"}
             for n in range(39)] + [{"type": "dir", "path": "l39"}]
    def layer(count):
        return work.directory(one_layer(chain + files(count, "l0/{}"), form=tarfile.GNU_FORMAT))

    work.refused(layer(8000), 1, "symbolic links lead through more than a gigabyte of paths")
    got = work.make(layer(800))
    assert len(got[2] or ()) == 800 and "/l39/7" in got[2], got[:2]


def saved(members, layers, data):
    """As "docker save": layers by their names, all of them the same data."""
    config = json.dumps({"rootfs": {"diff_ids": [sha256(data)] * len(layers)}}).encode()
    return tar([*members, {"type": "file", "path": "c.json", "data": config},
                {"type": "file", "path": "manifest.json", "data": json.dumps(
                    [{"Config": "c.json", "Layers": layers}]).encode()}])


def lookups(work):
    """Thousands of links, hundreds of layers behind them, and files that are neither."""
    data = tar(GOOD)
    def image(count):
        members = [{"type": "link", "path": f"{n}", "target": f"{n + 1}"} for n in range(3990)]
        return saved(members + files(count, "f/{}"), ["3980"] * 512, data)

    work.refused(work.put(image(10000)), 2, "3980 is missing")
    good = [{"type": "link", "path": f"{n}", "target": "layer"} for n in range(4000)]
    got = work.make(work.put(saved(good + [{"type": "file", "path": "layer", "data": data}],
                                   [f"{n}" for n in range(512)], data)))
    assert got[2] == {"/bin/x": sha256(GOOD[0]["data"])}, got


def shared(work):
    """A layer that an image has many times is read once, and counts each time."""
    data = tar(files(100))
    layer = [{"type": "file", "path": "layer", "data": data}]
    got = work.make(work.put(saved(files(10000, "f/{}") + layer, ["layer"] * 500, data)))
    assert len(got[2] or ()) == 100, got[:2]
    many = tar(files(8000))
    layout = Layout()
    path = work.directory(layout.index(layout.image([many] * 512, ["+gzip"] * 512)))
    work.refused(path, 1, "the image has more than 4000000 entries")
    work.refused(work.put(layout.archive()), 1, "the image has more than 4000000 entries")
    layout = Layout()
    path = work.directory(layout.index(layout.image([many] * 400, ["+gzip"] * 400)))
    for each in (path, work.put(layout.archive())):
        assert len(work.make(each)[2] or ()) == 8000
    # What it is said to be counts in each place.
    other = saved(layer, ["layer"] * 3, data)
    for n in range(3):
        ids = [sha256(data)] * 3
        ids[n] = sha256(b"")
        spoilt = other.replace(json.dumps([sha256(data)] * 3).encode(), json.dumps(ids).encode())
        assert spoilt != other
        work.refused(work.put(spoilt), 1, "not what diff_ids say" if n == 0 else
                     "layer: named twice, as two things")


def packed(work):
    """What stands behind entries that have no content counts as what it is."""
    image = docker([tar(GOOD)], random.Random(1), False)
    for kind in (b"D", b"1", b"5", b"V", b"x", b"0"):
        info = tarfile.TarInfo("body")
        info.type, info.size, info.linkname = kind, 20 << 20, "x" if kind == b"1" else ""
        # The first look at it is for documents; it has none.
        path = work.put(gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(info.size), 1))
        code, words, _ = work.make(path, "--max-size", "10000000")
        # Or libarchive does not take what is behind it for its own.
        assert code and ("larger than allowed" in words or kind in b"15Vx"), (kind, code, words)
    assert work.make(work.put(gzip.compress(image)), "--max-size", "10000000")[2]


def without(work):
    """Images need libarchive, which is loaded for them; all else does without."""
    image, path = work.put(docker([tar(GOOD)], random.Random(1), False)), \
        work.directory(one_layer(GOOD))
    empty = work.path + "/list"
    os.mkdir(work.path + "/broken")
    for name in (empty, work.path + "/broken/libarchive.so.13"):
        with open(name, "wb"):
            pass
    os.environ["LD_LIBRARY_PATH"] = work.path + "/broken"
    try:
        for each in (image, path):
            work.refused(each, 2, f": reading images needs libarchive.so.13: {work.path}/broken/"
                         "libarchive.so.13: file too short")
        for args in (["replay", empty], ["policy", "make", "--match", "*", "--rootfs", HERE,
                                         "-o", work.out]):
            assert not subprocess.run([IMANS, *args], stdout=subprocess.PIPE, check=False).returncode
    finally:
        del os.environ["LD_LIBRARY_PATH"]
    wanted = work.make(path)[2]
    assert wanted and work.make(image)[2] == wanted


def main():
    return run([("directories that paths name", directories),
                ("paths that links lead through", links),
                ("links and layers of archives", lookups), ("layers that are the same", shared),
                ("bodies in packed archives", packed), ("without libarchive", without)])


if __name__ == "__main__":
    sys.exit(main())
