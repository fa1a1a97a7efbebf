"""Entra ID, as far as a service principal needs it: metadata and tokens for client credentials.

A token is signed with the client's secret, so it survives a restart and needs no state. Azurite (--oauth basic) looks
at its issuer, audience and times; Azure Resource Manager here looks at its signature too.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
import typing as t
import urllib.parse
import uuid
from dataclasses import dataclass, field

from lab.azure.wire import ArmError, Json, Request, Response

LIFETIME = 3600
ARM_AUDIENCES = ("https://management.azure.com", "https://management.core.windows.net")

_TOKEN = re.compile(r"(?i)^/(?P<tenant>[^/]+)/oauth2/v2\.0/token$")
_METADATA = re.compile(r"(?i)^/(?P<tenant>[^/]+)(/v2\.0)?/\.well-known/openid-configuration$")


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True)
class Entra:
    """One client, any tenant. `now` gives seconds since 1970."""

    client_secret: str = field(repr=False)
    now: t.Callable[[], float] = time.time

    def route(self, request: Request) -> Response | None:
        """The answer, or None when the request is not for Entra."""
        if match := _TOKEN.match(request.path):
            return self._token(match["tenant"], request)
        if match := _METADATA.match(request.path):
            return Response(200, _metadata(f"{request.base_url}/{match['tenant']}"))
        return None

    def _token(self, tenant: str, request: Request) -> Response:
        form = dict(urllib.parse.parse_qsl(request.body.decode(errors="replace")))
        client = form.get("client_id", "")
        if form.get("grant_type") != "client_credentials":
            return _refusal(400, 70003, "unsupported_grant_type", "The app requested an unsupported grant type.")
        if not hmac.compare_digest(form.get("client_secret", "").encode(), self.client_secret.encode()):
            sentence = (
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
                f"value, not the client secret ID, for a secret added to app '{client}'."
            )
            return _refusal(401, 7000215, "invalid_client", sentence)
        token = self.issue(tenant, client, form.get("scope", "").removesuffix("/.default"))
        return Response(
            200,
            {"token_type": "Bearer", "expires_in": LIFETIME - 1, "ext_expires_in": LIFETIME - 1, "access_token": token},
        )

    def issue(self, tenant: str, client: str, audience: str) -> str:
        """A JSON Web Token for one audience."""
        now = int(self.now())
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{tenant}/",
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
            "appid": client,
            "oid": str(uuid.uuid5(uuid.NAMESPACE_URL, client)),
            "tid": tenant,
            "ver": "1.0",
        }
        signed = ".".join(_encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
        return f"{signed}.{self._sign(signed)}"

    def _sign(self, text: str) -> str:
        return _encode(hmac.new(self.client_secret.encode(), text.encode(), hashlib.sha256).digest())

    def tenant(self, request: Request) -> str:
        """The tenant of the request's bearer token. ArmError 401 when there is none that we gave for ARM."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthorized(
                request, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."
            )
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(signed).encode()):
            raise _unauthorized(request, "InvalidAuthenticationToken", "The access token is invalid.")
        claims: Json = json.loads(_decode(signed.partition(".")[2]))
        if claims["exp"] < self.now():
            raise _unauthorized(request, "ExpiredAuthenticationToken", "The access token expiry UTC time has passed.")
        if claims["aud"].rstrip("/") not in (request.base_url, *ARM_AUDIENCES):
            sentence = f"The access token has been obtained for wrong audience or resource '{claims['aud']}'."
            raise _unauthorized(request, "InvalidAuthenticationTokenAudience", sentence)
        return str(claims["tid"])


def _refusal(status: int, number: int, error: str, sentence: str) -> Response:
    body = {"error": error, "error_description": f"AADSTS{number}: {sentence}", "error_codes": [number]}
    return Response(status, body)


def _unauthorized(request: Request, code: str, sentence: str) -> ArmError:
    challenge = f'Bearer authorization_uri="{request.base_url}/common", error="invalid_token"'
    return ArmError(401, code, sentence, {"WWW-Authenticate": challenge})


def _metadata(base: str) -> Json:
    return {
        "issuer": f"{base}/v2.0",
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "jwks_uri": f"{base}/discovery/v2.0/keys",
    }
