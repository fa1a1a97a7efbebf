"""SimulatePrincipalPolicy: whoever asks may do everything, which is true here, since no policy is enforced.

moto does not know the call. AWS answers one result for each action, and in it one for each resource.
"""

from __future__ import annotations

import typing as t

from moto.core.responses import ActionResult
from moto.iam.responses import IamResponse

from lab.aws.patching import add

ALLOWED = "allowed"


def simulate_principal_policy(self: IamResponse) -> ActionResult:
    resources = self._get_param("ResourceArns") or ["*"]
    return ActionResult(
        {
            "EvaluationResults": [_result(action, resources) for action in self._get_param("ActionNames")],
            "IsTruncated": False,
        }
    )


def _result(action: str, resources: t.Sequence[str]) -> dict[str, t.Any]:
    return {
        "EvalActionName": action,
        "EvalResourceName": resources[0],
        "EvalDecision": ALLOWED,
        "ResourceSpecificResults": [
            {"EvalResourceName": resource, "EvalResourceDecision": ALLOWED} for resource in resources
        ],
    }


def close() -> None:
    add(IamResponse, "simulate_principal_policy", simulate_principal_policy)
