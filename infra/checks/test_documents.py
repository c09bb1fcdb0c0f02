"""Documents that are made from the code are what the code says, and no secret stands in the repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from event_map import MAP, document, listens
from expand import ROOT, Template, expanded

HERE = Path(__file__).resolve().parent


# req: S0-50
def test_event_map_is_current() -> None:
    made = document(Template(expanded()))
    if os.environ.get("UPDATE_GENERATED"):
        MAP.write_text(made)
    assert MAP.read_text() == made, "run: UPDATE_GENERATED=1 make test-template"
    assert "order.label_changed.v1" in made and "sheet-sync" in made


def test_patterns_match_as_the_bus_does() -> None:
    assert listens([{"prefix": "order."}], "order.placed.v1") and listens(["job.failed.v1"], "job.failed.v1")
    assert not listens([{"prefix": "order."}, "job.failed.v1"], "report.ready.v1")


# req: S0-49
def test_the_roadmap_says_where_to_follow_it() -> None:
    roadmap = (ROOT / "docs/ROADMAP.md").read_text()
    assert "issues" in roadmap and roadmap.count("\n## ") >= 2


# req: S0-47
def test_no_secret_is_committed() -> None:
    """Keys of AWS, Slack, Stripe, GitHub and the like, private keys, tokens: those in tests are listed, one by one."""
    done = subprocess.run(
        [str(Path(sys.executable).parent / "detect-secrets"), "scan", *disabled(), "--exclude-files", r"Cargo\.lock|infra/checks/secrets\.json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = {f"{path}: {row['type']} {row['hashed_secret'][:12]}" for path, rows in json.loads(done.stdout)["results"].items() for row in rows}
    allowed = json.loads((HERE / "secrets.json").read_text())
    if os.environ.get("UPDATE_GENERATED"):
        known = {line: allowed.get(line, "") for line in sorted(found)}
        (HERE / "secrets.json").write_text(json.dumps(known, indent=2) + "\n")
    assert found - set(allowed) == set(), "take it out and revoke it; if it is made up, list it in infra/checks/secrets.json with the reason"
    assert set(allowed) - found == set(), "these lines are no longer needed"
    assert all(len(reason) > 15 for reason in allowed.values()), "a listed secret says why it is none"


def disabled() -> list[str]:
    """What guesses by randomness or by a variable's name finds every hash and every sample."""
    return [option for name in ("Base64HighEntropyString", "HexHighEntropyString", "KeywordDetector") for option in ("--disable-plugin", name)]
