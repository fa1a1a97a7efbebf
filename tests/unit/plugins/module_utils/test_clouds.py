"""The clients that questions share: each is made once, and none keeps the others waiting."""

from __future__ import annotations

import threading
import typing as t

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _aws, _azure
from ansible_collections.goupang.dr.plugins.module_utils._clouds import Clouds, Shared
from ansible_collections.goupang.dr.plugins.module_utils._errors import OutOfReach

SECONDS = 10  # far beyond what is needed: who waits so long waits for ever
PARAMS = {
    "aws": {**dict.fromkeys(("access_key", "secret_key", "session_token", "endpoint_url", "ca_bundle")), "region": "x"},
    "azure": {"tenant_id": "t", "client_id": "c", "client_secret": "s", "arm_url": "https://arm.example"},
    "storage": {"account_url": "https://account.example"},
}


def test_what_many_need_at_once_is_made_once() -> None:
    made: list[object] = []
    ready = threading.Barrier(4)

    def make() -> object:
        made.append(object())
        return made[-1]

    shared, had = Shared(make), []

    def need() -> None:
        ready.wait(SECONDS)
        had.append(shared())

    threads = [threading.Thread(target=need) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert len(made) == 1
    assert had == made * 4


def test_what_is_slow_to_make_holds_up_nobody_else() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def make() -> str:
        begun.set()
        assert go_on.wait(SECONDS)
        return "slow"

    slow = Shared(make)
    thread = threading.Thread(target=slow)
    thread.start()
    assert begun.wait(SECONDS)
    assert Shared(lambda: "quick")() == "quick"
    go_on.set()
    thread.join(SECONDS)
    assert slow() == "slow"


def test_what_could_not_be_made_is_tried_again_by_the_next() -> None:
    answers: list[str | Exception] = [OutOfReach("not yet"), "made"]

    def make() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    shared = Shared(make)
    with pytest.raises(OutOfReach):
        shared()
    assert [shared(), shared()] == ["made", "made"]


def test_all_of_azure_shares_one_login_and_all_of_route_53_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    login, client = _azure.credential, _aws.client

    def counted_login(*given: t.Any) -> t.Any:
        asked.append("azure")
        return login(*given)

    def counted_client(service: str, *given: t.Any) -> t.Any:
        asked.append(service)
        return client(service, *given)

    monkeypatch.setattr(_azure, "credential", counted_login)
    monkeypatch.setattr(_aws, "client", counted_client)
    clouds = Clouds(PARAMS)
    assert asked == []
    for name in ("backup", "release"):
        assert clouds.container(name)
    assert clouds.arm() is clouds.arm()
    assert clouds.aws()
    assert clouds.route53() is clouds.route53()
    assert asked == ["azure", "cloudfront", "route53"]
