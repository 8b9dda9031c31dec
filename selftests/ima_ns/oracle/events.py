# SPDX-License-Identifier: GPL-2.0-only
"""The buffers of the "ima-ns/" events, as include/uapi/linux/ima_ns.h fixes."""

import hashlib
import hmac

from imalist import Cursor

PREFIX = b"ima-ns/"
HOST_EVENTS = (b"ima-ns/boot", b"ima-ns/heads", b"ima-ns/records")
NS_EVENTS = (b"ima-ns/bind", b"ima-ns/create", b"ima-ns/destroy",
             b"ima-ns/enter", b"ima-ns/loss",
             b"ima-ns/records")
CREATE, ENTRY, DESTROY, LOSS = 1, 2, 3, 4
LOSS_QUOTA = 3
MAX_RECORDS = 61
MAX_DATA = 4096


def sha256(data):
    return hashlib.sha256(data).digest()


def is_event(entry):
    return entry.name.startswith(PREFIX)


def check_event(entry, allowed):
    """What holds for every event of ours, whichever list it stands in."""
    if entry.name not in allowed:
        entry.fail(f"event {entry.name[:64]!r} has no place in this list")
    if entry.template != "ima-buf":
        entry.fail(f"{entry.name.decode()} in template {entry.template}")
    if entry.violation:
        entry.fail(f"{entry.name.decode()} with a zero digest")
    want = hashlib.new(entry.file_algo, entry.buf).digest()
    if entry.file_digest != want:
        entry.fail("d-ng is not the digest of the buffer")
    if len(entry.data) > MAX_DATA:
        entry.fail(f"template data of {len(entry.data)} bytes")


class Buffer(Cursor):
    """A cursor that knows how every buffer begins."""

    def __init__(self, entry, magic, second):
        super().__init__(entry.buf, f"{entry.where}: {entry.name.decode()}")
        self.expect(magic, "magic")
        self.number(2, 1, "version")
        self.number(2, second, "size or suite")

    def expect(self, want, what):
        got = self.take(len(want), what)
        if got != want:
            self.fail(f"{what} is {got.hex()}, not {want.hex()}")

    def number(self, size, want, what):
        got = int.from_bytes(self.take(size, what), "little")
        if got != want:
            self.fail(f"{what} is {got}, not {want}")


class Boot:
    def __init__(self, entry):
        buf = Buffer(entry, b"IMANSBOT", 56)
        self.flags = buf.u32("flags")
        if self.flags & ~3:
            buf.fail(f"unknown flags {self.flags:#x}")
        self.boot_id = buf.take(32, "boot id")
        self.reset_count = buf.u32("resetCount")
        self.restart_count = buf.u32("restartCount")
        buf.finish()
        if not any(self.boot_id):
            buf.fail("the boot id is zero")


class Create:
    def __init__(self, entry):
        buf = Buffer(entry, b"IMANSCRT", 1)
        self.depth = buf.u32("depth")
        self.boot_id = buf.take(32, "boot id")
        self.id = buf.u64("id")
        self.parent = buf.u64("parent")
        self.boottime = buf.u64("boot time")
        self.realtime = buf.u64("wall time")
        self.key_digest = buf.take(32, "key digest")
        self.policy_digest = buf.take(32, "policy digest")
        self.quota = buf.u64("quota")
        self.overflow = buf.u32("overflow")
        template_len = buf.u16("template length")
        label_len = buf.u16("label length")
        self.template = buf.take(template_len, "template name")
        self.label = buf.take(label_len, "label")
        buf.finish()
        if self.overflow > 1:
            buf.fail(f"overflow mode {self.overflow}")
        if not 1 <= label_len <= 511 or not all(33 <= c <= 126
                                                for c in self.label):
            buf.fail(f"label {self.label[:64]!r}")


class Destroy:
    def __init__(self, entry):
        buf = Buffer(entry, b"IMANSDST", 56)
        buf.number(4, 0, "reserved")
        self.id = buf.u64("id")
        self.entries = buf.u64("entries")
        self.records = buf.u64("records")
        self.violations = buf.u64("violations")
        self.losses = buf.u64("losses")
        buf.finish()


class Bind:
    def __init__(self, entry):
        length = len(entry.buf) - 24
        buf = Buffer(entry, b"IMANSBND", length)
        buf.number(4, 0, "reserved")
        self.id = buf.u64("id")
        if not 1 <= length <= 64:
            buf.fail(f"{length} bytes")
        self.data = buf.take(length, "data")
        buf.finish()


class Enter:
    def __init__(self, entry):
        buf = Buffer(entry, b"IMANSENT", 32)
        digest_len = buf.u16("digest length")
        path_len = buf.u16("path length")
        flags = buf.u32("flags")
        buf.number(4, 0, "reserved")
        self.id = buf.u64("id")
        self.digest = buf.take(digest_len, "digest")
        path = buf.take(path_len, "path")
        buf.finish()
        algo, end, value = self.digest.partition(b":\0")
        if not end or len(value) != hashlib.new(algo.decode()).digest_size:
            buf.fail(f"digest {self.digest.hex()}")
        self.path = path[:-1]
        if not self.path or path[-1:] != b"\0" or b"\0" in self.path:
            buf.fail(f"path {path[:64]!r}")
        if flags not in (0, 1) or flags and path_len != 3901:
            buf.fail(f"flags {flags:#x} with a path of {path_len} bytes")


class Loss:
    def __init__(self, entry):
        buf = Buffer(entry, b"IMANSLOS", 32)
        self.reason = buf.u32("reason")
        self.id = buf.u64("id")
        self.losses = buf.u64("losses")
        buf.finish()
        if self.reason not in (1, 2, LOSS_QUOTA):
            buf.fail(f"reason {self.reason}")


class Record:
    def __init__(self, raw, cursor):
        self.raw = raw
        self.type, self.suite = raw[0], raw[1]
        self.id = int.from_bytes(raw[8:16], "little")
        self.seq = int.from_bytes(raw[16:24], "little")
        self.parent = int.from_bytes(raw[24:32], "little")
        if self.type not in (CREATE, ENTRY, DESTROY, LOSS):
            cursor.fail(f"record type {self.type}")
        if self.suite != 1 or any(raw[2:8]) or not self.id:
            cursor.fail("record with a wrong suite, id or reserved bytes")
        if (self.type == CREATE) != (self.seq == 0):
            cursor.fail(f"record type {self.type} with seq {self.seq}")
        if self.type != CREATE and self.parent:
            cursor.fail("parent in a record that is no CREATE")

    def opens(self, key, boot_id, vpcr, entry):
        """Whether the commitment is to this entry of the keyed namespace."""
        k_seq = hmac.digest(key, b"ima-ns/v1 key\0\0\0" + self.raw[16:24],
                            "sha256")
        truth = sha256(entry.template.encode() + b"\0" + entry.data)
        want = hmac.digest(k_seq, b"ima-ns/v1 rec\0\0\0" + boot_id +
                           self.raw[:32] + vpcr + truth, "sha256")
        return hmac.compare_digest(want, self.raw[32:])


class Records:
    """An "ima-ns/records" event: the index of its first record, and them."""

    def __init__(self, entry, most):
        buf = Buffer(entry, b"IMANSREC", 64)
        count = buf.u32("count")
        self.index = buf.u64("index")
        buf.number(8, 0, "reserved")
        if not 1 <= count <= most:
            buf.fail(f"{count} records")
        self.records = [Record(buf.take(64, f"record {i}"), buf)
                        for i in range(count)]
        buf.finish()
