"""Loads a demo shop with `orderctl`, the operator's own command line: what a shop would do on its first day."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request

import listened
import paid
import reviews
import sheet
import shipped
import troubled
from processes import Failed
from settings import BINARIES, Settings, credentials

ORDERCTL = BINARIES / "orderctl"
STILL_THERE = "still there"


def environment(settings: Settings, outputs: dict[str, str]) -> dict[str, str]:
    """The variables by which orderctl (and tests) find the deployed suite; the same names as the functions use."""
    return {
        **credentials(settings),
        "STAGE": "local",
        "STACK_NAME": settings.stack,
        "TABLE_ORDERS": outputs["OrdersTableName"],
        "TABLE_OUTBOX": outputs["OutboxTableName"],
        "TABLE_OPS": outputs["OpsTableName"],
        "TABLE_METRICS": outputs["MetricsTableName"],
        "TABLE_INVENTORY": outputs["InventoryTableName"],
        "QUEUE_HOOKS_URL": outputs["HooksQueueUrl"],
        "QUEUE_NOTIFY_URL": outputs["NotifyQueueUrl"],
        "QUEUE_METRICS_URL": outputs["MetricsQueueUrl"],
        "QUEUE_SAGA_URL": outputs["SagaQueueUrl"],
        "QUEUE_DISPATCH_URL": outputs["DispatchQueueUrl"],
        "QUEUE_WEBHOOKS_URL": outputs["WebhooksQueueUrl"],
        "QUEUE_SHEET_URL": outputs["SheetQueueUrl"],
        "QUEUE_STALE_URL": outputs["StaleQueueUrl"],
        "QUEUE_REPORTS_URL": outputs["ReportsQueueUrl"],
        "DLQ_HOOKS_URL": outputs["HooksDlqUrl"],
        "DLQ_NOTIFY_URL": outputs["NotifyDlqUrl"],
        "DLQ_METRICS_URL": outputs["MetricsDlqUrl"],
        "DLQ_SAGA_URL": outputs["SagaDlqUrl"],
        "DLQ_DISPATCH_URL": outputs["DispatchDlqUrl"],
        "DLQ_WEBHOOKS_URL": outputs["WebhooksDlqUrl"],
        "DLQ_SHEET_URL": outputs["SheetDlqUrl"],
        "DLQ_STALE_URL": outputs["StaleDlqUrl"],
        "DLQ_OUTBOX_URL": outputs["OutboxDlqUrl"],
        "DLQ_REPORTS_URL": outputs["ReportsDlqUrl"],
        "BUS_NAME": outputs["BusName"],
        "BUCKET_REPORTS": outputs["ReportsBucketName"],
        "MAIL_FROM": settings.mail_from,
        "SLACK_BASE_URL": settings.outside_url,
        "SLACK_API_URL": f"{settings.outside_url}/api",
        "PLATFORMS_URL": f"{settings.outside_url}/platforms",
        "PAYMENTS_URL": f"{settings.outside_url}/pay",
        "PUBLIC_URL": settings.web_url,
        "API_URL": settings.web_url,
    }


def load(settings: Settings, outputs: dict[str, str], cloud: dict) -> tuple[dict | None, str]:
    """Makes the demo tenant with keys and orders, once per cloud. Returns its keys, and what happened."""
    if not ORDERCTL.is_file():
        return None, "skipped: orderctl isn't built (make build)"
    wanted = {"cloud": cloud, "tenant": settings.tenant, "orders": settings.demo_orders}
    keys, loaded = _remembered(settings, "keys", cloud), _remembered(settings, "demo", wanted)
    if keys and loaded:
        _open_sheet(settings, keys, cloud)
        return {**keys, "example": loaded}, STILL_THERE
    env = {**{key: value for key, value in os.environ.items() if not key.startswith("AWS_")}, **environment(settings, outputs)}
    if not keys:  # they are printed once; remembered apart, so that a load that was interrupted can go on
        keys = _bootstrap(settings, env)
        _remember(settings, "keys", cloud, keys)
    printed = "no orders"
    if settings.demo_orders:
        env["ORDERFLOW_API_KEY"] = keys["api_key"]
        printed = _run(["demo", "--tenant", settings.tenant, "--orders", str(settings.demo_orders)], env)
    example = _example(settings, keys["api_key"])
    if settings.demo_orders and settings.demo_reviews:
        reviews.open_demo(settings.web_url, keys["api_key"])
        paid.open_demo(settings.web_url, settings.outside_url, keys["api_key"], settings.tenant)
        shipped.open_demo(settings.web_url, settings.outside_url, keys["api_key"], settings.tenant)
        listened.open_demo(settings.web_url, settings.outside_url, keys["api_key"])
        troubled.open_demo(settings.web_url, keys["api_key"])
    _open_sheet(settings, keys, cloud)
    _remember(settings, "demo", wanted, example)
    return {**keys, "example": example}, f"shop {settings.tenant!r}: {printed.strip()}"


def _open_sheet(settings: Settings, keys: dict, cloud: dict) -> None:
    """Only with orders: who wants none wants none from a sheet either."""
    if settings.demo_orders:
        known = _remembered(settings, "sheet", cloud)
        _remember(settings, "sheet", cloud, sheet.open_demo(settings.outside_url, settings.web_url, keys["api_key"], known))


def publishable_key(settings: Settings, cloud: dict) -> str:
    """The demo shop's, if this cloud has it already."""
    return (_remembered(settings, "keys", cloud) or {}).get("publishable_key", "")


def _remembered(settings: Settings, name: str, wanted: dict) -> dict | None:
    try:
        known = json.loads((settings.state / "run" / f"{name}.json").read_text())
    except (OSError, ValueError):
        return None
    return known["value"] if known["for"] == wanted else None


def _remember(settings: Settings, name: str, wanted: dict, value: dict) -> None:
    path = settings.state / "run" / f"{name}.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps({"for": wanted, "value": value}))


def _bootstrap(settings: Settings, env: dict[str, str]) -> dict:
    printed = _run(["bootstrap", "--tenant", settings.tenant, "--slack-url", settings.slack_webhook, "--mail-from", settings.mail_from], env)
    try:
        return json.loads(printed)
    except ValueError:
        raise Failed(f"orderctl bootstrap printed no JSON: {printed[:200]!r}") from None


def _run(arguments: list[str], env: dict[str, str]) -> str:
    """Its progress bar goes to the terminal, what it prints comes back."""
    done = subprocess.run([str(ORDERCTL), *arguments], env=env, text=True, stdout=subprocess.PIPE)
    if done.returncode != 0:
        raise Failed(f"orderctl {arguments[0]} ended with code {done.returncode}\n{done.stdout}")
    return done.stdout


def _example(settings: Settings, key: str) -> dict:
    """An order on its way whose customer has an address: what the printed examples ask about and change."""

    def get(path: str) -> dict:
        request = urllib.request.Request(settings.web_url + path, headers={"X-API-Key": key})
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    try:
        for row in get("/v1/orders?status=shipped&limit=20")["orders"]:
            if email := get(f"/v1/orders/{row['order_id']}").get("email"):
                return {"order": row["order_id"], "email": email}
    except (OSError, ValueError, KeyError):
        pass
    return {"order": "1001", "email": "john.smith@example.com"}
