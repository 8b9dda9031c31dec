# SPDX-License-Identifier: LGPL-2.1-or-later
"""Entries of every IMA template, as binary list and as text, in both byte orders.

Written from the kernel's Documentation/security/IMA-templates.rst and its
security/integrity/ima; shares no code with the library.
"""
import hashlib

BANKS = ("sha1", "sha256", "sha384", "sha512", "sm3")
ORDERS = ("little", "big")


class Field:
    """What a field holds: the bytes that are hashed, and their text."""

    def data(self, order):
        raise NotImplementedError

    def text(self):
        raise NotImplementedError


class Digest(Field):
    """prefix "" (of "d"), "sha256:" or "ima:sha256:"."""

    def __init__(self, prefix, value):
        self.prefix, self.value = prefix, value

    def data(self, order):
        head = self.prefix.encode() + b"\0" if self.prefix else b""
        return head + self.value

    def text(self):
        return (self.prefix + self.value.hex()).encode()


class Text(Field):
    def __init__(self, value):
        self.value = value

    def data(self, order):
        return self.value + b"\0"

    def text(self):
        return self.value


class Hex(Field):
    def __init__(self, value):
        self.value = value

    def data(self, order):
        return self.value

    def text(self):
        return self.value.hex().encode()


class Names(Field):
    """xattrnames: nothing at all if there are none."""

    def __init__(self, names):
        self.names = names

    def data(self, order):
        return b"|".join(self.names) + b"\0" if self.names else b""

    def text(self):
        return b"|".join(self.names)


class Lengths(Field):
    """xattrlengths: u32 in the machine's order, shown as bytes."""

    def __init__(self, lengths):
        self.lengths = lengths

    def data(self, order):
        return b"".join(n.to_bytes(4, order) for n in self.lengths)

    def shown(self, order):
        return self.data(order).hex().encode()


class Number(Field):
    def __init__(self, size, value):
        self.size, self.value = size, value

    def data(self, order):
        return self.value.to_bytes(self.size, order)

    def text(self):
        return str(self.value).encode()


class Opaque(Field):
    """A field of an unknown template: what its text would be, nobody knows."""

    def __init__(self, value):
        self.value = value

    def data(self, order):
        return self.value

    def text(self):
        return b"?"


class Entry:
    def __init__(self, template, fields, pcr=10, violation=False):
        self.template, self.fields, self.pcr = template, fields, pcr
        self.violation = violation

    def data(self, order):
        """As in the list."""
        if self.template == "ima":
            name = self.fields[1].text()
            return (self.fields[0].data(order) + len(name).to_bytes(4, order)
                    + name)
        out = b""
        for field in self.fields:
            data = field.data(order)
            out += len(data).to_bytes(4, order) + data
        return out

    def hashed(self, order):
        if self.template == "ima":
            name = self.fields[1].text()
            return self.fields[0].data(order) + name + bytes(256 - len(name))
        return self.data(order)

    def digest(self, bank, order):
        return hashlib.new(bank, self.hashed(order)).digest()

    def header(self, bank, order):
        digest = self.digest(bank, order)
        return bytes(len(digest)) if self.violation else digest

    def binary(self, bank, order):
        name = self.template.encode()
        data = self.data(order)
        out = self.pcr.to_bytes(4, order) + self.header(bank, order)
        out += len(name).to_bytes(4, order) + name
        if self.template != "ima":
            out += len(data).to_bytes(4, order)
        return out + data

    def ascii(self, bank, order):
        out = b"%2d %s %s" % (self.pcr, self.header(bank, order).hex().encode(),
                              self.template.encode())
        for field in self.fields:
            text = field.shown(order) if isinstance(field, Lengths) \
                else field.text()
            out += b" " + text
        return out + b"\n"

    def extension(self, bank, order, padded=False):
        size = hashlib.new(bank).digest_size
        if self.violation:
            return b"\xff" * size
        if padded:
            digest = self.digest("sha1", order)
            return digest + bytes(size - len(digest))
        return self.digest(bank, order)


def replay(entries, bank, order, pcr=10, padded=False):
    value = bytes(hashlib.new(bank).digest_size)
    if 17 <= pcr <= 22:
        value = b"\xff" * len(value)
    for entry in entries:
        if entry.pcr == pcr:
            value = hashlib.new(
                bank, value + entry.extension(bank, order, padded)).digest()
    return value


class Maker:
    """Random entries of the templates; the same for the same `rng`. `scale`
    divides what signatures, buffers and attributes may take."""

    ALGOS = ("sha1", "sha256", "sha384", "sha512", "sm3", "md5")

    def __init__(self, rng, scale=1):
        self.rng, self.scale = rng, scale
        self.makers = {
            "ima": self.ima, "ima-ng": self.ima_ng, "ima-sig": self.ima_sig,
            "ima-ngv2": self.ima_ngv2, "ima-sigv2": self.ima_sigv2,
            "ima-buf": self.ima_buf, "ima-modsig": self.ima_modsig,
            "evm-sig": self.evm_sig, "ima-ns": self.ima_ns,
            "ima-ns-sig": self.ima_ns_sig, "d-ng|n-ng|sig|imode": self.custom,
        }

    def bytes(self, low, high):
        high = max(low, high // self.scale)
        return self.rng.randbytes(self.rng.randint(low, high))

    def digest(self, algo, violation):
        size = hashlib.new(algo).digest_size
        return bytes(size) if violation else self.rng.randbytes(size)

    def path(self):
        parts = [f"{self.rng.getrandbits(32):x}"
                 for _ in range(self.rng.randint(1, 6))]
        name = "/" + "/".join(parts)
        if self.rng.random() < 0.05:
            name += "/\u00e4_\\|'\"\t~"
        return Text(name.encode())

    def d_ng(self, violation, kind=""):
        algo = self.rng.choice(self.ALGOS)
        return Digest(f"{kind}{algo}:", self.digest(algo, violation))

    def ima(self, violation):
        algo = "sha1" if violation else self.rng.choice(("sha1", "md5"))
        return [Digest("", self.digest(algo, violation)),
                Text(self.path().value[:255])]

    def ima_ng(self, violation):
        return [self.d_ng(violation), self.path()]

    def ima_ngv2(self, violation):
        kind = self.rng.choice(("ima:", "verity:"))
        return [self.d_ng(violation, kind), self.path()]

    def sig(self):
        return Hex(b"" if self.rng.random() < 0.5 else
                   b"\x03\x02" + self.bytes(2, 512))

    def ima_sig(self, violation):
        return self.ima_ng(violation) + [self.sig()]

    def ima_sigv2(self, violation):
        return self.ima_ngv2(violation) + [self.sig()]

    def ima_buf(self, violation):
        name = self.rng.choice((b".ima", b"kexec-cmdline", b"kernel_version",
                                b"dm_table_load", b"selinux-state"))
        return [self.d_ng(violation), Text(name), Hex(self.bytes(1, 2000))]

    def ima_modsig(self, violation):
        if self.rng.random() < 0.5:
            return self.ima_sig(violation) + [Hex(b""), Hex(b"")]
        return self.ima_sig(violation) + [self.d_ng(violation),
                                          Hex(self.bytes(1, 700))]

    def evm_sig(self, violation):
        names = [b"security.ima", b"security.selinux", b"security.capability"]
        names = names[:self.rng.randint(0, 3)]
        values = [self.bytes(0, 80) for _ in names]
        return self.ima_ng(violation) + [
            self.sig(), Names(names), Lengths([len(v) for v in values]),
            Hex(b"".join(values)), Number(4, self.rng.getrandbits(32)),
            Number(4, self.rng.getrandbits(16)),
            Number(2, self.rng.getrandbits(16))]

    def ima_ns(self, violation):
        return self.ima_ng(violation) + [
            Number(8, self.rng.getrandbits(40)),
            Text(f"pod={self.rng.getrandbits(64):x}".encode())]

    def ima_ns_sig(self, violation):
        return self.ima_ns(violation) + [self.sig()]

    def custom(self, violation):
        return self.ima_sig(violation) + [Number(2, self.rng.getrandbits(16))]

    def entry(self, templates, violations=0.05, pcrs=(10,)):
        template = self.rng.choice(templates)
        violation = self.rng.random() < violations
        return Entry(template, self.makers[template](violation),
                     self.rng.choice(pcrs), violation)
