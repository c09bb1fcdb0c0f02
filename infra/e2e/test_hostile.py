"""Requests that no decent client sends, through the deployed template: never the server's fault."""

from __future__ import annotations

import http.client
import json
import socket
import urllib.parse
import uuid

import pytest
from shop import Answer, Shop


def raw(shop: Shop, verb: str, target: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
    """One request whose first line and headers are sent as they are."""
    url = urllib.parse.urlsplit(shop.env["api_url"])
    sent = {"Host": url.netloc, "Authorization": f"Bearer {shop.keys['api_key']}", "Content-Length": str(len(body)), **(headers or {}), "Connection": "close"}
    head = f"{verb} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in sent.items()) + "\r\n"
    with socket.create_connection((url.hostname, url.port), timeout=60) as stream:
        stream.sendall(head.encode("latin-1") + body)
        response = http.client.HTTPResponse(stream, method=verb)
        response.begin()
        return Answer(response.status, response.headers, response.read())


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/v1/orders/%00", 404),
        ("/v1/orders/%2e%2e", 404),
        ("/v1/orders/..%2f..%2fetc%2fpasswd", 404),
        ("/v1/orders/%ff", 404),
        ("/v1/orders/1001%3Fa%23b", 404),
        ("/v1/orders/" + "9" * 3000, 404),
        ('/v1/orders?status="shipped"', 422),
        ("/v1/orders?x=|{}^`", 422),
        ("/v1/orders?limit=%00", 422),
        ("/v1/orders?limit=1&limit=2", 422),
        ("/v1/inbox/order-status/" + "9" * 2500 + "/replay", 405),
    ],
)
def test_odd_targets(shop: Shop, target: str, status: int) -> None:
    answer = raw(shop, "GET", target)
    assert answer.status == status, answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("headers", [{"Host": "a b"}, {"Host": "[::1"}, {"X-Forwarded-Proto": "java script"}, {"X-Odd": "\xfc\xff"}, {"X-Tenant-Id": "other"}])
def test_odd_headers(shop: Shop, headers: dict[str, str]) -> None:
    answer = raw(shop, "GET", "/v1/orders?limit=1", headers)
    assert answer.status == 200, answer.body


def test_odd_bodies(shop: Shop) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex, "Content-Type": "application/json"}
    line = {"sku": "S", "name": "漢" * 200, "quantity": 1, "unit_price": "0.01"}
    large = {"currency": "USD", "customer": {"name": "Ann"}, "items": [line] * 1000}
    for path, body, status in [
        ("/v1/ask", b"x" * 5_000_000, 413),
        ("/v1/ask", b'{"question":' + b"[" * 20_000, 400),
        ("/v1/orders", b"[" * 500_000, 400),
        ("/v1/orders", b'["5001",null,"web","USD"]', 422),
        ("/v1/orders", json.dumps(large, ensure_ascii=False).encode(), 422),
        ("/v1/imports/orders", b"\0" * 1000, 400),
    ]:
        answer = raw(shop, "POST", path, key, body)
        assert answer.status == status, (path, body[:40], answer.body)
    everything = raw(shop, "POST", "/v1/orders", key, b'{"currency":7,"customer":{"name":null},"items":[{"sku":"A","quantity":"2"}],"paid":true}')
    fields = {error["field"] for error in everything.json["errors"]}
    assert fields == {"currency", "customer.name", "items[0].quantity", "items[0].unit_price", "paid"}, everything.body
    answer = raw(shop, "DELETE", "/v1/orders")
    assert (answer.status, set(answer.headers["Allow"].split(","))) == (405, {"GET", "HEAD", "POST"})


def test_the_largest_order_is_stored_and_read(shop: Shop) -> None:
    line = {"sku": "S", "name": "漢" * 67, "quantity": 1, "unit_price": "0.01"}
    placed = shop.place(items=[line] * 1000)
    assert placed.status == 201, placed.body
    read = shop.call("GET", f"/v1/orders/{placed.json['order_id']}")
    assert len(read.json["items"]) == 1000
