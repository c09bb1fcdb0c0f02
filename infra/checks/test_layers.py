"""Who may use whom: the table of ARCHITECTURE.md, held against `cargo metadata`; and who alone builds keys."""

from __future__ import annotations

import json
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# What each room of shared/ may use of the others, in production code.
MAY_USE = {
    "domain": set(),
    "contracts": {"domain"},
    "app": {"domain", "contracts"},
    "adapters-aws": {"domain", "contracts", "app"},
    "adapters-http": {"domain", "contracts", "app"},
    "render": {"domain", "contracts", "app"},
    "runtime": {"domain", "contracts", "app"},
}
# Rooms that no function ships: what tests share, and the simulator that runs the functions.
TEST_ONLY = {"testkit", "sim"}


@cache
def packages() -> dict[str, dict]:
    metadata = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--no-deps", "--offline"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return {package["name"]: package for package in json.loads(metadata)["packages"]}


def uses(name: str) -> set[str]:
    """The workspace's own crates that a crate uses in production code."""
    return {row["name"] for row in packages()[name]["dependencies"] if row["kind"] is None and row["name"] in packages()}


def functions() -> list[str]:
    return [name for name, package in packages().items() if "/functions/" in package["manifest_path"]]


# req: X-01
@pytest.mark.parametrize("room", MAY_USE)
def test_rooms_use_only_what_stands_below_them(room: str) -> None:
    assert uses(room) <= MAY_USE[room]


# req: X-01
def test_the_domain_is_pure() -> None:
    outside = {row["name"] for row in packages()["domain"]["dependencies"] if row["kind"] is None}
    assert outside <= {"serde", "jiff", "thiserror", "strsim", "unicode-segmentation"}
    for room in ("domain", "contracts", "app"):
        names = [row["name"] for row in packages()[room]["dependencies"]]
        assert not [name for name in names if name.startswith(("aws", "lambda", "reqwest", "axum"))], room


# docs/adr/0005-programs-have-a-fixed-address.md
# req: X-01
def test_every_function_is_linked_alike() -> None:
    for name in functions():
        scripts = [t["src_path"] for t in packages()[name]["targets"] if t["kind"] == ["custom-build"]]
        assert [Path(script).resolve() for script in scripts] == [ROOT / "infra/link.rs"], name


# req
def test_functions_use_no_other_function() -> None:
    assert len(functions()) >= 10
    for name in functions():
        assert not uses(name) & set(functions()), name
        assert not uses(name) & TEST_ONLY, f"{name} ships test code"


def test_every_crate_has_its_place() -> None:
    assert set(packages()) == set(MAY_USE) | TEST_ONLY | {"orderctl"} | set(functions())


def test_what_functions_are_tested_with_knows_none_of_them() -> None:
    """The twins stand below the functions, the simulator above them."""
    assert not uses("testkit") & set(functions())


def sources(*parts: str) -> list[Path]:
    return [path for path in (ROOT / "/".join(parts)).rglob("*.rs") if "/tests/" not in str(path) and "/benches/" not in str(path)]


def test_only_one_file_builds_keys() -> None:
    for path in sources("shared", "adapters-aws", "src"):
        if path.name != "keys.rs":
            assert not re.search(r'"(T#|OUTBOX#|TENANTS)', path.read_text()), f"{path} builds a key"


def test_only_the_runtime_and_the_main_files_know_lambda() -> None:
    for path in sources("shared"):
        if "/runtime/" not in str(path) and "/testkit/" not in str(path):
            assert "lambda_runtime" not in path.read_text() and "lambda_http" not in path.read_text(), path


def test_handlers_are_wiring() -> None:
    """A function's main.rs wires and nothing else: it fits on a screen."""
    for name in functions():
        main = ROOT / "functions" / name / "src" / "main.rs"
        assert len(main.read_text().splitlines()) <= 80, main


def test_tables_are_queried_never_scanned() -> None:
    for path in sources("shared", "adapters-aws", "src") + sources("functions"):
        assert not re.search(r"\.scan\(\)", path.read_text()), path
