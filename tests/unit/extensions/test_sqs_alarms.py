"""The event source that reads CloudWatch's alarms from a queue."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from pathlib import Path

import pytest

FILE = (
    Path(__file__).resolve().parents[3]
    / "collections/ansible_collections/goupang/dr/extensions/eda/plugins/event_source/sqs_alarms.py"
)
spec = importlib.util.spec_from_file_location("sqs_alarms", FILE)
sqs_alarms = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sqs_alarms)

SAID = {
    "AlarmName": "petclinic-primary",
    "NewStateValue": "ALARM",
    "OldStateValue": "OK",
    "NewStateReason": "Threshold Crossed {{ lookup('pipe', 'id') }}",
    "StateChangeTime": "2026-11-27T17:00:00.000+0000",
}
ARGUMENTS = {"queue_url": "https://sqs/queue", "wait_seconds": 0, "pause_seconds": 0}


def body(said=SAID):
    return json.dumps({"Type": "Notification", "Message": json.dumps(said)})


def test_an_alarm_is_an_event_and_no_template():
    assert sqs_alarms.alarm(body()) == {
        "alarm": {
            "name": "petclinic-primary",
            "state": "ALARM",
            "before": "OK",
            "reason": "Threshold Crossed (( lookup('pipe', 'id') ))",
            "since": "2026-11-27T17:00:00.000+0000",
        }
    }


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "{}", '{"Message": "hello"}', '{"Message": "[1]"}', body({})])
def test_what_is_no_alarm_is_no_event(text):
    assert sqs_alarms.alarm(text) is None


class Client:
    """Answers by a script: bodies of messages, or an error. Then it ends the test."""

    def __init__(self, *script):
        self.script, self.deleted = list(script), []

    def receive_message(self, **asked):
        if not self.script:
            raise asyncio.CancelledError
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return {"Messages": [{"Body": text, "ReceiptHandle": str(number)} for number, text in enumerate(step)]}

    def delete_message(self, QueueUrl, ReceiptHandle):  # noqa: N803 -- boto3's names
        self.deleted.append(ReceiptHandle)


def events(client):
    queue = asyncio.Queue()

    async def work():
        await sqs_alarms.main(queue, ARGUMENTS, lambda args: client)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(work())
    return [queue.get_nowait() for _ in range(queue.qsize())]


def test_what_was_put_is_deleted_and_so_is_what_is_none():
    client = Client([body(), "no JSON"])
    assert [event["alarm"]["name"] for event in events(client)] == ["petclinic-primary"]
    assert client.deleted == ["0", "1"]


def test_a_dark_aws_ends_nothing_and_is_said_once(caplog):
    client = Client(OSError("no route"), OSError("no route"), [body()])
    with caplog.at_level("WARNING"):
        assert len(events(client)) == 1
    assert [record.message for record in caplog.records] == [
        "AWS does not answer about alarms (OSError); asking goes on.",
        "AWS answers about alarms again.",
    ]
