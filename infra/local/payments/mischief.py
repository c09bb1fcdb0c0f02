"""Switches for tests: what the next requests to a payment provider meet."""

from __future__ import annotations

import threading
from collections.abc import Iterable

HOWS = ("timeout_after", "decline_soft", "decline_hard", "error_500", "throttle")
DECLINABLE = ("create", "authorize", "capture", "void", "refund")
PLANS_MAX = 100


class Mischief:
    """Plans, each for some requests: the first that fits is taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plans: list[dict] = []

    def plan(self, wish: dict, providers: Iterable[str]) -> str | None:
        """What is wrong with it, if something is. Without a provider or an operation it is about all of them."""
        plan = {"provider": wish.get("provider", ""), "operation": wish.get("operation", ""), "how": wish.get("how")}
        if plan["how"] not in HOWS:
            return f"how is one of {', '.join(HOWS)}"
        if plan["provider"] not in ("", *providers):
            return f"provider is one of {', '.join(providers)}"
        if plan["how"].startswith("decline") and plan["operation"] not in ("", *DECLINABLE):
            return f"only these are declined: {', '.join(DECLINABLE)}"
        with self._lock:
            self._plans = [*self._plans, {**plan, "times": int(wish.get("times", 1)), "about": str(wish.get("about", ""))}][-PLANS_MAX:]
        return None

    def clear(self) -> None:
        with self._lock:
            self._plans = []

    def take(self, provider: str, operation: str, text: str) -> str:
        """What this request meets, which this text is about; "" for nothing."""
        with self._lock:
            for plan in self._plans:
                fits = plan["provider"] in ("", provider) and plan["operation"] in ("", operation) and plan["about"] in text
                if fits and (operation in DECLINABLE or not plan["how"].startswith("decline")) and plan["times"] > 0:
                    plan["times"] -= 1
                    self._plans = [plan for plan in self._plans if plan["times"] > 0]
                    return plan["how"]
        return ""
