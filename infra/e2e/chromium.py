"""Headless Chromium over its DevTools pipe: what the browser tests need of it, and nothing to install beside the browser itself."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Callable

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ANSWER_SECONDS_MAX = 60.0

Headers = dict[str, str]
Respond = Callable[[dict], tuple[int, Headers, str]]


def executable() -> str | None:
    """Where Chromium is on this machine; `CHROMIUM` names another one."""
    return os.environ.get("CHROMIUM") or next((found for name in NAMES if (found := shutil.which(name))), None)


class Broken(Exception):
    """The browser, or the page, does not do what it was told."""


class Chromium:
    """One browser process. Every page lives in a profile of its own."""

    def __init__(self, program: str) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        browser_reads, self._out = os.pipe()
        self._in, browser_writes = os.pipe()
        command = [
            program, "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={self._profile.name}", "--no-first-run", "--disable-gpu",
            "--disable-dev-shm-usage", "--disable-extensions", "--disable-background-networking", "--hide-scrollbars", "--lang=en-US",
            "--disable-features=LocalNetworkAccessChecks",  # a page that we answer ourselves counts as one from afar
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
        ]  # fmt: skip

        def pipes() -> None:  # the browser listens on descriptor 3 and speaks on 4; first out of the way of one another
            reads, writes = os.dup(browser_reads), os.dup(browser_writes)
            os.dup2(reads, 3)
            os.dup2(writes, 4)

        self._process = subprocess.Popen(
            command, preexec_fn=pipes, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(browser_reads)
        os.close(browser_writes)
        self._serial, self._unread = 0, b""
        self._pages: dict[str, Page] = {}

    def __enter__(self) -> Chromium:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        os.close(self._in)
        os.close(self._out)
        self._profile.cleanup()

    def page(self, width: int = 1280, height: int = 900) -> Page:
        """A page of a fresh profile: no cookies, nothing remembered."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", {"url": "about:blank", "browserContextId": context})["targetId"]
        session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        page = self._pages[session] = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        page.call("Page.setLifecycleEventsEnabled", {"enabled": True})
        page.size(width, height)
        return page

    def send(self, method: str, params: dict | None = None, session: str | None = None) -> int:
        """Tells without waiting for the answer."""
        self._serial += 1
        message = {"id": self._serial, "method": method, "params": params or {}, **({"sessionId": session} if session else {})}
        os.write(self._out, json.dumps(message).encode() + b"\0")
        return self._serial

    def call(self, method: str, params: dict | None = None, session: str | None = None) -> dict:
        """Tells and waits for the answer; what happens meanwhile goes to the pages."""
        serial = self.send(method, params, session)
        until = time.monotonic() + ANSWER_SECONDS_MAX
        while True:
            message = self._read(until - time.monotonic())
            if message is None:
                raise Broken(f"{method} was not answered within {ANSWER_SECONDS_MAX:.0f} s")
            if message.get("id") == serial:
                if "error" in message:
                    raise Broken(f"{method}: {message['error'].get('message')}")
                return message["result"]
            self._dispatch(message)

    def listen(self, seconds: float) -> None:
        """Lets things happen for at most so long, or until the first thing that does."""
        if message := self._read(seconds):
            self._dispatch(message)

    def _dispatch(self, message: dict) -> None:
        if page := self._pages.get(message.get("sessionId", "")):
            page._happened(message.get("method", ""), message.get("params", {}))

    def _read(self, seconds: float) -> dict | None:
        until = time.monotonic() + seconds
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._in], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                return None
            chunk = os.read(self._in, 1 << 16)
            if not chunk:
                raise Broken("Chromium has ended")
            self._unread += chunk
        text, _, self._unread = self._unread.partition(b"\0")
        return json.loads(text)


class Page:
    """One tab, driven as a person would: it goes somewhere, types, presses keys and looks."""

    def __init__(self, browser: Chromium, session: str) -> None:
        self._browser, self._session = browser, session
        self._loaded: set[str] = set()
        self._answers: dict[str, Respond] = {}
        self.complaints: list[str] = []  # of the console: errors, refusals of the content security policy, failed loads

    def call(self, method: str, params: dict | None = None) -> dict:
        return self._browser.call(method, params, self._session)

    def _happened(self, method: str, params: dict) -> None:
        if method == "Page.lifecycleEvent":
            if params["name"] == "load":
                self._loaded.add(params["loaderId"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(params["exceptionDetails"].get("exception", {}).get("description") or params["exceptionDetails"]["text"])
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}".strip())
        elif method == "Fetch.requestPaused":
            self._answer(params)

    def _answer(self, paused: dict) -> None:
        request, serial = paused["request"], paused["requestId"]
        respond = next((respond for start, respond in self._answers.items() if request["url"].startswith(start)), None)
        if respond is None:
            self._browser.send("Fetch.continueRequest", {"requestId": serial}, self._session)
            return
        status, headers, body = respond(request)
        if status == 0:  # nobody there
            self._browser.send("Fetch.failRequest", {"requestId": serial, "errorReason": "ConnectionRefused"}, self._session)
            return
        reply = {
            "requestId": serial,
            "responseCode": status,
            "responseHeaders": [{"name": name, "value": value} for name, value in headers.items()],
            "body": base64.b64encode(body.encode()).decode(),
        }
        self._browser.send("Fetch.fulfillRequest", reply, self._session)

    def stand_in(self, answers: dict[str, Respond]) -> None:
        """Answers requests to addresses that begin so, instead of the net."""
        self._answers = answers
        if answers:
            self.call("Fetch.enable", {"patterns": [{"urlPattern": f"{start}*"} for start in answers]})
        else:
            self.call("Fetch.disable")

    def size(self, width: int, height: int, scale: float = 1) -> None:
        """In CSS pixels. Zooming to 200 % is half of them at twice the scale."""
        self.call("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False})

    def prefer(self, **features: str) -> None:
        """`prefers-...` of the person: color_scheme="dark", reduced_motion="reduce"."""
        media = [{"name": f"prefers-{name.replace('_', '-')}", "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", {"features": media})

    def goto(self, url: str) -> None:
        """Loads a page and waits until it is there."""
        went = self.call("Page.navigate", {"url": url})
        if refused := went.get("errorText"):
            raise Broken(f"{url}: {refused}")
        if loader := went.get("loaderId"):  # none: only the fragment changed
            self._until(lambda: loader in self._loaded, f"{url} to load", 30)

    def js(self, expression: str) -> Any:
        """The value of an expression, awaited."""
        result = self.call("Runtime.evaluate", {"expression": expression, "awaitPromise": True, "returnByValue": True})
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise Broken(details.get("exception", {}).get("description") or details["text"])
        return result["result"].get("value")

    def wait(self, expression: str, what: str, seconds: float = 20) -> Any:
        """Waits until an expression is true."""
        return self._until(lambda: self.js(expression), what, seconds)

    def leads_to(self, flash: str, act: Callable[[], Any]) -> None:
        """Does something that leads to a page with this flash. The address has it only until the page's script has run."""
        self.js("window.isBefore = true")
        act()
        self.wait(f"!window.isBefore && document.querySelector('[data-flash]')?.dataset.flash === '{flash}'", f"the page that says {flash}")

    def _until(self, check: Callable[[], Any], what: str, seconds: float) -> Any:
        until = time.monotonic() + seconds
        while not (seen := check()):
            if time.monotonic() > until:
                said = self.js("document.querySelector('[role=status],[role=alert]')?.innerText")
                raise Broken(f"waited {seconds:.0f} s for {what}, at {self.js('location.href')}, which says {said!r}; complaints: {self.complaints}")
            self._browser.listen(0.05)
        return seen

    def type(self, text: str) -> None:
        """Types into what has the focus."""
        self.call("Input.insertText", {"text": text})

    def press(self, key: str, shift: bool = False) -> None:
        """Presses one key: "Enter", "Tab", "Escape" or a letter."""
        code = {"Enter": 13, "Tab": 9, "Escape": 27}.get(key, ord(key[0].upper()))
        text = "\r" if key == "Enter" else key if len(key) == 1 else ""
        stroke = {"key": key, "code": key if len(key) > 1 else f"Key{key.upper()}", "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        self.call("Input.dispatchKeyEvent", {"type": "keyDown" if text else "rawKeyDown", "text": text, **stroke})
        self.call("Input.dispatchKeyEvent", {"type": "keyUp", **stroke})

    def picture(self, path: Path, whole: bool = False) -> None:
        """Saves what is seen, or the whole page, as PNG."""
        self.call("Page.bringToFront")
        shot = self.call("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": whole})
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(shot["data"]))
