"""`make ask Q='Where is my order 1001? Email: john.smith@example.com'`: asks the running suite."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request

import known


def main(question: str) -> int:
    env = known.load()
    key = env["keys"].get("publishable_key") or env["keys"].get("api_key") or ""
    request = urllib.request.Request(
        f"{env['api_url']}/v1/ask",
        json.dumps({"question": question}).encode(),
        {"Content-Type": "application/json", "X-API-Key": key},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            status, body = response.status, response.read()
    except urllib.error.HTTPError as refused:
        status, body = refused.code, refused.read()
    try:
        answer = json.loads(body)
        print(answer.get("answer") if isinstance(answer, dict) and answer.get("answer") else json.dumps(answer, indent=2, ensure_ascii=False))
    except ValueError:
        print(body.decode("utf-8", "replace"))
    return 0 if status == 200 else 1


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
