"""Who publishes, who listens: docs/event-map.md, made from the template and the published schemas."""

from __future__ import annotations

from expand import ROOT, Template, code_folders, target

MAP = ROOT / "docs/event-map.md"
SCHEMAS = ROOT / "events/schemas"
HEAD = """# Event map

Made from `template.yaml` and `events/schemas` by `UPDATE_GENERATED=1 make test-template`; a test fails when it is out of date.

A shop's sheet, its webhooks, its staff and its customers all change the same orders. Whatever changes one writes the order, its history and an outbox
row in one transaction; `outbox-relay` puts the row's events on the bus, and rules put them into one queue per consumer.

"""


def listens(pattern: list, kind: str) -> bool:
    """Does an EventBridge pattern (names and prefixes) match?"""
    return any(kind.startswith(item["prefix"]) if isinstance(item, dict) else item == kind for item in pattern)


def queues(template: Template) -> dict[str, str]:
    """The function that works on each queue."""
    mappings = template.of("Lambda::EventSourceMapping").values()
    return {target(row["EventSourceArn"]): target(row["FunctionName"]) for row in mappings if template.type_of(target(row["EventSourceArn"])) == "SQS::Queue"}


def routes(template: Template) -> dict[str, list[str]]:
    """What starts each function from outside: routes and schedules."""
    integrations = {name: target(found["IntegrationUri"]) for name, found in template.of("ApiGatewayV2::Integration").items()}
    found: dict[str, list[str]] = {}
    for route in template.of("ApiGatewayV2::Route").values():
        found.setdefault(integrations[target(route["Target"])], []).append(f"`{route['RouteKey']}`")
    for rule in template.of("Events::Rule").values():
        for aim in rule["Targets"]:
            if "ScheduleExpression" in rule:
                found.setdefault(target(aim["Arn"]), []).append(f"`{rule['ScheduleExpression']}`")
    return found


def document(template: Template) -> str:
    folders, workers, doors = code_folders(), queues(template), routes(template)
    publishers = [name for name in folders if "dynamodb:PutItem" in template.rights(name).get("OutboxTable", set())]
    lines = [HEAD + "## Events and who hears them", "", "| event | consumers |", "|---|---|"]
    for path in sorted(SCHEMAS.glob("*.json")):
        kind = path.name.removesuffix(".json")
        heard = []
        for rule in template.of("Events::Rule").values():
            if "EventPattern" in rule and listens(rule["EventPattern"].get("detail-type", []), kind):
                heard += [folders[workers[target(aim["Arn"])]] for aim in rule["Targets"]]
        lines.append(f"| [{kind}](../events/schemas/{path.name}) | {', '.join(sorted(heard)) or 'the archive only'} |")
    lines += ["", "## Functions", "", "| function | started by | publishes | sends to |", "|---|---|---|---|"]
    for name, folder in folders.items():
        started = [f"queue {queue.removesuffix('Queue').lower()}" for queue, worker in workers.items() if worker == name]
        started += ["outbox stream"] if "OutboxTable" in {target(row["EventSourceArn"]) for row in template.of("Lambda::EventSourceMapping").values() if target(row["FunctionName"]) == name} else []
        started += sorted(doors.get(name, []))
        sends = sorted(resource.removesuffix("Queue").lower() for resource, actions in template.rights(name).items() if resource.endswith("Queue") and "sqs:SendMessage" in actions)
        lines.append(f"| {folder} | {', '.join(started) or 'API Gateway, for every request with a key'} | {'yes' if name in publishers else ''} | {', '.join(f'queue {queue}' for queue in sends)} |")
    return "\n".join(lines) + "\n"
