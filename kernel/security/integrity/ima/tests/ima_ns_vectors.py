#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write ima_ns_vectors.h: a small list with its vPCR values and records,
computed from the formats' description in include/uapi/linux/ima_ns.h alone.
With "pcr", write ima_ns_pcr_vectors.h: values of a PCR in each bank.

Usage: ima_ns_vectors.py > ima_ns_vectors.h
       ima_ns_vectors.py pcr > ima_ns_pcr_vectors.h
"""

import hashlib
import hmac
import struct
import sys

KEY = bytes(range(32))
BOOT_ID = bytes(range(0x80, 0xa0))
ID = 0x0102030405060708
PARENT = 0x1112131415161718
CREATE, ENTRY, DESTROY, LOSS = 1, 2, 3, 4

NONCE = bytes(range(0xc0, 0xe0))

POLICY = (b"measure func=BPRM_CHECK\n"
          b"measure func=MMAP_CHECK mask=MAY_EXEC\n")

# Type, sequence number, template, template data, violation.
EVENTS = [
    (CREATE, 0, b"ima-buf", b"the namespace begins", False),
    (ENTRY, 1, b"ima-ns", b"a file", False),
    (ENTRY, 2, b"ima-ns", b"", False),
    (ENTRY, 3, b"ima-ns", b"a violation", True),
    (ENTRY, 0xfffffffffffffffe, b"ima-ns", bytes(range(256)), False),
    (LOSS, 0x8000000000000000, b"ima-buf", b"what was not measured", False),
    (DESTROY, 0xffffffffffffffff, b"ima-buf", b"it ends", False),
]

# Leaves of the Merkle trees whose roots are given: of the first 0, 1, 2, ...
# of them. Certificate Transparency's implementations test with the same.
LEAVES = [b"", b"\x00", b"\x10", b"\x20\x21", b"\x30\x31", b"\x40\x41\x42\x43",
          bytes(range(0x50, 0x58)), bytes(range(0x60, 0x70))]

# A namespace's leaf: next sequence number, entries, tasks.
LEAF = (0x2122232425262728, 0x3132333435363738, 0x41)


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def record(kind, seq, vpcr, template, data):
    head = struct.pack("<BB6xQQQ", kind, 1, ID, seq,
                       PARENT if kind == CREATE else 0)
    key_seq = mac(KEY, b"ima-ns/v1 key\0\0\0" + struct.pack("<Q", seq))
    event = hashlib.sha256(template + b"\0" + data).digest()
    return head + mac(key_seq, b"ima-ns/v1 rec\0\0\0" + BOOT_ID + head +
                      vpcr + event)


def merkle(leaves):
    """MTH of RFC 9162, section 2.1.1, word by word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + merkle(leaves[:k]) +
                          merkle(leaves[k:])).digest()


def leaf(vpcr):
    head = struct.pack("<QQQQ", ID, *LEAF)
    key_head = mac(KEY, b"ima-ns/v1 head\0\0")
    return head + mac(key_head, BOOT_ID + NONCE + head + vpcr)


def c_bytes(data):
    lines = []
    for i in range(0, len(data), 8):
        lines.append("\t\t" + " ".join("0x%02x," % b for b in data[i:i + 8]))
    return "\n".join(lines)


def c_array(name, data):
    print("static const u8 %s[%d] = {" % (name, len(data)))
    print(c_bytes(data).replace("\t\t", "\t"))
    print("};\n")


def pcr_vectors():
    """From zero, as after a boot, and from another value, as after kexec."""
    print("static const struct pcr_vector pcr_vectors[] = {")
    for name in ("sha1", "sha256", "sha384", "sha512"):
        size = hashlib.new(name).digest_size
        for start in (bytes(size), hashlib.new(name, b"a list").digest()):
            steps = [start]
            for digest in (hashlib.new(name, b"an entry").digest(),
                           b"\xff" * size):
                value = hashlib.new(name, steps[-1] + digest).digest()
                steps += [digest, value]
            print("\t{\n\t\t\"%s\", %d," % (name, size))
            for step in steps:
                print("\t\t{\n" + c_bytes(step).replace("\t\t", "\t\t\t") +
                      "\n\t\t},")
            print("\t},")
    print("};")


def record_vectors():
    c_array("vector_key", KEY)
    c_array("vector_boot_id", BOOT_ID)
    c_array("vector_nonce", NONCE)
    c_array("vector_leaf", leaf(bytes(range(32, 64))))
    c_array("vector_policy_digest", hashlib.sha256(POLICY).digest())
    for i, event in enumerate(EVENTS):
        c_array("vector_data_%d" % i, event[3] or b"\0")

    print("static const struct record_vector record_vectors[] = {")
    vpcr = bytes(32)
    for i, (kind, seq, template, data, violation) in enumerate(EVENTS):
        digest = b"\xff" * 32 if violation else hashlib.sha256(data).digest()
        vpcr = hashlib.sha256(vpcr + digest).digest()
        print("\t{")
        print("\t\t%d, 0x%016xULL, \"%s\", vector_data_%d, %d, %s," %
              (kind, seq, template.decode(), i, len(data),
               "true" if violation else "false"))
        for value in (vpcr, record(kind, seq, vpcr, template, data)):
            print("\t\t{\n" + c_bytes(value).replace("\t\t", "\t\t\t") +
                  "\n\t\t},")
        print("\t},")
    print("};\n")

    print("static const struct merkle_vector merkle_vectors[] = {")
    for i in range(len(LEAVES) + 1):
        # The leaf that comes after this root.
        data = LEAVES[i] if i < len(LEAVES) else b""
        print("\t{\n\t\t{\n" + c_bytes(merkle(LEAVES[:i]))
              .replace("\t\t", "\t\t\t") + "\n\t\t},")
        print("\t\t%d, \"%s\"," %
              (len(data), "".join("\\x%02x" % b for b in data)))
        print("\t},")
    print("};")


def main():
    print("/* SPDX-License-Identifier: GPL-2.0-only */")
    print("/* Written by ima_ns_vectors.py. */\n")
    if sys.argv[1:] == ["pcr"]:
        pcr_vectors()
    else:
        record_vectors()


main()
