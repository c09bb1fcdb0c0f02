"""How Slack's incoming webhooks and its file uploads answer, and how a post looks to people."""

from __future__ import annotations

import html
import json
import re
import threading
import urllib.parse
from collections.abc import Mapping

TEXT_CHARS_MAX = 40_000
BLOCKS_MAX = 50
ATTACHMENTS_MAX = 100
PATH = re.compile(r"^/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{4,}$")
EMOJI = {
    "warning": "⚠️", "truck": "🚚", "information_source": "ℹ️", "package": "📦", "white_check_mark": "✅",
    "x": "❌", "rotating_light": "🚨", "bar_chart": "📊", "chart_with_upwards_trend": "📈", "tada": "🎉",
}  # fmt: skip


def judge(path: str, content_type: str, body: bytes) -> tuple[int, str, dict | None]:
    """Slack's answer to a post: status, text and, if it is good, the payload."""
    if not PATH.match(path):
        return 404, "no_service" if path.startswith("/services/T") else "no_team", None
    raw: bytes | str = body
    if content_type.startswith("application/x-www-form-urlencoded"):
        fields = urllib.parse.parse_qs(body.decode("utf-8", "replace"))
        if "payload" not in fields:
            return 400, "invalid_payload", None
        raw = fields["payload"][0]
    try:
        payload = json.loads(raw)
    except (ValueError, RecursionError):
        return 400, "invalid_payload", None
    if not isinstance(payload, dict):
        return 400, "invalid_payload", None
    text, blocks, attachments = payload.get("text"), payload.get("blocks"), payload.get("attachments")
    if text is not None and not isinstance(text, str):
        return 400, "invalid_payload", None
    if isinstance(text, str) and len(text) > TEXT_CHARS_MAX:
        return 400, "msg_too_long", None
    if blocks is not None and not _are_blocks(blocks):
        return 400, "invalid_blocks", None
    if attachments is not None and not isinstance(attachments, list):
        return 400, "invalid_attachments", None
    if attachments and len(attachments) > ATTACHMENTS_MAX:
        return 400, "too_many_attachments", None
    if not (text and text.strip()) and not blocks and not attachments:
        return 400, "no_text", None
    return 200, "ok", payload


def _are_blocks(blocks: object) -> bool:
    return (
        isinstance(blocks, list)
        and len(blocks) <= BLOCKS_MAX
        and all(isinstance(block, dict) and isinstance(block.get("type"), str) for block in blocks)
    )


class Uploads:
    """Files on their way: an address is asked for, the file comes, then it is shown in a channel."""

    KEPT_MAX = 50

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: dict[str, dict] = {}

    def answer(self, base: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[dict, dict | None] | None:
        """What the Web API says, and the post that people see, if one comes of it. None: not its address."""
        method = path.removeprefix("/api/")
        if method not in ("files.getUploadURLExternal", "files.completeUploadExternal"):
            return None
        if not re.fullmatch(r"Bearer xoxb-[A-Za-z0-9-]+", headers.get("Authorization", "")):
            return {"ok": False, "error": "invalid_auth"}, None
        if method == "files.getUploadURLExternal":
            fields = urllib.parse.parse_qs(body.decode("utf-8", "replace"))
            name, length = fields.get("filename", [""])[0], fields.get("length", [""])[0]
            if not name or not length.isdigit() or int(length) == 0:
                return {"ok": False, "error": "invalid_arguments"}, None
            with self._lock:
                number = f"F{len(self._files) + 1:06d}"
                self._files[number] = {"name": name, "length": int(length), "bytes": None}
                if len(self._files) > self.KEPT_MAX:
                    self._files.pop(next(iter(self._files)))
            return {"ok": True, "upload_url": f"{base}/upload/v1/{number}", "file_id": number}, None
        try:
            asked = json.loads(body)
            files, channel = [self._files[file["id"]] for file in asked["files"]], asked.get("channel_id")
        except (ValueError, KeyError, TypeError):
            return {"ok": False, "error": "file_not_found"}, None
        if any(file["bytes"] is None for file in files):
            return {"ok": False, "error": "file_update_failed"}, None
        if channel and not re.fullmatch(r"[CGD][A-Z0-9]+", channel):
            return {"ok": False, "error": "channel_not_found"}, None
        shown = [{"name": file["name"], "bytes": len(file["bytes"])} for file in files]
        return {"ok": True, "files": asked["files"]}, {"text": asked.get("initial_comment", ""), "channel": channel, "files": shown}

    def take(self, path: str, body: bytes) -> tuple[int, str] | None:
        """A file arrives. None: not an address of ours."""
        with self._lock:
            file = self._files.get(path.removeprefix("/upload/v1/")) if path.startswith("/upload/v1/") else None
            if file is None:
                return (404, "no such upload") if path.startswith("/upload/") else None
            if len(body) != file["length"]:
                return 400, "length mismatch"
            file["bytes"] = body
            return 200, f"OK - {len(body)}"

    def file(self, number: str) -> bytes | None:
        with self._lock:
            return self._files.get(number, {}).get("bytes")


def render(text: str) -> str:
    """Slack's light markup as HTML. Only <...> written by the sender is markup; escaped brackets stay text."""
    parts = re.split(r"<([^<>]*)>", text)
    return "".join(_token(part) if index % 2 else _plain(part) for index, part in enumerate(parts)).replace("\n", "<br>")


def _plain(text: str) -> str:
    for entity, char in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(entity, char)
    out = html.escape(text)
    out = re.sub(r":([a-z_]+):", lambda found: EMOJI.get(found[1], found[0]), out)
    out = re.sub(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])", r"<b>\1</b>", out)
    out = re.sub(r"(?<!\w)_([^_\n]+)_(?!\w)", r"<i>\1</i>", out)
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", out)


def _token(token: str) -> str:
    target, _, label = token.partition("|")
    if re.match(r"(https?://|mailto:)", target):
        return f'<a rel="noreferrer" href="{html.escape(target)}">{html.escape(label or target)}</a>'
    return f"<mark>{html.escape(token)}</mark>"  # <!channel>, <@U123>: would have pinged people


def texts(payload: dict) -> list[str]:
    found = [payload["text"]] if payload.get("text") else []
    for part in [*(payload.get("blocks") or []), *(payload.get("attachments") or [])]:
        text = part.get("text") or part.get("fallback") if isinstance(part, dict) else None
        text = text.get("text") if isinstance(text, dict) else text
        if isinstance(text, str) and text not in found:
            found.append(text)
    return found
