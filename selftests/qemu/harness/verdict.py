# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a finished run amounts to: the verdict, the results, the oracles."""

import contextlib
import os
import re
import shlex
import subprocess
import tarfile

from .swtpm import IMA_PCR
from .tap import FAIL, PASS, Point, judge

VERDICT = re.compile(
    r"verdict (?P<nonce>\S+) tests=(?P<tests>\d+) failed=(?P<failed>\d+) "
    r"busy=(?P<busy>\d+) dmesg=(?P<dmesg>.*)\n")
# Printed by the kernel after PID 1 has read its log for the last time.
TRACE = re.compile(r"^\[ *\d+\.\d+\].*(Call Trace:|Kernel panic|WARNING:|\bBUG:|Oops)", re.M)

STAMP = re.compile(r"^\[ *\d+\.\d+\] ")
KUNIT = re.compile(r"(1\.\.\d+|(not )?ok \d+ )")


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()
    except FileNotFoundError:
        return ""


def passed(name):
    return Point(PASS, name, "")


def failed(name, reason):
    return Point(FAIL, name, reason)


def unpack(out):
    """The exported files; what came before a crash is there too."""
    stream = os.path.join(out, "export")
    try:
        with tarfile.open(stream, "r:") as tar:
            for member in tar:
                if member.isreg() and not os.path.isabs(member.name) and ".." not in member.name.split("/"):
                    target = os.path.join(out, member.name)
                    os.makedirs(os.path.dirname(target), exist_ok=True)
                    with tar.extractfile(member) as source, open(target, "wb") as f:
                        f.write(source.read())
                    os.chmod(target, member.mode)
        complete = True
    except (tarfile.TarError, EOFError, OSError):
        complete = False
    # A QEMU that died at once has made no file.
    with contextlib.suppress(FileNotFoundError):
        os.unlink(stream)
    return complete


def of_guest(out, nonce, ending, tests):
    """One point: did PID 1 itself say that all went well?"""
    name = "verdict"
    match = VERDICT.fullmatch(read(os.path.join(out, "verdict")))
    console = read(os.path.join(out, "console.log"))
    if ending != "guest-shutdown":
        return failed(name, f"the guest did not power off: {ending}")
    if not match:
        return failed(name, "PID 1 gave no verdict")
    if match["nonce"] != nonce:
        return failed(name, f"a verdict with nonce {match['nonce']}, not this run's")
    if match["dmesg"] != "clean":
        return failed(name, f"in the kernel's log: {match['dmesg']}")
    if trace := TRACE.search(console):
        return failed(name, f"on the console: {trace[0].strip()}")
    if match["busy"] != "0":
        return failed(name, f"{match['busy']} file systems stayed busy after all processes were killed")
    if int(match["tests"]) != len(tests):
        return failed(name, f"{match['tests']} of {len(tests)} tests ran")
    return passed(name)


def of_tests(out, tests):
    points = []
    for test in tests:
        where = os.path.join(out, test.name)
        status = read(os.path.join(where, "status"))
        if status:
            points += judge(test.name, read(os.path.join(where, "stdout")), status)
        else:
            points.append(failed(test.name, "did not run, or not to its end"))
    return points


def of_tpm(out, pcrs):
    """The guest's kernel and swtpm itself must agree on PCR 10."""
    name = "PCRs read in the guest and from swtpm agree"
    lines = [f"{bank} {IMA_PCR} {digest}\n" for bank, digest in sorted(pcrs.items())]
    with open(os.path.join(out, "pcrs.swtpm"), "w", encoding="ascii") as f:
        f.writelines(lines)
    seen = read(os.path.join(out, "final", "pcrs"))
    if not lines:
        return failed(name, "swtpm has no bank with PCR 10")
    if sorted(seen.splitlines(True)) != lines:
        return failed(name, f"the guest read {len(seen.splitlines())} banks, not the same as swtpm's {len(lines)}")
    return passed(name)


def of_kunit(out):
    """KUnit's results are in the kernel's log: suites, and indented by four their
    tests (deeper ones, of one test's parameters, are summed up by that test)."""
    lines = [STAMP.sub("", line) for line in read(os.path.join(out, "dmesg")).splitlines()]
    points = []
    for indent in ("", "    "):
        results = [line[len(indent):] for line in lines
                   if line.startswith(indent) and KUNIT.match(line[len(indent):])]
        points += judge("kunit", "\n".join(results), "exit 0" if results else "no results")
    return points


def of_oracles(out, oracles, tests):
    points = []
    for oracle in oracles:
        command = shlex.split(oracle)
        for name in ["boot", *(t.name for t in tests), "final"]:
            where = os.path.join(out, name)
            label = f"{os.path.basename(command[0])} {name}"
            if not os.path.isdir(os.path.join(where, "ima")):
                points.append(failed(label, "nothing was exported"))
                continue
            done = subprocess.run([*command, where], stdin=subprocess.DEVNULL, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            last = (done.stdout.strip().splitlines() or ["no reason given"])[-1]
            points.append(failed(label, last) if done.returncode else passed(label))
    return points
