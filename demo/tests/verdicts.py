# SPDX-License-Identifier: LGPL-2.1-or-later
"""Run `ima-ns verify --json` and read what it says."""

import json
import os
import subprocess

GOOD = ("consistent", "trusted")

# A command built with sanitizers must not end as one that has a verdict.
SANITIZERS = {
    "ASAN_OPTIONS": "exitcode=99",
    "UBSAN_OPTIONS": "exitcode=99:halt_on_error=1",
}


class Subject:
    """The node, under id 0, or a namespace."""

    def __init__(self, fields):
        self.id = fields.get("id", 0)
        self.parent = fields.get("parent")
        self.label = fields.get("label", "node")
        self.path = fields.get("path", "")
        self.entries = fields["entries"]
        self.proven = fields["proven"]
        self.verdict = fields["verdict"]
        self.findings = fields["findings"]


class Run:
    def __init__(self, status, stdout, stderr):
        self.status = status
        self.stdout = stdout
        self.stderr = stderr
        self.subjects = {}
        if stdout:
            report = json.loads(stdout)
            for fields in [report["node"], *report["namespaces"]]:
                subject = Subject(fields)
                self.subjects[subject.id] = subject

    def findings(self):
        return sorted((nsid, finding["text"])
                      for nsid, subject in self.subjects.items()
                      for finding in subject.findings)

    def refused(self):
        """Not evidence at all: one line says why, and there is no report."""
        return not self.stdout and self.stderr.count("\n") == 1

    def problem(self):
        return (f"status {self.status}, verdicts "
                f"{[s.verdict for s in self.subjects.values()]} "
                f"{self.stderr.strip()}")


class Verifier:
    def __init__(self, command, demo):
        self.command = command
        self.demo = demo

    def run(self, evidence, nonce, path):
        """Verify; `path` is where the inputs may stand meanwhile."""
        for suffix, data in ((".evidence", evidence), (".nonce", nonce)):
            with open(path + suffix, "wb") as file:
                file.write(data)
        done = subprocess.run(
            [self.command, "verify", "--json",
             "--nonce", path + ".nonce",
             "--ak", os.path.join(self.demo, "ak.pem"),
             "--policy", os.path.join(self.demo, "policy"),
             "--boot-policy", os.path.join(self.demo, "boot.json"),
             path + ".evidence"],
            capture_output=True, text=True, errors="replace", timeout=60,
            check=False, env=dict(os.environ, **SANITIZERS))
        os.unlink(path + ".evidence")
        os.unlink(path + ".nonce")
        return Run(done.returncode, done.stdout, done.stderr)
