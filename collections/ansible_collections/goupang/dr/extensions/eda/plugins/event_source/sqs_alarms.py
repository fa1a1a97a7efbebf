# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CloudWatch's alarms, as SNS puts them into an SQS queue, as events of a rulebook."""

from __future__ import annotations

import asyncio
import json
import logging
import typing as t

DOCUMENTATION = r"""
---
short_description: Receive CloudWatch's alarms from an SQS queue that SNS writes into.
description:
  - An ansible-rulebook event source. Each change of an alarm is one event, with C(alarm) (C(name), C(state), C(before),
    C(reason), C(since)). SQS may deliver one twice.
  - It goes on asking while AWS is dark, and says so in the log once. A source that ends in an error ends its rulebook,
    on the very day for which this one is. That, and that no package of PyPI carries the collection ansible.eda, is why
    its aws_sqs_queue is not used.
options:
  queue_url:
    description: The queue. Empty, it is never asked, so that one rulebook serves those who have no alarm too.
    type: str
    required: true
  region:
    description: Its region.
    type: str
    default: us-east-1
  access_key:
    description: A login that may receive and delete messages there. Without one, boto3's own chain.
    type: str
  secret_key:
    description: Its secret.
    type: str
  endpoint_url:
    description: Where SQS is reached, where that is not AWS's public endpoint.
    type: str
  ca_bundle:
    description: PEM file of the authorities to verify it with.
    type: str
  wait_seconds:
    description: How long SQS keeps one question open.
    type: int
    default: 20
  pause_seconds:
    description: After an error.
    type: int
    default: 15
"""

EXAMPLES = r"""
- goupang.dr.sqs_alarms:
    queue_url: https://sqs.us-east-1.amazonaws.com/123456789012/petclinic-dr-alarms
    access_key: "{{ sqs_access_key }}"
    secret_key: "{{ sqs_secret_key }}"
"""

logger = logging.getLogger(__name__)
MOST_TEXT = 800


def alarm(body: str) -> dict[str, t.Any] | None:
    """The event in a message's body; None where it is no alarm of CloudWatch, as SNS's own greetings are none."""
    try:
        said = json.loads(json.loads(body)["Message"])
        return {
            "alarm": {
                "name": _harmless(said["AlarmName"]),
                "state": _harmless(said["NewStateValue"]),
                "before": _harmless(said.get("OldStateValue", "")),
                "reason": _harmless(said.get("NewStateReason", "")),
                "since": _harmless(said.get("StateChangeTime", "")),
            }
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _harmless(text: t.Any) -> str:
    """A rulebook hands it to a playbook as a variable, and what came from outside must be no template there."""
    return str(text).replace("{", "(").replace("}", ")")[:MOST_TEXT]


def connect(args: t.Mapping[str, t.Any]) -> t.Any:
    """A client of SQS, with short deadlines. Not at the head: tests need no boto3."""
    import boto3
    from botocore.config import Config

    wait = int(args.get("wait_seconds", 20))
    return boto3.client(
        "sqs",
        region_name=args.get("region") or "us-east-1",
        aws_access_key_id=args.get("access_key") or None,
        aws_secret_access_key=args.get("secret_key") or None,
        endpoint_url=args.get("endpoint_url") or None,
        verify=args.get("ca_bundle") or None,
        config=Config(connect_timeout=5, read_timeout=wait + 10, retries={"total_max_attempts": 1}),
    )


def receive(client: t.Any, args: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    answer = client.receive_message(
        QueueUrl=args["queue_url"], MaxNumberOfMessages=10, WaitTimeSeconds=int(args.get("wait_seconds", 20))
    )
    return list(answer.get("Messages", ()))


async def main(
    queue: asyncio.Queue[t.Any],
    args: dict[str, t.Any],
    client_of: t.Callable[[t.Mapping[str, t.Any]], t.Any] = connect,
) -> None:
    """Receive for ever."""
    if not args.get("queue_url"):
        logger.info("No queue of alarms is named, so none is asked.")
        await asyncio.Event().wait()
    client = client_of(args)
    dark = False
    while True:
        try:
            for message in await asyncio.to_thread(receive, client, args):
                event = alarm(message["Body"])
                if event:
                    await queue.put(event)
                # After it was put: one that is lost here comes again.
                await asyncio.to_thread(
                    client.delete_message, QueueUrl=args["queue_url"], ReceiptHandle=message["ReceiptHandle"]
                )
            if dark:
                logger.warning("AWS answers about alarms again.")
            dark = False
        except Exception as error:  # boto3's errors have no root of their own; whatever it is, asking goes on
            if not dark:
                logger.warning("AWS does not answer about alarms (%s); asking goes on.", type(error).__name__)
            dark = True
            await asyncio.sleep(float(args.get("pause_seconds", 15)))
