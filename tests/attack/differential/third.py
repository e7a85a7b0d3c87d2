"""The root's own signer as a third judge, where it is at hand.

$ANCHORITE_KSRSIGNER names the folder of its sources, the one that has the
Python package `kskm` (or src/ with it).  It signs with the same token.
"""
import os
import pathlib
import subprocess
import sys

import documents
import settings

FOLDER = os.environ.get("ANCHORITE_KSRSIGNER")
TIMEOUT = 120

# Rules that it does not have: what is refused for these alone it may sign.
OURS = {"KSR-ONCE", "KSR-CHAIN-PREVIOUS", "KSR-TAG-CLASH", "KSR-KEY-VALID",
        "KSR-ZSK-NOT-KSK", "KSR-POLICY-REPEATED", "KSR-BUNDLE-ORDER",
        "KSR-POLICY-CLOCK", "KSR-POLICY-SAFETY", "SKR-TRUST",
        "SKR-FOLLOWERS", "SKR-REVOKED", "SKR-SCHEDULE", "UNREADABLE"}


def is_at_hand():
    return bool(FOLDER)


def can_judge(case):
    """It knows nothing of a parent's DS, nor of other zones."""
    return is_at_hand() and case.settings.trust == "rfc5011" and \
        case.settings.zone == "."


def accepts(case, folder):
    """Whether it signs."""
    (folder / "ksrsigner.yaml").write_text(settings.write(
        case.settings, folder.parent / "token", ours=False))
    path = [FOLDER, f"{FOLDER}/src"]
    before = ["--previous_skr", "previous.xml"] if case.previous else []
    clock = documents.time_text(case.settings.now)[:19].replace("T", " ")
    made = subprocess.run(
        ["faketime", clock, sys.executable, "-m", "kskm.tools.ksrsigner",
         "--force", "--config", "ksrsigner.yaml", "--schema", case.schema,
         "ksr.xml", "third.xml"] + before, cwd=folder, capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path), "TZ": "UTC"},
        timeout=TIMEOUT)
    (folder / "third.log").write_bytes(made.stdout + made.stderr)
    return made.returncode == 0 and pathlib.Path(
        folder / "third.xml").exists()


def differs(ids, accepted):
    """What is wrong with its verdict beside the judge's; or None."""
    if accepted and ids - OURS:
        return f"the third judge signs what {sorted(ids - OURS)} refuse"
    if not accepted and not ids:
        return "the third judge refuses"
    return None
