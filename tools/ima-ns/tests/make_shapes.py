#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Write lists of all templates, and the PCR values that they give, to DIR.

usage: make_shapes.py DIR
"""
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__),
                                "../../../libima-ns/tests/vectors"))
import shapes  # noqa: E402


def make_entries():
    """A boot_aggregate, every template, one that is not known, three files."""
    maker = shapes.Maker(random.Random(4))
    boot = shapes.hashlib.sha256(b"".join(BOOT_PCRS)).digest()
    entries = [shapes.Entry("ima-ng", [shapes.Digest("sha256:", boot),
                                       shapes.Text(b"boot_aggregate")])]
    entries += [shapes.Entry(t, make(False))
                for t, make in maker.makers.items()]
    entries += [shapes.Entry("own", [shapes.Text(b"what"),
                                     shapes.Hex(b"ever")])]
    entries += [shapes.Entry("ima-ng", maker.ima_ng(False)) for _ in range(3)]
    return entries


BOOT_PCRS = [bytes([i]) * 32 for i in range(10)]


def lines(entries, order, boot=()):
    out = [f"{b} 10 {shapes.replay(entries, b, order).hex()}\n"
           for b in shapes.BANKS]
    out += [f"sha256 {i} {p.hex()}\n" for i, p in enumerate(boot)]
    return "".join(out).encode()


def binary(entries, bank, order):
    return b"".join(e.binary(bank, order) for e in entries)


def text(entries, bank, order):
    return b"".join(e.ascii(bank, order) for e in entries)


def main(out):
    entries = make_entries()
    known = [e for e in entries if e.template != "own"]
    newline = shapes.Entry("ima-ng", [shapes.Digest("sha256:", bytes(32)),
                                      shapes.Text(b"/memfd:a\nb")])
    files = {
        "text": text(known, "sm3", "big"),
        "pcrs.text": lines(known, "big"),
        "newline": text([known[0], newline], "sha1", "little"),
        "bad": text(known, "sha1", "little").replace(b"/", b"_", 1),
        "head": binary(entries[:5], "sha1", "little"),
        "tail": binary(entries[5:], "sha1", "little"),
        "pcrs.head": lines(entries[:5], "little"),
        "pcrs.forged": lines(entries, "little", [bytes(32)] * 10),
    }
    for order in shapes.ORDERS:
        files["shape." + order] = binary(entries, "sha384", order)
        files["pcrs." + order] = lines(entries, order, BOOT_PCRS)
    for name, data in files.items():
        with open(os.path.join(out, name), "wb") as file:
            file.write(data)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: make_shapes.py DIR")
    main(sys.argv[1])
