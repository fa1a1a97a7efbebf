from __future__ import annotations

import typing as t

from .conftest import client

RESOURCES = ["arn:aws:route53:::healthcheck/a", "arn:aws:route53:::healthcheck/b"]


def test_whoever_asks_may_do_everything(aws: t.Any) -> None:
    caller = client("sts", aws.url).get_caller_identity()["Arn"]
    answer = client("iam", aws.url).simulate_principal_policy(
        PolicySourceArn=caller, ActionNames=["route53:UpdateHealthCheck", "iam:Nothing"], ResourceArns=RESOURCES
    )
    assert answer["IsTruncated"] is False
    results = {result["EvalActionName"]: result for result in answer["EvaluationResults"]}
    assert {name: result["EvalDecision"] for name, result in results.items()} == {
        "route53:UpdateHealthCheck": "allowed",
        "iam:Nothing": "allowed",
    }
    specific = results["iam:Nothing"]["ResourceSpecificResults"]
    assert {one["EvalResourceName"]: one["EvalResourceDecision"] for one in specific} == dict.fromkeys(
        RESOURCES, "allowed"
    )
