"""Photos of orders through the deployed functions: the picture as the body, the link, the console's own way, the erasure."""

from __future__ import annotations

import base64
import urllib.error
import urllib.request

import pytest

from shop import Shop
from test_attention import WatchedShop

# A JPEG of one grey dot, and what a camera would write beside it.
DOT = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/wAALCAABAAEBAREA"
    "/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AVN//2Q=="
)
PLACE = b"GPS 52.2297 N 21.0122 E"
PHOTOGRAPH = DOT[:2] + b"\xff\xfe" + (len(PLACE) + 2).to_bytes(2, "big") + PLACE + DOT[2:]


def fetched(url: str) -> tuple[int, str, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.headers["content-type"], answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, "", b""


@pytest.fixture
def packing(shop: Shop) -> WatchedShop:
    packing = WatchedShop(shop)
    packing.place("P-1", hours_ago=1)
    return packing


def send(packing: WatchedShop, kind: str, body: bytes, content_type: str = "image/jpeg", key: str = ""):
    path = f"/v1/orders/P-1/photos/{kind}"
    return packing.shop.call("POST", path, body, key=key or packing.key, headers={"Content-Type": content_type})


# req: S1-36
def test_a_photo_comes_back_without_what_the_camera_wrote(packing: WatchedShop) -> None:
    added = send(packing, "packing", PHOTOGRAPH)
    assert added.status == 201, added.body
    assert send(packing, "packing", PHOTOGRAPH).status == 200, "the same picture is one"
    assert send(packing, "shipping", DOT + b"behind its end").status == 201
    status, content_type, picture = fetched(added.json["link"])
    assert (status, content_type, picture) == (200, "image/jpeg", DOT), "nobody has to sign in, and bytes stay bytes on their way"
    listed = packing.call("GET", "/v1/orders/P-1/photos")["photos"]
    assert [(photo["kind"], photo["photo_id"]) for photo in listed] == [(kind, added.json["photo_id"]) for kind in ("packing", "shipping")]
    entries = [entry for entry in packing.call("GET", "/v1/orders/P-1/timeline")["timeline"] if entry["event"] == "photo_added"]
    assert [entry["text"] for entry in entries] == ["Photo of packing", "Photo of shipping"]
    assert all(fetched(entry["photo"]["link"])[0] == 200 for entry in entries)
    # Another shop with an order of the same number sees nothing of it.
    other = WatchedShop(packing.shop)
    assert send(packing, "packing", DOT, key=other.key).status == 404
    other.place("P-1", hours_ago=1)
    assert other.call("GET", "/v1/orders/P-1/photos") == {"photos": []}


# req: S1-36
def test_what_is_no_photo_is_refused(packing: WatchedShop) -> None:
    for body, content_type, status in [(b"GIF89a", "image/gif", 422), (DOT[:40], "image/jpeg", 422), (DOT, "text/plain", 415), (b"\xff" * (4 * 1024 * 1024 + 1), "image/jpeg", 413)]:
        refused = send(packing, "packing", body, content_type)
        assert refused.status == status and refused.json["detail"], (content_type, refused.body)
    assert packing.call("GET", "/v1/orders/P-1/photos") == {"photos": []}
    large = DOT[:2] + b"\xff\xfe\xff\xff" + b"x" * 0xFFFD + DOT[2:] + b"y" * (4 * 1024 * 1024 - 100_000)
    assert send(packing, "packing", large).status == 201, "4 MB get through the gateway"


# req: S1-36, X-08
def test_photos_are_deleted_with_the_customer(packing: WatchedShop) -> None:
    link = send(packing, "packing", PHOTOGRAPH).json["link"]
    assert fetched(link)[0] == 200
    erased = packing.call("POST", "/v1/privacy/erase", {"email": f"ann@{packing.tenant}.example"})
    assert erased["orders"] == 1, erased
    assert fetched(link)[0] in (403, 404), "also a link that was given out before"
    assert packing.call("GET", "/v1/orders/P-1/photos") == {"photos": []}
    refused = send(packing, "packing", PHOTOGRAPH)
    assert (refused.status, "erased" in refused.json["detail"]) == (409, True), refused.body
