"""docs/bad-input.md promises; the tests it names must be there to keep the promise."""

from __future__ import annotations

import re

import pytest
from expand import ROOT

DOCUMENT = ROOT / "docs/bad-input.md"
ROWS = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| ") and not line.startswith("| input ")]
NAMES = sorted(set(re.findall(r"`(\w+)::(\w+)`", "\n".join(ROWS))))


def functions_by_name() -> dict[str, list[str]]:
    """Every test function of the Rust code with the path of its file."""
    found: dict[str, list[str]] = {}
    for folder in ("shared", "functions"):
        for path in (ROOT / folder).rglob("*.rs"):
            for name in re.findall(r"^ *(?:async )?fn (\w+)\(", path.read_text(), re.MULTILINE):
                found.setdefault(name, []).append(path.relative_to(ROOT).as_posix())
    return found


TESTS = functions_by_name()


@pytest.mark.parametrize("row", ROWS)
def test_every_row_names_its_proof(row: str) -> None:
    assert re.search(r"`\w+::\w+`", row.split("|")[3]), row


@pytest.mark.parametrize(("module", "name"), NAMES, ids=lambda part: part)
def test_every_proof_is_there(module: str, name: str) -> None:
    files = [path for path in TESTS.get(name, []) if module in re.split(r"[/.]", path)]
    assert files, f"{module}::{name} is in {TESTS.get(name, 'no file')}"
