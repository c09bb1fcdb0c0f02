"""Looks whether a deployed suite answers: `smoke.py https://<api>.execute-api.<region>.amazonaws.com [--key of_..]`.

It reads only, needs no credentials of AWS, and asks what every client depends on. With a publishable key it asks a question too, about
an order that does not exist: the answer says that authorizer, function and tables work together.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

TRIES, PAUSE_S = 5, 3.0  # a function that is new may be slow once


@dataclass(frozen=True)
class Check:
    """What is asked, and what the answer must hold."""

    what: str
    method: str
    path: str
    status: int
    holds: str
    headers: dict[str, str]
    body: bytes | None = None


def checks(key: str | None) -> Iterator[Check]:
    yield Check("the API is up", "GET", "/health", 200, '"ok"', {})
    yield Check("it describes itself", "GET", "/openapi.json", 200, '"openapi"', {})
    yield Check("customers can open the chat", "GET", "/chat", 200, "<html", {})
    yield Check("staff can open the console", "GET", "/console/login", 200, "<form", {})
    yield Check("nobody gets in without a key", "GET", "/v1/orders", 401, "", {})
    yield Check("nobody gets in with a wrong key", "GET", "/v1/orders", 403, "", {"X-API-Key": "of_nobody_0000000000000000000000000000000000000000000"})
    yield Check("webhooks without a signature are refused", "POST", "/v1/hooks/nobody/none", 401, "", {}, b"{}")
    if key:
        question = json.dumps({"question": "Where is my order 999999999? smoke@example.com"}).encode()
        yield Check("a question is answered", "POST", "/v1/ask", 200, '"needs"', {"X-API-Key": key, "Content-Type": "application/json"}, question)


def ask(base: str, check: Check) -> str | None:
    """None if all is well, else what is wrong."""
    request = urllib.request.Request(base + check.path, check.body, check.headers, method=check.method)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            status, text = response.status, response.read(2_000_000).decode("utf-8", "replace")
    except urllib.error.HTTPError as refused:
        status, text = refused.code, refused.read(100_000).decode("utf-8", "replace")
    except OSError as broken:
        return f"no answer: {broken}"
    # The gateway says 401 or 403 for the same thing, depending on what is missing.
    if status != check.status and {status, check.status} != {401, 403}:
        return f"answered {status} instead of {check.status}: {text[:200]}"
    return None if check.holds in text else f"the answer does not hold {check.holds!r}: {text[:200]}"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--key", help="a publishable key")
    options = parser.parse_args(arguments)
    failed = 0
    for check in checks(options.key):
        wrong: str | None = None
        for attempt in range(TRIES):
            if (wrong := ask(options.url.rstrip("/"), check)) is None:
                break
            if attempt + 1 < TRIES:
                time.sleep(PAUSE_S)
        print(f"{'ok    ' if wrong is None else 'FAILED'} {check.what}{'' if wrong is None else f': {wrong}'}")
        failed += wrong is not None
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
