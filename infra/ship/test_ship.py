"""The two scripts that run after a deployment."""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber

sys.path.insert(0, str(Path(__file__).resolve().parent))

import rollback  # noqa: E402
import smoke  # noqa: E402

WELL = {
    ("GET", "/health"): (200, '{"status":"ok"}'),
    ("GET", "/openapi.json"): (200, '{"openapi":"3.1.0"}'),
    ("GET", "/chat"): (200, "<html>"),
    ("GET", "/console/login"): (200, "<form>"),
    ("GET", "/v1/orders"): (403, "{}"),
    ("POST", "/v1/hooks/nobody/none"): (401, "{}"),
    ("POST", "/v1/ask"): (200, '{"needs":["order_id"]}'),
}


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch):
    """A suite that answers as the table says."""
    monkeypatch.setattr(smoke, "PAUSE_S", 0.0)
    answers = dict(WELL)

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, text = answers.get((self.command, self.path), (404, ""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", answers
    server.shutdown()


# req: S0-45
def test_a_suite_that_is_well_passes_and_any_other_fails(suite, capsys: pytest.CaptureFixture[str]) -> None:
    url, answers = suite
    assert smoke.main([url, "--key", "of_demo_x"]) == 0
    assert capsys.readouterr().out.count("ok ") == 8
    for route, broken, what in [
        (("GET", "/health"), (500, "oh"), "the API is up: answered 500"),
        (("GET", "/chat"), (200, "nothing"), "customers can open the chat: the answer does not hold"),
        (("GET", "/v1/orders"), (200, "[]"), "nobody gets in without a key: answered 200 instead of 401"),
        (("POST", "/v1/ask"), (503, ""), "a question is answered: answered 503"),
    ]:
        answers[route] = broken
        assert smoke.main([url, "--key", "of_demo_x"]) == 1
        assert f"FAILED {what}" in capsys.readouterr().out
        answers[route] = WELL[route]
    assert smoke.main(["http://127.0.0.1:9"]) == 1


# req: S0-45
def test_a_rollback_moves_every_alias_to_the_version_before(capsys: pytest.CaptureFixture[str]) -> None:
    keys = {"region_name": "eu-central-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
    lambdas, formation = boto3.client("lambda", **keys), boto3.client("cloudformation", **keys)
    resource = {"LastUpdatedTimestamp": "2025-08-09T10:00:00Z", "ResourceStatus": "UPDATE_COMPLETE", "LogicalResourceId": "X"}
    rows = [{**resource, "ResourceType": "AWS::Lambda::Function", "PhysicalResourceId": name} for name in ("orderflow-ask", "orderflow-new")]
    rows.append({**resource, "ResourceType": "AWS::SQS::Queue", "PhysicalResourceId": "q"})
    with Stubber(lambdas) as at_lambda, Stubber(formation) as at_formation:
        at_formation.add_response("list_stack_resources", {"StackResourceSummaries": rows}, {"StackName": "orderflow-prod"})
        at_lambda.add_response("get_alias", {"FunctionVersion": "9"}, {"FunctionName": "orderflow-ask", "Name": "live"})
        versions = [{"Version": version} for version in ("$LATEST", "7", "9", "10", "8")]
        at_lambda.add_response("list_versions_by_function", {"Versions": versions}, {"FunctionName": "orderflow-ask"})
        moved = {"FunctionName": "orderflow-ask", "Name": "live", "FunctionVersion": "8", "RoutingConfig": {"AdditionalVersionWeights": {}}}
        at_lambda.add_response("update_alias", {}, moved)
        at_lambda.add_response("get_alias", {"FunctionVersion": "1"}, {"FunctionName": "orderflow-new", "Name": "live"})
        at_lambda.add_response("list_versions_by_function", {"Versions": [{"Version": "1"}]}, {"FunctionName": "orderflow-new"})
        assert rollback.roll_back(lambdas, formation, "orderflow-prod") == 1
        at_lambda.assert_no_pending_responses()
    assert capsys.readouterr().out == "orderflow-ask: version 9 -> 8\norderflow-new: version 1 is the first; it stays\n"
