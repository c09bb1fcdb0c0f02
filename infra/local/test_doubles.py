"""The stand-ins answer as the real ones do."""

from __future__ import annotations

import email.policy
import json
import smtplib
import threading
from email.message import EmailMessage

import doubles
import mails
import pytest
import slack

PATH = "/services/T000/B000/demo"


def judge(payload: object, path: str = PATH, content_type: str = "application/json") -> tuple[int, str]:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return slack.judge(path, content_type, body)[:2]


def test_slack_takes_what_slack_takes() -> None:
    assert judge({"text": "hello"}) == (200, "ok")
    assert judge({"blocks": [{"type": "divider"}]}) == (200, "ok")
    assert judge({"attachments": [{"fallback": "x"}]}) == (200, "ok")
    assert judge(b"payload=%7B%22text%22%3A%22hi%22%7D", content_type="application/x-www-form-urlencoded") == (200, "ok")


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        (b"not json", (400, "invalid_payload")),
        (b"[" * 100_000, (400, "invalid_payload")),
        ([], (400, "invalid_payload")),
        ({"text": 7}, (400, "invalid_payload")),
        ({}, (400, "no_text")),
        ({"text": "  "}, (400, "no_text")),
        ({"text": "x" * 40_001}, (400, "msg_too_long")),
        ({"text": "x", "blocks": [{}]}, (400, "invalid_blocks")),
        ({"text": "x", "blocks": [{"type": "divider"}] * 51}, (400, "invalid_blocks")),
        ({"attachments": {}}, (400, "invalid_attachments")),
        ({"attachments": [{}] * 101}, (400, "too_many_attachments")),
    ],
)
def test_slack_refuses_what_slack_refuses(payload: object, answer: tuple[int, str]) -> None:
    assert judge(payload) == answer


def test_slack_knows_its_addresses() -> None:
    assert judge({"text": "x"}, "/services/T000/B000/") == (404, "no_service")
    assert judge({"text": "x"}, "/elsewhere") == (404, "no_team")


def test_a_file_is_seen_when_it_is_shown_in_a_channel() -> None:
    uploads, token = slack.Uploads(), {"Authorization": "Bearer xoxb-1-a"}
    base, ask, show = "http://x", "/api/files.getUploadURLExternal", "/api/files.completeUploadExternal"
    assert uploads.answer(base, "/elsewhere", token, b"") is None and uploads.take("/elsewhere", b"") is None
    assert uploads.answer(base, ask, {}, b"filename=a&length=3") == ({"ok": False, "error": "invalid_auth"}, None)
    assert uploads.answer(base, ask, token, b"filename=a") == ({"ok": False, "error": "invalid_arguments"}, None)
    said, post = uploads.answer(base, ask, token, b"filename=a.xlsx&length=3")
    assert post is None and said["upload_url"] == f"http://x/upload/v1/{said['file_id']}"
    shown = json.dumps({"files": [{"id": said["file_id"]}], "channel_id": "C01", "initial_comment": "*hi*"}).encode()
    assert uploads.answer(base, show, token, shown) == ({"ok": False, "error": "file_update_failed"}, None)
    assert uploads.take(f"/upload/v1/{said['file_id']}", b"ab") == (400, "length mismatch")
    assert uploads.take(f"/upload/v1/{said['file_id']}", b"abc") == (200, "OK - 3")
    answer, post = uploads.answer(base, show, token, shown)
    assert answer["ok"] and post == {"text": "*hi*", "channel": "C01", "files": [{"name": "a.xlsx", "bytes": 3}]}
    assert uploads.file(said["file_id"]) == b"abc"


def test_a_planned_failure_meets_the_posts_it_is_about() -> None:
    failure = doubles.Failure()
    assert failure.take(b"x") == {}
    failure.plan({"status": 429, "times": 1, "about": "#1001 "})
    assert failure.take(b"order #1002 shipped") == {}
    assert failure.take(b"order #1001 shipped")["status"] == 429
    assert failure.take(b"order #1001 shipped") == {}
    failure.plan({"status": 200, "delay_s": 10**9})
    assert failure.take(b"")["delay_s"] == doubles.DELAY_S_MAX


def test_only_the_senders_markup_is_markup() -> None:
    assert slack.render(":truck: *Shipped* <mailto:a@b.co|a@b.co>") == '🚚 <b>Shipped</b> <a rel="noreferrer" href="mailto:a@b.co">a@b.co</a>'
    assert slack.render("&lt;script&gt; <script> <javascript:alert(1)|x>") == "&lt;script&gt; <mark>script</mark> <mark>javascript:alert(1)|x</mark>"


def test_mail_arrives_whole() -> None:
    got: list[tuple[str, list[str], bytes]] = []
    server = mails.smtp_server(0, lambda *mail: got.append(mail))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    message = EmailMessage(policy=email.policy.SMTP.clone(cte_type="7bit"))
    message["From"], message["To"], message["Subject"] = "shop@example.com", "Zoë <zoe@example.com>", "Unterwegs ✓"
    message.set_content("héllo\n.\n..dots\n")
    message.add_alternative("<p>héllo</p>", subtype="html")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="delayed.pdf")
    with smtplib.SMTP("127.0.0.1", server.server_address[1]) as connection:
        connection.sendmail("shop@example.com", ["zoe@example.com"], message.as_bytes())
    server.shutdown()
    (sender, recipients, raw), shown = got[0], mails.read(got[0][2])
    assert (sender, recipients) == ("shop@example.com", ["zoe@example.com"])
    assert raw.replace(b"\r\n", b"\n") == message.as_bytes().replace(b"\r\n", b"\n")
    assert shown["subject"] == "Unterwegs ✓" and "..dots" in shown["text"] and "héllo" in shown["html"]
    assert shown["attachments"] == [{"name": "delayed.pdf", "type": "application/pdf", "bytes": 8}]
