# SPDX-License-Identifier: LGPL-2.1-or-later
"""TAP: what programs print, and what we write."""

import re
from collections import namedtuple

SKIP_STATUS = 4  # KSFT_SKIP

# reason: why it failed or was skipped; "" if there is none
Point = namedtuple("Point", "outcome name reason")
PASS, FAIL, SKIP = "pass", "fail", "skip"

PLAN = re.compile(r"1\.\.(\d+)(?:\s*#\s*SKIP\b\s*(.*))?", re.I)
RESULT = re.compile(r"(not )?ok\b\s*(\d+)?\s*(?:- )?(.*)")
DIRECTIVE = re.compile(r"(.*?)\s*#\s*(SKIP|TODO)\b\s*(.*)", re.I)


def documents(text):
    """The lines of one document after the other: `make check` runs many programs.
    A plan where a complete document ends begins the next."""
    lines, plan, results = [], None, 0
    for line in text.splitlines():
        match = PLAN.fullmatch(line)
        if match and plan is not None and results == plan:
            yield lines
            lines, plan, results = [], None, 0
        if match and plan is None:
            plan = int(match[1])
        results += bool(RESULT.fullmatch(line))
        lines.append(line)
    yield lines


def parse(text):
    """Returns (points, plan or None, error or None), of all documents."""
    points, plan, error = [], None, None
    for lines in documents(text):
        more, count, fault = parse_document(lines)
        points += more
        plan = plan if count is None else (plan or 0) + count
        error = error or fault
    return points, plan, error


def parse_document(lines):
    """Indented lines are subtests, summed up by the line that follows them."""
    points, plan, error = [], None, None
    for line in lines:
        if match := PLAN.fullmatch(line.strip()):
            if plan is not None and line[:1] != " ":
                error = error or "two plans"
            elif line[:1] != " ":
                plan = int(match[1])
                if plan == 0:
                    points.append(Point(SKIP, "all", match[2] or ""))
                    plan = 1
        elif line.startswith("Bail out!"):
            error = error or line
        elif match := RESULT.fullmatch(line.rstrip()):
            points.append(point(match))
            if match[2] and int(match[2]) != len(points):
                error = error or f"result {match[2]} where {len(points)} was due"
    if points and plan is None:
        error = error or "no plan"
    if plan is not None and plan != len(points):
        error = error or f"{plan} results planned, {len(points)} came"
    return points, plan, error


def point(match):
    outcome, name, reason = FAIL if match[1] else PASS, match[3], ""
    if directive := DIRECTIVE.fullmatch(name):
        name = directive[1]
        if directive[2].upper() == "SKIP":
            outcome, reason = SKIP, directive[3]
            # kselftests print "ok N # SKIP text" without a name of its own
            name = name or reason
        # a TODO is no excuse here: its outcome counts
    return Point(outcome, name, reason)


def judge(name, text, status):
    """Points of a program with its TAP and its exit status line ("exit 0 1.2")."""
    points, plan, error = parse(text)
    points = [Point(p.outcome, f"{name}: {p.name}", p.reason) for p in points]
    kind, _, rest = status.strip().partition(" ")
    code = rest.split(" ")[0]
    if kind != "exit":
        points.append(Point(FAIL, name, status.strip()))
    elif plan is None and not points:
        outcome = {"0": PASS, str(SKIP_STATUS): SKIP}.get(code, FAIL)
        reason = "" if outcome == PASS else f"exit status {code}"
        points.append(Point(outcome, name, reason))
    elif error:
        points.append(Point(FAIL, name, error))
    elif code not in ("0", str(SKIP_STATUS)) and not any(p.outcome == FAIL for p in points):
        points.append(Point(FAIL, name, f"exit status {code}, though no result says why"))
    return points


def render(points):
    lines = ["TAP version 13", f"1..{len(points)}"]
    for number, p in enumerate(points, 1):
        name = p.name.replace("#", "")
        if p.outcome == SKIP:
            lines.append(f"ok {number} {name} # SKIP {p.reason}".rstrip())
        elif p.outcome == FAIL:
            lines.append(f"not ok {number} {name}")
            if p.reason:
                lines.append(f"# {p.reason}")
        else:
            lines.append(f"ok {number} {name}")
    return "\n".join(lines) + "\n"
