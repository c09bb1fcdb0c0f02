"""The rules prove themselves: the real template, broken in one place, must be noticed by the rule named, and say where."""

from __future__ import annotations

from typing import Callable

import pytest
from expand import Template, expanded
from rules import RULES

Break = Callable[[dict], None]
BREAKS: list[tuple[str, str, str, Break]] = []  # rule, what is broken, what the finding must mention, how


def properties(resources: dict, name: str) -> dict:
    return resources[name]["Properties"]


def setting(rule: str, name: str, path: str, value: object, mentions: str = "") -> None:
    """A break that sets one property, or removes it (None)."""
    *folders, leaf = path.split("/")

    def how(resources: dict) -> None:
        here = properties(resources, name)
        for folder in folders:
            here = here[int(folder)] if isinstance(here, list) else here[folder]
        if value is None:
            here.pop(leaf)
        else:
            here[leaf] = value

    BREAKS.append((rule, f"{name} {path} = {value}", mentions or name, how))


def granting(rule: str, role: str, statement: dict, mentions: str | None = None) -> None:
    BREAKS.append((
        rule,
        f"{role} may {statement.get('Action', statement)}",
        mentions or role,
        lambda resources: properties(resources, role)["Policies"][0]["PolicyDocument"]["Statement"].append({"Effect": "Allow", **statement}),
    ))


def without(rule: str, name: str, mentions: str) -> None:
    BREAKS.append((rule, f"no {name}", mentions, lambda resources: resources.pop(name)))


setting("every_queue_has_a_dead_letter_queue", "HooksQueue", "RedrivePolicy", None)
setting("every_queue_has_a_dead_letter_queue", "HooksQueue", "RedrivePolicy/maxReceiveCount", 1000)
setting("every_queue_has_a_dead_letter_queue", "NotifyDlq", "MessageRetentionPeriod", 345_600)
without("every_dead_letter_queue_has_an_alarm", "NotifyDlqAlarm", "NotifyDlq")
setting("every_dead_letter_queue_has_an_alarm", "ReportsDlqAlarm", "Threshold", 100, "ReportsDlq")
BREAKS.append((
    "every_dead_letter_queue_has_an_alarm",
    "the alarm watches another queue",
    "HooksDlq",
    lambda resources: properties(resources, "HooksDlqAlarm")["Dimensions"][0].update(Value={"Fn::GetAtt": ["HooksQueue", "QueueName"]}),
))
without("every_work_queue_has_an_age_alarm", "MetricsQueueAge", "MetricsQueue")
setting("queues_keep_messages_long_enough", "HooksQueue", "MessageRetentionPeriod", None)
setting("queues_keep_messages_long_enough", "HooksQueue", "MessageRetentionPeriod", 86_400)
setting("queues_keep_messages_long_enough", "MetricsQueue", "MessageRetentionPeriod", 1_209_600)
setting("visibility_covers_six_timeouts", "NotifyQueue", "VisibilityTimeout", 60)
BREAKS.append(("visibility_covers_six_timeouts", "a longer time-out", "HooksQueue", lambda resources: properties(resources, "OrderProcessorFn").update(Timeout=31)))
setting("every_mapping_reports_partial_failures", "MetricsFnQueue", "FunctionResponseTypes", None)
setting("every_mapping_reports_partial_failures", "OutboxRelayFnStream", "FunctionResponseTypes", [])
setting("streams_never_block", "OutboxRelayFnStream", "BisectBatchOnFunctionError", False)
setting("streams_never_block", "OutboxRelayFnStream", "MaximumRetryAttempts", -1)
setting("streams_never_block", "OutboxRelayFnStream", "DestinationConfig", {})
setting("streams_never_block", "OutboxRelayFnStream", "StartingPosition", "LATEST")
setting("each_function_has_a_role_of_its_own", "ConsoleFn", "Role", {"Fn::GetAtt": ["OrdersApiRole", "Arn"]})
setting("each_function_has_a_role_of_its_own", "AskFn", "Role", "arn:aws:iam::123456789012:role/admin")
setting("each_function_has_a_role_of_its_own", "AskRole", "ManagedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"])
setting("each_function_has_a_role_of_its_own", "AskRole", "AssumeRolePolicyDocument", {"Statement": [{"Principal": {"AWS": "*", "Service": "lambda.amazonaws.com"}}]})
granting("no_wildcard_in_rights", "AskRole", {"Action": "dynamodb:*", "Resource": {"Fn::GetAtt": ["OrdersTable", "Arn"]}})
granting("no_wildcard_in_rights", "AskRole", {"Action": ["dynamodb:Get*"], "Resource": {"Fn::GetAtt": ["OrdersTable", "Arn"]}})
granting("no_wildcard_in_rights", "AskRole", {"Action": ["dynamodb:GetItem"], "Resource": "*"})
granting("no_wildcard_in_rights", "AskRole", {"Action": ["xray:PutTraceSegments", "s3:GetObject"], "Resource": "*"})
granting("no_wildcard_in_rights", "AskRole", {"Action": ["dynamodb:Query"], "Resource": {"Fn::Sub": "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/*"}})
granting("no_wildcard_in_rights", "AskRole", {"Action": ["s3:GetObject"], "Resource": {"Fn::Sub": "${ReportsBucket.Arn}/*"}})
granting("no_wildcard_in_rights", "AskRole", {"NotAction": ["iam:CreateUser"], "Resource": {"Fn::GetAtt": ["OrdersTable", "Arn"]}, "Action": []})
setting("functions_get_what_they_may_use", "MetricsFn", "Environment/Variables/TABLE_INVENTORY", {"Ref": "InventoryTable"})
setting("functions_get_what_they_may_use", "MetricsFn", "Environment/Variables/TABLE_METRICS", {"Ref": "OpsTable"})
setting("functions_get_what_they_may_use", "MetricsFn", "Environment/Variables/TABLE_METRICS", None)
setting("functions_get_what_they_may_use", "MetricsFn", "Environment/Variables/DLQ_URL", {"Ref": "HooksDlq"})
setting("functions_get_what_they_may_use", "AskFn", "Environment/Variables/DLQ_URL", {"Ref": "HooksDlq"})
granting("functions_get_what_they_may_use", "MetricsRole", {"Action": ["s3:GetObject"], "Resource": {"Fn::Sub": "${ReportsBucket.Arn}/reports/*"}}, "MetricsFn")
granting("no_function_calls_a_function", "NotifierRole", {"Action": "lambda:InvokeFunction", "Resource": {"Fn::GetAtt": ["AskFn", "Arn"]}})
granting("no_function_calls_a_function", "NotifierRole", {"Action": ["states:StartExecution"], "Resource": {"Ref": "Bus"}})
setting("no_function_calls_a_function", "NotifierFn", "Environment/Variables/ASK", {"Ref": "AskFn"})
setting("no_function_calls_a_function", "AskPermission", "Principal", "*")
setting("no_function_calls_a_function", "AskPermission", "SourceArn", None)
without("new_versions_go_live_by_degrees", "AskFnAliaslive", "AskFn")
setting("new_versions_go_live_by_degrees", "AskFnDeploymentGroup", "AlarmConfiguration", None, "AskFn")
setting("new_versions_go_live_by_degrees", "AskFnDeploymentGroup", "AlarmConfiguration/Alarms", [{"Name": {"Ref": "ConsoleErrors"}}], "AskFn")
setting("new_versions_go_live_by_degrees", "AskIntegration", "IntegrationUri", {"Fn::GetAtt": ["AskFn", "Arn"]})
setting("new_versions_go_live_by_degrees", "AskPermission", "FunctionName", {"Ref": "AskFn"})
for action in ("PutItem", "DeleteItem", "UpdateItem", "BatchWriteItem"):
    granting("ask_cannot_write_orders", "AskRole", {"Action": [f"dynamodb:{action}"], "Resource": {"Fn::GetAtt": ["OrdersTable", "Arn"]}}, "AskFn")
granting("ask_cannot_write_orders", "AskRole", {"Action": ["dynamodb:PutItem"], "Resource": {"Fn::GetAtt": ["OutboxTable", "Arn"]}}, "AskFn")
setting("functions_are_capped_and_traced", "AskFn", "ReservedConcurrentExecutions", None)
setting("functions_are_capped_and_traced", "AskFn", "TracingConfig", {"Mode": "PassThrough"})
setting("functions_are_capped_and_traced", "AskFn", "Runtime", "python3.12")
setting("functions_are_capped_and_traced", "AskFn", "Architectures", ["x86_64"])
setting("functions_log_as_json_to_a_group_that_forgets", "AskFn", "LoggingConfig", None)
setting("functions_log_as_json_to_a_group_that_forgets", "AskFn", "LoggingConfig/LogFormat", "Text")
setting("functions_log_as_json_to_a_group_that_forgets", "ConsoleFn", "LoggingConfig/LogGroup", {"Ref": "AskLogs"})
setting("functions_log_as_json_to_a_group_that_forgets", "ApiLogs", "RetentionInDays", None)
setting("schedules_tell_when_they_fail", "KpiReportFnMorning", "Targets/0/DeadLetterConfig", None)
without("schedules_tell_when_they_fail", "KpiReportFnEventInvokeConfig", "KpiReportFnMorning")
setting("tables_are_safe", "OpsTable", "SSESpecification", None)
setting("tables_are_safe", "OpsTable", "PointInTimeRecoverySpecification", {"PointInTimeRecoveryEnabled": False})
setting("tables_are_safe", "OpsTable", "DeletionProtectionEnabled", False)
setting("tables_are_safe", "OpsTable", "BillingMode", "PROVISIONED")
BREAKS.append(("tables_are_safe", "a replacement deletes", "OrdersTable", lambda resources: resources["OrdersTable"].update(UpdateReplacePolicy="Delete")))
setting("rows_that_age_expire", "OutboxTable", "TimeToLiveSpecification", None)
setting("rows_that_age_expire", "OpsTable", "TimeToLiveSpecification/AttributeName", "expires")
without("events_can_be_replayed_for_a_while", "BusArchive", "Bus")
setting("events_can_be_replayed_for_a_while", "BusArchive", "RetentionDays", None, "Bus")
setting("commits_reach_the_relay", "OutboxTable", "StreamSpecification", {"StreamViewType": "KEYS_ONLY"})
setting("commits_reach_the_relay", "OutboxRelayFnStream", "FilterCriteria", {}, "OutboxTable")
without("commits_reach_the_relay", "OutboxRelayFnStream", "OutboxTable")
without("commits_reach_the_relay", "OutboxRelayFnSweep", "OutboxRelayFn")
setting("queues_and_buckets_are_encrypted_and_tls_only", "HooksQueue", "SqsManagedSseEnabled", False)
without("queues_and_buckets_are_encrypted_and_tls_only", "HooksQueuePolicy", "HooksQueue")
without("queues_and_buckets_are_encrypted_and_tls_only", "ReportsBucketPolicy", "ReportsBucket")
setting("queues_and_buckets_are_encrypted_and_tls_only", "ReportsBucket", "PublicAccessBlockConfiguration/BlockPublicPolicy", False)
setting("queues_and_buckets_are_encrypted_and_tls_only", "ReportsBucket", "BucketEncryption", None)
setting("queues_and_buckets_are_encrypted_and_tls_only", "ReportsBucket", "VersioningConfiguration", None)
setting("queues_and_buckets_are_encrypted_and_tls_only", "ReportsBucket", "LifecycleConfiguration", None)
setting("queues_and_buckets_are_encrypted_and_tls_only", "ReportsBucket", "LifecycleConfiguration/Rules/0/NoncurrentVersionExpiration", None)
setting("queue_policies_let_in_only_their_rule", "NotifyQueuePolicy", "PolicyDocument/Statement/1/Condition", {})
setting("queue_policies_let_in_only_their_rule", "NotifyQueuePolicy", "PolicyDocument/Statement/1/Principal", "*")
BREAKS.append(("queue_policies_let_in_only_their_rule", "the rule is shut out", "MetricsRule", lambda resources: properties(resources, "MetricsQueuePolicy")["PolicyDocument"]["Statement"].pop(1)))
BREAKS.append(("queue_policies_let_in_only_their_rule", "one of three rules is shut out", "SagaNewsRule", lambda resources: properties(resources, "NotifyQueuePolicy")["PolicyDocument"]["Statement"][1]["Condition"]["ArnEquals"]["aws:SourceArn"].pop()))
setting("rules_match_events_that_exist", "NotifyRule", "EventPattern/detail-type", ["order.exploded.v1"])
setting("rules_match_events_that_exist", "MetricsRule", "EventPattern/detail-type", [{"prefix": "ordr."}])
setting("no_secret_in_the_template", "AskFn", "Environment/Variables/LLM_API_KEY", {"Fn::If": ["HasLlmKey", "hunter2", ""]})
setting("no_secret_in_the_template", "ConsoleFn", "Environment/Variables/CURSOR_KEY", "correct horse battery staple")
setting("no_secret_in_the_template", "ConsoleFn", "Environment/Variables/LLM_API_KEY", {"Ref": "LlmModel"})
setting("no_secret_in_the_template", "CursorKey", "GenerateSecretString/PasswordLength", 8)
BREAKS.append(("no_secret_in_the_template", "a webhook in a description", "xoxb-", lambda resources: properties(resources, "Bus").update(Description="xoxb-1234")))
setting("doors_have_locks", "RestRoute", "AuthorizationType", "NONE")
setting("doors_have_locks", "AskRoute", "AuthorizerId", {"Ref": "Gone"})
setting("doors_have_locks", "Authorizer", "AuthorizerResultTtlInSeconds", 300)
setting("doors_have_locks", "Authorizer", "IdentitySource", ["$request.header.Authorization"])
BREAKS.append(("doors_have_locks", "a new open door", "AdminRoute", lambda resources: resources.update(AdminRoute={"Type": "AWS::ApiGatewayV2::Route", "Properties": {"RouteKey": "POST /admin", "AuthorizationType": "NONE"}})))
setting("doors_are_throttled_and_logged", "ApiStage", "DefaultRouteSettings", {})
setting("doors_are_throttled_and_logged", "ApiStage", "RouteSettings", {})
setting("doors_are_throttled_and_logged", "ApiStage", "AccessLogSettings", {})
setting("doors_are_throttled_and_logged", "ApiStage", "AccessLogSettings/Format", '{"q":"$context.path"}')
setting("doors_are_throttled_and_logged", "ApiStage", "AccessLogSettings/Format", "$context.requestId $context.status")
without("doors_are_throttled_and_logged", "AskRoute", "POST /v1/ask")
setting("gateway_waits_longer_than_functions", "AskIntegration", "TimeoutInMillis", 5000)
setting("gateway_waits_longer_than_functions", "AskIntegration", "PayloadFormatVersion", "1.0")
without("every_function_has_its_alarms", "AskThrottles", "AskFn")
without("every_function_has_its_alarms", "OutboxRelayLag", "IteratorAge")
setting("every_function_has_its_alarms", "AskDuration", "Threshold", 60_000, "AskFn")
setting("alarms_reach_somebody", "AskErrors", "AlarmActions", [])
setting("alarms_reach_somebody", "AskErrors", "AlarmActions", [{"Ref": "GoneTopic"}])
setting("alarms_reach_somebody", "AskErrors", "MetricName", "Fehler")
setting("alarms_reach_somebody", "AskErrors", "Dimensions", [{"Name": "FunctionName", "Value": {"Ref": "GoneFn"}}])
setting("alarms_reach_somebody", "AskErrors", "TreatMissingData", "breaching")
without("alarms_reach_somebody", "AlarmTopicPolicy", "AlarmTopic")


@pytest.mark.parametrize(("rule", "what", "mentions", "how"), BREAKS, ids=[f"{rule}-{what}"[:120] for rule, what, _, _ in BREAKS])
def test_a_broken_template_is_noticed(rule: str, what: str, mentions: str, how: Break) -> None:
    body = expanded()
    how(body["Resources"])
    findings = RULES[rule](Template(body))
    assert findings, f"{rule} doesn't notice: {what}"
    assert any(mentions in finding for finding in findings), findings


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (lambda body: body["Parameters"].update(Extra={"Type": "String", "Default": ""}), "Extra: no description"),
        (lambda body: body["Parameters"]["Stage"].pop("Default"), "Stage: no default"),
        (lambda body: body["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"].pop(), "LogLevel: in no group, or in two"),
    ],
)
def test_a_parameter_nobody_explains_is_noticed(change: Callable[[dict], None], finding: str) -> None:
    body = expanded()
    change(body)
    assert finding in RULES["deployers_are_asked_in_words"](Template(body))


def test_a_secret_parameter_is_noticed() -> None:
    body = expanded()
    body["Parameters"]["SlackToken"] = {"Type": "String", "Default": "x"}
    assert any("SlackToken" in finding for finding in RULES["no_secret_in_the_template"](Template(body)))


def test_every_rule_is_proved() -> None:
    proved = {rule for rule, *_ in BREAKS} | {"deployers_are_asked_in_words"}
    assert proved == set(RULES)
