#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Write vectors.txt: lists with the PCR values that they replay to, records
with their keys and commitments, and a whole proof. Shares no code with the
library or the kernel: the formats are taken from the kernel's documentation
(security/IMA-templates.rst) and from the design of the records.

Lines are `key value`; a blank line ends a vector. Bytes are in hex.
"""
import hashlib
import hmac
import random
import struct
import sys

import shapes
from shapes import BANKS


def le(size, value):
    return value.to_bytes(size, "little")


def field(data):
    return le(4, len(data)) + data


class Entry:
    """One entry; `data` is what the list has, `hashed` what is digested."""

    def __init__(self, template, data, pcr=10, violation=False, hashed=None):
        self.template, self.data, self.pcr = template, data, pcr
        self.violation = violation
        self.hashed = data if hashed is None else hashed

    def digest(self, algo):
        return hashlib.new(algo, self.hashed).digest()

    def listed(self, algo):
        digest = self.digest(algo)
        if self.violation:
            digest = bytes(len(digest))
        out = le(4, self.pcr) + digest + field(self.template.encode())
        if self.template != "ima":
            out += le(4, len(self.data))
        return out + self.data


def ng(path, algo="sha256", content=b"", kind=""):
    name = f"{kind}{algo}:".encode() + b"\0"
    digest = hashlib.new(algo, content).digest()
    return field(name + digest) + field(path + b"\0")


def violation_ng(path, algo="sha256"):
    size = hashlib.new(algo).digest_size
    return field(algo.encode() + b":\0" + bytes(size)) + field(path + b"\0")


def buf(name, data, algo="sha256"):
    return ng(name, algo, data) + field(data)


def old_ima(name, content):
    digest = hashlib.sha1(content).digest()
    return Entry("ima", digest + field(name),
                 hashed=digest + name + bytes(256 - len(name)))


def replay(entries, algo, pcr=10, padded=False):
    size = hashlib.new(algo).digest_size
    value = b"\xff" * size if 17 <= pcr <= 22 else bytes(size)
    for entry in entries:
        if entry.pcr != pcr:
            continue
        digest = entry.digest("sha1" if padded else algo)
        digest += bytes(size - len(digest))
        if entry.violation:
            digest = b"\xff" * size
        value = hashlib.new(algo, value + digest).digest()
    return value


def emit_replay(out, name, entries, pcr=10):
    print("replay", name, file=out)
    for algo in ("sha1", "sha256"):
        data = b"".join(e.listed(algo) for e in entries)
        print(f"list_{algo}", data.hex() or "-", file=out)
    print("pcr", pcr, file=out)
    for algo in BANKS:
        print(algo, replay(entries, algo, pcr).hex(), file=out)
        print(f"padded_{algo}", replay(entries, algo, pcr, True).hex(),
              file=out)
    print(file=out)


def lists():
    yield "empty", [], 10
    yield "templates", [
        Entry("ima-ng", ng(b"boot_aggregate", "sha1", b"b")),
        old_ima(b"/bin/old", b"old"),
        old_ima(b"", b"nameless"),
        old_ima(b"n" * 255, b"longest"),
        Entry("ima-sig", ng(b"/bin/sig") + field(b"\x03\x02" + bytes(64))),
        Entry("ima-sig", ng(b"/bin/nosig") + field(b"")),
        Entry("ima-ngv2", ng(b"/bin/v2", kind="verity:")),
        Entry("ima-sigv2", ng(b"/bin/v2s", kind="ima:") + field(b"s")),
        Entry("ima-buf", buf(b".ima", b"key", "sha512")),
        Entry("ima-modsig", ng(b"/mod.ko", content=b"m") + field(b"") +
              field(b"sha1:\0" + hashlib.sha1(b"m").digest()) + field(b"ms")),
        Entry("evm-sig", ng(b"/evm") + field(b"e") + field(b"security.ima") +
              field(le(4, 8)) + field(b"12345678") + field(le(4, 0)) +
              field(le(4, 1000)) + field(le(2, 0o100755))),
        Entry("d-ng|n-ng|iuid", ng(b"/custom") + field(le(4, 7))),
        Entry("ima-ns", ng(b"/ns") + field(le(8, 5)) + field(b"pod=1\0")),
        Entry("ima-ns-sig", ng(b"/s") + field(le(8, 5)) + field(b"p\0") +
              field(b"sig")),
        Entry("no-such-template", b"whatever it holds"),
    ], 10
    some = [
        Entry("ima-ng", violation_ng(b"/var/log/one"), violation=True),
        Entry("ima-ng", ng(b"/bin/a", content=b"a")),
        Entry("ima-ng", ng(b"/bin/other", content=b"o"), pcr=11),
        Entry("ima-sig", violation_ng(b"/var/two") + field(b""),
              violation=True),
        Entry("ima-ng", ng(b"/drtm", content=b"d"), pcr=18),
        Entry("ima-ng", ng("/bin/\n\u00e4".encode(), "sha512", b"x")),
    ]
    yield "violations", some, 10
    yield "other_pcr", some, 11
    yield "dynamic_pcr", some, 18
    many = [Entry("ima-ng", ng(f"/usr/bin/{i}".encode(), content=le(4, i)))
            for i in range(80)]
    yield "many", many, 10


def emit_layouts(out):
    """One list of all templates for each header and byte order, and its text."""
    for bank in BANKS:
        for order in shapes.ORDERS:
            maker = shapes.Maker(random.Random(f"{bank} {order}"), 20)
            entries = [shapes.Entry(t, make(v), 10, v)
                       for t, make in maker.makers.items()
                       for v in (False, True)]
            # Its name takes three lines, and one looks like an entry.
            entries.insert(5, shapes.Entry(
                "ima-ng", [shapes.Digest("sha256:", bytes(32)),
                           shapes.Text(b"/memfd:x\n10\t00\tima-ng\n")]))
            print("layout", bank, file=out)
            print("order", order, file=out)
            for kind in ("binary", "ascii"):
                data = b"".join(getattr(e, kind)(bank, order) for e in entries)
                print(kind, data.hex(), file=out)
            for algo in BANKS:
                print(algo, shapes.replay(entries, algo, order).hex(),
                      file=out)
            print(file=out)


class World:
    """A host and its namespaces, as design section 4 says."""

    def __init__(self):
        self.boot_id = bytes(range(32))
        self.host = []
        self.lists = {}
        self.keys = {}
        self.parents = {}
        self.vpcr = {}
        self.seq = {}
        self.queue = []
        self.index = 0
        self.vectors = []

    def boot(self):
        data = struct.pack("<8sHHI32sII", b"IMANSBOT", 1, 56, 3, self.boot_id,
                           4, 2)
        self.host.append(Entry("ima-buf", buf(b"ima-ns/boot", data)))

    def put(self, ns, entry):
        digest = b"\xff" * 32 if entry.violation else entry.digest("sha256")
        self.lists[ns].append(entry)
        self.vpcr[ns] = hashlib.sha256(self.vpcr[ns] + digest).digest()

    def stage(self, ns, kind, entry):
        self.put(ns, entry)
        seq = self.seq[ns]
        self.seq[ns] += 1
        head = struct.pack("<BB6xQQQ", kind, 1, ns, seq,
                           self.parents[ns] if kind == 1 else 0)
        k_seq = hmac.digest(self.keys[ns], b"ima-ns/v1 key\0\0\0" + le(8, seq),
                            "sha256")
        bound = hashlib.sha256(entry.template.encode() + b"\0" +
                               entry.data).digest()
        commit = hmac.digest(k_seq, b"ima-ns/v1 rec\0\0\0" + self.boot_id +
                             head + self.vpcr[ns] + bound, "sha256")
        self.vectors.append((ns, seq, k_seq, entry, self.vpcr[ns], bound,
                             head + commit))
        records = struct.pack("<8sHHIQQ", b"IMANSREC", 1, 64, 1, self.index,
                              0) + head + commit
        self.index += 1
        self.queue.append(head + commit)
        above = self.parents[ns]
        while above:
            self.put(above, Entry("ima-buf", buf(b"ima-ns/records", records)))
            above = self.parents[above]

    def flush(self):
        data = struct.pack("<8sHHIQQ", b"IMANSREC", 1, 64, len(self.queue),
                           self.index - len(self.queue), 0)
        data += b"".join(self.queue)
        self.queue = []
        self.host.append(Entry("ima-buf", buf(b"ima-ns/records", data,
                                              "sha1")))

    def create(self, ns, parent, depth, label):
        self.keys[ns] = hashlib.sha256(b"key %d" % ns).digest()
        self.parents[ns], self.lists[ns] = parent, []
        self.vpcr[ns], self.seq[ns] = bytes(32), 0
        data = struct.pack("<8sHHI32sQQQQ32s32sQIHH", b"IMANSCRT", 1, 1, depth,
                           self.boot_id, ns, parent, 11, 12,
                           hashlib.sha256(self.keys[ns]).digest(),
                           hashlib.sha256(b"policy").digest(), 100, 1,
                           len("ima-ns"), len(label)) + b"ima-ns" + label
        self.stage(ns, 1, Entry("ima-buf", buf(b"ima-ns/create", data)))

    def exec(self, ns, label, path, violation=False):
        data = violation_ng(path) if violation else ng(path, content=path)
        data += field(le(8, ns)) + field(label + b"\0")
        self.stage(ns, 2, Entry("ima-ns", data, violation=violation))

    def destroy(self, ns, records, violations):
        data = struct.pack("<8sHHIQQQQQ", b"IMANSDST", 1, 56, 0, ns,
                           self.seq[ns], records, violations, 0)
        self.stage(ns, 3, Entry("ima-buf", buf(b"ima-ns/destroy", data)))


def world():
    w = World()
    w.host.append(Entry("ima-ng", ng(b"boot_aggregate", content=b"")))
    w.boot()
    w.create(3, 0, 1, b"pod=a")
    w.exec(3, b"pod=a", b"/bin/sh")
    w.flush()
    w.host.append(Entry("ima-ng", ng(b"/usr/bin/host")))
    w.create(9, 3, 2, b"ctr=b")
    w.exec(9, b"ctr=b", b"/bin/true")
    w.exec(9, b"ctr=b", b"/var/log", violation=True)
    w.exec(3, b"pod=a", b"/bin/ls")
    w.destroy(9, 0, 1)
    w.destroy(3, 4, 0)
    w.flush()
    return w


def main(path):
    w = world()
    with open(path, "w", encoding="ascii") as out:
        for name, entries, pcr in lists():
            emit_replay(out, name, entries, pcr)
        emit_layouts(out)
        for ns, seq, k_seq, entry, vpcr, bound, record in w.vectors:
            print("record", f"ns{ns}_{seq}", file=out)
            print("key", w.keys[ns].hex(), file=out)
            print("seq", seq, file=out)
            print("k_seq", k_seq.hex(), file=out)
            print("boot_id", w.boot_id.hex(), file=out)
            print("entry", entry.listed("sha256").hex(), file=out)
            print("vpcr", vpcr.hex(), file=out)
            print("e", bound.hex(), file=out)
            print("raw", record.hex(), file=out)
            print(file=out)
        print("world", "nested", file=out)
        print("host", b"".join(e.listed("sha1") for e in w.host).hex(),
              file=out)
        for algo in BANKS:
            print(algo, replay(w.host, algo).hex(), file=out)
        for ns, entries in w.lists.items():
            print("ns", ns, file=out)
            print("ns_key", w.keys[ns].hex(), file=out)
            print("ns_vpcr", w.vpcr[ns].hex(), file=out)
            print("ns_list", b"".join(e.listed("sha1")
                                      for e in entries).hex(), file=out)
        print(file=out)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: gen_vectors.py FILE")
    main(sys.argv[1])
