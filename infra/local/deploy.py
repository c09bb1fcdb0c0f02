"""Deploys template.yaml, the very file that goes to AWS, to the local cloud.

CloudFormation is called directly: `sam deploy` does the same in 11 s (6 s when nothing changed) against 1 s here.
What the emulator leaves out of the template is set right afterwards by `mend`; each step there says what.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import time
import zipfile
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from samtranslator.yaml_helper import yaml_parse

from processes import Failed, wait_until
from settings import ARTIFACTS, BUILD, REGION, TEMPLATE, Settings

CORS_ORIGIN = "http://localhost:3000"  # where a shop's own pages are developed


def client(settings: Settings, service: str):
    return boto3.client(
        service,
        endpoint_url=settings.cloud_url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 5, "mode": "standard"}, s3={"addressing_style": "path"}),
    )


def parameters(settings: Settings, chat_key: str) -> dict[str, str]:
    return {
        "Stage": "local",
        "Architecture": "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
        "DeletionProtection": "false",
        "PublicUrl": settings.web_url,
        "MailFrom": settings.mail_from,
        "SlackBaseUrl": settings.outside_url,
        "SlackApiUrl": f"{settings.outside_url}/api",
        "PlatformsUrl": f"{settings.outside_url}/platforms",
        "PaymentsUrl": f"{settings.outside_url}/pay",
        "CarriersUrl": f"{settings.outside_url}/carry",
        "SaleorUrl": f"{settings.outside_url}/saleor",
        "SheetsBaseUrl": f"{settings.outside_url}/google",
        "SheetsSignInUrl": f"{settings.outside_url}/google/token",
        "CorsOrigins": CORS_ORIGIN,
        "ChatPublishableKey": chat_key,
        "SagaMaxConcurrency": "0",
        "WorkerMaxConcurrency": "0",  # the emulator takes the number for a text and stops polling
        "ArchiveDays": "0",  # no AWS::Events::Archive there
        "LogLevel": "info",
    }


def deploy(settings: Settings, cloud: dict, chat_key: str) -> tuple[dict[str, str], str]:
    """Creates or updates the stack. Returns its outputs and what happened: "created", "updated", "unchanged".

    `chat_key` is the publishable key of the demo shop, "" before there is one.
    """
    template = yaml_parse(TEMPLATE.read_text())
    packages = _package(template)
    _fit(template)
    digest = hashlib.sha256(json.dumps([template, parameters(settings, chat_key), cloud], sort_keys=True, default=str).encode()).hexdigest()
    marker = settings.state / "run" / "deployed.json"
    try:
        known = json.loads(marker.read_text())
    except (OSError, ValueError):
        known = {}
    if known.get("digest") == digest:
        return known["outputs"], "unchanged"

    _upload(settings, packages, template)
    outcome = _apply(settings, parameters(settings, chat_key))
    outputs = _outputs(settings)
    mend(settings, template, outputs)
    _await_mappings(settings)
    marker.write_text(json.dumps({"digest": digest, "outputs": outputs}))
    return outputs, outcome


def _package(template: dict) -> dict[str, bytes]:
    """Points each CodeUri at an object named by the binary's content, so that only changed functions are updated."""
    packages: dict[str, bytes] = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        folder = resource["Properties"]["CodeUri"].removeprefix(f"{BUILD.name}/").strip("/")
        bootstrap = BUILD / folder / "bootstrap"
        if not bootstrap.is_file():
            raise Failed(f"{name} has no binary at {bootstrap}. Build first: make build")
        code = bootstrap.read_bytes()
        key = f"{folder}-{hashlib.sha256(code).hexdigest()[:16]}.zip"
        packages[key] = code
        resource["Properties"]["CodeUri"] = {"Bucket": ARTIFACTS, "Key": key}
    return packages


def _fit(template: dict) -> None:
    """What the emulator, which does enforce policies, can't know, and what it doesn't have: CodeDeploy and saved queries."""
    for settings in (template["Globals"]["Function"], *(resource.get("Properties", {}) for resource in template["Resources"].values())):
        settings.pop("AutoPublishAlias", None)
        settings.pop("DeploymentPreference", None)
    template["Resources"] = _unaliased(template["Resources"])
    for name, resource in list(template["Resources"].items()):
        if resource["Type"] == "AWS::Logs::QueryDefinition":
            del template["Resources"][name]
            continue
        properties = resource.get("Properties", {})
        for policy in properties.get("Policies", []) if resource["Type"] == "AWS::IAM::Role" else []:
            for statement in policy["PolicyDocument"]["Statement"]:
                # Which identity a mail is sent by: it looks for the right to send as anybody.
                if "ses:SendEmail" in statement.get("Action", []):
                    statement["Resource"] = "*"
        # It speaks plain HTTP, which we refuse on AWS.
        document = properties.get("PolicyDocument")
        if isinstance(document, dict):
            document["Statement"] = [statement for statement in document["Statement"] if statement.get("Sid") != "TlsOnly"]
            if not document["Statement"]:
                del template["Resources"][name]


def _unaliased(part: Any) -> Any:
    """The function itself where its alias is meant."""
    match part:
        case {"Ref": str(name)} if name.endswith("Fn.Alias"):
            return {"Fn::GetAtt": [name.removesuffix(".Alias"), "Arn"]}
        case dict():
            return {key: _unaliased(value) for key, value in part.items()}
        case list():
            return [_unaliased(value) for value in part]
        case str():
            return part.replace("Fn.Alias}", "Fn.Arn}")
        case _:
            return part


def _zip(code: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:  # it travels three centimetres
        entry = zipfile.ZipInfo("bootstrap", (2020, 1, 1, 0, 0, 0))
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, code)
    return buffer.getvalue()


def _upload(settings: Settings, packages: dict[str, bytes], template: dict) -> None:
    s3 = client(settings, "s3")
    s3.create_bucket(Bucket=ARTIFACTS)
    there = {entry["Key"] for entry in s3.list_objects_v2(Bucket=ARTIFACTS).get("Contents", [])}
    for key, code in packages.items():
        if key not in there:
            s3.put_object(Bucket=ARTIFACTS, Key=key, Body=_zip(code))
    # A template in the request may have 51,200 bytes; through the bucket a megabyte.
    s3.put_object(Bucket=ARTIFACTS, Key="template.json", Body=json.dumps(template, default=str).encode())


def _apply(settings: Settings, parameters: dict[str, str]) -> str:
    formation = client(settings, "cloudformation")
    request = {
        "StackName": settings.stack,
        "TemplateURL": f"{settings.cloud_url}/{ARTIFACTS}/template.json",
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    try:
        formation.describe_stacks(StackName=settings.stack)
        exists = True
    except ClientError:
        exists = False
    try:
        formation.update_stack(**request) if exists else formation.create_stack(**request)
    except ClientError as refused:
        if "No updates are to be performed" in str(refused):
            return "unchanged"
        message = refused.response["Error"]["Message"]
        raise Failed(f"CloudFormation refuses the template: {message[-600:]}") from None
    status = ""

    def settled() -> bool:
        nonlocal status
        status = formation.describe_stacks(StackName=settings.stack)["Stacks"][0]["StackStatus"]
        return not status.endswith("_IN_PROGRESS")

    wait_until(settled, 300, "the stack is still not deployed after 5 minutes")
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        reasons = [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
            for event in formation.describe_stack_events(StackName=settings.stack)["StackEvents"]
            if event["ResourceStatus"].endswith("FAILED")
        ]
        raise Failed(f"the stack ended as {status}\n  " + "\n  ".join(reasons[:10]))
    return "updated" if exists else "created"


def _outputs(settings: Settings) -> dict[str, str]:
    stack = client(settings, "cloudformation").describe_stacks(StackName=settings.stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def mend(settings: Settings, template: dict, outputs: dict[str, str]) -> None:
    """Sets what the emulator's CloudFormation drops. On AWS the template alone does all of it."""
    gateway = client(settings, "apigatewayv2")
    # CORS arrives with the wrong spelling of its keys and answers every preflight with 403.
    cors = template["Resources"]["Api"]["Properties"]["CorsConfiguration"]["Fn::If"][1]
    gateway.update_api(
        ApiId=outputs["ApiId"], CorsConfiguration={**cors, "AllowOrigins": [CORS_ORIGIN]}
    )
    # An authorizer without identity source gets Authorization as its source, which locks out X-API-Key.
    for authorizer in gateway.get_authorizers(ApiId=outputs["ApiId"])["Items"]:
        gateway.update_authorizer(ApiId=outputs["ApiId"], AuthorizerId=authorizer["AuthorizerId"], IdentitySource=[])
    # TTL and point-in-time recovery are left off.
    dynamodb = client(settings, "dynamodb")
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::DynamoDB::Table" and "TimeToLiveSpecification" in resource["Properties"]:
            table = outputs[f"{name.removesuffix('Table')}TableName"]
            if dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED":
                dynamodb.update_time_to_live(
                    TableName=table, TimeToLiveSpecification=resource["Properties"]["TimeToLiveSpecification"]
                )
    # Verified by a person on AWS, once per domain.
    client(settings, "ses").verify_email_identity(EmailAddress=settings.mail_from)


def _await_mappings(settings: Settings) -> None:
    functions = client(settings, "lambda")
    wait_until(
        lambda: all(mapping["State"] == "Enabled" for mapping in functions.list_event_source_mappings()["EventSourceMappings"]),
        30,
        "the event source mappings don't become active",
    )
