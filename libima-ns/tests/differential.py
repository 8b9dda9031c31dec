#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Replays of `ima-ns` against those of others: of the generator's own hashes, of
evmctl (ima-evm-utils), and of the oracle in selftests/ima_ns/oracle, as far as
these can read a list. Lists are the golden ones, and COUNT random ones: all
templates, header digests and byte orders, violations, other PCRs, binary and
text. Prints TAP; the same SEED makes the same lists.

usage: differential.py IMA-NS [COUNT [SEED]]
"""
import glob
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "vectors"),
                os.path.join(HERE, "../../selftests/ima_ns/oracle")]
import imalist  # noqa: E402
import shapes  # noqa: E402
from evmctl import MATCHED  # noqa: E402

PCRS = (10, 11)


class Case:
    """One list, with what its generator says that it replays to."""

    def __init__(self, seed):
        rng = random.Random(seed)
        maker = shapes.Maker(rng, 4)
        self.bank = rng.choice(shapes.BANKS)
        self.order = rng.choice(("little",) * 3 + ("big",))
        some = rng.sample(sorted(maker.makers), rng.randint(1, 4))
        self.pcrs = (10,) if rng.random() < 0.7 else PCRS
        # Half of them such that evmctl may read them, half of these the oracle.
        plain = rng.random()
        if plain < 0.5:
            self.bank, self.order = "sha1", "little"
        if plain < 0.25:
            some = rng.sample(sorted(imalist.TEMPLATES), rng.randint(1, 4))
            maker.ALGOS = tuple(imalist.BANKS)
            self.pcrs = (10,)
        elif plain < 0.3:
            some = ["ima"]
        self.entries = [maker.entry(some, 0.15, self.pcrs)
                        for _ in range(rng.randint(1, 12))]
        # The first must tell the layout; evmctl takes no "ima" among others.
        first = "ima" if some == ["ima"] else "ima-ng"
        self.entries.insert(0, shapes.Entry(first, maker.makers[first](False)))

    def data(self, kind):
        return b"".join(getattr(e, kind)(self.bank, self.order)
                        for e in self.entries)

    def values(self, pcr):
        return {b: shapes.replay(self.entries, b, self.order, pcr)
                for b in shapes.BANKS}

    def for_evmctl(self):
        old = [e for e in self.entries if e.template == "ima"]
        return not old or (len(old) == len(self.entries) and
                           all(len(e.fields[0].value) == 20 for e in old))


def write(directory, name, data):
    path = os.path.join(directory, name)
    with open(path, "wb") as out:
        out.write(data)
    return path


def ours(command, path, pcr=10):
    run = subprocess.run([command, "replay", "--json", "--index", str(pcr),
                          path], capture_output=True, check=False)
    if run.returncode:
        return run.stderr.decode(errors="replace").strip()
    banks = json.loads(run.stdout)["banks"]
    return {b: bytes.fromhex(v["value"]) for b, v in banks.items()}


def evmctl(directory, path, values):
    """values: {pcr: {bank: value}}. None if evmctl gets the same."""
    command = ["evmctl", "ima_measurement", "--ignore-violations"]
    for bank in ("sha1", "sha256"):
        size = len(values[10][bank])
        text = "".join(
            f"PCR-{i:02}: {values.get(i, {}).get(bank, bytes(size)).hex()}\n"
            for i in range(24))
        pcrs = write(directory, "pcrs." + bank, text.encode())
        command += ["--pcrs", f"{bank},{pcrs}"]
    run = subprocess.run(command + [path], capture_output=True, check=False)
    said = (run.stdout + run.stderr).decode(errors="replace")
    return None if MATCHED in said.split("\n") else said.strip()[:200]


def oracle(data):
    """None if it can't read the list; else its replays of PCR 10."""
    try:
        entries = imalist.parse(data, "list")
    except imalist.Finding:
        return None
    return {b: imalist.replay(entries, b) for b in imalist.BANKS}


def check(job):
    """What is wrong (or None), and which others had a word."""
    command, seed = job
    case = Case(seed)
    counts = {"binary": 0, "text": 0, "evmctl": 0, "oracle": 0}
    values = {pcr: case.values(pcr) for pcr in PCRS}
    with tempfile.TemporaryDirectory() as tmp:
        for kind in ("binary", "ascii"):
            path = write(tmp, kind, case.data(kind))
            for pcr in case.pcrs:
                got = ours(command, path, pcr)
                if got != values[pcr]:
                    return f"seed {seed}, {kind}, PCR {pcr}: {got}", counts
            counts["text" if kind == "ascii" else kind] += 1
        if case.bank != "sha1" or case.order != "little":
            return None, counts
        data = case.data("binary")
        theirs = oracle(data)
        if theirs:
            counts["oracle"] += 1
            if any(theirs[b] != values[10][b] for b in theirs):
                return f"seed {seed}: the oracle differs", counts
        if case.for_evmctl():
            counts["evmctl"] += 1
            said = evmctl(tmp, os.path.join(tmp, "binary"), values)
            if said:
                return f"seed {seed}: evmctl: {said}", counts
    return None, counts


def golden(command):
    """The lists that a kernel wrote."""
    bad, count = None, 0
    pattern = os.path.join(HERE, "golden/**/*.bin.hex")
    for name in sorted(glob.glob(pattern, recursive=True)):
        with open(name, encoding="ascii") as text, \
                tempfile.TemporaryDirectory() as tmp:
            data = bytes.fromhex(text.read())
            path = write(tmp, "list", data)
            got, theirs = ours(command, path), oracle(data)
            said = theirs and evmctl(tmp, path, {10: theirs})
        count += 1
        if not theirs or not isinstance(got, dict) or said or \
                any(got[b] != theirs[b] for b in theirs):
            bad = bad or f"{os.path.relpath(name, HERE)}: {said or got}"
    return bad, count


def main(command, count=300, seed=4):
    results = []
    bad, lists = golden(command)
    results.append((bad or (None if lists else "there are none"),
                    f"{lists} golden lists: as evmctl and the oracle have them"))
    total = {}
    with multiprocessing.Pool() as pool:
        jobs = [(command, f"{seed}-{n}") for n in range(count)]
        for wrong, counts in pool.imap(check, jobs, 16):
            bad = bad or wrong
            for key, value in counts.items():
                total[key] = total.get(key, 0) + value
    results.append((bad, f"{count} lists: {total}"))
    # An oracle that reads nothing says nothing.
    for other in ("evmctl", "oracle"):
        few = None if total[other] * 20 > count else f"{total[other]} lists"
        results.append((few, f"{other} could read enough of them"))
    for number, (wrong, text) in enumerate(results, 1):
        print(f"{'not ok' if wrong else 'ok'} {number} - {text}")
        if wrong:
            print(f"# {wrong}")
    print(f"1..{len(results)}")
    return any(wrong for wrong, _ in results)


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(__doc__.rsplit("\n\n", 1)[1].strip())
    sys.exit(main(sys.argv[1], *(int(a) for a in sys.argv[2:])))
