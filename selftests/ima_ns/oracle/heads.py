# SPDX-License-Identifier: GPL-2.0-only
""""ima-ns/heads": the entry, and the leaves that were handed out with it.

The tree is that of RFC 9162, section 2.1.1, written down as it is there.
"""

import hmac

from events import CREATE, DESTROY, Buffer, sha256
from imalist import Cursor, Finding

SIZE = 128
LEAF = 64


def merkle_root(leaves):
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0])
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + merkle_root(leaves[:k]) + merkle_root(leaves[k:]))


class Heads:
    def __init__(self, entry):
        buf = Buffer(entry, b"IMANSHDS", SIZE)
        buf.number(4, 0, "reserved")
        self.where = entry.where
        self.raw = entry.buf
        self.boot_id = buf.take(32, "boot id")
        self.nonce = buf.take(32, "nonce")
        self.records = buf.u64("records")
        self.leaves = buf.u64("leaves")
        self.root = buf.take(32, "root")
        buf.finish()

    def check(self, boot, records):
        """What the host's list itself says about the entry."""
        if not boot:
            raise Finding(f"{self.where}: heads before the boot entry")
        living = living_after(records)
        for what, got, want in (
                ("boot id", self.boot_id.hex(), boot.boot_id.hex()),
                ("records", self.records, len(records)),
                ("leaves", self.leaves, len(living))):
            if got != want:
                raise Finding(f"{self.where}: {what} {got}, not {want}")


def living_after(records):
    """Ids of the active namespaces, after so many records of the host."""
    living = set()
    for record in records:
        if record.type == CREATE:
            living.add(record.id)
        elif record.type == DESTROY:
            living.discard(record.id)
    return sorted(living)


class Answer:
    """What a reader of "heads" was told: the entry's buffer, and the leaves."""

    def __init__(self, name, data, host, spaces):
        cursor = Cursor(data, name)
        raw = cursor.take(SIZE, "heads")
        self.where = name
        self.host = host
        self.spaces = {space.id: space for space in spaces}
        self.heads = next((h for h, _ in host.heads if h.raw == raw), None)
        if not self.heads:
            raise Finding(f"{name}: no such entry in the host's list")
        self.leaves = [cursor.take(LEAF, f"leaf {i}")
                       for i in range(self.heads.leaves)]
        cursor.finish()

    def check(self):
        """The number of leaves that a key was at hand for."""
        if merkle_root(self.leaves) != self.heads.root:
            raise Finding(f"{self.where}: the root is not that of the leaves")
        ids = [int.from_bytes(leaf[:8], "little") for leaf in self.leaves]
        want = living_after(self.host.records[:self.heads.records])
        if ids != want:
            raise Finding(f"{self.where}: leaves of {ids}, not {want}")
        for ns_id, leaf in zip(ids, self.leaves):
            self.check_leaf(ns_id, leaf)
        return sum(ns_id in self.spaces for ns_id in ids)

    def check_leaf(self, ns_id, leaf):
        where = f"{self.where}: leaf of namespace {ns_id}"
        seq, entries = (int.from_bytes(leaf[at:at + 8], "little")
                        for at in (8, 16))
        under = [record for index, record in self.host.under[ns_id]
                 if index < self.heads.records]
        own = sum(record.id == ns_id for record in under)
        if (seq, entries) != (own, len(under)):
            raise Finding(f"{where}: seq {seq} of {entries} entries, not "
                          f"{own} of {len(under)}")
        space = self.spaces.get(ns_id)
        if space and not hmac.compare_digest(
                self.mac(space, leaf, space.vpcr_after(entries)), leaf[32:]):
            raise Finding(f"{where}: does not open")

    def mac(self, space, leaf, vpcr):
        key = hmac.digest(space.key, b"ima-ns/v1 head\0\0", "sha256")
        return hmac.digest(key, self.heads.boot_id + self.heads.nonce +
                           leaf[:32] + vpcr, "sha256")
