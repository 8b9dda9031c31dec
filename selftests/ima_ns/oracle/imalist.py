# SPDX-License-Identifier: GPL-2.0-only
"""Read binary IMA measurement lists, and replay them in every PCR bank."""

import hashlib

BANKS = {"sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}
PCR = 10

# Fields of the templates that a list of the test guest may hold.
TEMPLATES = {
    "ima-ng": ("d-ng", "n-ng"),
    "ima-sig": ("d-ng", "n-ng", "sig"),
    "ima-buf": ("d-ng", "n-ng", "buf"),
    "ima-ns": ("d-ng", "n-ng", "nsid", "nslabel"),
    "ima-ns-sig": ("d-ng", "n-ng", "nsid", "nslabel", "sig"),
}


class Finding(Exception):
    """Something in the evidence that is not as it must be."""


class Cursor:
    """Takes bytes from a buffer and never runs past its end."""

    def __init__(self, data, what):
        self.data = data
        self.pos = 0
        self.what = what

    def fail(self, reason):
        raise Finding(f"{self.what}: byte {self.pos}: {reason}")

    def take(self, size, what):
        if size > len(self.data) - self.pos:
            self.fail(f"{what} of {size} bytes runs past the end")
        part = self.data[self.pos:self.pos + size]
        self.pos += size
        return part

    def u16(self, what):
        return int.from_bytes(self.take(2, what), "little")

    def u32(self, what):
        return int.from_bytes(self.take(4, what), "little")

    def u64(self, what):
        return int.from_bytes(self.take(8, what), "little")

    def sized(self, what):
        return self.take(self.u32(what + " length"), what)

    def at_end(self):
        return self.pos == len(self.data)

    def finish(self):
        if not self.at_end():
            self.fail(f"{len(self.data) - self.pos} bytes too many")


class Entry:
    """One line of a list. `violation` is what the zero digest says."""

    def __init__(self, cursor, algo, number):
        cursor.what = f"{cursor.what.split(': entry')[0]}: entry {number}"
        self.where = cursor.what
        self.number = number
        self.pcr = cursor.u32("PCR index")
        self.digest = cursor.take(BANKS[algo], "template digest")
        name = cursor.sized("template name")
        if name not in [t.encode() for t in TEMPLATES]:
            cursor.fail(f"template {name[:64]!r} is unknown")
        self.template = name.decode()
        self.data = cursor.sized("template data")
        self.violation = not any(self.digest)
        self.read_fields()
        self.check(algo)

    def fail(self, reason):
        raise Finding(f"{self.where}: {reason}")

    def read_fields(self):
        cursor = Cursor(self.data, self.where + ": template data")
        fields = {name: cursor.sized(name)
                  for name in TEMPLATES[self.template]}
        cursor.finish()
        algo, colon, self.file_digest = fields["d-ng"].partition(b":\0")
        if not colon or algo.decode("latin1") not in BANKS:
            self.fail(f"file digest begins with {algo[:16]!r}")
        self.file_algo = algo.decode()
        if len(self.file_digest) != BANKS[self.file_algo]:
            self.fail(f"{self.file_algo} digest has "
                      f"{len(self.file_digest)} bytes")
        self.name = self.text(fields["n-ng"], "name")
        self.buf = fields.get("buf")
        self.nsid = None
        if "nsid" in fields:
            if len(fields["nsid"]) != 8:
                self.fail(f"nsid has {len(fields['nsid'])} bytes")
            self.nsid = int.from_bytes(fields["nsid"], "little")
            self.label = self.text(fields["nslabel"], "nslabel")

    def text(self, raw, what):
        if raw.find(b"\0") != len(raw) - 1:
            self.fail(f"{what} does not end in its only NUL")
        return raw[:-1]

    def check(self, algo):
        if self.pcr != PCR:
            self.fail(f"PCR {self.pcr}")
        if self.violation:
            if any(self.file_digest):
                self.fail("a violation with a file digest")
        elif self.digest != hashlib.new(algo, self.data).digest():
            self.fail(f"{algo} template digest is not that of the data")

    def extended(self, bank):
        """What this entry extends the PCR of a bank with."""
        if self.violation:
            return b"\xff" * BANKS[bank]
        return hashlib.new(bank, self.data).digest()


def extend(bank, pcr, entry):
    return hashlib.new(bank, pcr + entry.extended(bank)).digest()


def parse(data, what, algo="sha1"):
    cursor = Cursor(data, what)
    entries = []
    while not cursor.at_end():
        entries.append(Entry(cursor, algo, len(entries)))
    return entries


def replay(entries, bank):
    pcr = bytes(BANKS[bank])
    for entry in entries:
        pcr = extend(bank, pcr, entry)
    return pcr


def check_ascii(text, entries, what, algo="sha1"):
    """The ASCII list says the same as the binary one in its first columns."""
    lines = text.decode("ascii", "surrogateescape").split("\n")
    if lines.pop():
        raise Finding(f"{what}: the last line is not ended")
    if len(lines) != len(entries):
        raise Finding(f"{what}: {len(lines)} lines for {len(entries)} entries")
    for line, entry in zip(lines, entries):
        want = [str(PCR), entry.digest.hex(), entry.template,
                f"{entry.file_algo}:{entry.file_digest.hex()}"]
        if line.split()[:4] != want:
            raise Finding(f"{what}: line {entry.number + 1}: "
                          f"{line[:160]!r} is not the binary entry")


def check_no_duplicates(entries, what):
    seen = {}
    for entry in entries:
        if entry.violation:
            continue
        first = seen.setdefault((entry.template, entry.data), entry.number)
        if first != entry.number:
            raise Finding(f"{what}: entry {entry.number} repeats "
                          f"entry {first}")
