"""`make invoke FN=ask EVENT=events/samples/ask/question.json`: one function in AWS's own runtime image (`sam local invoke`),
talking to the running local cloud. Without Docker, the function is invoked in the local cloud itself.

SAM passes only variables that the template declares, so the endpoint is put into a copy of the template. The local cloud and
the Slack double listen on this machine's loopback only, which a container can't see: on Linux, relays on Docker's bridge let it
in for as long as the invocation lasts; Docker Desktop has a name for the same. In the container, "localhost" is this machine
too (nothing listens on its own), so that the demo shop's Slack address, http://localhost:4570/..., works there as it does here.
"""

from __future__ import annotations

import argparse
import ipaddress
import json
import os
import platform
import shutil
import socket
import socketserver
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Iterator

from samtranslator.yaml_helper import yaml_parse

import functions
import known
import settings as config
from deploy import client
from settings import ROOT, TEMPLATE, credentials


@contextmanager
def reachable_from_containers(settings: config.Settings) -> Iterator[tuple[str, str]]:
    """The name or address that containers reach this machine by, for a URL and for a line of /etc/hosts."""
    if platform.system() != "Linux":
        yield "host.docker.internal", "host-gateway"
        return
    inspected = subprocess.run(["docker", "network", "inspect", "bridge"], capture_output=True, text=True, check=True).stdout
    network = json.loads(inspected)[0]["IPAM"]["Config"][0]
    gateway = network.get("Gateway") or str(next(ipaddress.ip_network(network["Subnet"]).hosts()))
    with ExitStack() as relays:
        for port in (settings.cloud_port, settings.outside_port):
            relays.enter_context(relay(gateway, port))
        yield gateway, gateway


@contextmanager
def relay(address: str, port: int) -> Iterator[None]:
    """Hands connections to address:port on to the same port of the loopback."""

    class Relay(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", port)) as inside:
                back = threading.Thread(target=pump, args=(inside, self.request), daemon=True)
                back.start()
                pump(self.request, inside)
                back.join()

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        block_on_close = False  # a connection that a container left open would hold us up

    with Server((address, port), Relay) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


def pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # one side is gone; the other will notice


def local_template(env: dict, settings: config.Settings, function: functions.Function, endpoint: str) -> dict:
    """The template with one function, whose references are the running cloud's names."""
    template = yaml_parse(TEMPLATE.read_text())
    properties = template["Resources"][function.logical_id]["Properties"]
    deployed = client(settings, "lambda").get_function_configuration(FunctionName=env["functions"][function.folder])
    variables = {**deployed["Environment"]["Variables"], **credentials(settings), "AWS_ENDPOINT_URL": endpoint}
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"):
        variables.pop(name)  # SAM sets these itself
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {
            function.logical_id: {
                "Type": "AWS::Serverless::Function",
                "Properties": {
                    "CodeUri": str(ROOT / "build" / function.folder),
                    "Handler": "bootstrap",
                    "Runtime": "provided.al2023",
                    "Architectures": ["arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"],
                    "Timeout": properties["Timeout"],
                    "MemorySize": properties.get("MemorySize", 256),
                    "Environment": {"Variables": variables},
                },
            }
        },
    }


def with_sam(sam: str, template: Path, function: functions.Function, event: Path, settings: config.Settings, extra: list[str]) -> int:
    command = [sam, "local", "invoke", function.logical_id, "--template", str(template), "--event", str(event), *extra]
    # What stands in the shell's environment wins over the template, so the host's view of the cloud stays out.
    env = {**os.environ, **credentials(settings), "SAM_CLI_TELEMETRY": "0"}
    del env["AWS_ENDPOINT_URL"]
    return subprocess.run(command, env=env).returncode


def in_cloud(env: dict, function: functions.Function, event: Path, settings: config.Settings) -> int:
    answer = client(settings, "lambda").invoke(FunctionName=env["functions"][function.folder], Payload=event.read_bytes())
    print(answer["Payload"].read().decode())
    return 1 if answer.get("FunctionError") else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("function")
    parser.add_argument("event", type=Path)
    parser.add_argument("--sam", default="sam")
    parser.add_argument("extra", nargs="*", help="more options for sam, such as --skip-pull-image")
    options = parser.parse_args()
    env, settings, function = known.load(), config.load(), functions.named(options.function)
    if not options.event.is_file():
        samples = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "events/samples" / function.folder).glob("**/*.json"))
        sys.exit(f"no such event: {options.event}. There are:\n  " + "\n  ".join(samples))
    if not (shutil.which("docker") and subprocess.run(["docker", "info"], capture_output=True).returncode == 0):
        print("no Docker here: invoking the function in the local cloud instead", file=sys.stderr)
        return in_cloud(env, function, options.event, settings)
    template = settings.state / "sam-template.json"
    with reachable_from_containers(settings) as (host, gateway):
        endpoint = f"http://{host}:{settings.cloud_port}"
        template.write_text(json.dumps(local_template(env, settings, function, endpoint), indent=2))
        return with_sam(options.sam, template, function, options.event, settings, ["--add-host", f"localhost:{gateway}", *options.extra])


if __name__ == "__main__":
    sys.exit(main())
