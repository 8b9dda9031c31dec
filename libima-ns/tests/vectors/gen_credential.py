#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes credential.txt: what tpm2_makecredential(1) makes for endorsement keys whose
private keys are known, so that what it drew at random can be had back. It needs no TPM.
The file is kept; run this to make another one."""

import hashlib
import os
import re
import struct
import subprocess
import sys
import tempfile

ATTRIBUTES = 0x000300b2
POLICY = bytes.fromhex("837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa")
HEAD = struct.pack(">H", 0x000b) + struct.pack(">I", ATTRIBUTES) + b"\0\x20" + POLICY
AES_128_CFB = struct.pack(">HHH", 0x0006, 128, 0x0043)


def run(*args):
    return subprocess.run(args, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE).stdout


def sized(data):
    return struct.pack(">H", len(data)) + data


def public_rsa(key):
    text = run("openssl", "rsa", "-in", key, "-noout", "-modulus").decode()
    modulus = bytes.fromhex(text.split("=")[1])
    return (struct.pack(">H", 0x0001) + HEAD + AES_128_CFB + struct.pack(">HHI", 0x0010, 2048, 0) +
            sized(modulus))


def public_ecc(key):
    text = run("openssl", "ec", "-in", key, "-noout", "-text").decode()
    point = bytes.fromhex(re.sub(r"[\s:]", "", re.search(r"pub:([\s0-9a-f:]*)", text)[1]))
    return (struct.pack(">H", 0x0023) + HEAD + AES_128_CFB +
            struct.pack(">HHH", 0x0010, 0x0003, 0x0010) + sized(point[1:33]) + sized(point[33:]))


def vector(out, kind, genpkey, public_of, work):
    key = f"{work}/{kind}.pem"
    run("openssl", "genpkey", *genpkey, "-out", key)
    public = public_of(key)
    name = b"\0\x0b" + hashlib.sha256(os.urandom(32)).digest()
    secret = os.urandom(32)
    for path, data in (("pub", sized(public)), ("secret", secret)):
        with open(f"{work}/{path}", "wb") as f:
            f.write(data)
    run("tpm2_makecredential", "-T", "none", "-u", f"{work}/pub", "-s", f"{work}/secret",
        "-n", name.hex(), "-o", f"{work}/blob")
    with open(f"{work}/blob", "rb") as f:
        blob = f.read()
    # Magic and version of tpm2-tools, then the TPM's two structures.
    assert blob[:8] == bytes.fromhex("badcc0de00000001")
    size = 2 + struct.unpack(">H", blob[8:10])[0]
    for field, data in (("private", run("openssl", "pkey", "-in", key, "-outform", "DER")),
                        ("public", public), ("name", name), ("secret", secret),
                        ("credential", blob[8:8 + size]), ("encrypted", blob[8 + size:])):
        print(field, data.hex(), file=out)
    print(file=out)


def main():
    with tempfile.TemporaryDirectory() as work, open(sys.argv[1], "w", encoding="ascii") as out:
        for n in range(3):
            for kind, genpkey, public_of in (
                    ("rsa", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], public_rsa),
                    ("ecc", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
                     public_ecc)):
                print("vector", kind, n, file=out)
                vector(out, kind, genpkey, public_of, work)


if __name__ == "__main__":
    main()
