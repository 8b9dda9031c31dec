#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Let evmctl (ima-evm-utils) replay the exported lists: an oracle by others.

The host's list is held against PCR 10, each namespace's against its vPCR.
evmctl 1.4 knows the banks sha1 and sha256, takes at most two PCR files, and
ends with status 0 when it could read none: so its words count, not its status.
A list with violations is replayed with --ignore-violations, which means that
their zero digests are extended as ones. Prints TAP.

usage: evmctl.py DIR | --selftest
"""

import os
import subprocess
import sys
import tempfile

import mklist
from evidence import load
from imalist import BANKS, Finding

MATCHED = "Matched per TPM bank calculated digest(s)."
KNOWN_BANKS = ("sha1", "sha256")


def pcr_file(directory, bank, value):
    """All 24 PCRs as the kernel's old sysfs file has them; ours is PCR 10."""
    path = os.path.join(directory, "pcrs." + bank)
    with open(path, "w", encoding="ascii") as out:
        for index in range(24):
            pcr = value if index == 10 else bytes(BANKS[bank])
            out.write(f"PCR-{index:02}: {pcr.hex()}\n")
    return path


def evmctl(data, pcrs):
    """None if evmctl replays the list to these PCRs, else what it said."""
    with tempfile.TemporaryDirectory() as tmp:
        path = os.path.join(tmp, "list")
        with open(path, "wb") as out:
            out.write(data)
        command = ["evmctl", "ima_measurement", "--ignore-violations"]
        for bank, value in pcrs.items():
            command += ["--pcrs", f"{bank},{pcr_file(tmp, bank, value)}"]
        run = subprocess.run(command + [path], capture_output=True,
                             text=True, errors="replace", check=False)
        said = (run.stdout + run.stderr).strip().split("\n")
    if run.returncode == 0 and MATCHED in said:
        return None
    return f"evmctl ended with {run.returncode}: {' / '.join(said)[:300]}"


def vpcr(namespace):
    for line in namespace.files["status"].decode("ascii").splitlines():
        if line.startswith("vpcr: "):
            return bytes.fromhex(line[6:])
    raise Finding(f"{namespace.where}: no vPCR in its status")


def lists(evidence):
    pcrs = {b: v for b, v in evidence.pcrs.items() if b in KNOWN_BANKS}
    if evidence.tpm.get("state") != "lost":
        yield "host", evidence.host.binary["sha1"], pcrs
    for ns in evidence.namespaces.values():
        if ns.binary.get("sha1"):
            yield ns.where, ns.binary["sha1"], {"sha256": vpcr(ns)}


def check(directory):
    results = []
    for where, data, pcrs in lists(load(directory)):
        said = evmctl(data, pcrs)
        results.append((said is None, f"{where}: evmctl replays "
                        f"{len(data)} bytes to {' '.join(pcrs)}"
                        + (f": {said}" if said else "")))
    return results


def selftest():
    results = []
    for scenario in sorted(mklist.SCENARIOS):
        for algo in mklist.BANKS:
            with tempfile.TemporaryDirectory() as out:
                mklist.build(scenario, algo).write(out)
                bad = [text for good, text in check(out) if not good]
            results.append((not bad, f"{scenario}, ima_hash {algo}: "
                            + (bad[0] if bad else "every list replays")))
    world = mklist.build("largest")
    data = b"".join(e.binary("sha1") for e in world.host)
    pcr = mklist.replay(world.host, "sha256")
    said = evmctl(data, {"sha256": pcr[:-1] + bytes([pcr[-1] ^ 1])})
    results.append((said is not None, f"another PCR is found: {said}"))
    said = evmctl(data[:-1] + bytes([data[-1] ^ 1]), {"sha256": pcr})
    results.append((said is not None, f"another byte is found: {said}"))
    return results


def main():
    if len(sys.argv) != 2:
        print(__doc__.rsplit("\n\n", 1)[1].strip(), file=sys.stderr)
        return 2
    try:
        results = selftest() if sys.argv[1] == "--selftest" \
            else check(sys.argv[1])
    except (Finding, OSError, ValueError, KeyError) as finding:
        results = [(False, str(finding))]
    for number, (good, text) in enumerate(results, 1):
        print(f"{'ok' if good else 'not ok'} {number} {text}")
    print(f"1..{len(results)}")
    bad = [text for good, text in results if not good]
    if bad:
        print(f"evmctl: {bad[0]}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
