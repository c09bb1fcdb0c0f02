"""`make run`: the whole suite on this machine, from the template that is deployed to AWS. A second call changes only what changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import cloud
import demo
import deploy
import functions
import hook
import processes
import settings as config
import sheet
from processes import Failed

TTY = sys.stdout.isatty()
BOLD, DIM, GREEN, RED, RESET = ("\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[0m") if TTY else ("",) * 5
HERE = Path(__file__).resolve().parent


class Step:
    def __init__(self) -> None:
        self.note = ""


@contextmanager
def step(name: str, doing: str) -> Iterator[Step]:
    """One line per step: what runs now, then what came out and how long it took."""
    if TTY:
        print(f"  … {name:<9} {DIM}{doing}{RESET}", end="", flush=True)
    begun, current = time.monotonic(), Step()
    try:
        yield current
    except BaseException:
        print(_line("✗", RED, name, doing))
        raise
    print(_line("✓", GREEN, name, f"{current.note or doing} {DIM}{time.monotonic() - begun:.1f} s{RESET}"), flush=True)


def _line(mark: str, colour: str, name: str, text: str) -> str:
    clear = "\r\033[K" if TTY else ""
    return f"{clear}  {colour}{mark}{RESET} {name:<9} {text}"


def main() -> None:
    begun = time.monotonic()
    settings = config.load()
    with step("outside", "Slack, mailbox, Google Sheets") as now:
        start_python(settings, "outside", "doubles.py", settings.outside_port, "OUTSIDE_PORT", "/messages", ["--smtp-port", str(settings.smtp_port)])
        now.note = "Slack, mailbox, Google Sheets"
    with step("cloud", "starting the AWS APIs") as now:
        record, fresh = cloud.start(settings)
        now.note = "AWS APIs started" if fresh else "AWS APIs still running"
    chat_key = demo.publishable_key(settings, record)
    with step("deploy", "deploying template.yaml") as now:
        outputs, outcome = deploy.deploy(settings, record, chat_key)
        now.note = f"{len(functions.load())} functions, {outcome}"
    write_env(settings, outputs, {})
    with step("address", "opening the suite's own address") as now:
        start_python(
            settings, "front", "front.py", settings.web_port, "WEB_PORT", "/_front",
            ["--target-port", str(settings.cloud_port), "--state", str(settings.env_file)],
        )  # fmt: skip
        now.note = settings.web_url
    with step("demo", f"loading {settings.demo_orders} orders") as now:
        keys, now.note = demo.load(settings, outputs, record)
    if keys and keys["publishable_key"] != chat_key:  # a shop sets it after its first deployment, too
        with step("chat", "giving the chat the shop's publishable key"):
            outputs, _ = deploy.deploy(settings, record, keys["publishable_key"])
    env = write_env(settings, outputs, keys or {})
    if keys and now.note != demo.STILL_THERE:
        with settings.log("report").open("wb") as log:  # it waits for the orders to be counted; nobody has to wait for it
            subprocess.Popen([sys.executable, str(HERE / "report.py")], stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
    welcome(settings, env, time.monotonic() - begun)


def start_python(settings: config.Settings, name: str, script: str, port: int, variable: str, health: str, options: list[str]) -> None:
    command = [sys.executable, str(HERE / script), "--port", str(port), *options]
    env = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
    processes.start(settings, name, command, port, variable, f"http://127.0.0.1:{port}{health}", env)


def write_env(settings: config.Settings, outputs: dict[str, str], keys: dict) -> dict:
    """Addresses and keys for tests, `make ask` and people's own scripts."""
    env = {
        "ApiId": outputs["ApiId"],
        "api_url": settings.web_url,
        "console_url": f"{settings.web_url}/console",
        "outside_url": settings.outside_url,
        "cloud_url": settings.cloud_url,
        "slack_webhook": settings.slack_webhook,
        "stack": settings.stack,
        "tenant": settings.tenant,
        "keys": keys,
        "functions": {function.folder: function.name(settings.stack) for function in functions.load()},
        "outputs": outputs,
        "env": demo.environment(settings, outputs),
    }
    fresh = settings.env_file.with_suffix(".new")
    fresh.write_text(json.dumps(env, indent=2) + "\n")
    fresh.chmod(0o600)
    fresh.replace(settings.env_file)
    return env


def welcome(settings: config.Settings, env: dict, took_s: float) -> None:
    keys = env["keys"]
    key = keys.get("api_key", "")
    example = keys.get("example") or {"order": "1001", "email": "john.smith@example.com"}  # nothing was loaded
    question = json.dumps({"question": f"Where is my order {example['order']}? Email: {example['email']}"})
    print(f"\n{BOLD}OrderFlow runs{RESET} {DIM}({took_s:.1f} s; stop it with: make down){RESET}\n")
    rows = [("Chat", env["api_url"]), ("Console", env["console_url"]), ("REST API", f"{env['api_url']}/v1   docs: {env['api_url']}/docs"), ("Slack, mail", env["outside_url"])]
    rows += [("Demo key", key)] if key else [("Demo key", "none yet: orderctl isn't built")]
    for name, value in rows:
        print(f"  {name:<12} {BOLD}{value}{RESET}")
    headers = {"X-API-Key": keys.get("publishable_key") or key or "<key>", "Content-Type": "application/json"}
    print(f"\nTry\n  1 ask     {hook.as_curl(env['api_url'] + '/v1/ask', question.encode(), headers)}")
    print(f"  2 change  {change(env, example)}")
    print(f"  3 look    {DIM}the order in the console; its e-mail and Slack post at {env['outside_url']}{RESET}")
    if settings.demo_orders:
        print(f"  4 sheet   {DIM}type another status into {env['outside_url']}/sheet/{sheet.BOOK}, then Read now at {env['console_url']}/sheet{RESET}")
    print()


def change(env: dict, example: dict) -> str:
    """A status report as a shop sends it. A signature over the body alone stays good, so the line can be used again and again."""
    short = f"make hook ORDER={example['order']} STATUS=Delivered"
    if not env["keys"] or hook.webhook_of(env)["scheme"] != "hmac":
        return short
    return hook.as_curl(*hook.command(env, example["order"], "Delivered", example["email"])) + f"\n            {DIM}or: {short}{RESET}"


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"\n{RED}{failed}{RESET}")
    except KeyboardInterrupt:
        sys.exit(130)
