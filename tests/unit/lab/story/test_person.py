"""What a person's curl must show in the middle of a disaster."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lab.story.person import ENGLISH, KOREAN, reading, visits, was_refused
from lab.watch.records import Write

PAGE = f"HTTP/1.1 503 Service Unavailable\r\n\r\n<p {KOREAN}><p {ENGLISH}><a href='https://dr.petclinic.lab/'>"
CREATED = "HTTP/1.1 303 See Other\r\nLocation: /owners/7\r\n\r\n"
LIST = "HTTP/1.1 200 OK\r\n\r\n<td>run-1</td>"


class Script:
    """curl's answers in order; one call too many fails."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.calls: list[Sequence[str]] = []

    def __call__(self, arguments: Sequence[str]) -> str:
        self.calls.append(arguments)
        return self.answers.pop(0)


def test_all_is_as_the_report_will_say() -> None:
    curl = Script(PAGE, CREATED, LIST)
    seen = visits(curl, "petclinic.lab", "run-1")
    assert [visit.faults for visit in seen] == [(), (), ()]
    assert [visit.status_line for visit in seen] == [
        "HTTP/1.1 503 Service Unavailable",
        "HTTP/1.1 303 See Other",
        "HTTP/1.1 200 OK",
    ]
    assert "address=run-1" in curl.calls[1]


def test_each_thing_that_is_missing_is_a_fault() -> None:
    curl = Script("HTTP/1.1 502 Bad Gateway\r\n\r\n", "curl: (28) timed out", "HTTP/1.1 200 OK\r\n\r\nnobody")
    faults = [fault for visit in visits(curl, "petclinic.lab", "run-1") for fault in visit.faults]
    assert faults[0] == "curl https://www.petclinic.lab/: HTTP/1.1 502 Bad Gateway, not 503."
    assert faults[4] == "curl https://dr.petclinic.lab/owners with a new owner: curl: (28) timed out, not 303."
    assert faults[-1] == "curl https://dr.petclinic.lab/owners?lastName=Hong: the answer does not hold run-1."


def test_of_another_application_only_pages_are_read() -> None:
    curl = Script(PAGE, "HTTP/1.1 200 OK\r\n\r\nrows: 11")
    seen = list(reading(curl, "petclinic.lab", "/rows.jsp", "rows: 11"))
    assert [visit.faults for visit in seen] == [(), ()]
    assert curl.calls == [["https://www.petclinic.lab/"], ["https://dr.petclinic.lab/rows.jsp"]]


def test_no_answer_at_all() -> None:
    assert visits(Script("", "", ""), "petclinic.lab", "run-1")[0].status_line == "no answer"


@pytest.mark.parametrize(
    ("outcome", "status", "site", "refused"),
    [
        ("refused", 503, "primary", True),
        # A load balancer without an application behind it, or nobody at all, proves no fence.
        ("unknown", 502, None, False),
        ("refused", 503, None, False),
        ("refused", None, None, False),
        ("refused", 503, "page", False),
        ("acknowledged", 303, "primary", False),
    ],
)
def test_only_the_primary_itself_can_refuse(outcome: str, status: int | None, site: str | None, refused: bool) -> None:
    write = Write("watch-1", "now", 1.0, "by hand", "dr.petclinic.lab", outcome, status=status, served_by=site)
    assert was_refused(write) is refused
