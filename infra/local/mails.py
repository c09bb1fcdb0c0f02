"""A mailbox for what SES sends: the emulator relays every mail here, whole (its own record drops attachments)."""

from __future__ import annotations

import email
import email.policy
import socketserver
from email.message import EmailMessage
from typing import Callable

MAIL_BYTES_MAX = 12 * 1024 * 1024


def smtp_server(port: int, deliver: Callable[[str, list[str], bytes], None]) -> socketserver.ThreadingTCPServer:
    """The few words of SMTP that a relay on the same machine speaks."""

    class Session(socketserver.StreamRequestHandler):
        timeout = 30

        def handle(self) -> None:
            sender, recipients = "", []
            self._say(220, "local mailbox")
            while line := self.rfile.readline(2048):
                verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
                match verb.upper():
                    case "EHLO" | "HELO" | "NOOP":
                        self._say(250, "ok")
                    case "RSET":
                        sender, recipients = "", []
                        self._say(250, "ok")
                    case "MAIL":
                        sender, recipients = _address(rest), []
                        self._say(250, "ok")
                    case "RCPT":
                        recipients.append(_address(rest))
                        self._say(250, "ok")
                    case "DATA":
                        self._say(354, "go on, end with a dot")
                        content = self._content()
                        if content is None:
                            return self._say(552, "too large")
                        deliver(sender, recipients, content)
                        self._say(250, "kept")
                    case "QUIT":
                        return self._say(221, "bye")
                    case _:
                        self._say(502, "not here")

        def _content(self) -> bytes | None:
            lines, total = [], 0
            while (line := self.rfile.readline(65536)) not in (b".\r\n", b""):
                line = line.removeprefix(b".") if line.startswith(b"..") else line
                total += len(line)
                if total > MAIL_BYTES_MAX:
                    return None
                lines.append(line)
            return b"".join(lines)

        def _say(self, code: int, text: str) -> None:
            self.wfile.write(f"{code} {text}\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    return Server(("127.0.0.1", port), Session)


def _address(clause: str) -> str:
    return clause.partition(":")[2].strip().split(">")[0].lstrip("<")


def read(raw: bytes) -> dict:
    """What a mail program would show of a message."""
    message = email.message_from_bytes(raw, _class=EmailMessage, policy=email.policy.default)

    def body(kind: str) -> str:
        part = message.get_body(preferencelist=(kind,))
        return part.get_content() if part else ""

    return {
        "from": str(message["From"] or ""),
        "to": str(message["To"] or ""),
        "subject": str(message["Subject"] or ""),
        "text": body("plain"),
        "html": body("html"),
        "attachments": [
            {"name": part.get_filename() or "", "type": part.get_content_type(), "bytes": len(part.get_payload(decode=True) or b"")}
            for part in message.iter_attachments()
        ],
    }
