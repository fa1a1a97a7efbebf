"""CloudWatch's alarms follow the lab's checkers, and tell SNS, which writes into SQS."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from lab.aws import alarms

REGION = "us-east-1"


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield {name: boto3.client(name, region_name=REGION) for name in ("cloudwatch", "sns", "sqs")}


def raised(clients, check="check-1", namespace="AWS/Route53"):
    """An alarm, and the queue that its topic writes into."""
    topic = clients["sns"].create_topic(Name="topic")["TopicArn"]
    url = clients["sqs"].create_queue(QueueName="queue")["QueueUrl"]
    arn = clients["sqs"].get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    clients["sns"].subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    clients["cloudwatch"].put_metric_alarm(
        AlarmName="primary",
        Namespace=namespace,
        MetricName="HealthCheckStatus",
        Dimensions=[{"Name": "HealthCheckId", "Value": check}],
        Statistic="Minimum",
        ComparisonOperator="LessThanThreshold",
        Threshold=1.0,
        Period=60,
        EvaluationPeriods=1,
        AlarmActions=[topic],
        OKActions=[topic],
    )
    return url


def told(clients, url):
    messages = clients["sqs"].receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(json.loads(message["Body"])["Message"]) for message in messages]


def published(tmp_path: Path, healthy: bool) -> Path:
    file = tmp_path / "route53-status.json"
    file.write_text(json.dumps({"checks": {"check-1": {"healthy": healthy}}}))
    return file


def test_a_change_is_told_once_and_so_is_its_end(clients, tmp_path):
    url = raised(clients)
    for healthy in (True, False, False, True, True):
        alarms.look(published(tmp_path, healthy))
    assert [(one["OldStateValue"], one["NewStateValue"]) for one in told(clients, url)] == [
        ("OK", "ALARM"),
        ("ALARM", "OK"),
    ]


def test_a_message_reads_as_cloudwatchs(clients, tmp_path):
    url = raised(clients)
    alarms.look(published(tmp_path, healthy=False))
    (one,) = told(clients, url)
    assert one["AlarmName"] == "primary"
    assert one["NewStateReason"].startswith("Threshold Crossed: 1 datapoint [0.0] was less than the threshold (1.0)")
    assert one["StateChangeTime"].endswith("+0000")
    assert one["Trigger"]["Dimensions"] == [{"name": "HealthCheckId", "value": "check-1"}]


@pytest.mark.parametrize("what", [{"check": "check-2"}, {"namespace": "AWS/EC2"}])
def test_what_nobody_has_looked_at_does_not_change(clients, tmp_path, what):
    url = raised(clients, **what)
    alarms.look(published(tmp_path, healthy=False))
    assert told(clients, url) == []


def test_before_the_checkers_have_begun_nothing_changes(clients, tmp_path):
    url = raised(clients)
    alarms.look(tmp_path / "none.json")
    assert told(clients, url) == []
