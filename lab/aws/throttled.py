"""AWS's refusals in AWS's own words, for Route 53 and CloudFront: https://docs.aws.amazon.com, "Common errors"."""

from __future__ import annotations

import typing as t
import uuid
from xml.sax.saxutils import escape

from lab.throttle import RETRY_AFTER_SECONDS, Throttle

# By the path that a service's API begins with: the namespace of its answers.
NAMESPACES = {
    "/2013-04-01/": "https://route53.amazonaws.com/doc/2013-04-01/",
    "/2020-05-31/": "http://cloudfront.amazonaws.com/doc/2020-05-31/",
}
REFUSALS = (
    ("400 Bad Request", "Sender", "Throttling", "Rate exceeded"),
    ("503 Service Unavailable", "Receiver", "ServiceUnavailable", "The request failed: the server is too busy."),
)
# Data planes know of changes by other ways than the API, whose limits are the account's.
DATA_PLANE = "goupang-dr-lab-data-plane"


def refusal(throttle: Throttle, environ: t.Mapping[str, t.Any], start_response: t.Any) -> list[bytes] | None:
    """The body of a refusal, which is begun; None when the request is to be served."""
    path = environ["PATH_INFO"]
    namespace = next((one for prefix, one in NAMESPACES.items() if path.startswith(prefix)), None)
    if namespace is None or DATA_PLANE in environ.get("HTTP_USER_AGENT", ""):
        return None
    number = throttle.refuses(f"{environ['REQUEST_METHOD']} {path}")
    if number is None:
        return None
    # What is left unread would be taken for the next request of the connection.
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    status, side, code, message = REFUSALS[number % len(REFUSALS)]
    body = (
        f'<?xml version="1.0"?>\n<ErrorResponse xmlns="{namespace}"><Error><Type>{side}</Type><Code>{code}</Code>'
        f"<Message>{escape(message)}</Message></Error><RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
    ).encode()
    headers = [("Content-Type", "text/xml"), ("Retry-After", str(RETRY_AFTER_SECONDS))]
    start_response(status, [*headers, ("Content-Length", str(len(body)))])
    return [body]
