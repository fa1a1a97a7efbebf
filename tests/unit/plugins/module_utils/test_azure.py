from __future__ import annotations

import json
import types

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _errors as errors
from ansible_collections.goupang.dr.plugins.module_utils._azure import credential, sentences, tls_verify
from azure.core import exceptions as core


def http_error(status: int, code: str, message: str = "no", kind: type = core.HttpResponseError) -> Exception:
    body = json.dumps({"error": {"code": code, "message": message}})
    return kind(response=types.SimpleNamespace(status_code=status, reason="R", text=lambda: body))


def raised(error: Exception) -> errors.DrError:
    with pytest.raises(errors.DrError) as caught, sentences("make tea"):
        raise error
    assert caught.value.__cause__ is error
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("status", [200, 409])
@pytest.mark.parametrize("code", ["AllocationFailed", "ZonalAllocationFailed", "SkuNotAvailable", "QuotaExceeded"])
def test_a_size_that_is_not_there_is_told_by_the_code_whatever_the_status(status, code):
    error = raised(http_error(status, code))
    assert isinstance(error, errors.SizeUnavailable)
    assert error.code == code


def test_no_quota_hides_behind_operation_not_allowed():
    sentence = "Operation could not be completed as it results in exceeding approved Total Regional Cores quota."
    error = raised(http_error(409, "OperationNotAllowed", sentence))
    assert isinstance(error, errors.SizeUnavailable)
    assert error.code == "QuotaExceeded"
    other = raised(http_error(409, "OperationNotAllowed", "The VM is not running."))
    assert not isinstance(other, errors.SizeUnavailable)


def test_a_reason_one_level_down_is_found():
    body = {"error": {"code": "DeploymentFailed", "message": "see", "details": [{"code": "AllocationFailed"}]}}
    response = types.SimpleNamespace(status_code=200, reason="R", text=lambda: json.dumps(body))
    assert raised(core.HttpResponseError(response=response)).code == "AllocationFailed"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (core.ClientAuthenticationError("AADSTS7000215: Invalid client secret.\nTrace"), errors.NotAuthorised),
        (http_error(403, "AuthorizationFailed"), errors.NotAuthorised),
        (core.ServiceRequestError("no route"), errors.OutOfReach),
        (core.ServiceResponseError("reset"), errors.OutOfReach),
        (http_error(404, "ResourceGroupNotFound", kind=core.ResourceNotFoundError), errors.Missing),
        (http_error(409, "Conflict", kind=core.ResourceExistsError), errors.ServiceFault),
        (http_error(500, "InternalError"), errors.ServiceFault),
    ],
)
def test_each_error_has_its_kind(error, kind):
    assert type(raised(error)) is kind


def test_a_token_that_nobody_answers_for_is_not_a_wrong_secret():
    error = core.ClientAuthenticationError("Authentication failed: certificate verify failed")
    error.__context__ = core.ServiceRequestError("certificate verify failed")
    with pytest.raises(errors.OutOfReach), sentences("make tea"):
        raise error


def test_a_bug_keeps_its_trace():
    with pytest.raises(ZeroDivisionError), sentences("divide"):
        1 // 0  # noqa: B018 (it is there to fail)


def test_a_secret_makes_a_service_principal_and_its_absence_a_default_login():
    who = {"tenant_id": "t", "client_id": "c", "authority_url": "https://login.example", "ca_bundle": None}
    assert type(credential({**who, "client_secret": "s"})).__name__ == "ClientSecretCredential"
    assert type(credential({**who, "client_secret": None})).__name__ == "DefaultAzureCredential"


def test_the_system_is_trusted_where_no_bundle_is_given():
    assert tls_verify({"ca_bundle": None}) is True
    assert tls_verify({"ca_bundle": "/etc/ca.pem"}) == "/etc/ca.pem"


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (
            "(<HTTPSConnection(host='10.0.0.6', port=443) at 0x7facc754e950>, 'Connection to 10.0.0.6 timed out.')",
            "Connection to 10.0.0.6 timed out",
        ),
        ("<urllib3.connection.HTTPSConnection object at 0x7f>: Failed to connect", "Failed to connect"),
        ("no route", "no route"),
    ],
)
def test_addresses_in_memory_are_not_shown(said, read):
    assert str(raised(core.ServiceRequestError(said))) == f"Azure does not answer when asked to make tea: {read}"
