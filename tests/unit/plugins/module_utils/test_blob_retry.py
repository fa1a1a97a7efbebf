"""The SDK itself, on a transport of ours: what is repeated, how often, and after which pause."""

from __future__ import annotations

import types

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._azure import Patience
from ansible_collections.goupang.dr.plugins.module_utils._blob_retry import LONGEST_PAUSE_SECONDS, repeating
from azure.core import exceptions as core
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest
from azure.core.rest._http_response_impl import HttpResponseImpl
from azure.storage.blob import BlobClient


class Transport(HttpTransport):
    """Answers each request with the next of `answers`: a status and headers, or an exception; and counts pauses."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.pauses = []

    def send(self, request: HttpRequest, **kwargs):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, headers = answer
        response = HttpResponseImpl(
            request=request,
            internal_response=types.SimpleNamespace(close=lambda: None),
            status_code=status,
            headers={"Content-Type": "application/xml", "Content-Length": "0", **headers},
            reason="",
            content_type="application/xml",
            stream_download_generator=None,
        )
        response._content = b""
        return response

    def sleep(self, duration):
        self.pauses.append(duration)

    def open(self):
        pass

    def close(self):
        pass

    def __exit__(self, *args):
        pass


FINE = (200, {})
PATIENCE = Patience()


def ask(transport, patience=PATIENCE):
    url = "https://account.example"
    BlobClient(url, "box", "a", transport=transport, **repeating(patience)).exists()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_storage_that_is_busy_is_asked_again_when_it_said(status):
    transport = Transport((status, {"Retry-After": "1"}), (status, {"Retry-After": "3"}), FINE)
    ask(transport)
    assert transport.pauses == [1.0, 3.0]
    assert not transport.answers


@pytest.mark.parametrize("told", [{}, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}])
def test_without_a_number_of_seconds_pauses_double(told):
    transport = Transport(*[(503, told)] * 4, FINE)
    ask(transport)
    assert transport.pauses == [1, 2, 4, 8]


def test_no_pause_is_longer_than_a_person_waits():
    transport = Transport((429, {"Retry-After": "3600"}), FINE)
    ask(transport)
    assert transport.pauses == [LONGEST_PAUSE_SECONDS]


def test_a_storage_that_stays_busy_is_an_error_in_the_end():
    transport = Transport(*[(429, {"x-ms-error-code": "TooManyRequests"})] * 5)
    with pytest.raises(core.HttpResponseError, match="TooManyRequests"):
        ask(transport)
    assert not transport.answers


def test_silence_is_repeated_as_often_as_patience_says():
    transport = Transport(*[core.ServiceRequestError("no route to host")] * 2)
    with pytest.raises(core.ServiceRequestError):
        ask(transport, Patience(retries=1))
    assert transport.pauses == [1]


def test_what_is_no_matter_of_time_is_not_repeated():
    transport = Transport((403, {"x-ms-error-code": "AuthorizationFailure"}))
    with pytest.raises(core.HttpResponseError, match="AuthorizationFailure"):
        ask(transport)
    assert transport.pauses == []


@pytest.mark.parametrize("retries", [0, 2])
def test_a_login_that_does_not_answer_is_repeated_like_any_silence(retries):
    silent = core.ClientAuthenticationError("Authentication failed: connection timed out")
    transport = Transport(*[silent] * 10)
    with pytest.raises(core.ClientAuthenticationError):
        ask(transport, Patience(retries=retries))
    assert len(transport.answers) == 10 - 1 - retries
    assert transport.pauses == [1.0, 2.0][:retries]
