from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.goupang.dr.plugins.module_utils._azure_resource import Wanted, Whole
from ansible_collections.goupang.dr.plugins.module_utils._azure_resource_api import ArmApi

ARM = "https://arm.example"
GROUP = "/subscriptions/s/resourceGroups/rg"
NEXT = f"{ARM}{GROUP}/resources?page=2"


@dataclass
class Answer:
    document: dict[str, t.Any]
    status_code: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def json(self) -> dict[str, t.Any]:
        return self.document

    def raise_for_status(self) -> None:
        assert self.status_code < 400


@dataclass
class Client:
    """Gives these answers in their order, and notes what was asked."""

    answers: list[Answer]
    asked: list[str] = field(default_factory=list)

    def send_request(self, request: t.Any) -> Answer:
        self.asked.append(f"{request.method} {request.url}")
        return self.answers.pop(0)


def page(*names: str, **more: str) -> Answer:
    return Answer({"value": [{"id": f"{GROUP}/providers/P/T/{name}"} for name in names], **more})


def test_what_lies_in_a_group_is_read_to_the_last_page() -> None:
    """A group is deleted with all that is in it, so what stands on a second page must not be overlooked."""
    client = Client([page("a", "b", nextLink=NEXT), page("c")])
    found = ArmApi(client, ARM, 10.0).listed(Wanted(GROUP, "2021-04-01"))
    assert [one.rpartition("/")[2] for one in found] == ["a", "b", "c"]
    assert client.asked == [f"GET {ARM}{GROUP}/resources?api-version=2021-04-01", f"GET {NEXT}"]


def test_a_whole_list_is_read_to_the_last_page() -> None:
    client = Client([page("a", nextLink=NEXT), page("b")])
    found = ArmApi(client, ARM, 10.0).members(Whole(f"{GROUP}/providers/P/T/server/rules", "2023-12-30"))
    assert [one["id"].rpartition("/")[2] for one in found] == ["a", "b"]
    assert client.asked[0] == f"GET {ARM}{GROUP}/providers/P/T/server/rules?api-version=2023-12-30"
