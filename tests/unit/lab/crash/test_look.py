from __future__ import annotations

from lab.crash.look import differences, page_digest, timeless


def test_what_passes_is_taken_out_of_names() -> None:
    assert timeless("petclinic_20260104t0300z") == timeless("petclinic_20260104t030001z_ab12")
    assert timeless("disks/vm_OsDisk_1_" + "0123456789abcdef" * 2) == "disks/vm_OsDisk_1_*"
    assert timeless("/opt/goupang-dr/releases/0123456789ab/WEB-INF") == "/opt/goupang-dr/releases/*/WEB-INF"
    assert timeless("networkInterfaces/vm-petclinic-dr-nic") == "networkInterfaces/vm-petclinic-dr-nic"


def test_the_same_is_no_difference() -> None:
    assert differences({"a": [1], "b": {"c": 2}}, {"a": [1], "b": {"c": 2}}) == []


def test_differences_say_where() -> None:
    before = {"users": {"www": "page"}, "azure": ["vm", "nic"], "openings": 0}
    after = {"users": {"www": "502"}, "azure": ["vm", "ip"], "openings": 1, "lock": "held"}
    assert differences(before, after) == [
        "azure: missing ['nic'], too much ['ip']",
        "lock: None expected, 'held' seen",
        "openings: 0 expected, 1 seen",
        "users / www: 'page' expected, '502' seen",
    ]


def test_a_thing_too_often_is_a_difference() -> None:
    assert differences({"azure": ["a"]}, {"azure": ["a", "a"]}) == ["azure: missing [], too much ['a']"]


def test_a_page_is_the_same_whenever_it_was_written() -> None:
    page = '<p class="since">Since: <time datetime="{0}T10:42:05Z">{0} 19:42</time></p>'
    assert page_digest(page.format("2026-11-24")) == page_digest(page.format("2026-11-25"))
    assert page_digest(page.format("2026-11-24")) != page_digest("<p></p>")
