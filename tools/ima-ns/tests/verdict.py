#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Signed verdicts by other people's CBOR and cryptography.

verdict.py vectors FILE
    Every message of libima-ns/tests/vectors/cose.txt is what that file says, and the
    bytes that are signed are those of its "tbs" lines.
verdict.py check VERDICT --key PEM --evidence EVIDENCE --nonce FILE
    The file is what Documentation/verdict.cddl says, signed by that key, and agrees
    with the evidence: boot, attestation key, and each namespace's records, which are
    taken from the host's list by a reader of its own. Prints the claims, as JSON.
verdict.py ear JWT --key PEM --nonce FILE [--2023]
    The file is a JWT that this key signed, and its claims are what
    draft-ietf-rats-ear-04 (with --2023: what came before -03) and
    draft-ietf-rats-ar4si-10 allow. Prints them.
"""

import argparse
import base64
import hashlib
import json
import struct
import sys

import cbor2
import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

PROFILE = "urn:uuid:c842d2b0-7e0f-496c-9545-db8abc12d9cf"
CLAIM = -73001
VERDICTS = ("untrusted", "incomplete", "consistent", "trusted")
BANKS = {"sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}


def fail(text):
    sys.exit(f"verdict.py: {text}")


def need(what, text):
    if not what:
        fail(text)


# --------------------------------------------------------------------- COSE


def sig_structure(protected, payload):
    """RFC 9052, section 4.4."""
    return cbor2.dumps(["Signature1", protected, b"", payload])


def verify(key, alg, signature, data):
    if isinstance(key, ed25519.Ed25519PublicKey):
        need(alg == -8, "the algorithm is not EdDSA")
        key.verify(signature, data)
        return
    size = (key.curve.key_size + 7) // 8
    wanted = {"secp256r1": (-7, hashes.SHA256()), "secp384r1": (-35, hashes.SHA384())}
    number, digest = wanted[key.curve.name]
    if alg != number or len(signature) != 2 * size:
        raise InvalidSignature
    r, s = (int.from_bytes(part, "big") for part in (signature[:size], signature[size:]))
    key.verify(utils.encode_dss_signature(r, s), data, ec.ECDSA(digest))


def open_sign1(data, key):
    """Payload, protected header and the bytes that are signed; an exception if not."""
    message = cbor2.loads(data)
    if not isinstance(message, cbor2.CBORTag) or message.tag != 18:
        raise ValueError("no COSE_Sign1")
    protected, _, payload, signature = message.value
    header = cbor2.loads(protected)
    signed = sig_structure(protected, payload)
    verify(key, header[1], signature, signed)
    return payload, header, signed


def vectors(path):
    keys, signed, count = {}, {}, 0
    with open(path, encoding="ascii") as f:
        for line in f:
            word = line.split()
            if not word or word[0] == "#":
                continue
            if word[0] == "key":
                keys[word[1]] = serialization.load_der_public_key(base64.b64decode(word[2]))
            elif word[0] == "good":
                signed[word[1]] = open_sign1(bytes.fromhex(word[3]), keys[word[2]])[2]
                count += 1
            elif word[0] == "tbs":
                need(signed.pop(word[1]).hex() == word[2], f"{word[1]}: other bytes are signed")
            else:
                try:
                    open_sign1(bytes.fromhex(word[3]), keys[word[2]])
                except (InvalidSignature, ValueError, KeyError):
                    count += 1
                else:
                    fail(f"{word[1]} is good")
    need(not signed, f"no tbs for {', '.join(signed)}")
    print(f"{count} messages")


# ----------------------------------------------------------- the host's list


def entries(data, size):
    """Template name and data of each entry."""
    at = 0
    while at < len(data):
        at += 4 + size
        length, = struct.unpack_from("<I", data, at)
        name = data[at + 4:at + 4 + length]
        at += 4 + length
        length, = struct.unpack_from("<I", data, at)
        yield name, data[at + 4:at + 4 + length]
        at += 4 + length


def fields(data):
    at = 0
    while at < len(data):
        length, = struct.unpack_from("<I", data, at)
        yield data[at + 4:at + 4 + length]
        at += 4 + length


def host(evidence):
    """The last boot's id, its records and those of CREATE, by namespace."""
    boot, records = None, {}
    for name, data in entries(evidence["host"]["data"], BANKS[evidence["host"]["digest"]]):
        if name != b"ima-buf":
            continue
        _, event, buf = fields(data)
        if event == b"ima-ns/boot\0":
            # magic[8], version, size, flags: see uapi/linux/ima_ns.h
            boot, records = buf[16:48], {}
        elif event == b"ima-ns/records\0":
            for at in range(32, len(buf), 64):
                record = buf[at:at + 64]
                records.setdefault(struct.unpack_from("<Q", record, 8)[0], []).append(record)
    return boot, records


def chain(records):
    digest = bytes(32)
    for record in records:
        digest = hashlib.sha256(digest + record).digest()
    return digest


# --------------------------------------------------------------------- claims


def exact(where, value, keys, optional=()):
    need(isinstance(value, dict), f"{where} is no map")
    need(set(keys) <= set(value) <= set(keys) | set(optional), f"{where} has {sorted(value)}")


def uint(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 64


def sized(value, *sizes):
    return isinstance(value, bytes) and len(value) in sizes


def check_tenant(statement, records):
    exact("the statement", statement, ("kind", "ak-name", "boot-id", "namespaces"))
    need(statement["namespaces"], "no namespace")
    last = 0
    for ns in statement["namespaces"]:
        exact("a namespace", ns, ("id", "digest", "records", "verdict"), ("create",))
        need(uint(ns["id"]) and ns["id"] > last, "ids do not rise")
        last = ns["id"]
        need(ns["verdict"] in VERDICTS, "no verdict")
        seen = records.get(ns["id"], [])
        need(ns["records"] == len(seen), f"{ns['id']}: {len(seen)} records")
        need(ns["digest"] == chain(seen), f"{ns['id']}: other records")
        if "create" in ns:
            exact("CREATE", ns["create"], ("key", "data"))
            need(sized(ns["create"]["key"], 32), "k_0 is not 32 bytes")
            check_create(statement["boot-id"], seen[0], **ns["create"])


def check_create(boot, record, key, data):
    """The commitment of uapi/linux/ima_ns.h, and that it is CREATE's."""
    import hmac

    need(list(fields(data))[1] == b"ima-ns/create\0", "not CREATE")
    vpcr = hashlib.sha256(bytes(32) + hashlib.sha256(data).digest()).digest()
    content = hashlib.sha256(b"ima-buf\0" + data).digest()
    label = b"ima-ns/v1 rec\0\0\0"
    made = hmac.new(key, label + boot + record[:32] + vpcr + content, "sha256").digest()
    need(made == record[32:], "CREATE does not open")


def check_node(statement, evidence, records):
    exact("the statement", statement, ("kind", "pcr10", "ak-name", "boot-id", "records", "verdict",
                                       "unaccounted", "host-verdict"))
    need(statement["verdict"] in VERDICTS and statement["host-verdict"] in VERDICTS, "no verdict")
    need(statement["records"] == sum(map(len, records.values())), "other records")
    need(statement["pcr10"] == {bank: evidence["pcrs"][bank][10] for bank in statement["pcr10"]}
         and statement["pcr10"], "other values of PCR 10")
    ids = statement["unaccounted"]
    need(all(map(uint, ids)) and ids == sorted(set(ids)) and set(ids) <= set(records),
         "who is unaccounted for")


def check(args):
    with open(args.key, "rb") as f:
        key = serialization.load_pem_public_key(f.read())
    with open(args.verdict, "rb") as f:
        data = f.read()
    with open(args.evidence, "rb") as f:
        evidence = cbor2.load(f)
    with open(args.nonce, "rb") as f:
        nonce = f.read()
    payload, header, _ = open_sign1(data, key)
    spki = key.public_bytes(serialization.Encoding.DER,
                            serialization.PublicFormat.SubjectPublicKeyInfo)
    need(header == {1: header[1], 4: hashlib.sha256(spki).digest()}, f"the header is {header}")
    claims = cbor2.loads(payload)
    exact("the claims", claims, (4, 6, 10, 265, CLAIM))
    # One verdict has one encoding: RFC 8949, section 4.2.1.
    need(cbor2.dumps(claims, canonical=True) == payload, "not the deterministic encoding")
    need(uint(claims[4]) and uint(claims[6]) and claims[4] > claims[6], "times")
    need(claims[10] == nonce, "another nonce")
    need(claims[265] == PROFILE, "another profile")
    statement = claims[CLAIM]
    boot, records = host(evidence)
    need(statement["boot-id"] == boot, "another boot")
    need(statement["ak-name"] == b"\0\x0b" + hashlib.sha256(evidence["ak"]).digest(), "another key")
    if statement["kind"] == "tenant":
        check_tenant(statement, records)
    else:
        need(statement["kind"] == "node", "no kind")
        check_node(statement, evidence, records)
    print(json.dumps(statement, default=bytes.hex))


# ------------------------------------------------------------------------ EAR

TIERS = {"affirming": 0, "none": 1, "warning": 2, "contraindicated": 3}
# The values of AR4SI that have a meaning, of the claims that are made.
VALUES = {"instance-identity": (0, 1, -1, 2, 96, 97, 99),
          "configuration": (0, 1, -1, 2, 3, 32, 36, 96, 99),
          "executables": (0, 1, -1, 2, 3, 32, 33, 96, 99)}


def tier(value):
    return 3 if value >= 96 else 2 if value >= 32 else 0 if value >= 2 else 1


def check_appraisal(name, claims, ear):
    """The status is no better than the worst claim: contraindicated is the worst."""
    need({ear("status"), ear("trustworthiness_vector")} <= set(claims), f"{name}: {sorted(claims)}")
    vector = claims[ear("trustworthiness_vector")]
    need(vector and all(value in VALUES[claim] for claim, value in vector.items()),
         f"{name}: {vector}")
    status = claims[ear("status")]
    worst = max(tier(value) for value in vector.values())
    need(status in TIERS and (TIERS[status] >= worst or status == "none" and worst < 3),
         f"{name}: {status} with {vector}")


def check_ear(args):
    with open(args.key, "rb") as f:
        key = f.read()
    with open(args.jwt, encoding="ascii") as f:
        token = f.read().strip()
    with open(args.nonce, "rb") as f:
        nonce = base64.urlsafe_b64encode(f.read()).rstrip(b"=").decode()
    algorithm = jwt.get_unverified_header(token)["alg"]
    need(algorithm in ("ES256", "ES384", "EdDSA"), algorithm)
    claims = jwt.decode(token, key, algorithms=[algorithm])

    def ear(name):
        return "ear." + name.replace("_", "-") if args.old else "ear_" + name

    exact("the claims", claims, ("eat_profile", "iat", ear("verifier_id"), "submods"),
          ("exp", "ear_status", "eat_nonce", ear("raw_evidence")))
    need(claims["eat_profile"] == ("tag:github.com,2023:veraison/ear" if args.old else
                                   "tag:ietf.org,2026:rats/ear#04"), "another profile")
    need(uint(claims["iat"]), "iat")
    exact("the verifier", claims[ear("verifier_id")], ("developer", "build"))
    need(claims.get("eat_nonce", nonce) == nonce, "another nonce")
    need("node" in claims["submods"], "no node")
    for name, appraisal in claims["submods"].items():
        check_appraisal(name, appraisal, ear)
    if not args.old:
        worst = max(TIERS[s["ear_status"]] for s in claims["submods"].values())
        need(TIERS[claims["ear_status"]] >= worst or claims["ear_status"] == "none", "its status")
        need(claims["submods"]["node"]["eat_nonce"] == nonce, "another nonce of evidence")
    print(json.dumps(claims))


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    sub = commands.add_parser("vectors")
    sub.add_argument("file")
    sub = commands.add_parser("check")
    sub.add_argument("verdict")
    for name in ("key", "evidence", "nonce"):
        sub.add_argument(f"--{name}", required=True)
    sub = commands.add_parser("ear")
    sub.add_argument("jwt")
    for name in ("key", "nonce"):
        sub.add_argument(f"--{name}", required=True)
    sub.add_argument("--2023", action="store_true", dest="old")
    args = parser.parse_args()
    if args.command == "vectors":
        vectors(args.file)
    elif args.command == "ear":
        check_ear(args)
    else:
        check(args)


main()
