"""Role alarm against a moto of its own: looked at, made, looked at again, made again; and taken away."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import boto3
import pytest

from tests.unit.playing import Done, play, told
from tests.unit.roles.moto_server import LOGIN, moto

PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  roles:
    - { role: goupang.dr.alarm, alarm_state: STATE }
"""


# Names of alarms, and how many topics and queues there are.
Made = tuple[list[str], int, int]


@cache
def client(service: str, url: str) -> t.Any:
    """To make one takes longer than to ask it."""
    keys = {"aws_access_key_id": LOGIN["access_key"], "aws_secret_access_key": LOGIN["secret_key"]}
    return boto3.client(service, region_name="us-east-1", endpoint_url=url, **keys)


class Account:
    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url

    def play(self, state: str, *options: str, **variables: t.Any) -> Done:
        given = {
            "dr_application": "petclinic",
            "dr_alarm": True,
            "dr_aws_login": {"endpoint_url": self.url, **LOGIN},
            "dr_health_check_ids": {"primary_endpoint": "check-1"},
        }
        return play(self.folder, PLAYBOOK.replace("STATE", state), *options, variables={**given, **variables})

    def client(self, service: str) -> t.Any:
        return client(service, self.url)

    def made(self) -> Made:
        alarms = [one["AlarmName"] for one in self.client("cloudwatch").describe_alarms()["MetricAlarms"]]
        topics = self.client("sns").list_topics()["Topics"]
        return alarms, len(topics), len(self.client("sqs").list_queues().get("QueueUrls", []))


@dataclass(frozen=True)
class Story:
    """Each run, and what there was after it. `alarm`, `message`, `policy`: of what was made."""

    unwanted: tuple[Done, Made]
    dry: tuple[Done, Made]
    made: tuple[Done, Made]
    again: tuple[Done, Made]
    gone: tuple[Done, Made]
    alarm: t.Any
    message: str
    policy: str


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with moto() as (url, _route53):
        account = Account(tmp_path_factory.mktemp("alarm"), url)

        def run(state: str, *options: str, **variables: t.Any) -> tuple[Done, Made]:
            return account.play(state, *options, **variables), account.made()

        unwanted, dry = run("present", dr_alarm=False), run("present", "--check")
        made = run("present")
        (alarm,) = account.client("cloudwatch").describe_alarms()["MetricAlarms"]
        sns, sqs = account.client("sns"), account.client("sqs")
        sns.publish(TopicArn=alarm["AlarmActions"][0], Message="news")
        (queue,) = sqs.list_queues()["QueueUrls"]
        (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
        policy = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])["Attributes"]["Policy"]
        again, gone = run("present", "--check"), run("absent", dr_alarm=False)
        yield Story(unwanted, dry, made, again, gone, alarm, message["Body"], policy)


NOTHING: Made = ([], 0, 0)


def test_nothing_is_made_where_nobody_wants_it(story: Story) -> None:
    done, there = story.unwanted
    assert (done.returncode, there) == (0, NOTHING), told(done)


def test_a_dry_run_makes_nothing(story: Story) -> None:
    done, there = story.dry
    assert (done.returncode, there) == (0, NOTHING), told(done)
    assert "changed=1" in told(done)


def test_it_is_made_once_and_taken_away(story: Story) -> None:
    done, there = story.made
    assert there == (["petclinic-dr-alarm-primary-endpoint"], 1, 1), told(done)
    assert "alarm_queue_url: https://sqs.us-east-1.amazonaws.com/123456789012/petclinic-dr-alarm" in told(done)
    assert "changed=0" in told(story.again[0])
    assert story.gone[1] == NOTHING, told(story.gone[0])


def test_what_nobody_wants_any_more_is_taken_away_all_the_same(story: Story) -> None:
    """The inventory may say by then that there is to be no alarm: what was made is billed until it goes."""
    assert "changed=3" in told(story.gone[0])


def test_the_alarm_watches_the_endpoint_and_its_topic_writes_into_the_queue(story: Story) -> None:
    alarm = story.alarm
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Route53", "HealthCheckStatus")
    assert alarm["Dimensions"] == [{"Name": "HealthCheckId", "Value": "check-1"}]
    assert (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"]) == (
        "Minimum",
        "LessThanThreshold",
        1.0,
    )
    assert alarm["OKActions"] == alarm["AlarmActions"]
    assert '"news"' in story.message
    assert alarm["AlarmActions"][0] in story.policy
