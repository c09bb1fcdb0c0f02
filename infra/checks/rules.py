"""Rules that the expanded template keeps. A rule takes a template and returns its findings: no finding, no fault.

Each rule is proved by test_rules.py, which breaks the real template in ways that the rule must notice.
"""

from __future__ import annotations

import json
import re
from typing import Callable

from expand import ALIAS, ROOT, Template, as_list, branches, target, targets

Rule = Callable[[Template], list[str]]
RULES: dict[str, Rule] = {}

DAYS_4_S = 4 * 24 * 3600
DAYS_14_S = 14 * 24 * 3600
VISIBILITY_FACTOR = 6
GATEWAY_TIMEOUT_MS_MAX = 30_000
SUM_OF_ALARMS = {"Errors", "Throttles", "Duration"}

# Doors without the authorizer, each with its own lock.
OPEN_ROUTES = {
    "OPTIONS /v1/{proxy+}": "browsers send preflight requests without credentials",
    "GET /health": "says only that it is up",
    "GET /openapi.json": "the public description of the API",
    "GET /docs": "the same for people",
    "GET /survey/{tenant}/{order}/{seal}": "verifies the seal of the link, which only the customer's mail holds",
    "POST /survey/{tenant}/{order}/{seal}": "the same",
    "GET /track/{tenant}/{order}/{seal}": "verifies the seal of the link, which only the customer's message holds",
    "POST /v1/channels/{tenant}/{channel}": "verifies the platform's signature",
    "POST /v1/payments/{tenant}/{provider}": "verifies the payment provider's signature",
    "POST /v1/carriers/{tenant}/{carrier}": "verifies the carrier's signature",
    "GET /v1/channels/{tenant}/{channel}": "verifies the token that the platform is confirmed with",
    "POST /v1/hooks/{tenant}/{endpoint}": "verifies a signature over the raw body",
    "POST /v1/hooks/order-status": "verifies a signature over the raw body",
    "GET /": "the chat's page, the same for everybody",
    "GET /chat": "the same",
    "GET /chat.css": "the chat's style sheet",
    "GET /widget.js": "the chat's script",
    "ANY /console": "session cookie",
    "GET /order-tracking": "session cookie",
    "ANY /console/{proxy+}": "session cookie",
}
# Actions for which AWS knows no resource.
WITHOUT_RESOURCE = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
# Which variable names which resource; a function has the variable if and only if its role reaches the resource.
VARIABLES = {
    "TABLE_ORDERS": "OrdersTable",
    "TABLE_OUTBOX": "OutboxTable",
    "TABLE_OPS": "OpsTable",
    "TABLE_METRICS": "MetricsTable",
    "TABLE_INVENTORY": "InventoryTable",
    "QUEUE_HOOKS_URL": "HooksQueue",
    "BUS_NAME": "Bus",
    "BUCKET_REPORTS": "ReportsBucket",
}
SECRET_NAME = re.compile(r"(?<!PUBLISHABLE_)(KEY|SECRET|TOKEN|PASSWORD|CREDENTIAL)(_|$)")  # a publishable key stands in web pages
SECRET_TEXT = re.compile(r"AKIA[0-9A-Z]{16}|whsec_|xox[abprs]-|hooks\.slack\.com/services/|\bsk_(live|test)_|\bof_[a-z0-9-]+_|-----BEGIN|\beyJ[A-Za-z0-9_-]{10,}\.")


def rule(check: Rule) -> Rule:
    RULES[check.__name__] = check
    return check


def dead_letter_queues(t: Template) -> set[str]:
    """Queues that take what others gave up on."""
    named: set[str] = set()
    for queue in t.of("SQS::Queue").values():
        named |= targets(queue.get("RedrivePolicy", {}).get("deadLetterTargetArn"))
    for mapping in t.of("Lambda::EventSourceMapping").values():
        named |= targets(mapping.get("DestinationConfig"))
    for config in t.of("Lambda::EventInvokeConfig").values():
        named |= targets(config.get("DestinationConfig", {}).get("OnFailure"))
    for events_rule in t.of("Events::Rule").values():
        for aim in events_rule["Targets"]:
            named |= targets(aim.get("DeadLetterConfig"))
    return {name for name in named if t.type_of(name) == "SQS::Queue"}


def alarms_on(t: Template, metric: str, name: str) -> list[dict]:
    return [
        alarm
        for alarm in t.of("CloudWatch::Alarm").values()
        if alarm["MetricName"] == metric and any(target(dimension["Value"]) == name for dimension in alarm["Dimensions"])
    ]


# ---- queues


@rule
def every_queue_has_a_dead_letter_queue(t: Template) -> list[str]:
    dead = dead_letter_queues(t)
    findings = []
    for name, queue in t.of("SQS::Queue").items():
        if name in dead:
            if queue.get("MessageRetentionPeriod") != DAYS_14_S:
                findings.append(f"{name}: what failed is kept 14 days")
            continue
        redrive = queue.get("RedrivePolicy", {})
        if t.type_of(target(redrive.get("deadLetterTargetArn"))) != "SQS::Queue":
            findings.append(f"{name}: no dead-letter queue")
        elif not 1 < int(redrive.get("maxReceiveCount", 0)) <= 5:
            findings.append(f"{name}: maxReceiveCount is 2 to 5")
    return findings


@rule
def every_dead_letter_queue_has_an_alarm(t: Template) -> list[str]:
    findings = []
    for name in dead_letter_queues(t):
        alarms = alarms_on(t, "ApproximateNumberOfMessagesVisible", name)
        if not any(alarm["Threshold"] == 0 and alarm["ComparisonOperator"] == "GreaterThanThreshold" for alarm in alarms):
            findings.append(f"{name}: no alarm at the first message")
    return findings


@rule
def every_work_queue_has_an_age_alarm(t: Template) -> list[str]:
    dead = dead_letter_queues(t)
    return [
        f"{name}: no alarm on the age of its oldest message"
        for name in t.of("SQS::Queue")
        if name not in dead and not alarms_on(t, "ApproximateAgeOfOldestMessage", name)
    ]


@rule
def queues_keep_messages_long_enough(t: Template) -> list[str]:
    """A message's age counts from its first send, in the dead-letter queue too."""
    dead = dead_letter_queues(t)
    return [
        f"{name}: keeps messages for less than a long weekend, or so long that its dead-letter queue drops them at once"
        for name, queue in t.of("SQS::Queue").items()
        if name not in dead and not DAYS_4_S <= queue.get("MessageRetentionPeriod", 0) <= DAYS_14_S // 2
    ]


@rule
def visibility_covers_six_timeouts(t: Template) -> list[str]:
    findings = []
    for name, mapping in t.of("Lambda::EventSourceMapping").items():
        queue, function = target(mapping["EventSourceArn"]), target(mapping["FunctionName"])
        if t.type_of(queue) != "SQS::Queue":
            continue
        visibility = t.resources[queue]["Properties"].get("VisibilityTimeout", 30)
        timeout = t.resources[function]["Properties"].get("Timeout", 3)
        if visibility < VISIBILITY_FACTOR * timeout:
            findings.append(f"{name}: {queue} hides a message {visibility} s, {function} may take {timeout} s; {VISIBILITY_FACTOR} times that is needed")
    return findings


@rule
def every_mapping_reports_partial_failures(t: Template) -> list[str]:
    return [
        f"{name}: one bad record would bring back or lose the whole batch"
        for name, mapping in t.of("Lambda::EventSourceMapping").items()
        if "ReportBatchItemFailures" not in mapping.get("FunctionResponseTypes", [])
    ]


@rule
def streams_never_block(t: Template) -> list[str]:
    findings = []
    for name, mapping in t.of("Lambda::EventSourceMapping").items():
        if t.type_of(target(mapping["EventSourceArn"])) == "SQS::Queue":
            continue
        if not mapping.get("BisectBatchOnFunctionError"):
            findings.append(f"{name}: a poison record isn't cut out")
        if not 0 < mapping.get("MaximumRetryAttempts", -1) <= 100 or not 0 < mapping.get("MaximumRecordAgeInSeconds", -1) <= 86_400:
            findings.append(f"{name}: retries without end stop the shard")
        if t.type_of(target(mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"))) != "SQS::Queue":
            findings.append(f"{name}: what is given up on goes nowhere")
        if mapping.get("StartingPosition") != "TRIM_HORIZON":
            findings.append(f"{name}: rows written before the mapping would be skipped")
    return findings


# ---- functions and their rights


@rule
def each_function_has_a_role_of_its_own(t: Template) -> list[str]:
    findings, owners = [], {}
    for name in t.of("Lambda::Function"):
        role = t.role_of(name)
        if t.type_of(role) != "IAM::Role":
            findings.append(f"{name}: its role isn't in the template")
            continue
        if role in owners:
            findings.append(f"{name}: shares {role} with {owners[role]}")
        owners[role] = name
        properties = t.resources[role]["Properties"]
        if properties.get("ManagedPolicyArns"):
            findings.append(f"{role}: managed policies grant more than is read here")
        trust = json.dumps(properties["AssumeRolePolicyDocument"])
        if "lambda.amazonaws.com" not in trust or '"AWS"' in trust or '"*"' in trust:
            findings.append(f"{role}: others than Lambda may assume it")
    return findings


@rule
def no_wildcard_in_rights(t: Template) -> list[str]:
    findings = []
    for role in t.of("IAM::Role"):
        for statement in t.statements(role):
            actions = as_list(statement.get("Action", []))
            if statement["Effect"] != "Allow" or "NotAction" in statement or "NotResource" in statement:
                findings.append(f"{role}: a statement says what is not meant instead of what is")
            findings += [f"{role}: {action}" for action in actions if "*" in action]
            for resource in as_list(statement.get("Resource", "*")):
                if set(actions) <= WITHOUT_RESOURCE and resource == "*":
                    continue
                text = json.dumps(resource)
                if not {name for name in targets(resource) if not name.startswith("AWS::")}:
                    findings.append(f"{role}: {', '.join(actions)} on {text} names nothing of ours")
                elif "*" in text and not re.search(r"/(reports|reports/\*/(imports|photos|labels|manifests|batches|export)|stream)/\*\"", text):
                    findings.append(f"{role}: {', '.join(actions)} on {text}")
    return findings


@rule
def new_versions_go_live_by_degrees(t: Template) -> list[str]:
    """By an alias, moved by CodeDeploy, back at the function's own error alarm; and everybody calls the alias."""
    findings = []
    groups = {
        targets(alias.get("FunctionName")).pop(): t.resources[name].get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate", {})
        for name, alias in t.of("Lambda::Alias").items()
    }
    for name in t.of("Lambda::Function"):
        group = t.resources.get(target(groups.get(name, {}).get("DeploymentGroupName")) or "", {}).get("Properties", {})
        alarms = targets(group.get("AlarmConfiguration", {}).get("Alarms"))
        if not any(alarm in alarms_on_name(t, "Errors", name) for alarm in alarms):
            findings.append(f"{name}: no rollback at its error alarm")
    for kind, field in (("ApiGatewayV2::Integration", "IntegrationUri"), ("Lambda::Permission", "FunctionName"), ("Lambda::EventSourceMapping", "FunctionName")):
        findings += [f"{name}: calls the function and not its alias" for name, body in t.of(kind).items() if ALIAS not in json.dumps(body[field])]
    return findings


def alarms_on_name(t: Template, metric: str, function: str) -> set[str]:
    return {
        name
        for name, alarm in t.of("CloudWatch::Alarm").items()
        if alarm["MetricName"] == metric and any(target(dimension["Value"]) == function for dimension in alarm["Dimensions"])
    }


@rule
def functions_get_what_they_may_use(t: Template) -> list[str]:
    findings = []
    for name in t.of("Lambda::Function"):
        rights, variables = t.rights(name), t.variables(name)
        consumed = {target(mapping["EventSourceArn"]) for mapping in t.of("Lambda::EventSourceMapping").values() if target(mapping["FunctionName"]) == name}
        for variable, resource in VARIABLES.items():
            if variable in variables and target(variables[variable]) != resource:
                findings.append(f"{name}: {variable} isn't {resource}")
            if variable in variables and resource not in rights:
                findings.append(f"{name}: has {variable} and no right on {resource}")
            if variable not in variables and resource in rights and resource not in consumed:
                findings.append(f"{name}: has rights on {resource} and not {variable}")
        # A queue's worker parks what no retry can mend in that queue's own dead-letter queue.
        parking = {target(t.resources[queue]["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]) for queue in consumed if t.type_of(queue) == "SQS::Queue"}
        if {target(variables[found]) for found in variables if found == "DLQ_URL"} != parking:
            findings.append(f"{name}: DLQ_URL isn't its own queue's")
        findings += [f"{name}: may not park in {queue}" for queue in parking if "sqs:SendMessage" not in rights.get(queue, set())]
    return findings


@rule
def no_function_calls_a_function(t: Template) -> list[str]:
    findings = []
    callers = {"apigateway.amazonaws.com", "events.amazonaws.com", "scheduler.amazonaws.com"}
    for role in t.of("IAM::Role"):
        for statement in t.statements(role):
            findings += [f"{role}: {action}" for action in as_list(statement["Action"]) if re.match(r"(?i)(lambda:Invoke|states:Start|execute-api:|sns:Publish)", action)]
    for name, permission in t.of("Lambda::Permission").items():
        if permission["Principal"] not in callers:
            findings.append(f"{name}: {permission['Principal']} may invoke")
        if not {found for found in targets(permission.get("SourceArn")) if not found.startswith("AWS::")}:
            findings.append(f"{name}: anybody's {permission['Principal']} may invoke")
    for name in t.of("Lambda::Function"):
        if any(t.type_of(mentioned).startswith("Lambda::") for mentioned in targets(t.variables(name))):
            findings.append(f"{name}: is told another function's name")
    return findings


@rule
def ask_cannot_write_orders(t: Template) -> list[str]:
    allowed = {"OrdersTable": {"dynamodb:GetItem", "dynamodb:Query"}, "OpsTable": {"dynamodb:GetItem", "dynamodb:UpdateItem"}}
    findings = []
    for resource, actions in t.rights("AskFn").items():
        data = {action for action in actions if action.split(":")[0] in ("dynamodb", "s3", "sqs", "events", "ses")}
        data -= {"ses:SendEmail"}  # codes to the address on file
        if data - allowed.get(resource, set()):
            findings.append(f"AskFn: {', '.join(sorted(data - allowed.get(resource, set())))} on {resource}")
    return findings


@rule
def functions_are_capped_and_traced(t: Template) -> list[str]:
    findings = []
    for name, function in t.of("Lambda::Function").items():
        if "ReservedConcurrentExecutions" not in function:
            findings.append(f"{name}: nothing caps it")
        if function.get("TracingConfig", {}).get("Mode") != "Active":
            findings.append(f"{name}: no X-Ray")
        elif not any(WITHOUT_RESOURCE <= set(as_list(statement["Action"])) for statement in t.statements(t.role_of(name) or "")):
            findings.append(f"{name}: may not send traces")
        if (function.get("Runtime"), function.get("Handler")) != ("provided.al2023", "bootstrap"):
            findings.append(f"{name}: isn't a bootstrap for provided.al2023")
        if targets(function.get("Architectures")) != {"Architecture"}:
            findings.append(f"{name}: its CPU isn't the deployer's choice")
    return findings


@rule
def functions_log_as_json_to_a_group_that_forgets(t: Template) -> list[str]:
    findings, groups = [], {}
    for name, function in t.of("Lambda::Function").items():
        logging = function.get("LoggingConfig", {})
        group = target(logging.get("LogGroup"))
        if logging.get("LogFormat") != "JSON":
            findings.append(f"{name}: logs aren't JSON")
        if t.type_of(group) != "Logs::LogGroup":
            findings.append(f"{name}: Lambda would make it a log group that keeps everything for ever")
        elif group in groups:
            findings.append(f"{name}: shares {group} with {groups[group]}")
        else:
            groups[group] = name
            if not {"logs:CreateLogStream", "logs:PutLogEvents"} <= t.rights(name).get(group, set()):
                findings.append(f"{name}: may not write to {group}")
    for name, group in t.of("Logs::LogGroup").items():
        if "RetentionInDays" not in group:
            findings.append(f"{name}: keeps everything for ever")
    return findings


@rule
def schedules_tell_when_they_fail(t: Template) -> list[str]:
    findings = []
    caught = {target(config["FunctionName"]) for config in t.of("Lambda::EventInvokeConfig").values() if targets(config.get("DestinationConfig"))}
    for name, events_rule in t.of("Events::Rule").items():
        for aim in events_rule["Targets"]:
            if t.type_of(target(aim.get("DeadLetterConfig"))) != "SQS::Queue":
                findings.append(f"{name}: what can't be delivered is lost")
            if t.type_of(target(aim["Arn"])) == "Lambda::Function" and target(aim["Arn"]) not in caught:
                findings.append(f"{name}: a run that fails three times is lost")
    return findings


# ---- data


@rule
def tables_are_safe(t: Template) -> list[str]:
    findings = []
    for name, table in t.of("DynamoDB::Table").items():
        if not table.get("SSESpecification", {}).get("SSEEnabled"):
            findings.append(f"{name}: isn't encrypted with a KMS key")
        if not table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled"):
            findings.append(f"{name}: can't be brought back to a minute ago")
        if targets(table.get("DeletionProtectionEnabled")) != {"DeletionProtection"}:
            findings.append(f"{name}: its protection isn't the deployer's choice")
        if table.get("BillingMode") != "PAY_PER_REQUEST":
            findings.append(f"{name}: costs while nothing happens")
        if t.resources[name].get("UpdateReplacePolicy") != "Retain":
            findings.append(f"{name}: a replacement would delete the data")
    return findings


@rule
def rows_that_age_expire(t: Template) -> list[str]:
    for_ever = {"InventoryTable"}  # stock doesn't age
    return [
        f"{name}: rows stay for ever"
        for name, table in t.of("DynamoDB::Table").items()
        if name not in for_ever and table.get("TimeToLiveSpecification") != {"AttributeName": "ttl", "Enabled": True}
    ]


@rule
def events_can_be_replayed_for_a_while(t: Template) -> list[str]:
    archives = {target(archive["SourceArn"]): archive for archive in t.of("Events::Archive").values()}
    findings = [f"{name}: no archive" for name in t.of("Events::EventBus") if name not in archives]
    return findings + [f"{bus}: its archive keeps everything for ever" for bus, archive in archives.items() if targets(archive.get("RetentionDays")) != {"ArchiveDays"}]


@rule
def commits_reach_the_relay(t: Template) -> list[str]:
    findings = []
    if t.resources["OutboxTable"]["Properties"].get("StreamSpecification", {}).get("StreamViewType") != "NEW_IMAGE":
        findings.append("OutboxTable: no stream of new rows")
    streamed = [mapping for mapping in t.of("Lambda::EventSourceMapping").values() if target(mapping["EventSourceArn"]) == "OutboxTable"]
    if [target(mapping["FunctionName"]) for mapping in streamed] != ["OutboxRelayFn"]:
        findings.append("OutboxTable: its stream doesn't go to the relay alone")
    if not any(json.loads(filter_["Pattern"]) == {"eventName": ["INSERT"]} for mapping in streamed for filter_ in mapping.get("FilterCriteria", {}).get("Filters", [])):
        findings.append("OutboxTable: the relay would see its own deletes")
    sweeps = [
        aim
        for events_rule in t.of("Events::Rule").values()
        for aim in events_rule["Targets"]
        if target(aim["Arn"]) == "OutboxRelayFn" and "ScheduleExpression" in events_rule
    ]
    if not any(json.loads(aim.get("Input", "{}")).get("sweep") is True for aim in sweeps):
        findings.append("OutboxRelayFn: nothing sweeps up what the stream missed")
    return findings


@rule
def queues_and_buckets_are_encrypted_and_tls_only(t: Template) -> list[str]:
    findings = []
    for name, queue in t.of("SQS::Queue").items():
        if not (queue.get("SqsManagedSseEnabled") or queue.get("KmsMasterKeyId")):
            findings.append(f"{name}: isn't encrypted")
    for name, bucket in t.of("S3::Bucket").items():
        public = bucket.get("PublicAccessBlockConfiguration", {})
        if not all(public.get(block) for block in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")):
            findings.append(f"{name}: could be made public")
        if "BucketEncryption" not in bucket:
            findings.append(f"{name}: isn't encrypted")
        if bucket.get("VersioningConfiguration", {}).get("Status") != "Enabled":
            findings.append(f"{name}: an overwritten object is lost")
        rules = bucket.get("LifecycleConfiguration", {}).get("Rules", [])
        if not any("ExpirationInDays" in found for found in rules):
            findings.append(f"{name}: keeps everything for ever")
        if not any("NoncurrentVersionExpiration" in found for found in rules):
            findings.append(f"{name}: keeps what was overwritten for ever")
    policies = {**t.of("SQS::QueuePolicy"), **t.of("S3::BucketPolicy")}
    guarded = {
        guarded
        for policy in policies.values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny" and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}} and statement["Principal"] == "*"
        for guarded in targets(policy.get("Queues", policy.get("Bucket")))
    }
    findings += [f"{name}: takes requests without TLS" for name in {**t.of("SQS::Queue"), **t.of("S3::Bucket")} if name not in guarded]
    return findings


@rule
def queue_policies_let_in_only_their_rule(t: Template) -> list[str]:
    findings, allowed = [], set()
    for name, policy in t.of("SQS::QueuePolicy").items():
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] != "Allow":
                continue
            sources = targets(statement.get("Condition", {}).get("ArnEquals", {}).get("aws:SourceArn"))
            if statement["Principal"] != {"Service": "events.amazonaws.com"} or not sources:
                findings.append(f"{name}: lets in more than one rule of ours")
            allowed |= {(source, queue) for source in sources for queue in targets(policy["Queues"])}
    for name, events_rule in t.of("Events::Rule").items():
        for aim in events_rule["Targets"]:
            for queue in {target(aim["Arn"]), target(aim.get("DeadLetterConfig"))}:
                if t.type_of(queue) == "SQS::Queue" and (name, queue) not in allowed:
                    findings.append(f"{name}: {queue} won't take its events")
    return findings


@rule
def rules_match_events_that_exist(t: Template) -> list[str]:
    published = {path.name.removesuffix(".json") for path in (ROOT / "events/schemas").glob("*.json")}
    findings = []
    for name, events_rule in t.of("Events::Rule").items():
        for wanted in events_rule.get("EventPattern", {}).get("detail-type", []):
            if isinstance(wanted, str) and wanted not in published:
                findings.append(f"{name}: nobody publishes {wanted}")
            if isinstance(wanted, dict) and not any(event.startswith(wanted["prefix"]) for event in published):
                findings.append(f"{name}: nobody publishes {wanted['prefix']}*")
    return findings


@rule
def no_secret_in_the_template(t: Template) -> list[str]:
    findings = []
    for name in t.of("Lambda::Function"):
        for variable, value in t.variables(name).items():
            if SECRET_NAME.search(variable) and not all(side == "" or "{{resolve:secretsmanager:" in json.dumps(side) for side in branches(value)):
                findings.append(f"{name}: {variable} isn't a reference to Secrets Manager")
    for name, parameter in t.body.get("Parameters", {}).items():
        if re.search(r"(Password|Token|ApiKey|Credential)s?$", name):
            findings.append(f"{name}: a parameter that holds a secret shows it to everybody who may read the stack")
        if SECRET_TEXT.search(str(parameter.get("Default", ""))):
            findings.append(f"{name}: its default is a secret")
    findings += [f"a secret in the text: {found[0][:12]}..." for found in SECRET_TEXT.finditer(json.dumps(t.body))]
    for name, secret in t.of("SecretsManager::Secret").items():
        if "SecretString" in secret or secret.get("GenerateSecretString", {}).get("PasswordLength", 0) < 32:
            findings.append(f"{name}: isn't generated, or too short")
    return findings


# ---- doors


@rule
def doors_have_locks(t: Template) -> list[str]:
    findings = []
    for name, route in t.of("ApiGatewayV2::Route").items():
        key = route["RouteKey"]
        if route.get("AuthorizationType") == "CUSTOM":
            if t.type_of(target(route.get("AuthorizerId"))) != "ApiGatewayV2::Authorizer":
                findings.append(f"{name}: its authorizer isn't there")
            if key in OPEN_ROUTES:
                findings.append(f"{name}: {key} is listed as open")
        elif key not in OPEN_ROUTES:
            findings.append(f"{name}: {key} is open")
    for name, authorizer in t.of("ApiGatewayV2::Authorizer").items():
        if authorizer.get("AuthorizerResultTtlInSeconds") != 0 or "IdentitySource" in authorizer:
            findings.append(f"{name}: a revoked key would go on working, or one of the two headers not work")
        if authorizer.get("AuthorizerPayloadFormatVersion") != "2.0" or not authorizer.get("EnableSimpleResponses"):
            findings.append(f"{name}: isn't payload 2.0 with simple responses")
    return findings


@rule
def doors_are_throttled_and_logged(t: Template) -> list[str]:
    findings = []
    routes = {route["RouteKey"] for route in t.of("ApiGatewayV2::Route").values()}
    for name, stage in t.of("ApiGatewayV2::Stage").items():
        settings = {"every route": stage.get("DefaultRouteSettings", {}), **stage.get("RouteSettings", {})}
        if "POST /v1/ask" not in settings:
            findings.append(f"{name}: ask may cost money and has no limit of its own")
        for key, setting in settings.items():
            if not (setting.get("ThrottlingRateLimit") and setting.get("ThrottlingBurstLimit")):
                findings.append(f"{name}: {key} isn't throttled")
            if key != "every route" and key not in routes:
                findings.append(f"{name}: there is no route {key}")
        logs = stage.get("AccessLogSettings", {})
        if t.type_of(target(logs.get("DestinationArn"))) != "Logs::LogGroup":
            findings.append(f"{name}: no access log")
        if re.search(r"querystring|\$context\.(path|identity)|\$context\.http\.path", logs.get("Format", "")):
            findings.append(f"{name}: the access log would hold personal data")
        try:
            json.loads(logs.get("Format", ""))
        except ValueError:
            findings.append(f"{name}: a line of the access log isn't JSON")
    return findings


@rule
def gateway_waits_longer_than_functions(t: Template) -> list[str]:
    findings = []
    for name, integration in t.of("ApiGatewayV2::Integration").items():
        function = t.resources.get(target(integration["IntegrationUri"]) or "", {}).get("Properties", {})
        waits_ms = integration.get("TimeoutInMillis", GATEWAY_TIMEOUT_MS_MAX)
        if not function.get("Timeout", 3) * 1000 < waits_ms <= GATEWAY_TIMEOUT_MS_MAX:
            findings.append(f"{name}: waits {waits_ms} ms for a function that may take {function.get('Timeout', 3)} s")
        if integration.get("PayloadFormatVersion") != "2.0":
            findings.append(f"{name}: isn't payload 2.0")
    return findings


# ---- watching


@rule
def every_function_has_its_alarms(t: Template) -> list[str]:
    findings = []
    streamed = {target(mapping["FunctionName"]) for mapping in t.of("Lambda::EventSourceMapping").values() if t.type_of(target(mapping["EventSourceArn"])) == "DynamoDB::Table"}
    for name, function in t.of("Lambda::Function").items():
        wanted = SUM_OF_ALARMS | ({"IteratorAge"} if name in streamed else set())
        findings += [f"{name}: no alarm on {metric}" for metric in sorted(wanted) if not alarms_on(t, metric, name)]
        for alarm in alarms_on(t, "Duration", name):
            if alarm.get("ExtendedStatistic") != "p95" or not alarm["Threshold"] < function["Timeout"] * 1000:
                findings.append(f"{name}: its alarm on duration isn't p95 under the time-out")
    return findings


@rule
def alarms_reach_somebody(t: Template) -> list[str]:
    findings = []
    metrics = {
        "AWS/Lambda": ("Lambda::Function", {"Errors", "Throttles", "Duration", "IteratorAge"}),
        "AWS/SQS": ("SQS::Queue", {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"}),
        "AWS/ApiGateway": ("ApiGatewayV2::Api", {"5xx", "4xx", "Latency", "IntegrationLatency"}),
    }
    for name, alarm in t.of("CloudWatch::Alarm").items():
        kind, known = metrics.get(alarm["Namespace"], ("", set()))
        if alarm["MetricName"] not in known:
            findings.append(f"{name}: {alarm['Namespace']} has no {alarm['MetricName']}")
        for dimension in alarm["Dimensions"]:
            if t.type_of(target(dimension["Value"])) != kind:
                findings.append(f"{name}: watches something that isn't there")
        actions = alarm.get("AlarmActions", [])
        if not actions or any(t.type_of(target(action)) != "SNS::Topic" for action in actions):
            findings.append(f"{name}: tells nobody")
        if not alarm.get("AlarmDescription"):
            findings.append(f"{name}: says not what to do")
        if alarm.get("TreatMissingData") != "notBreaching":
            findings.append(f"{name}: cries when nothing happens")
    topics = {topic for policy in t.of("SNS::TopicPolicy").values() for statement in policy["PolicyDocument"]["Statement"] if statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"} for topic in targets(policy["Topics"])}
    findings += [f"{name}: CloudWatch may not publish" for name in t.of("SNS::Topic") if name not in topics]
    return findings


@rule
def deployers_are_asked_in_words(t: Template) -> list[str]:
    parameters = t.body.get("Parameters", {})
    grouped = [name for group in t.body.get("Metadata", {}).get("AWS::CloudFormation::Interface", {}).get("ParameterGroups", []) for name in group["Parameters"]]
    findings = [f"{name}: no description" for name, parameter in parameters.items() if not parameter.get("Description")]
    findings += [f"{name}: no default" for name, parameter in parameters.items() if "Default" not in parameter]
    findings += [f"{name}: in no group, or in two" for name in parameters if grouped.count(name) != 1]
    return findings + [f"{name}: grouped and not there" for name in grouped if name not in parameters]
