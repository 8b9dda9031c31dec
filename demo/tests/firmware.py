# SPDX-License-Identifier: LGPL-2.1-or-later
"""The firmware's event log taken apart: TCG PC Client Platform Firmware Profile,
10.2, crypto-agile."""

EV_NO_ACTION = 3
# Types whose digest is that of the data; of others the data is a claim.
HASHED = (0x4, 0x5, 0x8, 0x80000001, 0x80000007)
KERNEL = 0x80000003


class Event:
    def __init__(self, raw, pcr, kind, digests, data):
        self.raw = raw
        self.pcr = pcr
        self.kind = kind
        self.digests = digests
        self.data = data

    def bound(self, at):
        """Whether the PCRs, or the type, vouch for this byte of it."""
        return at < len(self.raw) - len(self.data) or self.kind in HASHED


def events(log):
    """The header, which nothing vouches for, and the events."""
    def number(at, size=4):
        return int.from_bytes(log[at:at + size], "little")

    pos = 32 + number(28)
    sizes = {number(32 + 28 + 4 * i, 2): number(32 + 30 + 4 * i, 2) for i in range(number(32 + 24))}
    header, found = log[:pos], []
    while pos < len(log):
        start, digests = pos, {}
        pos += 12
        for _ in range(number(start + 8)):
            alg = number(pos, 2)
            digests[alg] = log[pos + 2:pos + 2 + sizes[alg]]
            pos += 2 + sizes[alg]
        data = log[pos + 4:pos + 4 + number(pos)]
        pos += 4 + len(data)
        found.append(Event(log[start:pos], number(start), number(start + 4), digests, data))
    return header, found
