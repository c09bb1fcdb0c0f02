"""Sends the providers' events to who has registered for them, signed as each provider signs."""

from __future__ import annotations

import http.client
import json
import queue
import threading
import time
from collections.abc import Callable

import platforms

HOOKS_MAX = 50
WAITING_MAX = 2_000
TRIES = 3
MOMENT_S = 0.2  # between a change and its event
PAUSE_S = 1.0  # between two tries
Sign = Callable[[str, bytes], dict[str, str]]


class Hooks:
    """One thread sends what happens, in the order in which it happens."""

    def __init__(self, signs: dict[str, Sign]) -> None:
        self._signs = signs
        self._lock = threading.Lock()
        self._hooks: dict[tuple[str, str], dict] = {}
        self._waiting: queue.Queue[tuple[dict, bytes, float]] = queue.Queue(WAITING_MAX)
        self._thread: threading.Thread | None = None

    def register(self, provider: str, url: str, secret: str) -> None:
        """Again for the same address: with another secret."""
        with self._lock:
            self._hooks[provider, url] = {"provider": provider, "url": url, "secret": secret, "taken": 0, "dropped": 0}
            if len(self._hooks) > HOOKS_MAX:
                del self._hooks[next(iter(self._hooks))]
            if self._thread is None:
                self._thread = threading.Thread(target=self._send_all, daemon=True)
                self._thread.start()

    def all(self) -> list[dict]:
        with self._lock:
            return [{name: value for name, value in hook.items() if name != "secret"} for hook in self._hooks.values()]

    def clear(self) -> None:
        with self._lock:
            self._hooks.clear()

    def tell(self, provider: str, event: dict) -> None:
        """It is written down now, because what it is about goes on changing."""
        body = json.dumps(event, ensure_ascii=False).encode()
        with self._lock:
            hooks = [hook for hook in self._hooks.values() if hook["provider"] == provider]
        for hook in hooks:
            try:
                self._waiting.put_nowait((hook, body, time.monotonic() + MOMENT_S))
            except queue.Full:
                hook["dropped"] += 1

    def _send_all(self) -> None:
        while True:
            hook, body, due = self._waiting.get()
            time.sleep(max(0.0, due - time.monotonic()))
            hook["taken" if self._is_taken(hook, body) else "dropped"] += 1

    def _is_taken(self, hook: dict, body: bytes) -> bool:
        for another in range(TRIES):
            time.sleep(PAUSE_S if another else 0)
            headers = {"Content-Type": "application/json", **self._signs[hook["provider"]](hook["secret"], body)}
            try:
                if 200 <= platforms.call(hook["url"], headers, body) < 300:
                    return True
            except (OSError, http.client.HTTPException, ValueError):
                continue
        return False
