"""Where the local cloud lives: ports, folders, names. Everything can be moved by an environment variable,
so that tests (or a second clone) run beside a cloud that somebody is looking at."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
BUILD = ROOT / "build"
BINARIES = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
REGION = "us-east-1"
ARTIFACTS = "orderflow-artifacts"


def _port(variable: str, default: int) -> int:
    return int(os.environ.get(variable) or default)


@dataclass(frozen=True)
class Settings:
    """One local cloud."""

    state: Path  # addresses, logs and process ids; git-ignored
    cloud_port: int  # MiniStack: every AWS API
    web_port: int  # the suite's own address: REST API and console
    outside_port: int  # stands in for Slack; its neighbour takes the e-mails by SMTP
    stack: str = "orderflow-local"
    tenant: str = "demo"
    mail_from: str = "orders@demo-shop.example"
    demo_orders: int = 400
    demo_reviews: bool = True  # the demo shop has its orders checked and set aside, and some wait for a person

    @property
    def cloud_url(self) -> str:
        return f"http://127.0.0.1:{self.cloud_port}"

    @property
    def web_url(self) -> str:
        # "localhost" rather than the number: browsers keep Secure cookies for it without TLS.
        return f"http://localhost:{self.web_port}"

    @property
    def outside_url(self) -> str:
        return f"http://localhost:{self.outside_port}"

    @property
    def smtp_port(self) -> int:
        return self.outside_port + 1

    @property
    def slack_webhook(self) -> str:
        return f"{self.outside_url}/services/T000/B000/demo"

    @property
    def env_file(self) -> Path:
        return self.state / "env.json"

    def log(self, name: str) -> Path:
        return self.state / "log" / f"{name}.log"

    def pid(self, name: str) -> Path:
        return self.state / "run" / f"{name}.json"


def load() -> Settings:
    settings = Settings(
        state=Path(os.environ.get("ORDERFLOW_STATE") or ROOT / ".local").resolve(),
        cloud_port=_port("CLOUD_PORT", 4566),
        web_port=_port("WEB_PORT", 8080),
        outside_port=_port("OUTSIDE_PORT", 4570),
        demo_orders=_port("DEMO_ORDERS", 400),
        demo_reviews=os.environ.get("DEMO_REVIEWS", "1") != "0",
    )
    for folder in ("log", "run"):
        (settings.state / folder).mkdir(parents=True, exist_ok=True)
    return settings


def credentials(settings: Settings) -> dict[str, str]:
    """What an AWS client needs to talk to the local cloud, and never to a real account."""
    return {
        "AWS_ENDPOINT_URL": settings.cloud_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
