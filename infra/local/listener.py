"""Whoever is told by webhook: takes what is signed as Standard Webhooks say, and reacts as it is told.

    POST /platforms/listen/<name>   a webhook: 204, 401 for a bad signature, or what was planned
    PUT  /listen/<name>             {"secret": "whsec_…", "answers": [500, 410]}   what is signed with, and what the next ones get
    GET  /listen/<name>             what came in as JSON, oldest first
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict, deque
from collections.abc import Mapping

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

KEPT_MAX = 500


class Listeners:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._secrets: dict[str, str] = {}
        self._plans: dict[str, list[int]] = defaultdict(list)
        self._heard: dict[str, deque[dict]] = defaultdict(lambda: deque(maxlen=KEPT_MAX))

    def plan(self, name: str, wish: dict) -> None:
        with self._lock:
            if secret := wish.get("secret"):
                self._secrets[name] = secret
            self._plans[name] = [int(status) for status in wish.get("answers", [])]

    def heard(self, name: str) -> list[dict]:
        with self._lock:
            return list(self._heard[name])

    def take(self, name: str, headers: Mapping[str, str], body: bytes) -> tuple[int, dict, dict | None]:
        """Status, answer and, if it was taken, what to show of it."""
        sent = {key: headers.get(key, "") for key in ("webhook-id", "webhook-timestamp", "webhook-signature")}
        with self._lock:
            secret = self._secrets.get(name)
            status = self._plans[name].pop(0) if self._plans[name] else 204
        if secret is not None:
            try:
                Webhook(secret).verify(body, sent)
            except WebhookVerificationError as why:
                return 401, {"error": str(why)}, None
        try:
            said = json.loads(body)
        except ValueError:
            return 400, {"error": "not JSON"}, None
        with self._lock:
            self._heard[name].append({"id": sent["webhook-id"], "signatures": len(sent["webhook-signature"].split()), "status": status, **said})
        data = said.get("data", {})
        about = data.get("order_id") or data.get("sku") or data.get("message", "")
        shown = {"channel": "webhook", "to": name, "text": f"{said.get('type')}: {about}", "id": sent["webhook-id"]}
        return status, {}, shown if 200 <= status < 300 else None
