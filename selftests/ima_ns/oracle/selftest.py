#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Prove that the oracle accepts what is right and finds what is not.

Right lists come from the generator. Wrong ones are of two kinds: one byte of
a right one flipped, for every byte; and lists that were wrong before they were
hashed, so that every digest and PCR fits and only the meaning is at fault.
"""

import itertools
import os
import subprocess
import sys
import tempfile

import evidence
import mklist
import replay
from imalist import Finding


KUNIT = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                     "../../../kernel/security/integrity/ima/tests")


class Quiet:
    def step(self, text):
        pass


def export(world):
    with tempfile.TemporaryDirectory() as out:
        world.write(out)
        return evidence.load(out)


def finding(exported):
    """What the oracle finds, or None."""
    try:
        replay.check(exported, mklist.BANKS, Quiet())
    except (Finding, ValueError) as found:
        return str(found)
    return None


def holders(exported):
    """Every byte string that has to be right in each of its bytes."""
    yield "host", exported.host.binary, "sha1"
    yield "host sha512", exported.host.binary, "sha512"
    yield "pcrs sha384", exported.pcrs, "sha384"
    for name in exported.answers:
        yield name, exported.answers, name
    for ns in exported.namespaces.values():
        yield ns.where, ns.binary, "sha1"
        yield ns.where + " sha256", ns.binary, "sha256"
        yield ns.where + " key", ns.files, "key"
        if "policy" in ns.files:
            yield ns.where + " policy", ns.files, "policy"


def undetected_flips(exported, table, key):
    good = table[key]
    bad = []
    for at in range(len(good)):
        table[key] = good[:at] + bytes([good[at] ^ 1]) + good[at + 1:]
        if finding(exported) is None:
            bad.append(at)
    table[key] = good
    return bad


def undetected_cuts(exported, table, key):
    good = table[key]
    bad = []
    for size in range(len(good)):
        table[key] = good[:size]
        if finding(exported) is None:
            bad.append(size)
    table[key] = good
    return bad


# Worlds that are wrong in one thing each; every digest in them fits.

def tree():
    return mklist.build("tree")


def rebuilt(change, scenario=mklist.scenario_tree):
    """A scenario in a world in which `change` replaced one method."""
    world = mklist.World("sha256")
    change(world)
    scenario(world)
    return world


def on_record(number, edit, scenario=mklist.scenario_tree):
    def change(world):
        queue, numbers = world.queue_record, itertools.count()

        def edited(raw):
            queue(edit(raw) if next(numbers) == number else raw)
        world.queue_record = edited
    return rebuilt(change, scenario)


def put(at, data):
    return lambda raw: raw[:at] + data + raw[at + len(data):]


def no_boot():
    return rebuilt(lambda world: setattr(world, "boot", lambda: None))


def two_boots():
    world = tree()
    world.commit()
    world.boot_id = mklist.seeded("another boot")
    world.boot()
    return world


def kexec_without_boot():
    def change(world):
        world.boot = lambda: setattr(world, "boot", lambda: None) or \
            mklist.World.boot(world)
    return rebuilt(change, mklist.scenario_kexec)


def index_gap():
    world = mklist.World("sha256")
    world.committed = 1
    mklist.scenario_tree(world)
    return world


def missing_record():
    world = tree()
    world.queue.pop()
    return world


def swapped_records():
    world = tree()
    world.queue[0], world.queue[1] = world.queue[1], world.queue[0]
    return world


def wrong_key():
    world = tree()
    world.namespaces[1].key = mklist.seeded("another")
    return world


def edit_namespace(number, **values):
    world = tree()
    for name, value in values.items():
        setattr(world.namespaces[number - 1], name, value)
    return world


def early_parent_death():
    world = mklist.World("sha256")
    world.boot()
    pod = world.new(None, "early-pod")
    ctr = world.new(pod, "early-ctr")
    pod.destroy()
    ctr.destroy()
    return world


def after_death():
    world = tree()
    world.namespaces[0].measure("/bin/late", b"late")
    return world


def host_entry(entry):
    world = tree()
    world.commit()
    world.host.append(entry)
    return world


def repeated_entry():
    world = tree()
    world.namespaces[1].measure("/usr/bin/redis-server", b"redis")
    return world


def foreign_label():
    world = tree()
    ns = world.namespaces[1]
    ns.label = "another-label"
    ns.measure("/bin/x", b"x")
    return world


def foreign_id():
    world = tree()
    log = world.namespaces[1].log

    def edited(kind, entry):
        entry.fields[2] = b"\1" + bytes(7)
        log(kind, mklist.Entry("ima-ns", entry.fields))
    world.namespaces[1].log = edited
    world.namespaces[1].measure("/bin/x", b"x")
    return world


def hidden_death():
    world = tree()
    world.namespaces.pop()
    return world


def heads(edit):
    """The entry's buffer and the leaves as `edit` wants them, and logged so."""
    def change(world):
        log = world.host_buffer

        def edited(name, buf):
            log(name, edit(buf) if name == "ima-ns/heads" else buf)
        world.host_buffer = edited
        write = world.write

        def told(out):
            world.answers = [edit(a[:128]) + a[128:] for a in world.answers]
            write(out)
        world.write = told
    return rebuilt(change)


def leaves(edit):
    """Leaves as `edit` wants them, under a root that is theirs."""
    def change(world):
        leaf = world.leaf
        world.leaf = lambda ns, nonce: edit(leaf(ns, nonce), ns)
    return rebuilt(change)


def hidden_space():
    """One active namespace has no leaf."""
    def change(world):
        heads_of_all = world.heads

        def heads_of_some(nonce):
            world.namespaces[0].state = "hidden"
            heads_of_all(nonce)
            world.namespaces[0].state = "active"
        world.heads = heads_of_some
    return rebuilt(change)


def answer_of_another():
    world = tree()
    world.answers.append(put(50, b"x")(world.answers[0]))
    return world


def no_quota():
    world = mklist.World("sha256")
    world.boot()
    world.new(None, "no-quota", quota=0)
    return world


def losses(*told):
    world = tree()
    for reason, number in told:
        world.namespaces[1].loss(reason, number)
    return world


def buffer(name, buf, template="ima-buf"):
    entry = mklist.buffer_entry("sha256", name, buf)
    entry.template = template
    return entry


def zero_digest():
    entry = buffer("ima-ns/records", mklist.records_buf(11, [bytes(64)]))
    return host_entry(mklist.Entry("ima-buf", [
        b"sha256:\0" + bytes(32)] + entry.fields[1:], violation=True))


WRONG = (
    ("no boot entry", no_boot, "before the boot entry"),
    ("two boot entries", two_boots, "second boot entry"),
    ("kexec without a boot entry", kexec_without_boot,
     "index 0 after 15 records"),
    ("a skipped seq before kexec",
     lambda: on_record(1, put(16, b"\2"), mklist.scenario_kexec),
     "out of order"),
    ("a gap in the indices", index_gap, "index 1 after 0 records"),
    ("a missing record", missing_record, "11 records of it"),
    ("records in another order", swapped_records, "stands where"),
    ("a bad commitment", lambda: on_record(1, put(40, b"x")),
     "does not open"),
    ("a record of another type", lambda: on_record(1, put(0, b"\3")),
     "after the DESTROY"),
    ("a record of an unknown type", lambda: on_record(2, put(0, b"\7")),
     "record type 7"),
    ("a record of another suite", lambda: on_record(2, put(1, b"\2")),
     "wrong suite"),
    ("a reserved byte set", lambda: on_record(2, put(5, b"\1")), "reserved"),
    ("a repeated seq", lambda: on_record(1, put(16, b"\0")), "seq 0"),
    ("a skipped seq", lambda: on_record(1, put(16, b"\2")), "out of order"),
    ("a wrong parent", lambda: on_record(3, put(24, b"\2")),
     "of it and its descendants"),
    ("a parent in an ENTRY", lambda: on_record(1, put(24, b"\2")),
     "no CREATE"),
    ("a record that is not the ancestor's copy",
     lambda: on_record(4, put(60, b"xxxx")),
     "not the record 4"),
    ("another key", wrong_key, "key digest"),
    ("another policy than CREATE's",
     lambda: edit_namespace(1, policy=b"measure\n"), "policy digest"),
    ("status with another vPCR", lambda: edit_namespace(1, vpcr=bytes(32)),
     "status says vpcr"),
    ("status with another count", lambda: edit_namespace(2, copies=9),
     "status says records"),
    ("status with another state", lambda: edit_namespace(1, state="active"),
     "status says state"),
    ("status with another quota", lambda: edit_namespace(2, quota=999),
     "status says 999"),
    ("more used than the quota", lambda: edit_namespace(2, used=1001),
     "1001 used of 1000"),
    ("less used than there are entries", lambda: edit_namespace(2, used=1),
     "1 used"),
    ("a child of the host without a quota", no_quota, "without a quota"),
    ("two losses for a quota", lambda: losses((3, 1), (3, 2)),
     "a second LOSS"),
    ("losses that go back", lambda: losses((3, 4), (2, 2)), "after 4"),
    ("a loss that was not told", lambda: losses((2, 1), (2, 4)), "not 2"),
    ("a loss of an unknown reason", lambda: losses((4, 1)), "reason 4"),
    ("more losses than were told", lambda: edit_namespace(2, losses=1),
     "the last LOSS is of 0"),
    ("a parent dead before its child", early_parent_death,
     "after the DESTROY of its parent"),
    ("an entry after DESTROY", after_death, "after its DESTROY"),
    ("an entry twice", repeated_entry, "repeats entry"),
    ("a label that CREATE does not have", foreign_label, "nslabel"),
    ("a nsid of another namespace", foreign_id, "nsid 1"),
    ("a namespace neither exported nor released", hidden_death,
     "neither exported nor released"),
    ("a foreign event name", lambda: host_entry(buffer("ima-ns/x", b"x")),
     "no place in this list"),
    ("an event in another template",
     lambda: host_entry(mklist.Entry("ima-ng", [
         mklist.d_ng("sha256", b"x"), mklist.n_ng("ima-ns/records")])),
     "in template ima-ng"),
    ("records with a zero digest", zero_digest, "zero digest"),
    ("a namespace's entry in the host's list",
     lambda: host_entry(mklist.Entry("ima-ns", [
         mklist.d_ng("sha256", b"x"), mklist.n_ng("/bin/x"), bytes(8),
         mklist.n_ng("x")])), "in the host's list"),
    ("a label in the host's list",
     lambda: host_entry(mklist.Entry("ima-ng", [
         mklist.d_ng("sha256", b"x"),
         mklist.n_ng("/pod=2,ctr=b,name=default/db/redis")])), "holds b'pod=2"),
    ("heads of another boot", lambda: heads(put(20, b"xxxx")), "boot id"),
    ("heads after fewer records", lambda: heads(put(80, b"\5")), "records 5"),
    ("heads of more namespaces", lambda: heads(put(88, b"\4")), "leaves 4"),
    ("heads with another root", lambda: heads(put(100, b"xxxx")),
     "not that of the leaves"),
    ("heads with a reserved byte set", lambda: heads(put(13, b"x")),
     "reserved"),
    ("heads that leave one out", hidden_space, "leaves 2, not 3"),
    ("a leaf of another namespace",
     lambda: leaves(lambda raw, ns: put(0, b"\7")(raw)), "leaves of"),
    ("a leaf with a wrong seq",
     lambda: leaves(lambda raw, ns: put(8, b"\7")(raw)), "seq 7"),
    ("a leaf with a wrong count of entries",
     lambda: leaves(lambda raw, ns: put(16, b"\7")(raw)), "of 7 entries"),
    ("a leaf with another count of tasks",
     lambda: leaves(lambda raw, ns: put(24, b"\7")(raw)), "does not open"),
    ("a leaf with another MAC",
     lambda: leaves(lambda raw, ns: put(40, b"xxxx")(raw)), "does not open"),
    ("an answer that no entry stands for", answer_of_another,
     "no such entry"),
    ("an unknown template", lambda: host_entry(mklist.Entry("ima-x", [
        mklist.d_ng("sha256", b"x"), mklist.n_ng("x")])), "is unknown"),
)


def told(**tpm):
    """The tree, of a kernel that says this in ns/tpm."""
    exported = export(tree())
    software = {bank: value.hex() for bank, value in exported.pcrs.items()}
    exported.tpm = {"state": "ok", **software, **tpm}
    return exported


def lost(spoilt):
    exported = told(state="lost")
    for ns in exported.namespaces.values():
        ns.files["status"] = ns.files["status"].replace(b"tpm: ok", b"tpm: lost")
    if spoilt:
        exported.pcrs = {b: bytes(len(v)) for b, v in exported.pcrs.items()}
    return exported


# What the kernel says of the TPM, and what the oracle finds in it.
TPM = (
    ("the PCR as the kernel keeps it", told, None),
    ("another one", lambda: told(sha384="00"), "ns/tpm: sha384"),
    ("none in a bank", lambda: told(sha1=None), "ns/tpm: sha1"),
    ("a lost TPM, with a PCR of no list", lambda: lost(True), None),
    ("a lost TPM that proves the list", lambda: lost(False), "replays to PCR"),
)


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def result(self, good, text):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} {text}", flush=True)


def written_vectors():
    """KUnit's vectors as their script writes them, and as they lie there."""
    script = os.path.join(KUNIT, "ima_ns_vectors.py")
    with open(os.path.join(KUNIT, "ima_ns_vectors.h"), encoding="ascii") as f:
        return subprocess.check_output([sys.executable, script], text=True), f.read()


def main():
    tap = Tap()
    written, there = written_vectors()
    tap.result(written == there, "ima_ns_vectors.h is what ima_ns_vectors.py writes")
    for scenario in sorted(mklist.SCENARIOS):
        for algo in mklist.BANKS:
            found = finding(export(mklist.build(scenario, algo)))
            tap.result(found is None, f"accepts {scenario}, ima_hash {algo}"
                       + (f": {found}" if found else ""))
    exported = export(tree())
    for where, table, key in list(holders(exported)):
        bad = undetected_flips(exported, table, key)
        tap.result(not bad, f"finds each of {len(table[key])} flipped bytes "
                   f"of {where}" + (f", but not {bad[:8]}" if bad else ""))
        bad = undetected_cuts(exported, table, key)
        tap.result(not bad, f"finds {where} cut short anywhere"
                   + (f", but not at {bad[:8]}" if bad else ""))
    for what, make, want in WRONG:
        found = finding(export(make()))
        tap.result(found is not None and want in found,
                   f"finds {what}: {found}")
    for what, make, want in TPM:
        found = finding(make())
        tap.result(found == want or bool(want and found and want in found),
                   f"{'finds' if want else 'accepts'} {what}: {found}")
    exported = export(tree())
    exported.absent = [b"crun"]
    found = finding(exported)
    tap.result(found is not None and "crun" in found, f"finds a secret: {found}")
    print(f"1..{tap.count}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
