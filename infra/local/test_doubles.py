"""The stand-ins answer as the real ones do."""

from __future__ import annotations

import base64
import email.policy
import json
import smtplib
import threading
import time
from email.message import EmailMessage

import doubles
import google
import mails
import pytest
import slack
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

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


class Account:
    """A service account, as an application signs in with it."""

    ADDRESS = "http://x/google/token"

    def __init__(self, known_to: google.Google, name: str = "reader@x.example") -> None:
        private, public = google.key_pair()
        self.name, self.key = name, load_pem_private_key(private.encode(), None)
        known_to.know(name, public)

    def assertion(self, **other: object) -> bytes:
        now = int(time.time())
        claims = {"iss": self.name, "scope": google.SCOPE, "aud": self.ADDRESS, "iat": now, "exp": now + 3600, **other}
        packed = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": "RS256", "typ": "JWT"}, claims)]
        signature = self.key.sign(b".".join(packed), padding.PKCS1v15(), SHA256())
        return b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=" + b".".join([*packed, base64.urlsafe_b64encode(signature).rstrip(b"=")])


OPTIONS = "?majorDimension=ROWS&valueRenderOption=UNFORMATTED_VALUE&dateTimeRenderOption=SERIAL_NUMBER"


def test_google_gives_a_token_for_an_assertion_that_is_right_in_every_part() -> None:
    double = google.Google()
    account = Account(double)
    code, said = double.sign_in(Account.ADDRESS, account.assertion())
    assert code == 200 and said["token_type"] == "Bearer" and said["expires_in"] == 3599
    now = int(time.time())
    for body, error in [
        (b"", "unsupported_grant_type"),
        (account.assertion() + b"x", "invalid_grant"),
        (account.assertion(aud="http://elsewhere"), "invalid_grant"),
        (account.assertion(exp=now + 7200), "invalid_grant"),
        (account.assertion(iat=now - 4000, exp=now - 400), "invalid_grant"),
        (account.assertion(iss="nobody@x.example"), "invalid_grant"),
        (account.assertion(scope="https://www.googleapis.com/auth/spreadsheets"), "invalid_scope"),
        (account.assertion(iat=None), "invalid_request"),
        (account.assertion().split(b"&")[0] + b"&assertion=x", "invalid_request"),
    ]:
        code, said = double.sign_in(Account.ADDRESS, body)
        assert (code, said["error"]) == (400, error)


def test_a_google_sheet_is_read_by_those_it_is_shared_with() -> None:
    double = google.Google()
    account = Account(double)
    bearer = "Bearer " + double.sign_in(Account.ADDRESS, account.assertion())[1]["access_token"]
    rows = [["OrderID", "ETA"], ["1001", "2025-08-10"], ["", ""], ["A-1", "soon", ""], [""]]
    assert double.keep("b", {"Orders": rows, "It's": [["x"]]}, [account.name]) and double.keep("private", {"S": []}, [])
    assert double.read("/v4/spreadsheets/b?fields=sheets.properties.title", bearer) == (200, {"sheets": [{"properties": {"title": "Orders"}}, {"properties": {"title": "It's"}}]})
    code, said = double.read(f"/v4/spreadsheets/b/values/%27Orders%27%211%3A100{OPTIONS}", bearer)
    assert code == 200 and said["values"] == [["OrderID", "ETA"], [1001, 45879], [], ["A-1", "soon"]], "numbers are numbers, tails are cut"
    assert double.read(f"/v4/spreadsheets/b/values/'It''s'!1:9{OPTIONS}", bearer)[1]["values"] == [["x"]]
    statuses = {path: double.read(path, bearer)[1]["error"]["status"] for path in ("/v4/spreadsheets/none", "/v4/spreadsheets/private", f"/v4/spreadsheets/b/values/'No'!1:2{OPTIONS}", "/v4/spreadsheets/b/values/'Orders'!1:2")}
    assert list(statuses.values()) == ["NOT_FOUND", "PERMISSION_DENIED", "INVALID_ARGUMENT", "INVALID_ARGUMENT"]
    double.revoke(account.name)
    assert double.read("/v4/spreadsheets/b", bearer)[0] == 401 and double.sign_in(Account.ADDRESS, account.assertion())[1]["error"] == "invalid_grant"


def test_a_person_types_into_the_sheet() -> None:
    double = google.Google()
    double.keep("b", {"Orders": [["OrderID", "Status"], ["1", "<b>"]]}, [])
    form = google.table(double.book("b")["worksheets"]["Orders"])
    assert 'name="1.1" value="&lt;b&gt;" aria-label="Status, row 2"' in form
    double.type_in("b", google.typed(b"1.1=Shipped&0.9=out&77.0=out&x.y=z"))
    assert double.book("b")["worksheets"]["Orders"] == [["OrderID", "Status"], ["1", "Shipped"]]
