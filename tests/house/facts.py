"""One fact of a ceremony record after another changed, and the record's hashes
written anew, as a forger would: which changes does replay notice?"""
import argparse
import collections
import fnmatch
import hashlib
import json
import multiprocessing
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from facts_exceptions import EXCEPTIONS

CHAINED = ("seq", "prev")  # written anew with each change
# A word of such a list stands for another of the same.
WORDS = (
    ("pass", "not run", "waived", "overridden", "REFUSE"),
    ("pass", "FAIL"),
    ("terminal", "batch"),
    ("ksk", "zsk", "audit"),
    ("RSASHA256", "ECDSAP256SHA256"),
    ("request", "response", "previous response", "document", "file"),
    ("token", "request", "response", "chain", "plan", "config", "built"),
    ("added", "missing", "content", "size"),
    ("start", "done", "skipped", "failed", "repeated"),
)
DIGEST = re.compile(r"[0-9a-f]{64}")
TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:)(\d\d)(.*)")


def other_text(text):
    """Texts that are as well formed as this one."""
    if DIGEST.fullmatch(text):
        return [("1" if text[0] == "0" else "0") + text[1:]]
    if match := TIME.fullmatch(text):
        second = int(match[2])
        return [f"{match[1]}{s:02}{match[3]}"
                for s in (second - 1, second + 1) if 0 <= s < 60]
    for words in WORDS:
        if text in words:
            return [words[(words.index(text) + 1) % len(words)]]
    if not text:
        return ["x"]
    at = len(text) // 2
    while at < len(text) - 1 and not text[at].isalnum():
        at += 1
    other = {"z": "a", "Z": "A", "9": "0"}.get(
        text[at], chr(ord(text[at]) + 1))
    return [text[:at] + other + text[at + 1:]]


def other_values(key, value):
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        if key == "status":
            return [s for s in (0, 1, 2) if s != value]
        return [value + 1, value - 1] if value > 0 else [value + 1]
    if value is None:
        return ["x"]
    if isinstance(value, str):
        return other_text(value)
    return [["x"]]  # an empty list


def leaves(value, path=()):
    """Every path to a leaf, and to each item of a list (to be left out)."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if path or key not in CHAINED:
                yield from leaves(inner, path + (key,))
    elif isinstance(value, list) and value:
        for i, inner in enumerate(value):
            yield path + (i,), None
            yield from leaves(inner, path + (i,))
    else:
        key = next((k for k in reversed(path) if isinstance(k, str)), "")
        for other in other_values(key, value):
            yield path, other


def argument_name(line, i):
    """An argument by its option: what contradicts it depends on that."""
    words = line["arguments"]
    if words[i].startswith("-"):
        return f"arguments[{words[i]}]"
    if i > 0 and words[i - 1].startswith("-"):
        return f"arguments[of {words[i - 1]}]"
    return "arguments[a word]"


def name_of(line, path, left_out):
    text = ""
    if path[0] == "arguments" and len(path) == 2:
        text, path = argument_name(line, path[1]), ()
    for part in path:
        if isinstance(part, int):
            text += "[]"
        else:
            text += ("." if text else "") + part
    return text + (" left out" if left_out else "")


class Change:
    """One change of one line.  No path: the line is left out."""

    def __init__(self, record, line, kind, path=None, other=None):
        self.record, self.line, self.kind = record, line, kind
        self.path, self.other = path, other

    def apply(self, lines):
        lines = list(lines)
        if self.path is None:
            del lines[self.line]
            return lines
        lines[self.line] = json.loads(json.dumps(lines[self.line]))
        inner = lines[self.line]
        for part in self.path[:-1]:
            inner = inner[part]
        if self.other is None:
            del inner[self.path[-1]]
        else:
            inner[self.path[-1]] = self.other
        return lines


def step_of(line):
    if line["event"] in ("input", "output"):
        return f"{line['event']} {line['role']}"
    return line["event"]


def changes_of(record, lines):
    command = "?"
    for i, line in enumerate(lines):
        if line["event"] == "run":
            command = line["command"]
        step = f"{command}/{step_of(line)}"
        yield Change(record, i, f"{step}/the line")
        for path, other in leaves(line):
            yield Change(record, i,
                         f"{step}/{name_of(line, path, other is None)}",
                         path, other)


def chained(lines):
    """The log with every "seq" and "prev" as they should be."""
    prev, log = "0" * 64, b""
    for seq, line in enumerate(lines, 1):
        line = dict(line, seq=seq, prev=prev)
        raw = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        prev = hashlib.sha256(raw).hexdigest()
        log += raw
    return log


def stored(line):
    folder = {"input": "inputs", "output": "outputs"}.get(line["event"])
    return folder and (folder, line["sha256"])


class Forger:
    """Replays changed copies of records, in a folder of its own."""

    def __init__(self, program, records):
        self.program = program
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="facts."))
        self.lines, self.of = {}, {}
        for record in records:
            self.of[record.name] = record
            self.lines[record.name] = read_log(record)
            shutil.copytree(record, self.dir / record.name)

    def replays(self, record, lines):
        """Whether replay has nothing to say; what no line names is gone."""
        copy, named = self.dir / record, {stored(line) for line in lines}
        gone = {stored(line) for line in self.lines[record]} - named
        for folder, name in gone:
            (copy / folder / name).unlink(missing_ok=True)
        (copy / "log.jsonl").write_bytes(chained(lines))
        result = subprocess.run([self.program, "replay", copy],
                                stdin=subprocess.DEVNULL, capture_output=True,
                                text=True, timeout=120)
        for folder, name in gone:
            shutil.copy(self.of[record] / folder / name, copy / folder / name)
        # Whoever crashes notices nothing.
        return result.returncode not in (1, 2), \
            result.stderr.strip() or f"status {result.returncode}"

    def noticed(self, change):
        lines = self.lines[change.record]
        agrees, why = self.replays(change.record, change.apply(lines))
        return not agrees, why


def read_log(record):
    return [json.loads(raw) for raw in open(record / "log.jsonl")]


FORGER = None


def start(program, records):
    global FORGER
    FORGER = Forger(program, records)


def judge(change):
    noticed, why = FORGER.noticed(change)
    return change, noticed, why, FORGER.dir


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"{self.prog}: {message}; --help explains\n")


def parse():
    parser = Parser(
        prog="tests/house/facts", description=__doc__,
        epilog="Exit status: 0 whatever is not noticed is an exception with "
        "its reason, 1 not, 2 could not run.")
    parser.add_argument("-e", "--every", type=int, default=1, metavar="N",
                        help="only every N-th change (default: all)")
    parser.add_argument("-m", "--most", type=int, metavar="N",
                        help="at most N changes of a fact of an event of a "
                        "command, in all records together")
    parser.add_argument("-r", "--record", metavar="PATTERN", default="*",
                        help="only records of this name")
    parser.add_argument("-f", "--fact", metavar="PATTERN", action="append",
                        help="only facts such as 'sign/asked/*'; may be "
                        "repeated")
    parser.add_argument("-v", "--verbose", action="store_true",
                        help="each change with what replay says of it")
    parser.add_argument("--records", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--parse-only", action="store_true",
                        help=argparse.SUPPRESS)
    return parser.parse_args()


def fits(kind, pattern):
    """As in the shell, but that brackets stand for themselves."""
    return fnmatch.fnmatchcase(kind, pattern.replace("[", "[[]"))


def chosen(options, records):
    """The changes to be tried: of each kind the first, then evenly."""
    kinds = collections.defaultdict(list)
    for record in records:
        for change in changes_of(record.name, read_log(record)):
            if not options.fact or any(
                    fits(change.kind, p) for p in options.fact):
                kinds[change.kind].append(change)
    changes = []
    for list_ in kinds.values():
        if options.most and len(list_) > options.most:
            list_ = [list_[i * len(list_) // options.most]
                     for i in range(options.most)]
        changes += list_
    return changes[::options.every]


def exception_of(kind):
    for pattern, reason in EXCEPTIONS:
        if fits(kind, pattern):
            return pattern, reason
    return None


def report(unnoticed, tried):
    """What is not noticed: with its reason, or as a fault."""
    faults, excused = [], collections.Counter()
    for kind, n in sorted(unnoticed.items()):
        exception = exception_of(kind)
        if exception:
            excused[exception] += n
        else:
            faults.append(f"  {kind}: {n} of {tried[kind]}")
    if excused:
        print("Not noticed, since nothing on record can contradict it:")
    for (pattern, reason), n in sorted(excused.items()):
        print(f"  {pattern}: {n}: {reason}")
    if faults:
        print("NOT NOTICED, and nobody says why:")
        print("\n".join(faults))
    total, missed = sum(tried.values()), sum(unnoticed.values())
    print(f"{total} changes of {len(tried)} facts: {total - missed} noticed, "
          f"{missed} not noticed, {sum(excused.values())} of them with a "
          "reason")
    return faults


def stale(options, unnoticed):
    """Of a whole run: exceptions that nothing needs any more."""
    if options.every > 1 or options.most or options.record != "*" or \
            options.fact:
        return []
    used = {exception_of(kind) for kind in unnoticed}
    return [p for p, reason in EXCEPTIONS if (p, reason) not in used]


def main():
    options = parse()
    if options.parse_only:
        return
    program = os.environ["ANCHORITE"]
    records = sorted(r for r in pathlib.Path(options.records).iterdir()
                     if fnmatch.fnmatchcase(r.name, options.record))
    start(program, records)
    for record in records:
        agrees, why = FORGER.replays(record.name, read_log(record))
        if not agrees:
            sys.exit(f"{record.name} does not replay unchanged: {why}")
    shutil.rmtree(FORGER.dir)
    changes = chosen(options, records)
    tried, unnoticed = collections.Counter(), collections.Counter()
    dirs = set()
    with multiprocessing.Pool(2, start, (program, records)) as pool:
        for change, noticed, why, where in pool.imap_unordered(
                judge, changes, chunksize=4):
            dirs.add(where)
            tried[change.kind] += 1
            if not noticed:
                unnoticed[change.kind] += 1
            if options.verbose:
                print(change.record, change.line + 1, change.kind, "=",
                      json.dumps(change.other), ":",
                      why if noticed else f"NOT NOTICED: {why}")
    for where in dirs:
        shutil.rmtree(where, ignore_errors=True)
    faults = report(unnoticed, tried)
    old = stale(options, unnoticed)
    for pattern in old:
        print(f"{pattern} is an exception that nothing needs")
    sys.exit(1 if faults or old else 0)


main()
