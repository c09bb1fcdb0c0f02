"""Starts MiniStack: the AWS APIs on this machine, with our functions as plain processes."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import processes
from settings import REGION, Settings


def start(settings: Settings) -> tuple[dict, bool]:
    # A process of the suite sees this environment, so it is made from nothing: a developer's real AWS keys,
    # proxies or tokens must not leak into functions, and functions must not find a real account.
    env = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(settings.state),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(settings.cloud_port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": "",
        "AUTH": "true",  # every function runs with its own role, and what the role doesn't grant is refused
        "AWS_ENDPOINT_URL": settings.cloud_url,  # handed on to the functions
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SMTP_HOST": f"127.0.0.1:{settings.smtp_port}",
        "NO_PROXY": "127.0.0.1,localhost",
    }
    # Data lives as long as the process: after a restart the emulator would skip the first stream records,
    # so it starts empty and the demo is loaded again.
    command = [str(Path(sys.executable).with_name("ministack"))]
    record, fresh = processes.start(
        settings, "cloud", command, settings.cloud_port, "CLOUD_PORT", f"{settings.cloud_url}/_ministack/health", env
    )
    return record, fresh


def stop(settings: Settings) -> bool:
    stopped = processes.stop(settings, "cloud")
    shutil.rmtree(f"/tmp/ministack-provided-code-{settings.cloud_port}", ignore_errors=True)
    return stopped
