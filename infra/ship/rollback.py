"""Gives every function of a stack back the version it had before: `rollback.py orderflow-prod`.

For the moment after a deployment that no alarm noticed and a smoke test did. Traffic is moved by the alias "live", so that it takes a
second and nothing is built; the next deployment goes on as ever.
"""

from __future__ import annotations

import sys
from typing import Any

ALIAS = "live"


def functions(formation: Any, stack: str) -> list[str]:
    pages = formation.get_paginator("list_stack_resources").paginate(StackName=stack)
    found = [row for page in pages for row in page["StackResourceSummaries"]]
    return sorted(row["PhysicalResourceId"] for row in found if row["ResourceType"] == "AWS::Lambda::Function")


def before(lambdas: Any, name: str, current: str) -> str | None:
    """The newest version older than the one that is live."""
    pages = lambdas.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    versions = [int(row["Version"]) for page in pages for row in page["Versions"] if row["Version"].isdigit()]
    older = [version for version in versions if version < int(current)]
    return str(max(older)) if older else None


def roll_back(lambdas: Any, formation: Any, stack: str) -> int:
    """How many functions went back."""
    moved = 0
    for name in functions(formation, stack):
        current = lambdas.get_alias(FunctionName=name, Name=ALIAS)["FunctionVersion"]
        previous = before(lambdas, name, current)
        if previous is None:
            print(f"{name}: version {current} is the first; it stays")
            continue
        lambdas.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=previous, RoutingConfig={"AdditionalVersionWeights": {}})
        print(f"{name}: version {current} -> {previous}")
        moved += 1
    return moved


if __name__ == "__main__":
    import boto3

    sys.exit(0 if roll_back(boto3.client("lambda"), boto3.client("cloudformation"), sys.argv[1]) else 1)
