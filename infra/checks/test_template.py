"""What template.yaml promises: the rules hold, the linters are silent, the rights are exactly the ones that were agreed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from expand import ROOT, TEMPLATE, Template, code_folders, expanded, source, target
from rules import RULES

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def template() -> Template:
    return Template(expanded())


@pytest.fixture(scope="module")
def expanded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "expanded.json"
    path.write_text(json.dumps(expanded(), indent=1))
    return path


# req: X-02 only SQS and EventBridge between functions (no_function_calls_a_function)
# req: X-05 outbox -> stream -> relay, and the sweep (commits_reach_the_relay, streams_never_block)
# req: X-06 partial batch failure on every mapping (every_mapping_reports_partial_failures)
# req: X-07 a dead-letter queue with an alarm per queue (every_queue_has_..., every_dead_letter_queue_...)
# req: X-09 JSON logs, traces, retention (functions_log_as_json..., functions_are_capped_and_traced)
# req: X-10 caps, throttles, expiring rows (functions_are_capped_and_traced, doors_are_throttled..., rows_that_age_expire)
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_rule(rule, template: Template) -> None:
    assert rule(template) == []


# req: X-02 what starts a function
def test_functions_are_started_by_gateway_queue_stream_or_schedule_only(template: Template) -> None:
    started: dict[str, set[str]] = {name: set() for name in template.of("Lambda::Function")}
    for integration in template.of("ApiGatewayV2::Integration").values():
        started[target(integration["IntegrationUri"])].add("http")
    for authorizer in template.of("ApiGatewayV2::Authorizer").values():
        started[target(authorizer["AuthorizerUri"])].add("http")
    for mapping in template.of("Lambda::EventSourceMapping").values():
        kind = template.type_of(target(mapping["EventSourceArn"]))
        started[target(mapping["FunctionName"])].add({"SQS::Queue": "queue", "DynamoDB::Table": "stream"}[kind])
    for events_rule in template.of("Events::Rule").values():
        for aim in events_rule["Targets"]:
            if target(aim["Arn"]) in started:
                assert "ScheduleExpression" in events_rule, "events go through a queue"
                started[target(aim["Arn"])].add("schedule")
    assert started == {
        "AuthorizerFn": {"http"},
        "OrdersApiFn": {"http"},
        "AskFn": {"http"},
        "StatusWebhookFn": {"http"},
        "ConsoleFn": {"http"},
        "OrderProcessorFn": {"queue"},
        "NotifierFn": {"queue"},
        "MetricsFn": {"queue"},
        "SagaFn": {"queue"},
        "DispatchFn": {"queue", "schedule"},
        "WebhookOutFn": {"queue", "schedule"},
        "OutboxRelayFn": {"stream", "schedule"},
        "SheetSyncFn": {"queue", "schedule"},
        "StaleOrdersFn": {"queue", "schedule"},
        "TimersFn": {"schedule"},
        "KpiReportFn": {"queue", "schedule"},
    }


# req: S1-75, S2-94
def test_what_runs_by_itself_and_what_is_thrown_away(template: Template) -> None:
    rates = {name: rule["ScheduleExpression"] for name, rule in template.of("Events::Rule").items() if "ScheduleExpression" in rule}
    assert rates == {
        "OutboxRelayFnSweep": "rate(1 minute)",
        "DispatchFnTick": "rate(5 minutes)",
        "SheetSyncFnTick": "rate(5 minutes)",
        "SheetSyncFnHourly": "rate(1 hour)",
        "StaleOrdersFnTick": "rate(30 minutes)",
        "TimersFnTick": "rate(1 minute)",
        "WebhookOutFnTick": "rate(1 minute)",
        "KpiReportFnMorning": "cron(0/15 * * * ? *)",
    }
    kept = [rule.get("ExpirationInDays") for bucket in template.of("S3::Bucket").values() for rule in bucket["LifecycleConfiguration"]["Rules"]]
    assert kept and all(kept), "what is kept goes some day"
    assert all("RetentionInDays" in group for group in template.of("Logs::LogGroup").values())


# req: S2-24
def test_a_hundred_batches_of_orders_at_once(template: Template) -> None:
    assert template.body["Parameters"]["SagaMaxConcurrency"]["Default"] == 100


def test_rights_are_the_agreed_ones(template: Template) -> None:
    """rights.yaml is the list to read in a review; UPDATE_RIGHTS=1 writes it."""
    found = {
        name: {
            "SES identity" if ":ses:" in resource else resource: sorted(actions)
            for resource, actions in sorted(template.rights(name).items())
            if not resource.endswith("Logs") and resource != "*"
        }
        for name in template.of("Lambda::Function")
    }
    ledger = HERE / "rights.yaml"
    if os.environ.get("UPDATE_RIGHTS"):
        head = "# What each function may do, by resource. Logs and traces, which all have, are left out. UPDATE_RIGHTS=1 make test-template writes it.\n"
        ledger.write_text(head + yaml.safe_dump(found, sort_keys=False, width=160, default_flow_style=None))
    assert found == yaml.safe_load(ledger.read_text())


# req: X-03 tables and bucket are in the template
def test_what_is_kept_where(template: Template) -> None:
    keys = {
        name: [[(key["AttributeName"], key["KeyType"]) for key in index["KeySchema"]] for index in [table, *table.get("GlobalSecondaryIndexes", [])]]
        for name, table in template.of("DynamoDB::Table").items()
    }
    main, index = [("PK", "HASH"), ("SK", "RANGE")], lambda n: [(f"GSI{n}PK", "HASH"), (f"GSI{n}SK", "RANGE")]
    assert keys == {
        "OrdersTable": [main, index(4), index(1), index(2), index(3)],
        "OutboxTable": [main],
        "OpsTable": [main, index(1)],
        "MetricsTable": [main],
        "InventoryTable": [main, index(1)],
    }
    assert list(template.of("S3::Bucket")) == ["ReportsBucket"]


# req: X-04 template.yaml, Makefile, README.md, events/
def test_the_house_is_complete() -> None:
    missing = [name for name in ("template.yaml", "Makefile", "README.md", "events/samples", "events/schemas") if not (ROOT / name).exists()]
    assert missing == []
    for folder in code_folders().values():
        manifest = ROOT / "functions" / folder / "Cargo.toml"
        assert f'name = "{folder}"' in manifest.read_text(), f"{folder}: crate, binary and folder share one name"


# req: X-03 what `sam validate --lint` looks at, before and after the transform
def test_cfn_lint_is_silent(expanded_file: Path) -> None:
    for path in (TEMPLATE, expanded_file):
        done = subprocess.run([BIN / "cfn-lint", str(path)], capture_output=True, text=True)
        assert done.stdout == "" and done.returncode == 0, f"{path.name}:\n{done.stdout}{done.stderr}"


def test_checkov_finds_only_what_is_waived(expanded_file: Path) -> None:
    waivers = yaml.safe_load((HERE / "waivers.yaml").read_text())
    done = subprocess.run(
        [BIN / "checkov", "--skip-download", "--framework", "cloudformation", "--file", str(expanded_file), "--output", "json", "--quiet"],
        capture_output=True,
        text=True,
        env={**os.environ, "LOG_LEVEL": "ERROR", "BC_SKIP_MAPPING": "TRUE"},
    )
    report = json.loads(done.stdout)
    assert report["summary"]["passed"] > 100, "checkov looked at the template"
    failed = {(check["check_id"], check["resource"].split(".")[-1]) for check in report["results"]["failed_checks"]}
    waived = {(check, resource) for waiver in waivers for check in [waiver["check"]] for resource in waiver["resources"]}
    assert all(len(waiver["reason"]) > 40 for waiver in waivers), "a waiver says why"
    assert failed - waived == set(), "new findings: mend them, or waive them with a reason"
    assert waived - failed == set(), "waivers that nothing needs any more"


@pytest.mark.parametrize("workflow", sorted((ROOT / ".github/workflows").glob("*.yml")), ids=lambda path: path.name)
def test_workflows(workflow: Path) -> None:
    done = subprocess.run([BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(workflow)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    text = workflow.read_text()
    jobs = yaml.safe_load(text)["jobs"]
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}
    assert "secrets." not in text and "AWS_SECRET" not in text, "AWS is entered with the workflow's own identity, not with keys"
    assert jobs["deploy"]["permissions"]["id-token"] == "write"
    assert all("timeout-minutes" in job for job in jobs.values())


def test_functions_know_the_tables_they_are_given() -> None:
    """A table that is granted and not wired is found by the first order that needs it: then it is too late."""
    for name, crate in code_folders().items():
        function = source()["Resources"][name]
        given = {variable for variable in function["Properties"]["Environment"]["Variables"] if variable.startswith("TABLE_")}
        main = (ROOT / "functions" / crate / "src" / "main.rs").read_text()
        wired = {f"TABLE_{table.upper()}" for table in re.findall(r"Table::(\w+)", main)}
        assert given == wired, f"{name}: the template gives {sorted(given)}, main.rs names {sorted(wired)}"
