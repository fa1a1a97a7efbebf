from __future__ import annotations

import types

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _errors as errors
from ansible_collections.goupang.dr.plugins.module_utils._lock import Found, Holder, Record
from ansible_collections.goupang.dr.plugins.module_utils._lock_blob import AzureLockBlob, content, open_lock, record
from azure.core import exceptions as core

from tests.unit.plugins.scripted import Call, Script

URL = "https://account.example/control/app/lock"
KIM = Holder("kim@laptop", "failback", "run-0", "2026-11-24T02:58:00Z")
SAID = Record(KIM, "abc", ({"owner": "lee", "ended": "broken"},))


def storage_error(code: str, kind: type = core.ResourceExistsError) -> Exception:
    error = kind(f"The specified thing failed.\nErrorCode:{code}")
    error.error_code = code
    return error


def blob(*calls, leases=()):
    """The client's calls, and those of each BlobLeaseClient by its lease id."""
    prepared = dict(leases)
    return AzureLockBlob(Script(*calls), lambda lease_id: Script(prepared[lease_id]), URL)


def download(data, state):
    properties = types.SimpleNamespace(lease=types.SimpleNamespace(state=state))
    return types.SimpleNamespace(readall=lambda: data, properties=properties)


@pytest.mark.parametrize(("state", "leased"), [("leased", True), ("expired", False), ("available", False)])
def test_what_it_says_and_whether_its_lease_runs(state, leased):
    found = blob(Call("download_blob", (), download(content(SAID), state))).look()
    assert found == Found(SAID, leased)


def test_no_blob_yet():
    missing = storage_error("BlobNotFound", core.ResourceNotFoundError)
    assert blob(Call("download_blob", (), missing)).look() is None


def test_no_container_is_not_a_free_lock():
    missing = storage_error("ContainerNotFound", core.ResourceNotFoundError)
    with pytest.raises(errors.Missing, match=r"container of the lock .* does not exist: create it"):
        blob(Call("download_blob", (), missing)).look()


@pytest.mark.parametrize("data", [b"", b"{}", b"not json", b'{"holder": {"who": 1}, "lease": "", "past": []}'])
def test_a_blob_that_was_spoilt_says_nothing(data):
    assert record(data) == Record()


def test_somebody_else_may_create_it_first():
    wanted = {"overwrite": False}
    for code in ("BlobAlreadyExists", "LeaseIdMissing"):
        blob(Call("upload_blob", (content(Record()),), storage_error(code), wanted)).create()
    denied = storage_error("AuthorizationPermissionMismatch", core.ClientAuthenticationError)
    with pytest.raises(errors.NotAuthorised):
        blob(Call("upload_blob", (content(Record()),), denied, wanted)).create()


def test_a_lease_of_a_minute():
    answers = {"ours": Call("acquire", (), None, {"lease_duration": 60})}
    assert blob(leases=answers).acquire("ours") is True
    answers = {"ours": Call("acquire", (), storage_error("LeaseAlreadyPresent"), {"lease_duration": 60})}
    assert blob(leases=answers).acquire("ours") is False


@pytest.mark.parametrize(
    "code",
    [
        "LeaseIdMismatchWithLeaseOperation",
        "LeaseNotPresentWithLeaseOperation",
        "LeaseIsBrokenAndCannotBeRenewed",
        "BlobNotFound",
    ],
)
def test_a_lease_that_is_no_longer_ours_is_an_answer(code):
    assert blob(leases={"ours": Call("renew", (), storage_error(code))}).renew("ours") is False
    blob(leases={"ours": Call("release", (), storage_error(code))}).release("ours")


def test_no_answer_is_not_the_answer_that_it_is_lost():
    with pytest.raises(errors.OutOfReach, match="renew the lock"):
        blob(leases={"ours": Call("renew", (), core.ServiceRequestError("no route to host"))}).renew("ours")


def test_broken_at_once_and_written_with_the_lease():
    at_once = {"lease_break_period": 0}
    blob(leases={None: Call("break_lease", (), None, at_once)}).break_lease()
    blob(
        leases={None: Call("break_lease", (), storage_error("LeaseNotPresentWithLeaseOperation"), at_once)}
    ).break_lease()
    blob(Call("upload_blob", (content(SAID),), None, {"overwrite": True, "lease": "ours"})).write(SAID, "ours")


def test_opening_sends_nothing():
    params = {"tenant_id": "t", "client_id": "c", "client_secret": "s", "ca_bundle": None}
    assert open_lock(params, "https://no-such-host.invalid/account/", "control", "app/lock")
