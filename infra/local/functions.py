"""The functions that template.yaml names."""

from __future__ import annotations

from dataclasses import dataclass

from samtranslator.yaml_helper import yaml_parse

from settings import BUILD, TEMPLATE


@dataclass(frozen=True)
class Function:
    logical_id: str
    folder: str  # of its crate, its binary and its samples

    def name(self, stack: str) -> str:
        return f"{stack}-{self.folder}"


def load(template: dict | None = None) -> list[Function]:
    template = template or yaml_parse(TEMPLATE.read_text())
    return [
        Function(logical_id, resource["Properties"]["CodeUri"].removeprefix(f"{BUILD.name}/").strip("/"))
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    ]


def named(folder: str) -> Function:
    known = load()
    for function in known:
        if folder in (function.folder, function.logical_id):
            return function
    raise SystemExit(f"no function {folder!r}. There are: {', '.join(function.folder for function in known)}")
