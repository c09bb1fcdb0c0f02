"""A history that somebody alters in the table is found out."""

from __future__ import annotations

import json
import uuid

import boto3

from shop import Shop


# req: S2-89
def test_a_row_that_is_altered_is_found(shop: Shop) -> None:
    number = f"A-{uuid.uuid4().hex[:8]}"
    assert shop.place(number).status == 201
    assert shop.call("POST", f"/v1/orders/{number}/status", {"status": "processing", "notify": False}).status == 200
    audit = lambda: shop.call("GET", f"/v1/orders/{number}/audit").json  # noqa: E731
    before = audit()
    assert before["intact"] and before["whole"] and before["sealed_from"] == 1, before
    table = boto3.resource("dynamodb", **shop.aws()).Table(shop.env["env"]["TABLE_ORDERS"])
    key = {"PK": f"T#demo#O#{number}", "SK": "EVT#0000000002"}
    row = table.get_item(Key=key)["Item"]
    commit = json.loads(row["doc"])
    commit["actor"] = {"kind": "rule", "name": "nobody"}
    table.put_item(Item=row | {"doc": json.dumps(commit, separators=(",", ":"))})
    assert audit()["findings"] == ["version 2 is not what was sealed"]
    table.put_item(Item=row)
    assert audit() == before
    table.delete_item(Key=key)
    assert audit()["findings"] != []
