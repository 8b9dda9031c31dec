#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The oracle: do the exported lists, keys and PCRs of a node hold together?

Reads what a test guest exported, shares no code with the kernel, the library
or the generator beside it, and prints TAP. Exit status 0: everything holds;
1: a finding, named on the last line; 2: usage.

usage: replay.py [--banks LIST] DIR
"""

import argparse
import sys

import imalist
from events import (CREATE, DESTROY, ENTRY, HOST_EVENTS, LOSS, LOSS_QUOTA,
                    MAX_RECORDS, NS_EVENTS, Bind, Boot, Create, Destroy, Enter,
                    Loss, Records,
                    check_event, is_event, sha256)
from evidence import load
from heads import Answer, Heads
from imalist import Finding

# What a namespace has whose policy was not exported.
DEFAULT_POLICY = (b"measure func=BPRM_CHECK\n"
                  b"measure func=MMAP_CHECK mask=MAY_EXEC\n")
STATUS = ("state", "id", "parent", "depth", "label", "inum", "userns",
          "entries", "violations", "losses", "records", "quota", "used",
          "memory", "overflow", "delegate", "vpcr", "tpm")
OVERFLOW = ("deny", "mark")


def need(condition, message):
    if not condition:
        raise Finding(message)


def show(value):
    return value.hex() if isinstance(value, bytes) else value


def parse_lists(lists, where):
    """All lists of one namespace: equal but for the digest in the header."""
    need("sha1" in lists.binary, f"{where}: no list with SHA-1 digests")
    first = None
    for algo, data in lists.binary.items():
        what = f"{where} ({algo})"
        entries = imalist.parse(data, what, algo)
        if algo in lists.ascii:
            imalist.check_ascii(lists.ascii[algo], entries, what + " ascii",
                                algo)
        mine = [(e.template, e.data, e.violation) for e in entries]
        need(first in (None, mine), f"{what}: differs from the SHA-1 list")
        first = mine
        if algo == "sha1":
            result = entries
    return result


class Host:
    """The host's list: PCR 10, the boot entry, and every record in order."""

    def __init__(self, evidence):
        self.entries = parse_lists(evidence.host, "host")
        self.tpm = evidence.tpm.get("state", "ok")
        self.boot = None
        self.records = []
        self.heads = []

    def check_pcrs(self, pcrs, banks):
        for bank in banks:
            need(bank in pcrs, f"pcrs: bank {bank} is missing")
        for bank, value in pcrs.items():
            got = imalist.replay(self.entries, bank)
            need(got == value, f"host: replay in bank {bank} gives "
                 f"{got.hex()}, PCR 10 is {value.hex()}")

    def check_software(self, tpm, pcrs):
        """What the kernel says that the PCR should be, bank by bank."""
        for bank, value in pcrs.items():
            need(tpm.get(bank) == value.hex(), f"ns/tpm: {bank} is "
                 f"{tpm.get(bank)}, PCR 10 is {value.hex()}")

    def check_lost(self, pcrs):
        """The kernel gave the TPM up: nothing may be proven with it then."""
        for bank, value in pcrs.items():
            pcr = bytes(len(value))
            for entry in self.entries:
                pcr = imalist.extend(bank, pcr, entry)
                need(pcr != value, "host: the TPM is lost, but the list up to "
                     f"{entry.where} replays to PCR 10 in bank {bank}")

    def check_repeats(self):
        """kexec hands the list on; no kernel repeats its own entries."""
        starts = [e.number - 1 for e in self.entries
                  if is_event(e) and e.name == b"ima-ns/boot"][1:]
        bounds = [0, *starts, len(self.entries)]
        for start, end in zip(bounds, bounds[1:]):
            imalist.check_no_duplicates(self.entries[start:end], "host")

    def add_boot(self, entry):
        """A scope of ids and indices begins; kexec ended the one before."""
        if self.boot:
            before = self.entries[entry.number - 1]
            need(before.name == b"boot_aggregate",
                 f"{entry.where}: a second boot entry")
            self.check_order()
            self.check_heads()
        self.boot = Boot(entry)
        self.records = []
        self.heads = []

    def check_events(self):
        for entry in self.entries:
            need(entry.template not in ("ima-ns", "ima-ns-sig"),
                 f"{entry.where}: a namespace's entry in the host's list")
            if not is_event(entry):
                continue
            check_event(entry, HOST_EVENTS)
            if entry.name == b"ima-ns/boot":
                self.add_boot(entry)
            elif entry.name == b"ima-ns/heads":
                self.heads.append((Heads(entry), len(self.records)))
            else:
                self.add_records(entry)

    def add_records(self, entry):
        need(self.boot, f"{entry.where}: records before the boot entry")
        event = Records(entry, MAX_RECORDS)
        need(event.index == len(self.records), f"{entry.where}: index "
             f"{event.index} after {len(self.records)} records")
        self.records.extend(event.records)

    def check_order(self):
        """Each namespace: 0, 1, 2, ... after its parent's CREATE and before
        its parent's DESTROY, nothing after its own DESTROY."""
        following, self.parents, closed = {}, {}, set()
        for index, record in enumerate(self.records):
            where = f"host: record {index} of namespace {record.id}"
            need(record.seq == following.get(record.id, 0),
                 f"{where}: seq {record.seq} is out of order")
            need(record.id not in closed, f"{where}: after its DESTROY")
            following[record.id] = record.seq + 1
            if record.type == CREATE:
                need(not record.parent or record.parent in self.parents,
                     f"{where}: no CREATE of its parent {record.parent}")
                self.parents[record.id] = record.parent
            if record.type == DESTROY:
                closed.add(record.id)
            parent = self.parents[record.id]
            need(parent not in closed,
                 f"{where}: after the DESTROY of its parent {parent}")

    def check_heads(self):
        for heads, records in self.heads:
            heads.check(self.boot, self.records[:records])

    def ancestors(self, ns_id):
        while ns_id:
            yield ns_id
            ns_id = self.parents[ns_id]

    def sort_by_tree(self):
        """under[id]: (index, record) of a namespace and its descendants."""
        self.under = {ns_id: [] for ns_id in self.parents}
        for index, record in enumerate(self.records):
            for ns_id in self.ancestors(record.id):
                self.under[ns_id].append((index, record))


class Space:
    """One active or dead namespace whose key is at hand."""

    def __init__(self, exported, host):
        self.where = exported.where
        self.id = exported.id
        self.host = host
        self.key = exported.files.get("key", b"")
        self.policy = exported.files.get("policy", DEFAULT_POLICY)
        need(len(self.key) == 32,
             f"{self.where}: key of {len(self.key)} bytes")
        self.entries = parse_lists(exported, self.where)
        imalist.check_no_duplicates(self.entries, self.where)
        self.own, self.copies, self.violations, self.losses = 0, 0, 0, 0
        self.full = False
        self.vpcr = bytes(32)
        self.create = self.destroy = None

    def check(self, status):
        need(self.entries, f"{self.where}: empty list")
        theirs = self.host.under[self.id]
        need(len(theirs) == len(self.entries), f"{self.where}: "
             f"{len(self.entries)} entries, and {len(theirs)} records of it "
             "and its descendants in the host's list")
        for entry, (index, record) in zip(self.entries, theirs):
            self.vpcr = imalist.extend("sha256", self.vpcr, entry)
            if entry.name == b"ima-ns/records":
                self.check_copy(entry, index, record)
            else:
                self.check_own(entry, record)
        self.check_status(status)

    def vpcr_after(self, count):
        vpcr = bytes(32)
        for entry in self.entries[:count]:
            vpcr = imalist.extend("sha256", vpcr, entry)
        return vpcr

    def check_copy(self, entry, index, record):
        check_event(entry, NS_EVENTS)
        self.check_algo(entry)
        event = Records(entry, 1)
        need(event.index == index, f"{entry.where}: index {event.index}, "
             f"{index} in the host's list")
        need(event.records[0].raw == record.raw,
             f"{entry.where}: not the record {index} of the host's list")
        need(record.id != self.id, f"{entry.where}: a record of its own")
        self.copies += 1

    def check_algo(self, entry):
        need(entry.file_algo == "sha256",
             f"{entry.where}: d-ng in {entry.file_algo}")

    def check_own(self, entry, record):
        need(not self.destroy, f"{entry.where}: after DESTROY")
        need((record.id, record.seq) == (self.id, self.own),
             f"{entry.where}: own entry {self.own} stands where the host's "
             f"list has seq {record.seq} of namespace {record.id}")
        kind = self.read_own(entry)
        need(record.type == kind, f"{entry.where}: record type {record.type}")
        need(record.opens(self.key, self.host.boot.boot_id, self.vpcr, entry),
             f"{entry.where}: the commitment of seq {record.seq} does not "
             "open")
        self.own += 1

    def read_own(self, entry):
        """Checks what an own entry says; the record type that it must have."""
        self.violations += entry.violation
        if entry.number == 0:
            need(entry.name == b"ima-ns/create",
                 f"{entry.where}: {entry.name!r} instead of CREATE")
        if not is_event(entry):
            need(entry.template == self.create.template.decode(),
                 f"{entry.where}: template {entry.template}")
            need(entry.nsid == self.id, f"{entry.where}: nsid {entry.nsid}")
            need(entry.label == self.create.label,
                 f"{entry.where}: nslabel {entry.label!r}")
            return ENTRY
        check_event(entry, NS_EVENTS)
        self.check_algo(entry)
        if entry.name == b"ima-ns/create":
            self.read_create(entry)
            return CREATE
        if entry.name == b"ima-ns/bind":
            bind = Bind(entry)
            need(bind.id == self.id, f"{entry.where}: id {bind.id}")
            return ENTRY
        if entry.name == b"ima-ns/enter":
            enter = Enter(entry)
            need(enter.id == self.id, f"{entry.where}: id {enter.id}")
            return ENTRY
        if entry.name == b"ima-ns/loss":
            self.read_loss(entry)
            return LOSS
        self.read_destroy(entry)
        return DESTROY

    def read_loss(self, entry):
        """The first loss is logged, then each time their number doubled; one
        for a quota whenever it is, after which others may be missing."""
        loss = Loss(entry)
        need(loss.id == self.id, f"{entry.where}: id {loss.id}")
        if loss.reason == LOSS_QUOTA:
            need(not self.full, f"{entry.where}: a second LOSS for a quota")
            self.full = True
        elif self.full:
            need(not loss.losses & (loss.losses - 1),
                 f"{entry.where}: {loss.losses} losses, no power of two")
        else:
            want = 2 * self.losses or 1
            need(loss.losses == want,
                 f"{entry.where}: {loss.losses} losses, not {want}")
        need(loss.losses > self.losses, f"{entry.where}: {loss.losses} losses "
             f"after {self.losses}")
        self.losses = loss.losses

    def check_losses(self, where, losses):
        need(self.losses <= losses and
             (self.full or losses < 2 * self.losses or not losses),
             f"{where}: {losses} losses, the last LOSS is of {self.losses}")

    def check_quota(self, status):
        """Its own entries but violations, and the records of those below, of
        which some may be of violations."""
        create = self.create
        used = int(status["used"])
        need(status["quota"] == str(create.quota) and
             status["overflow"] == OVERFLOW[create.overflow],
             f"{self.where}: status says {status['quota']} "
             f"{status['overflow']}, CREATE {create.quota} {create.overflow}")
        need(create.quota or create.parent,
             f"{self.where}: a child of the host without a quota")
        need(used <= create.quota or not create.quota,
             f"{self.where}: {used} used of {create.quota}")
        if self.destroy and not self.copies:
            need(used == self.own - self.violations, f"{self.where}: {used} "
                 f"used, {self.own - self.violations} entries")
        need(used >= self.own - self.violations, f"{self.where}: {used} used, "
             f"{self.own - self.violations} own entries")

    def read_create(self, entry):
        create = Create(entry)
        parent = self.host.parents[self.id]
        depth = len(list(self.host.ancestors(self.id)))
        for what, got, want in (
                ("entry number", entry.number, 0), ("id", create.id, self.id),
                ("parent", create.parent, parent),
                ("depth", create.depth, depth),
                ("boot id", create.boot_id, self.host.boot.boot_id),
                ("key digest", create.key_digest, sha256(self.key)),
                ("policy digest", create.policy_digest,
                 sha256(self.policy)),
                ("template", create.template, b"ima-ns")):
            need(got == want, f"{entry.where}: {what} is {show(got)}, "
                 f"not {show(want)}")
        self.create = create

    def read_destroy(self, entry):
        destroy = Destroy(entry)
        for what, got, want in (
                ("id", destroy.id, self.id),
                ("entries", destroy.entries, self.own),
                ("records", destroy.records, self.copies),
                ("violations", destroy.violations, self.violations)):
            need(got == want, f"{entry.where}: {what} is {show(got)}, "
                 f"not {show(want)}")
        self.check_losses(entry.where, destroy.losses)
        self.destroy = destroy

    def check_status(self, status):
        state = "dead" if self.destroy else "active"
        for name, want in (
                ("state", state), ("id", self.id),
                ("parent", self.create.parent), ("depth", self.create.depth),
                ("label", self.create.label.decode()),
                ("entries", len(self.entries)), ("violations", self.violations),
                ("records", self.copies),
                ("vpcr", self.vpcr.hex()), ("tpm", self.host.tpm)):
            need(status[name] == str(want), f"{self.where}: status says "
                 f"{name}: {status[name]}, not {want}")
        self.check_losses(f"{self.where}: status", int(status["losses"]))
        self.check_quota(status)


def parse_status(exported):
    where = f"{exported.where}: status"
    raw = exported.files.get("status")
    need(raw is not None, f"{where} is missing")
    status = {}
    for line in raw.decode("ascii", "replace").splitlines():
        name, colon, value = line.partition(": ")
        need(colon or line.endswith(":"), f"{where}: line {line!r}")
        name = name.rstrip(":")
        need(name not in status, f"{where}: {name} stands there twice")
        status[name] = value
    for name in STATUS:
        need(name in status, f"{where}: {name} is missing")
    need(status["id"] == str(exported.id), f"{where}: id {status['id']}")
    return status


def check_new(exported, host):
    """A namespace that was not activated has no record, list or key."""
    need(exported.id not in host.parents,
         f"{exported.where}: records of a namespace that is new")
    need(not exported.files.get("key"), f"{exported.where}: a key while new")
    for data in exported.binary.values():
        need(not data, f"{exported.where}: entries while new")


def released(events):
    """Ids that the life-cycle lines say nobody can read any more."""
    ids = set()
    for line in (events or b"").decode("ascii").splitlines():
        words = line.split()
        need(len(words) == 3, f"events: line {line!r}")
        if words[1] == "released":
            ids.add(int(words[2].split("/")[-1]))
    return ids


def check_private(host, spaces, evidence):
    """No label of a namespace, and nothing secret, is in the host's list."""
    words = set(evidence.absent)
    words |= {s.create.label for s in spaces if len(s.create.label) >= 6}
    for algo, data in evidence.host.binary.items():
        for word in words:
            need(word not in data, f"host ({algo}): holds {word!r}")
    need(host.entries, "host: empty list")


class Tap:
    def __init__(self):
        self.count = 0

    def step(self, text):
        self.count += 1
        print(f"ok {self.count} {text}")

    def close(self, finding=None):
        if finding:
            self.count += 1
            print(f"not ok {self.count} {finding}")
        print(f"1..{self.count}")


def check_spaces(evidence, host):
    spaces = []
    for exported in evidence.namespaces.values():
        status = parse_status(exported)
        if status["state"] == "new":
            check_new(exported, host)
            continue
        need(exported.id in host.parents,
             f"{exported.where}: no record in the host's list")
        space = Space(exported, host)
        space.check(status)
        spaces.append(space)
    gone = released(evidence.events)
    for ns_id in host.parents:
        need(ns_id in evidence.namespaces or ns_id in gone,
             f"ns {ns_id}: records, but neither exported nor released")
    return spaces


def check(evidence, banks, tap):
    host = Host(evidence)
    tap.step(f"host: {len(host.entries)} entries parse, each digest recomputed")
    if evidence.tpm.get("state") == "lost":
        host.check_lost(evidence.pcrs)
        tap.step("host: the TPM is lost, and PCR 10 proves no part of the list")
    else:
        host.check_pcrs(evidence.pcrs, banks)
        tap.step(f"host: replays to PCR 10 in {' '.join(evidence.pcrs)}")
    if evidence.tpm.get("state") == "ok":
        host.check_software(evidence.tpm, evidence.pcrs)
        tap.step("ns/tpm: has the PCR's value in each bank")
    host.check_events()
    host.check_repeats()
    host.check_order()
    host.check_heads()
    host.sort_by_tree()
    tap.step(f"host: {len(host.records)} records of {len(host.parents)} "
             "namespaces without a gap")
    spaces = check_spaces(evidence, host)
    tap.step(f"{sum(s.own for s in spaces)} entries of {len(spaces)} "
             "namespaces open, in one order with "
             f"{sum(s.copies for s in spaces)} copies in ancestors")
    opened = sum(Answer(name, data, host, spaces).check()
                 for name, data in evidence.answers.items())
    tap.step(f"host: {len(host.heads)} heads; {len(evidence.answers)} trees "
             f"of them computed again, {opened} leaves open")
    check_private(host, spaces, evidence)
    tap.step("host: holds no namespace's label"
             + "".join(f", no {w.decode()!r}" for w in evidence.absent))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--banks", default="sha1,sha256,sha384,sha512",
                        help="banks that pcrs must hold, comma separated")
    parser.add_argument("dir")
    args = parser.parse_args()
    banks = [b for b in args.banks.split(",") if b]
    tap = Tap()
    try:
        check(load(args.dir), banks, tap)
    except (Finding, OSError, ValueError) as finding:
        tap.close(finding)
        print(f"replay: {finding}")
        return 1
    tap.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
