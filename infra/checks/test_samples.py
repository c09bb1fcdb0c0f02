"""Sample events are what AWS would deliver: right shape, real routes, events that keep their schema."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
from expand import ROOT, Template, code_folders, expanded, target

SAMPLES = ROOT / "events/samples"
TEMPLATE = Template(expanded())
FOLDERS = code_folders()
ALL = sorted(SAMPLES.rglob("*.json"))
GOOD = [path for path in ALL if path.parent.name != "bad"]


def name(path: Path) -> str:
    return str(path.relative_to(SAMPLES))


def function_of(path: Path) -> str:
    return path.relative_to(SAMPLES).parts[0]


def routes_of(logical_id: str) -> set[str]:
    integrations = {name for name, found in TEMPLATE.of("ApiGatewayV2::Integration").items() if target(found["IntegrationUri"]) == logical_id}
    return {route["RouteKey"] for route in TEMPLATE.of("ApiGatewayV2::Route").values() if target(route["Target"]) in integrations}


# req: X-04 events/
@pytest.mark.parametrize("folder", sorted(FOLDERS.values()))
def test_every_function_has_good_and_bad_samples(folder: str) -> None:
    assert [path for path in GOOD if function_of(path) == folder], "no sample"
    assert list((SAMPLES / folder / "bad").glob("*.json")), "no bad sample"


def test_every_sample_is_of_a_function() -> None:
    assert {function_of(path) for path in ALL} == set(FOLDERS.values())


@pytest.mark.parametrize("path", ALL, ids=name)
def test_is_json_of_a_size_that_lambda_takes(path: Path) -> None:
    json.loads(path.read_text())
    assert path.stat().st_size < 256 * 1024


@pytest.mark.parametrize("path", GOOD, ids=name)
def test_has_the_shape_of_its_source(path: Path) -> None:
    event, folder = json.loads(path.read_text()), function_of(path)
    logical_id = next(found for found, of in FOLDERS.items() if of == folder)
    if folder == "authorizer":
        assert event["version"] == "2.0" and event["type"] == "REQUEST" and event["routeArn"].startswith("arn:aws:execute-api:")
    elif "rawPath" in event:
        assert event["routeKey"] in routes_of(logical_id)
        assert event["requestContext"]["routeKey"] == event["routeKey"] and event["requestContext"]["http"]["path"] == event["rawPath"]
        assert all(header == header.lower() for header in event["headers"])
        pattern = re.sub(r"\\\{\w+\\\+\\\}", ".+", re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(event["routeKey"].split(" ")[1])))
        assert re.fullmatch(pattern, event["rawPath"])
    elif "Records" in event:
        for record in event["Records"]:
            assert record["eventSource"] in ("aws:sqs", "aws:dynamodb")
    else:
        assert event in ({"sweep": True}, {"hourly": True}) or event["detail-type"] == "Scheduled Event"


@pytest.mark.parametrize("path", [path for path in GOOD if function_of(path) in ("notifier", "metrics", "saga", "dispatch", "webhook-out", "outbox-relay")], ids=name)
def test_events_keep_their_schema_and_reach_the_function(path: Path) -> None:
    rules = {"notifier": ["NotifyRule", "OrderNewsRule", "SagaNewsRule"], "metrics": ["MetricsRule", "StockMetricsRule"], "saga": ["SagaRule"], "dispatch": ["DispatchRule"], "webhook-out": ["WebhooksRule"]}
    for record in json.loads(path.read_text()).get("Records", []):
        if function_of(path) == "outbox-relay":
            envelopes = json.loads(record["dynamodb"]["NewImage"]["events"]["S"])
        else:
            body = json.loads(record["body"])
            patterns = [TEMPLATE.resources[name]["Properties"]["EventPattern"] for name in rules[function_of(path)]]
            wanted = [kind for pattern in patterns for kind in pattern["detail-type"]]
            assert any(body["detail-type"] == kind if isinstance(kind, str) else body["detail-type"].startswith(kind["prefix"]) for kind in wanted)
            assert body["detail-type"] == body["detail"]["type"] and body["source"] == body["detail"]["source"]
            envelopes = [body["detail"]]
        for envelope in envelopes:
            schema = json.loads((ROOT / f"events/schemas/{envelope['type']}.json").read_text())
            jsonschema.validate(envelope["data"], schema, format_checker=jsonschema.FormatChecker())
            assert envelope["specversion"] == "1.0" and envelope["id"].startswith(f"{envelope['tenant']}:")


def test_signed_samples_are_signed() -> None:
    import hashlib
    import hmac

    secret = re.search(r"`(sample-secret[^`]+)`", (SAMPLES / "README.md").read_text())[1].encode()
    event = json.loads((SAMPLES / "status-webhook/shipped.json").read_text())
    assert event["headers"]["x-signature"] == "sha256=" + hmac.new(secret, event["body"].encode(), hashlib.sha256).hexdigest()
