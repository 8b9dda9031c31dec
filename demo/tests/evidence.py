# SPDX-License-Identifier: LGPL-2.1-or-later
"""Evidence taken apart, so that a single byte of a known kind can be damaged."""

import copy

import cbor

DIGEST_SIZE = {"sha1": 20, "sha256": 32}


class Entry:
    """One entry of a binary list; `parts` tells where its fields lie in it."""

    def __init__(self, raw, parts, template, fields):
        self.raw = raw
        self.parts = parts
        self.template = template
        self.fields = fields

    def flipped(self, part, offset=0, bit=0):
        start, end = self.parts[part]
        raw = bytearray(self.raw)
        raw[start + offset % (end - start)] ^= 1 << bit
        return bytes(raw)


def split(data, bank):
    """The entries of a binary list."""
    entries, pos = [], 0
    while pos < len(data):
        start, parts = pos, {}

        def take(name, size):
            nonlocal pos
            parts[name] = (pos - start, pos - start + size)
            pos += size
            return data[pos - size:pos]

        def number(name):
            return int.from_bytes(take(name, 4), "little")

        number("pcr")
        take("digest", DIGEST_SIZE[bank])
        template = take("template", number("template length"))
        end = number("data length") + pos
        fields = []
        while pos < end:
            nth = len(fields)
            size = number(f"length of field {nth}")
            fields.append(take(f"field {nth}", size))
        raw = data[start:pos]
        parts = {name: at for name, at in parts.items() if at[0] < at[1]}
        entries.append(Entry(raw, parts, template.decode(), fields))
    return entries


def join(raws):
    return b"".join(raws)


class Evidence:
    def __init__(self, data):
        self.top = cbor.loads(data)

    def encode(self):
        return cbor.dumps(self.top)

    def copy(self):
        return copy.deepcopy(self)

    def namespace(self, nsid):
        return next(n for n in self.top["namespaces"] if n["id"] == nsid)

    def ids(self):
        return [n["id"] for n in self.top["namespaces"]]

    def list_of(self, nsid):
        """The host's list stands under id 0."""
        return self.namespace(nsid)["list"] if nsid else self.top["host"]

    def entries(self, nsid):
        found = self.list_of(nsid)
        return split(found["data"], found["digest"])

    def with_list(self, nsid, raws):
        changed = self.copy()
        changed.list_of(nsid)["data"] = join(raws)
        return changed
