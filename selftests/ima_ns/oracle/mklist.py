#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Make synthetic measurement lists of a node with IMA namespaces.

Written from the formats alone (include/uapi/linux/ima_ns.h and the kernel's
IMA templates), and sharing no code with the reader in this directory nor with
the library, so that a misreading has to be made twice to go unseen. Output is
laid out as an export of the test guest; everything is deterministic.

usage: mklist.py [--ima-hash ALGO] SCENARIO OUTDIR
"""

import argparse
import hashlib
import hmac
import os
import struct
import sys

BANKS = ("sha1", "sha256", "sha384", "sha512")
MAX_RECORDS = 61
DEFAULT_POLICY = (b"measure func=BPRM_CHECK\n"
                  b"measure func=MMAP_CHECK mask=MAY_EXEC\n")
CREATE, ENTRY, DESTROY, LOSS = 1, 2, 3, 4


def digest(algo, data):
    return hashlib.new(algo, data).digest()


def seeded(text):
    """Bytes that look random, the same in every run."""
    return digest("sha256", b"mklist " + text.encode())


def field(data):
    return struct.pack("<I", len(data)) + data


class Entry:
    def __init__(self, template, fields, violation=False):
        self.template = template
        self.fields = fields
        self.data = b"".join(field(f) for f in fields)
        self.violation = violation

    def digest(self, algo):
        if self.violation:
            return bytes(hashlib.new(algo).digest_size)
        return digest(algo, self.data)

    def extend_value(self, algo):
        if self.violation:
            return b"\xff" * hashlib.new(algo).digest_size
        return self.digest(algo)

    def binary(self, algo):
        name = self.template.encode()
        return (struct.pack("<I", 10) + self.digest(algo) + field(name) +
                field(self.data))

    def ascii(self, algo):
        alg, value = self.fields[0].split(b":\0", 1)
        name = self.fields[1].rstrip(b"\0").decode()
        text = (f"10 {self.digest(algo).hex()} {self.template} "
                f"{alg.decode()}:{value.hex()} {name}")
        if self.template == "ima-buf":
            text += f" {self.fields[2].hex()}"
        elif self.template == "ima-ns":
            nsid = int.from_bytes(self.fields[2], "little")
            text += f" {nsid} {self.fields[3][:-1].decode()}"
        return text + "\n"


def d_ng(algo, content, violation=False):
    value = digest(algo, content)
    if violation:
        value = bytes(len(value))
    return algo.encode() + b":\0" + value


def n_ng(name):
    return name.encode() + b"\0"


def buffer_entry(algo, name, buf):
    return Entry("ima-buf", [d_ng(algo, buf), n_ng(name), buf])


def replay(entries, algo):
    pcr = bytes(hashlib.new(algo).digest_size)
    for entry in entries:
        pcr = digest(algo, pcr + entry.extend_value(algo))
    return pcr


class Namespace:
    def __init__(self, world, ns_id, parent, label, policy, quota):
        self.world = world
        self.policy = policy
        self.id = ns_id
        self.parent = parent
        self.label = label
        self.depth = parent.depth + 1 if parent else 1
        self.key = seeded(f"key {ns_id}")
        self.entries = []
        self.vpcr = bytes(32)
        self.seq = 0
        self.copies = 0
        self.violations = 0
        self.losses = 0
        self.used = 0
        # Each child of the host has one.
        self.quota = quota if not parent else 0
        self.state = "active"
        self.log(CREATE, buffer_entry("sha256", "ima-ns/create",
                                      self.create_buf()))

    def create_buf(self):
        template = b"ima-ns"
        label = self.label.encode()
        return struct.pack(
            "<8sHHI32sQQQQ32s32sQIHH", b"IMANSCRT", 1, 1, self.depth,
            self.world.boot_id, self.id, self.parent.id if self.parent else 0,
            10 ** 9 * self.id, 1700000000 * 10 ** 9 + self.id,
            digest("sha256", self.key), digest("sha256", self.policy),
            self.quota, 0, len(template), len(label)) + template + label

    def append(self, entry):
        self.entries.append(entry)
        self.vpcr = digest("sha256", self.vpcr + entry.extend_value("sha256"))

    def log(self, kind, entry):
        """One own entry, and its record in every ancestor."""
        self.append(entry)
        self.used += not entry.violation
        parent = self.parent.id if self.parent and kind == CREATE else 0
        head = struct.pack("<BB6xQQQ", kind, 1, self.id, self.seq, parent)
        truth = digest("sha256", entry.template.encode() + b"\0" + entry.data)
        k_seq = hmac.digest(self.key, b"ima-ns/v1 key\0\0\0" +
                            struct.pack("<Q", self.seq), "sha256")
        commit = hmac.digest(k_seq, b"ima-ns/v1 rec\0\0\0" +
                             self.world.boot_id + head + self.vpcr + truth,
                             "sha256")
        self.seq += 1
        index = self.world.next_index
        above = self.parent
        while above:
            above.append(buffer_entry("sha256", "ima-ns/records",
                                      records_buf(index, [head + commit])))
            above.copies += 1
            above.used += not entry.violation
            above = above.parent
        self.world.queue_record(head + commit)

    def measure(self, path, content, algo="sha256", violation=False):
        fields = [d_ng(algo, content, violation), n_ng(path),
                  struct.pack("<Q", self.id), n_ng(self.label)]
        self.violations += violation
        self.log(ENTRY, Entry("ima-ns", fields, violation))

    def loss(self, reason, number):
        self.losses = number
        buf = struct.pack("<8sHHIQQ", b"IMANSLOS", 1, 32, reason, self.id,
                          number)
        self.log(LOSS, buffer_entry("sha256", "ima-ns/loss", buf))

    def enter(self, path, content):
        value, name = d_ng("sha256", content), n_ng(path)
        buf = struct.pack("<8sHHHHIIQ", b"IMANSENT", 1, 32, len(value),
                          len(name), 0, 0, self.id) + value + name
        self.log(ENTRY, buffer_entry("sha256", "ima-ns/enter", buf))

    def destroy(self):
        buf = struct.pack("<8sHHIQQQQQ", b"IMANSDST", 1, 56, 0, self.id,
                          self.seq, self.copies, self.violations,
                          self.losses)
        self.log(DESTROY, buffer_entry("sha256", "ima-ns/destroy", buf))
        self.state = "dead"

    def status(self):
        rows = (("state", self.state), ("id", self.id),
                ("parent", self.parent.id if self.parent else 0),
                ("depth", self.depth), ("label", self.label),
                ("inum", 4026532000 + self.id), ("userns", 4026531837),
                ("entries", len(self.entries)), ("violations", self.violations),
                ("losses", self.losses), ("records", self.copies),
                ("quota", self.quota), ("used", self.used), ("memory", 4096),
                ("overflow", "deny"), ("delegate", 0),
                ("vpcr", self.vpcr.hex()), ("tpm", "ok"))
        return "".join(f"{name}: {value}\n" for name, value in rows)


def records_buf(index, records):
    return struct.pack("<8sHHIQQ", b"IMANSREC", 1, 64, len(records), index,
                       0) + b"".join(records)


def merkle_root(leaves):
    """RFC 9162's tree, level by level: who is left over moves up."""
    level = [digest("sha256", b"\0" + leaf) for leaf in leaves]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2])
        odd = level[len(level) & ~1:]
        level = [digest("sha256", b"\1" + a + b) for a, b in pairs] + odd
    return level[0] if level else digest("sha256", b"")


class World:
    def __init__(self, ima_hash):
        self.answers = []
        self.ima_hash = ima_hash
        self.boot_id = seeded("boot id")
        self.host = []
        self.namespaces = []
        self.queue = []
        self.next_index = 0
        self.committed = 0
        self.host_measure("boot_aggregate", b"boot aggregate")

    def host_measure(self, path, content, violation=False):
        fields = [d_ng(self.ima_hash, content, violation), n_ng(path)]
        self.host.append(Entry("ima-ng", fields, violation))

    def host_buffer(self, name, buf):
        self.host.append(buffer_entry(self.ima_hash, name, buf))

    def boot(self):
        self.host_buffer("ima-ns/boot", struct.pack(
            "<8sHHI32sII", b"IMANSBOT", 1, 56, 2, self.boot_id, 3, 0))

    def kexec(self):
        """Another kernel goes on with the host's list, and nothing else."""
        self.commit()
        self.boot_id = seeded(f"boot id after {len(self.host)}")
        self.namespaces, self.answers = [], []
        self.next_index = self.committed = 0
        self.host_measure("boot_aggregate", b"boot aggregate")
        self.boot()

    def new(self, parent, label, policy=DEFAULT_POLICY, quota=1000):
        ns = Namespace(self, len(self.namespaces) + 1, parent, label, policy,
                       quota)
        self.namespaces.append(ns)
        return ns

    def queue_record(self, record):
        self.queue.append(record)
        self.next_index += 1

    def commit(self, most=MAX_RECORDS):
        while self.queue:
            batch, self.queue = self.queue[:most], self.queue[most:]
            self.host_buffer("ima-ns/records",
                             records_buf(self.committed, batch))
            self.committed += len(batch)

    def leaf(self, ns, nonce):
        head = struct.pack("<QQQQ", ns.id, ns.seq, len(ns.entries), 1 + ns.id)
        k_head = hmac.digest(ns.key, b"ima-ns/v1 head\0\0", "sha256")
        return head + hmac.digest(k_head, self.boot_id + nonce + head +
                                  ns.vpcr, "sha256")

    def heads(self, nonce):
        """All that is queued, then the entry, and what a reader is told."""
        self.commit()
        leaves = [self.leaf(ns, nonce) for ns in self.namespaces
                  if ns.state == "active"]
        buf = struct.pack("<8sHHI32s32sQQ32s", b"IMANSHDS", 1, 128, 0,
                          self.boot_id, nonce, self.committed, len(leaves),
                          merkle_root(leaves))
        self.host_buffer("ima-ns/heads", buf)
        self.answers.append(buf + b"".join(leaves))

    def write(self, out):
        self.commit()
        os.makedirs(os.path.join(out, "files"), exist_ok=True)
        for number, answer in enumerate(self.answers):
            save(os.path.join(out, "files", f"heads-{number}"), answer)
        os.makedirs(os.path.join(out, "ns"), exist_ok=True)
        write_lists(os.path.join(out, "host."), self.host, BANKS)
        pcrs = "".join(f"{bank} 10 {replay(self.host, bank).hex()}\n"
                       for bank in BANKS)
        save(os.path.join(out, "pcrs"), pcrs.encode())
        for ns in self.namespaces:
            base = os.path.join(out, "ns", f"{ns.id}.")
            write_lists(base, ns.entries, ("sha1", "sha256"))
            save(base + "key", ns.key)
            if ns.policy != DEFAULT_POLICY:
                save(base + "policy", ns.policy)
            save(base + "status", ns.status().encode())
            vpcr = "".join(f"{bank} 10 {replay(ns.entries, bank).hex()}\n"
                           for bank in BANKS)
            save(base + "pcrs", vpcr.encode())


def save(path, data):
    with open(path, "wb") as out:
        out.write(data)


def write_lists(base, entries, algos):
    for algo in algos:
        suffix = "" if algo == "sha1" else "_" + algo
        save(f"{base}binary_runtime_measurements{suffix}",
             b"".join(e.binary(algo) for e in entries))
        save(f"{base}ascii_runtime_measurements{suffix}",
             "".join(e.ascii(algo) for e in entries).encode())


def scenario_tree(world):
    """Three namespaces, one nested, interleaved; violations at two levels, one
    with another policy than the default, and heads."""
    world.host_measure("/usr/bin/init", b"init")
    world.boot()
    pod = world.new(None, "pod=1,ctr=a,name=default/web/pod")
    pod.measure("/usr/bin/pause", b"pause")
    world.commit()
    other = world.new(None, "pod=2,ctr=b,name=default/db/redis")
    ctr = world.new(pod, "pod=1,ctr=c,name=default/web/nginx",
                    b"measure func=FILE_CHECK mask=MAY_READ uid=0\n")
    ctr.enter("/usr/bin/crun", b"crun")
    ctr.measure("/usr/sbin/nginx", b"nginx", "sha512")
    other.measure("/usr/bin/redis-server", b"redis")
    world.host_measure("/usr/bin/crun", b"crun", violation=True)
    world.commit(2)
    world.heads(seeded("nonce"))
    pod.measure("/usr/bin/pause", b"changed")
    ctr.measure("/usr/sbin/nginx", b"nginx", violation=True)
    ctr.loss(2, 1)
    ctr.loss(3, 2)
    ctr.loss(1, 8)
    ctr.destroy()
    other.measure("/tmp/dropped", b"unknown")
    pod.destroy()


def scenario_deep(world):
    """32 levels and one event at the bottom; heads of none, 32 and again none."""
    world.boot()
    world.heads(seeded("before"))
    ns = None
    for level in range(32):
        ns = world.new(ns, f"level-{level + 1}")
    ns.measure("/bin/bottom", b"bottom")
    world.heads(seeded("between"))
    for ns in reversed(world.namespaces):
        ns.destroy()
    world.heads(seeded("after"))


def scenario_largest(world):
    """Host entries that hold 61 records each, the most there may be."""
    world.boot()
    spaces = [world.new(None, "x" * 511) for _ in range(MAX_RECORDS)]
    world.commit()
    for step in range(3):
        for ns in spaces:
            ns.measure(f"/bin/tool-{step}", b"%d" % step, "sha512")
        world.commit()


def scenario_kexec(world):
    """Three kernels, the second without a namespace; ids begin anew in each."""
    scenario_tree(world)
    world.kexec()
    world.kexec()
    world.new(None, "after-kexec").measure("/usr/sbin/nginx", b"nginx")


SCENARIOS = {"tree": scenario_tree, "deep": scenario_deep,
             "largest": scenario_largest, "kexec": scenario_kexec}


def build(scenario, ima_hash="sha256"):
    world = World(ima_hash)
    SCENARIOS[scenario](world)
    return world


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--ima-hash", default="sha256", choices=BANKS)
    parser.add_argument("scenario", choices=sorted(SCENARIOS))
    parser.add_argument("outdir")
    args = parser.parse_args()
    build(args.scenario, args.ima_hash).write(args.outdir)
    return 0


if __name__ == "__main__":
    sys.exit(main())
