"""Resource Manager's refusals in its own words: "Understand how Azure Resource Manager throttles requests"."""

from __future__ import annotations

from lab.azure.server import Answer
from lab.azure.wire import ArmError, Request, Response
from lab.throttle import RETRY_AFTER_SECONDS, Throttle

REFUSALS = (
    (429, "SubscriptionRequestsThrottled", "Number of requests for the subscription exceeded. Try again later."),
    (503, "ServiceUnavailable", "The service is temporarily unavailable. Try again later."),
)


def throttled(throttle: Throttle, answer: Answer, retry_after: int = RETRY_AFTER_SECONDS) -> Answer:
    """`answer`, or a refusal while the throttle is ordered. Sign-ins are Entra ID's, and no part of it."""

    def answer_or_refuse(request: Request) -> Response:
        if request.path.lower().startswith("/subscriptions"):
            number = throttle.refuses(f"{request.method} {request.path}")
            if number is not None:
                headers = {"Retry-After": str(retry_after)}
                return ArmError(*REFUSALS[number % len(REFUSALS)], headers).response()
        return answer(request)

    return answer_or_refuse
