# SPDX-License-Identifier: GPL-2.0-only
"""Load what a test guest or `make demo` exported, as bytes, unjudged.

Two layouts are known: the guest's securityfs as it stands (ima/ with nested
ns/<id>/ directories, and pcrs beside it), and the flat one with host.<file>
and ns/<id>.<file>.
"""

import os

from imalist import BANKS, Finding

LIST = "binary_runtime_measurements"
ASCII = "ascii_runtime_measurements"
FILES = ("status", "key", "label", "policy")


class Lists:
    """The measurement lists of the host or of a namespace, by header hash."""

    def __init__(self):
        self.binary = {}
        self.ascii = {}


class Namespace(Lists):
    def __init__(self, ns_id, where):
        super().__init__()
        self.id = ns_id
        self.where = where
        self.files = {}


class Evidence:
    def __init__(self):
        self.host = Lists()
        self.namespaces = {}
        self.pcrs = {}
        self.events = None
        # "Name: value" of ns/tpm, which the flat layout does not have.
        self.tpm = {}
        # What a test says must not be in the host's list.
        self.absent = []
        # What tests read from "heads", by file name.
        self.answers = {}


def slurp(path):
    with open(path, "rb") as file:
        return file.read()


def parse_pcrs(data):
    pcrs = {}
    for number, line in enumerate(data.decode("ascii").splitlines(), 1):
        words = line.split()
        if len(words) != 3 or words[0] not in BANKS or words[1] != "10":
            raise Finding(f"pcrs: line {number}: not '<bank> 10 <hex>'")
        value = bytes.fromhex(words[2])
        if len(value) != BANKS[words[0]] or words[0] in pcrs:
            raise Finding(f"pcrs: line {number}: bank {words[0]}")
        pcrs[words[0]] = value
    return pcrs


def load_lists(lists, base):
    for algo in BANKS:
        suffix = "" if algo == "sha1" else "_" + algo
        for kind, into in ((LIST, lists.binary), (ASCII, lists.ascii)):
            if os.path.exists(base + kind + suffix):
                into[algo] = slurp(base + kind + suffix)


def load_namespace(evidence, name, base):
    if not name.isdigit() or name != str(int(name)) or name == "0":
        raise Finding(f"{base}: {name!r} is no namespace id")
    ns = Namespace(int(name), f"ns {name}")
    if ns.id in evidence.namespaces:
        raise Finding(f"{base}: id {ns.id} was exported twice")
    load_lists(ns, base)
    for file in FILES:
        if os.path.exists(base + file):
            ns.files[file] = slurp(base + file)
    evidence.namespaces[ns.id] = ns


def load_tree(evidence, path):
    if not os.path.isdir(path):
        return
    for name in sorted(os.listdir(path)):
        sub = os.path.join(path, name)
        if not os.path.isdir(sub):
            continue
        load_namespace(evidence, name, sub + "/")
        load_tree(evidence, os.path.join(sub, "ns"))


def load_flat(evidence, path):
    names = {name.split(".")[0] for name in os.listdir(path)}
    for name in sorted(names):
        load_namespace(evidence, name, os.path.join(path, name + "."))


def load_answers(evidence, path):
    if not os.path.isdir(path):
        return
    for name in sorted(os.listdir(path)):
        if name.startswith("heads-"):
            evidence.answers[name] = slurp(os.path.join(path, name))


def load(path):
    evidence = Evidence()
    absent = os.path.join(path, "files", "absent")
    if os.path.exists(absent):
        evidence.absent = slurp(absent).split()
    load_answers(evidence, os.path.join(path, "files"))
    evidence.pcrs = parse_pcrs(slurp(os.path.join(path, "pcrs")))
    ima = os.path.join(path, "ima")
    if os.path.isdir(ima):
        load_lists(evidence.host, ima + "/")
        load_tree(evidence, os.path.join(ima, "ns"))
        events = os.path.join(ima, "ns", "events")
        if os.path.exists(events):
            evidence.events = slurp(events)
        tpm = os.path.join(ima, "ns", "tpm")
        if os.path.exists(tpm):
            evidence.tpm = dict(line.split(": ", 1) for line in
                                slurp(tpm).decode("ascii").splitlines())
    else:
        load_lists(evidence.host, os.path.join(path, "host."))
        if os.path.isdir(os.path.join(path, "ns")):
            load_flat(evidence, os.path.join(path, "ns"))
    return evidence
