"""`make hook ORDER=1001 STATUS=Delivered`: a signed status webhook, as a shop's system sends it. Prints the curl that does the same."""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import shlex
import sys
import time
import urllib.error
import urllib.request

import known


def sign(webhook: dict, body: bytes, message_id: str) -> dict[str, str]:
    """The headers that prove where a body comes from, in the endpoint's scheme."""
    secret = webhook["secret"]
    if webhook["scheme"] == "hmac":
        return {"X-Signature": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}
    stamp = str(int(time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.new(key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()).decode()
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": f"v1,{signature}"}


def webhook_of(env: dict) -> dict:
    """The demo shop's endpoint as bootstrap printed it."""
    webhook = env["keys"].get("webhook")
    if not webhook:
        sys.exit("the demo shop has no webhook yet: orderctl bootstrap hasn't run")
    return {"secret": webhook["secret"], "scheme": webhook["scheme"], "url": env["api_url"] + webhook["path"]}


def command(env: dict, order: str, status: str, email: str) -> tuple[str, bytes, dict[str, str]]:
    """Address, body and headers of one status report."""
    webhook = webhook_of(env)
    body = json.dumps({"orderId": order, "status": status, "email": email}).encode()
    headers = sign(webhook, body, f"msg_{hashlib.sha256(body).hexdigest()[:16]}")
    return webhook["url"], body, {"Content-Type": "application/json", **headers}


def as_curl(url: str, body: bytes, headers: dict[str, str]) -> str:
    shown = " ".join(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items())
    return f"curl -s {url} {shown} -d {shlex.quote(body.decode())}"


def main() -> int:
    env = known.load()
    example = env["keys"].get("example") or {}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--order", default=example.get("order", "1001"))
    parser.add_argument("--status", default="Delivered")
    parser.add_argument("--email", default=example.get("email", "john.smith@example.com"))
    options = parser.parse_args()
    url, body, headers = command(env, options.order, options.status, options.email)
    print(as_curl(url, body, headers), file=sys.stderr)
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30) as response:
            print(response.status, response.read().decode())
            return 0
    except urllib.error.HTTPError as refused:
        print(refused.code, refused.read().decode())
        return 1


if __name__ == "__main__":
    sys.exit(main())
