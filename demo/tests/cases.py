# SPDX-License-Identifier: LGPL-2.1-or-later
"""Damaged evidence, class by class.

Each class is a generator of cases from the evidence, its nonce, and the verdict
on both undamaged. Where one bit of each byte would take minutes, the byte is
drawn, always the same way.
"""

import hashlib
import random

import firmware
from evidence import DIGEST_SIZE, split

EVERYONE = "everyone"


class Case:
    """`victim` may not be called good: EVERYONE, a namespace's id, or None.

    A `harmless` case may go unnoticed, but may raise no verdict.
    """

    def __init__(self, what, evidence, nonce, victim, harmless=False):
        self.what = what
        self.evidence = evidence
        self.nonce = nonce
        self.victim = victim
        self.harmless = harmless

    def victims(self, subjects):
        if self.victim == EVERYONE:
            return list(subjects)
        return [] if self.victim is None else [self.victim]


def flip(data, at):
    changed = bytearray(data)
    changed[at] ^= 1 << at % 8
    return bytes(changed)


def top_bytes(field):
    def make(evidence, nonce, _base):
        for at in range(len(evidence.top[field])):
            changed = evidence.copy()
            changed.top[field] = flip(evidence.top[field], at)
            yield Case(f"{field} byte {at}", changed.encode(), nonce, EVERYONE)
    return make


def ak(evidence, nonce, _base):
    """The last 68 bytes are the point, which must be the pinned key's. What
    is before it the verifier cannot hold against anything but its own rules."""
    data = evidence.top["ak"]
    for at in range(len(data)):
        changed = evidence.copy()
        changed.top["ak"] = flip(data, at)
        point = at >= len(data) - 68
        yield Case(f"ak byte {at}", changed.encode(), nonce,
                   EVERYONE if point else None, harmless=not point)


def nonces(evidence, nonce, _base):
    data = evidence.encode()
    for at in range(len(nonce)):
        yield Case(f"nonce byte {at}", data, flip(nonce, at), EVERYONE)
    yield Case("nonce cut", data, nonce[:-1], EVERYONE)
    yield Case("nonce longer", data, nonce + b"\0", EVERYONE)
    changed = evidence.copy()
    changed.top["verifier"] += "x"
    yield Case("another verifier", changed.encode(), nonce, EVERYONE)


def pcrs(evidence, nonce, _base):
    for bank, values in evidence.top["pcrs"].items():
        for at in range(len(values[10])):
            changed = evidence.copy()
            changed.top["pcrs"][bank][10] = flip(values[10], at)
            yield Case(f"{bank} PCR byte {at}", changed.encode(), nonce,
                       EVERYONE)
        draw = random.Random(bank)
        for pcr in range(10):
            changed = evidence.copy()
            changed.top["pcrs"][bank][pcr] = flip(values[pcr], draw.randrange(20))
            yield Case(f"{bank} PCR {pcr}", changed.encode(), nonce, EVERYONE)
            del changed.top["pcrs"][bank][pcr]
            yield Case(f"{bank} PCR {pcr} dropped", changed.encode(), nonce,
                       EVERYONE)
        changed = evidence.copy()
        del changed.top["pcrs"][bank]
        yield Case(f"{bank} PCR dropped", changed.encode(), nonce, EVERYONE)


def repaired(evidence, nsid, raw):
    """The entry with its header's digest made that of the damaged data."""
    bank = evidence.list_of(nsid)["digest"]
    size = DIGEST_SIZE[bank]
    entry, = split(raw, bank)
    data = raw[entry.parts["data length"][1]:]
    return raw[:4] + hashlib.new(bank, data).digest() + raw[4 + size:]


def entry_bytes(evidence, nonce, nsid, proven, victim):
    """One bit of each field of each proven entry; its data also repaired."""
    draw = random.Random(nsid)
    entries = evidence.entries(nsid)[:proven]
    raws = [entry.raw for entry in evidence.entries(nsid)]
    for number, entry in enumerate(entries):
        for part in entry.parts:
            # The PCRs do not hold a template's name. Of an event it must be
            # known all the same; another entry is the node's, and unread.
            unread = nsid == 0 and part == "template" and not is_event(entry)
            raw = entry.flipped(part, draw.randrange(1 << 16), draw.randrange(8))
            variants = [("", raw)]
            if part.startswith("field"):
                variants.append((", digest repaired",
                                 repaired(evidence, nsid, raw)))
            for how, changed in variants:
                raws[number] = changed
                yield Case(f"list {nsid} entry {number} {part}{how}",
                           evidence.with_list(nsid, raws).encode(), nonce,
                           None if unread else victim)
        raws[number] = entry.raw


def entry_order(evidence, nonce, nsid, proven, victim):
    raws = [entry.raw for entry in evidence.entries(nsid)]

    def case(what, changed, victim=victim):
        return Case(f"list {nsid} entry {what}",
                    evidence.with_list(nsid, changed).encode(), nonce, victim)

    for n in range(proven):
        last = n + 1 == proven
        yield case(f"{n} dropped", raws[:n] + raws[n + 1:])
        # After the last proven entry anything may follow: it proves nothing.
        yield case(f"{n} twice", raws[:n + 1] + raws[n:],
                   None if last else victim)
        yield case(f"{n} and the rest dropped", raws[:n])
        if not last:
            yield case(f"{n} and the next swapped",
                       raws[:n] + [raws[n + 1], raws[n]] + raws[n + 2:])
            yield case(f"{n} moved to the end",
                       raws[:n] + raws[n + 1:] + [raws[n]])


def is_event(entry):
    return entry.fields[1].startswith(b"ima-ns/")


def events(evidence, nonce, base):
    """What is not in the template data of the host's events: by changing it
    an event might be passed off as none, and its records not be missed."""
    raws = [entry.raw for entry in evidence.entries(0)]
    for number, entry in enumerate(evidence.entries(0)[:base.subjects[0].proven]):
        if not is_event(entry):
            continue
        start, end = entry.parts["digest"]
        name_at, name_end = entry.parts["template"]
        changes = {
            "zero digest": entry.raw[:start] + bytes(end - start) +
                           entry.raw[end:],
            "PCR 11": (11).to_bytes(4, "little") + entry.raw[4:],
        }
        for name in (b"ima-ng", b"ima-sig", b"ima-ns", b"xma-buf", b"n-ng"):
            changes[f"template {name.decode()}"] = (
                entry.raw[:name_at - 4] + len(name).to_bytes(4, "little") +
                name + entry.raw[name_end:])
        for what, raw in changes.items():
            yield Case(f"host entry {number}: {what}",
                       evidence.with_list(0, raws[:number] + [raw] +
                                          raws[number + 1:]).encode(),
                       nonce, EVERYONE)


def host(make):
    def generate(evidence, nonce, base):
        return make(evidence, nonce, 0, base.subjects[0].proven, EVERYONE)
    return generate


def namespaces(make):
    def generate(evidence, nonce, base):
        for nsid in evidence.ids():
            yield from make(evidence, nonce, nsid,
                            base.subjects[nsid].proven, nsid)
    return generate


def records(evidence, nonce, base):
    """Each field of each record in the host's list, the digests repaired."""
    draw = random.Random("records")
    raws = [entry.raw for entry in evidence.entries(0)]
    for number, entry in enumerate(evidence.entries(0)[:base.subjects[0].proven]):
        if entry.fields[1] != b"ima-ns/records\0":
            continue
        buf = entry.fields[2]
        for start in range(32, len(buf), 64):
            for at in (0, 1, 2 + draw.randrange(6), 8 + draw.randrange(8),
                       16 + draw.randrange(8), 24 + draw.randrange(8),
                       32 + draw.randrange(32)):
                raw = repaired(evidence, 0,
                               entry.flipped("field 2", start + at))
                yield Case(f"host entry {number} record at {start} byte {at}",
                           evidence.with_list(
                               0, raws[:number] + [raw] + raws[number + 1:])
                           .encode(), nonce, EVERYONE)


def keys(evidence, nonce, _base):
    for nsid in evidence.ids():
        key = evidence.namespace(nsid)["key"]
        for at in range(len(key)):
            changed = evidence.copy()
            changed.namespace(nsid)["key"] = flip(key, at)
            yield Case(f"key {nsid} byte {at}", changed.encode(), nonce, nsid)
        changed = evidence.copy()
        del changed.namespace(nsid)["key"]
        yield Case(f"key {nsid} dropped", changed.encode(), nonce, nsid)
        for other in evidence.ids():
            if other != nsid:
                changed = evidence.copy()
                changed.namespace(nsid)["key"] = \
                    evidence.namespace(other)["key"]
                yield Case(f"key {nsid} is {other}'s", changed.encode(), nonce,
                           nsid)


def labels(evidence, nonce, base):
    """One bit of a label, in CREATE and in all entries alike or in one."""
    for nsid in evidence.ids():
        label = base.subjects[nsid].label.encode()
        entries = evidence.entries(nsid)
        for at in range(len(label)):
            other = flip(label, at)
            if b"\0" in other:
                continue
            everywhere = [repaired(evidence, nsid, e.raw.replace(label, other))
                          for e in entries]
            yield Case(f"label {nsid} byte {at} everywhere",
                       evidence.with_list(nsid, everywhere).encode(), nonce,
                       nsid)
            for n in (0, len(label) % len(entries)):
                once = [e.raw for e in entries]
                once[n] = everywhere[n]
                if once[n] != entries[n].raw:
                    yield Case(f"label {nsid} byte {at} in entry {n}",
                               evidence.with_list(nsid, once).encode(), nonce,
                               nsid)


def membership(evidence, nonce, _base):
    """Namespaces left out, given twice, or passed off as one another."""
    spaces = evidence.top["namespaces"]
    for n, space in enumerate(spaces):
        changed = evidence.copy()
        del changed.top["namespaces"][n]
        yield Case(f"namespace {space['id']} left out", changed.encode(),
                   nonce, 0)
        changed = evidence.copy()
        changed.top["namespaces"].append(dict(space))
        yield Case(f"namespace {space['id']} twice", changed.encode(), nonce,
                   space["id"])
        for fields in ({"id": space["id"] + 1000},
                       {"parent": space["parent"] + 1},
                       {"path": "9" + space["path"]},
                       {"id": 1000, "parent": 0, "path": "1000"},
                       {"parent": 1000, "path": f"1000/{space['id']}"}):
            changed = evidence.copy()
            changed.top["namespaces"][n].update(fields)
            yield Case(f"namespace {space['id']}: {fields}",
                       changed.encode(), nonce, None)
        for other in spaces:
            if other is not space:
                changed = evidence.copy()
                changed.top["namespaces"][n]["list"] = other["list"]
                changed.top["namespaces"][n]["key"] = other["key"]
                yield Case(f"{other['id']} passed off as {space['id']}",
                           changed.encode(), nonce, space["id"])


def truncation(evidence, nonce, _base):
    data = evidence.encode()
    for n in range(256):
        yield Case(f"first {len(data) * n // 256} bytes",
                   data[:len(data) * n // 256], nonce, EVERYONE)
    yield Case("last byte cut", data[:-1], nonce, EVERYONE)
    yield Case("a byte too many", data + b"\0", nonce, EVERYONE)


def anywhere(evidence, nonce, _base):
    """Bytes of the file itself, lengths and keys of the CBOR included."""
    data = evidence.encode()
    draw = random.Random("anywhere")
    for _ in range(500):
        at = draw.randrange(len(data))
        changed = bytearray(data)
        changed[at] ^= draw.randrange(1, 256)
        yield Case(f"file byte {at}", bytes(changed), nonce, None,
                   harmless=True)


def with_log(evidence, log):
    changed = evidence.copy()
    changed.top["firmware-log"] = log
    return changed.encode()


def firmware_bytes(evidence, nonce, _base):
    draw = random.Random("firmware")
    header, events_ = firmware.events(evidence.top["firmware-log"])
    for number, event in enumerate(events_):
        before = header + b"".join(e.raw for e in events_[:number])
        after = b"".join(e.raw for e in events_[number + 1:])
        for at in sorted(draw.sample(range(len(event.raw)), 32)):
            bound = event.bound(at)
            yield Case(f"event {number} byte {at}",
                       with_log(evidence, before + flip(event.raw, at) + after),
                       nonce, EVERYONE if bound else None, harmless=not bound)


def firmware_order(evidence, nonce, _base):
    """Events dropped, doubled, and swapped with the next of the same PCR, if
    their digests differ; the log cut off, gone, or another's."""
    header, events_ = firmware.events(evidence.top["firmware-log"])

    def log(chosen):
        return with_log(evidence, header + b"".join(e.raw for e in chosen))

    for number, event in enumerate(events_):
        yield Case(f"event {number} dropped", log(events_[:number] + events_[number + 1:]),
                   nonce, EVERYONE)
        yield Case(f"event {number} doubled", log(events_[:number] + events_[number:][:1] +
                                                  events_[number:]), nonce, EVERYONE)
        for later in range(number + 1, len(events_)):
            if events_[later].pcr == event.pcr and events_[later].digests != event.digests:
                swapped = list(events_)
                swapped[number], swapped[later] = swapped[later], swapped[number]
                yield Case(f"events {number} and {later} swapped", log(swapped),
                           nonce, EVERYONE)
                break
    whole = evidence.top["firmware-log"]
    for size in range(0, len(whole), 7):
        yield Case(f"log cut at {size}", with_log(evidence, whole[:size]), nonce, EVERYONE)
    changed = evidence.copy()
    del changed.top["firmware-log"]
    yield Case("log gone", changed.encode(), nonce, EVERYONE)


CLASSES = [
    ("quote", top_bytes("quote")),
    ("signature", top_bytes("signature")),
    ("attestation key", ak),
    ("nonce", nonces),
    ("PCR values", pcrs),
    ("host entries", host(entry_bytes)),
    ("host order", host(entry_order)),
    ("host events", events),
    ("records", records),
    ("namespace entries", namespaces(entry_bytes)),
    ("namespace order", namespaces(entry_order)),
    ("key", keys),
    ("label", labels),
    ("membership", membership),
    ("truncation", truncation),
    ("firmware log", firmware_bytes),
    ("firmware events", firmware_order),
    ("anywhere", anywhere),
]
