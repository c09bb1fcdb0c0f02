"""What `make invoke` puts between a container and this machine."""

from __future__ import annotations

import platform
import socket
import socketserver
import threading

import invoke
import pytest


@pytest.mark.skipif(platform.system() != "Linux", reason="only Linux answers on the whole of 127/8, which stands in for Docker's bridge")
def test_a_relay_carries_both_ways() -> None:
    class Shout(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(self.rfile.read().upper())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Shout) as inside:
        threading.Thread(target=inside.serve_forever, daemon=True).start()
        port = inside.server_address[1]
        with invoke.relay("127.0.0.2", port), socket.create_connection(("127.0.0.2", port), timeout=10) as outside:
            outside.sendall(b"hello")
            outside.shutdown(socket.SHUT_WR)
            assert outside.makefile("rb").read() == b"HELLO"
        inside.shutdown()
