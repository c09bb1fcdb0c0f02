"""The stand-in for Saleor answers as the real one does."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator

import jwt
import pytest
import saleor

SHOP = "/saleor/shop.saleor.example"
LIST = "query($since: DateTime!) { orders(first: 1, filter: {updatedAt: {gte: $since}}) { pageInfo { hasNextPage } edges { node { number status } } } }"
CANCEL = "mutation($id: ID!) { done: orderCancel(id: $id) { errors { field code } } }"


class Listener(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.headers["Saleor-Event"], self.headers["Saleor-Signature"], body))  # type: ignore[attr-defined]
        self.send_response(202)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture
def listener() -> Iterator[http.server.HTTPServer]:
    server = http.server.HTTPServer(("127.0.0.1", 0), Listener)
    server.heard = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


class Rig:
    def __init__(self, target: str) -> None:
        self.saleors = saleor.Saleors()
        self.put("", {"token": "t", "target": target})

    def put(self, switch: str, wish: dict) -> object:
        said = self.saleors.answer("PUT", f"{SHOP}{switch}", {}, json.dumps(wish).encode())
        return said.content if said else None

    def ask(self, query: str, variables: dict | None = None, token: str = "t") -> tuple[int, dict] | None:
        body = json.dumps({"query": query, "variables": variables or {}}).encode()
        said = self.saleors.answer("POST", f"{SHOP}/graphql/", {"Authorization": f"Bearer {token}"}, body)
        return (said.status, said.content) if said else None  # type: ignore[return-value]


def test_what_it_tells_is_signed_by_its_own_key_over_the_raw_body(listener: http.server.HTTPServer) -> None:
    rig = Rig(f"http://127.0.0.1:{listener.server_port}/hook")
    rig.put("/orders", {"number": 7, "email": "ann@shop.example", "lines": [["MUG", 2, "9.99"]]})
    rig.saleors.settled()
    [(event, signature, body)] = listener.heard  # type: ignore[attr-defined]
    assert (event, json.loads(body)["__typename"], json.loads(body)["order"]["number"]) == ("order_created", "OrderCreated", "7")
    keys = rig.saleors.answer("GET", f"{SHOP}/.well-known/jwks.json", {}, b"").content["keys"]  # type: ignore[union-attr, index, call-overload]
    key = jwt.PyJWK(keys[0])
    header, _, proof = signature.split(".")
    assert jwt.api_jws.decode(f"{header}..{proof}", key, algorithms=["RS256"], detached_payload=body) == body
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.api_jws.decode(f"{header}..{proof}", key, algorithms=["RS256"], detached_payload=body + b" ")


def test_it_takes_what_its_schema_knows_from_whom_it_knows() -> None:
    rig = Rig("http://127.0.0.1:1/nobody")
    order = rig.put("/orders", {"number": 7, "email": "ann@shop.example", "lines": [["MUG", 2, "9.99"]], "silent": True})
    status, said = rig.ask("{ orders(first: 1) { edges { node { colour } } } }") or (0, {})
    assert (status, "colour" in said["errors"][0]["message"]) == (400, True)
    assert rig.ask("{ orders")[0] == 400  # type: ignore[index]
    status, said = rig.ask(LIST, {"since": "2025-01-01T00:00:00Z"}, token="another") or (0, {})
    assert (status, said["errors"][0]["extensions"]["exception"]["code"]) == (200, "PermissionDenied")
    status, said = rig.ask(LIST, {"since": "2025-01-01T00:00:00Z"}) or (0, {})
    assert said["data"]["orders"]["edges"] == [{"node": {"number": "7", "status": "UNFULFILLED"}}]
    _, said = rig.ask(LIST, {"since": "2999-01-01T00:00:00Z"}) or (0, {})
    assert said["data"]["orders"]["edges"] == []
    _, said = rig.ask(CANCEL, {"id": "bm9uZQ=="}) or (0, {})
    assert said["data"]["done"]["errors"] == [{"field": "order", "code": "NOT_FOUND"}]
    rig.put("/mischief", {"how": "timeout_after"})
    assert rig.ask(CANCEL, {"id": order["id"]}) is None, "it is done, and nobody hears of it"  # type: ignore[index]
    _, said = rig.ask(CANCEL, {"id": order["id"]}) or (0, {})  # type: ignore[index]
    assert said["data"]["done"]["errors"] == [{"field": "order", "code": "CANNOT_CANCEL_ORDER"}]
