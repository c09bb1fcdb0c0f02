"""The suite's own address: forwards http://localhost:8080/... to the HTTP API inside the local cloud.

API Gateway gives every API a host of its own; locally that would be a path prefix or a name that only some
programs resolve. One plain address lets a person, a browser, curl and tests use the console and the API alike.
"""

from __future__ import annotations

import argparse
import http.client
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BODY_BYTES_MAX = 11 * 1024 * 1024  # the gateway takes 10 MB; it must be the one to refuse
HOP_BY_HOP = {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade"}


class Front(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 75
    target_port: int
    state: Path

    def forward(self) -> None:
        if self.path == "/_front":  # is the front itself up?
            return self._plain(200, "ok")
        try:
            body = self._body()
        except ValueError as bad:
            return self._plain(400, str(bad))
        if body is None:
            return self._plain(413, "Request Too Long")
        try:
            api_id = json.loads(self.state.read_text())["ApiId"]
        except (OSError, ValueError, KeyError):
            return self._plain(503, "the local cloud is being deployed")
        upstream = http.client.HTTPConnection("127.0.0.1", self.target_port, timeout=60)
        try:
            upstream.putrequest(self.command, f"/_aws/execute-api/{api_id}{self.path}", skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in HOP_BY_HOP | {"content-length"}:
                    upstream.putheader(name, value)
            upstream.putheader("Connection", "close")
            if body or self.command in ("POST", "PUT", "PATCH"):
                upstream.putheader("Content-Length", str(len(body)))
            upstream.endheaders(body or None)
            answer = upstream.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException, ValueError) as broken:
            return self._plain(502, f"the local cloud doesn't answer: {type(broken).__name__}")
        finally:
            upstream.close()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        if answer.status >= 200 and answer.status != 204:
            self.send_header("Content-Length", answer.getheader("content-length", "0") if self.command == "HEAD" else str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = forward  # noqa: N815

    def _body(self) -> bytes | None:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            parts, total = [], 0
            while size := int(self.rfile.readline(20).split(b";")[0], 16):
                total += size
                if total > BODY_BYTES_MAX:
                    self.close_connection = True
                    return None
                parts.append(self.rfile.read(size))
                self.rfile.readline(4)
            while self.rfile.readline(8192) not in (b"\r\n", b"\n", b""):
                pass
            return b"".join(parts)
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= BODY_BYTES_MAX:
            self.close_connection = True
            return None
        return self.rfile.read(length)

    def _plain(self, status: int, message: str) -> None:
        content = json.dumps({"message": message}).encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Paths may hold order numbers and addresses; the functions log what matters."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--target-port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="file that names the API's id")
    options = parser.parse_args()
    Front.target_port, Front.state = options.target_port, options.state
    ThreadingHTTPServer.daemon_threads = True
    ThreadingHTTPServer(("127.0.0.1", options.port), Front).serve_forever()


if __name__ == "__main__":
    main()
