"""Documents that are made from the code are what the code says, and no secret stands in the repository."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from event_map import MAP, document, listens
from expand import ROOT, Template, expanded, target

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def template() -> Template:
    return Template(expanded())


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


# req: S2-97
def test_every_question_to_a_table_is_known_and_has_its_index(template: Template) -> None:
    """docs/access-patterns.md has each query there is, no other, and each goes to an index that the template makes; nothing is scanned."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in (ROOT / "docs/access-patterns.md").read_text().splitlines() if line.startswith("| ")]
    rows = [row for row in rows if row[0] != "question"]
    stores = {path: path.read_text() for path in (ROOT / "shared/adapters-aws/src").rglob("*.rs")}
    query = re.compile(r'(?:\.query(?:_all)?\(|DueIndex \{)\s*(?:what: )?"([^"]+)",\s*(?:table: )?Table::(\w+)')
    asked = {(what, table.lower()) for code in stores.values() for what, table in query.findall(code)}
    assert asked == {(row[0], row[1]) for row in rows}
    tables = {name.removesuffix("Table").lower(): table for name, table in template.of("DynamoDB::Table").items()}
    indexes = {(name, index["IndexName"]) for name, table in tables.items() for index in table.get("GlobalSecondaryIndexes", [])}
    assert indexes == {(row[1], row[2]) for row in rows if row[2]}, "an index that nobody asks, or a question without one"
    assert {table["BillingMode"] for table in tables.values()} == {"PAY_PER_REQUEST"}
    assert not [path.name for path, code in stores.items() if re.search(r"\.scan\(\)|execute_statement", code)]


# req: S2-95
def test_every_promise_is_measured_and_has_an_alarm_before_it(template: Template) -> None:
    page = (ROOT / "docs/slo.md").read_text()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 8 and all(len(row) == 4 and all(row) for row in rows), rows
    alarms = set(template.of("CloudWatch::Alarm"))
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row[3])}
    assert named and named <= alarms, named - alarms
    assert all("`" in row[3] for row in rows if "content" not in row[0])
    openapi = (ROOT / "docs/openapi.json").read_text()
    assert all(path in openapi for path in re.findall(r"GET (/v1/[a-z/]+)", page))
    measured = (ROOT / "shared/runtime/src/measured.rs").read_text()
    assert {"EventToMessage", "WordsKept"} <= set(re.findall(r'=> "(\w+)"', measured)) and "43 minutes" in page


# req: S2-96
def test_make_test_runs_every_test_there_is() -> None:
    """All crates (unit, property, simulator, conformance), every folder with Python tests, and what needs a cloud; CI runs exactly that."""
    makefile = (ROOT / "Makefile").read_text()
    wanted = re.search(r"^test: ([a-z0-9 -]+) ##", makefile, re.M)[1].split()
    recipes = dict(re.findall(r"^([a-z0-9-]+):[^\n]*\n((?:\t[^\n]*\n)+)", makefile, re.M))
    assert "--workspace" in recipes["test-rust"] and "run-ignored only" in recipes["test-e2e"] and "test-rust" in wanted
    run = "".join(recipes[name] for name in wanted if name in recipes)
    folders = {path.parent.relative_to(ROOT).as_posix() for path in (ROOT / "infra").rglob("test_*.py")}
    assert folders and all(re.search(rf"(?<!\S){folder}(?!\S)", run) for folder in folders), folders
    assert "\nmake test\n" in (ROOT / ".ci/run").read_text() + "\n"
    assert any("proptest" in path.read_text() for path in (ROOT / "shared/domain/src").rglob("*.rs"))


# req: S2-101
def test_every_row_has_a_version_or_a_reason_why_not() -> None:
    """docs/stored-data.md has each row that the key builders make, and no other; those with a version are those that are written with one."""
    keys = (ROOT / "shared/adapters-aws/src/dynamodb/keys.rs").read_text()
    lines = [[cell.strip() for cell in line.removeprefix("//! ").strip("|").split("|")] for line in keys.splitlines() if line.startswith("//! | ")]
    made = {(row[0], name) for row in lines if row[0] != "table" and "GSI" not in row[0] for name in re.findall(r"`([^`]+)`", row[2])}
    listed = [[cell.strip() for cell in line.strip("|").split("|")] for line in (ROOT / "docs/stored-data.md").read_text().splitlines() if line.startswith("| ")]
    listed = [row for row in listed if row[0] != "table"]
    assert {(row[0], row[1].strip("`")) for row in listed} == made
    assert all(len(row) == 5 and row[3] in ("`schema_v`", "none") and len(row[4]) > 5 for row in listed), listed
    stores = "".join(path.read_text() for path in (ROOT / "shared/adapters-aws/src/dynamodb").glob("*.rs"))
    written = set(re.findall(r"\.document\(Stored::(\w+)", stores))
    read = set(re.findall(r"document(?:::<\w+>)?\(&?row, Stored::(\w+)\)", stores))
    assert written == read and len(written) == len([row for row in listed if row[3] != "none"]), (written, read)


# req: S2-91
def test_every_alarm_names_what_to_do(template: Template) -> None:
    runbook = (ROOT / "docs/runbook.md").read_text()
    sections = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^## (.+)$", runbook, re.M)}
    named = {name: re.search(r"Runbook: docs/runbook\.md#([a-z0-9-]+)$", text(alarm["AlarmDescription"])) for name, alarm in template.of("CloudWatch::Alarm").items()}
    assert not [name for name, link in named.items() if link is None or link[1] not in sections]
    assert len({link[1] for link in named.values() if link}) >= 7


# req: S2-103
def test_saved_queries_ask_for_what_logs_hold(template: Template) -> None:
    """Each is in the runbook, goes over every function's log, and names fields that a line has (telemetry's own test says which)."""
    runbook = (ROOT / "docs/runbook.md").read_text()
    groups = {name for name, group in template.of("Logs::LogGroup").items() if "/aws/lambda/" in text(group["LogGroupName"])}
    queries = template.of("Logs::QueryDefinition")
    assert len(queries) == 4
    for query in queries.values():
        short = text(query["Name"]).rsplit("/", 1)[-1]
        assert f"| `{short}` |" in runbook
        assert {target(group) for group in query["LogGroupNames"]} == groups
        words = re.sub(r'"[^"]*"', "", query["QueryString"])
        known = r"@timestamp|@log|@message|level|target|type|fields\.(message|error|tenant|order|trace_id)|record\.(status|metrics\.(durationMs|maxMemoryUsedMB|memorySizeMB|initDurationMs))"
        assert not [field for field in re.findall(r"[@a-z]+(?:\.\w+)+|@\w+", words) if not re.fullmatch(known, field)], words


def text(part: object) -> str:
    """A string of the template, with what is filled in as it stands."""
    return part["Fn::Sub"] if isinstance(part, dict) else str(part)


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
