"""template.yaml as CloudFormation sees it: the SAM transform applied, offline, with a small vocabulary for asking about it."""

from __future__ import annotations

import copy
import functools
import json
import os
import re
from pathlib import Path

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samtranslator.translator.transform import transform  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"


class _NoManagedPolicies:
    """We attach none, so there is nothing to look up."""

    def load(self) -> dict:
        return {}


@functools.cache
def source() -> dict:
    return yaml_parse(TEMPLATE.read_text())


@functools.cache
def _expanded() -> str:
    template = copy.deepcopy(source())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://artifacts/code.zip"  # `sam deploy` puts its own here
    return json.dumps(transform(template, {}, _NoManagedPolicies()))


def expanded() -> dict:
    """A fresh copy each time: callers may break it."""
    return json.loads(_expanded())


def code_folders() -> dict[str, str]:
    """Logical id of each function and the folder its binary comes from."""
    return {
        name: resource["Properties"]["CodeUri"].removeprefix("build/").strip("/")
        for name, resource in source()["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


class Template:
    """Questions about an expanded template."""

    def __init__(self, body: dict) -> None:
        self.body = body
        self.resources: dict[str, dict] = body["Resources"]

    def of(self, *types: str) -> dict[str, dict]:
        """Properties by logical id of every resource of these types ("SQS::Queue")."""
        wanted = {f"AWS::{kind}" for kind in types}
        return {name: resource.get("Properties", {}) for name, resource in self.resources.items() if resource["Type"] in wanted}

    def type_of(self, name: str | None) -> str:
        return self.resources.get(name or "", {}).get("Type", "").removeprefix("AWS::")

    def statements(self, role: str) -> list[dict]:
        """Every statement of a role; what an If may add counts as added."""
        found = []
        for policy in self.resources[role]["Properties"].get("Policies", []):
            for statement in as_list(policy["PolicyDocument"]["Statement"]):
                found += [branch for branch in branches(statement) if "Effect" in branch]
        return found

    def role_of(self, function: str) -> str | None:
        return target(self.resources[function]["Properties"].get("Role"))

    def rights(self, function: str) -> dict[str, set[str]]:
        """What a function may do: actions by the logical id of the resource they are scoped to."""
        found: dict[str, set[str]] = {}
        for statement in self.statements(self.role_of(function) or ""):
            for resource in as_list(statement["Resource"]):
                found.setdefault(target(resource) or str(resource), set()).update(as_list(statement["Action"]))
        return found

    def variables(self, function: str) -> dict:
        return self.resources[function]["Properties"].get("Environment", {}).get("Variables", {})


def as_list(value: object) -> list:
    return value if isinstance(value, list) else [value]


def branches(value: object) -> list:
    """Both sides of an If, without AWS::NoValue."""
    if isinstance(value, dict) and set(value) == {"Fn::If"}:
        return [leaf for side in value["Fn::If"][1:] for leaf in branches(side)]
    return [] if value == {"Ref": "AWS::NoValue"} else [value]


ALIAS = "Aliaslive"


def targets(value: object) -> set[str]:
    """Logical ids (and parameters) that an expression mentions. Who means a function's alias means the function."""
    return {name.removesuffix(ALIAS) for name in _mentioned(value)}


def _mentioned(value: object) -> set[str]:
    if isinstance(value, dict):
        if set(value) == {"Ref"}:
            return {value["Ref"]}
        if set(value) == {"Fn::GetAtt"}:
            return {value["Fn::GetAtt"].split(".")[0] if isinstance(value["Fn::GetAtt"], str) else value["Fn::GetAtt"][0]}
        if set(value) == {"Fn::Sub"}:
            text, extra = value["Fn::Sub"] if isinstance(value["Fn::Sub"], list) else (value["Fn::Sub"], {})
            names = {name.split(".")[0] for name in re.findall(r"\$\{([^!}][^}]*)\}", text)} - set(extra)
            return names.union(*[_mentioned(inner) for inner in extra.values()]) if extra else names
        return set().union(*[_mentioned(inner) for inner in value.values()]) if value else set()
    if isinstance(value, list):
        return set().union(*[_mentioned(inner) for inner in value]) if value else set()
    return set()


def target(value: object) -> str | None:
    """The one resource or parameter that an expression is about, pseudo parameters aside."""
    found = {name for name in targets(value) if not name.startswith("AWS::")}
    return found.pop() if len(found) == 1 else None
