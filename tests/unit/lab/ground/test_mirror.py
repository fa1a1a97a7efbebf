from __future__ import annotations

import pytest

from lab import mirror
from lab.errors import LabError
from lab.mirror import Mirror, Source

DEB822 = """\
Types: deb deb-src
# a comment between the fields does not end the stanza
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security/
Suites: bookworm-security
Components: main

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://sources.example/debian
Suites: bookworm
Components: main
"""

ONE_LINE = """\
# deb http://off.example/debian bookworm main
deb [signed-by=/usr/share/keyrings/k.gpg arch=amd64] http://one.example/debian trixie main non-free
deb-src http://one.example/debian trixie main
deb http://one.example/debian-security trixie-security main
deb http://vendor.example/apt stable vendor
"""


def test_deb822_gives_each_suite_of_enabled_binary_archives() -> None:
    assert mirror.parse_deb822(DEB822) == [
        Source("http://mirror.example/debian", "bookworm"),
        Source("http://mirror.example/debian", "bookworm-updates"),
        Source("http://mirror.example/debian-security/", "bookworm-security"),
    ]


def test_a_folded_field_is_one_field() -> None:
    text = "Types: deb\nURIs: http://m.example/debian\nSuites: trixie\n trixie-updates\nComponents: main\n"
    assert [source.suite for source in mirror.parse_deb822(text)] == ["trixie", "trixie-updates"]


def test_one_line_sources_lose_their_options_and_other_components() -> None:
    assert mirror.parse_one_line(ONE_LINE) == [
        Source("http://one.example/debian", "trixie"),
        Source("http://one.example/debian-security", "trixie-security"),
    ]


def test_the_machines_own_mirror_is_chosen() -> None:
    assert mirror.choose(mirror.parse_deb822(DEB822), {}) == Mirror(
        "http://mirror.example/debian", "http://mirror.example/debian-security"
    )


def test_the_setting_comes_first_and_security_stands_beside_it() -> None:
    chosen = mirror.choose(mirror.parse_deb822(DEB822), {"LAB_DEBIAN_MIRROR": "http://set.example/debian/"})
    assert chosen == Mirror("http://set.example/debian", "http://set.example/debian-security")


def test_a_mirror_of_unusual_form_has_no_security_archive_unless_it_is_named() -> None:
    assert mirror.choose([], {"LAB_DEBIAN_MIRROR": "http://set.example/all"}).security == ""


@pytest.mark.parametrize(
    "foreign",
    [
        "https://dl.google.example/linux/chrome/deb/",
        "https://packages.microsoft.example/repos/code",
        "https://packages.microsoft.example/debian/12/prod",
    ],
)
def test_a_vendors_stable_is_no_debian(foreign: str) -> None:
    debian = Source("http://mirror.example/debian", "bookworm")
    assert mirror.choose([Source(foreign, "stable"), debian], {}).main == debian.uri
    with pytest.raises(LabError, match="LAB_DEBIAN_MIRROR=URL"):
        mirror.choose([Source(foreign, "stable")], {})


def test_a_mirror_with_another_name_is_known_by_its_updates() -> None:
    inside = [Source("http://inside.example/os", suite) for suite in ("trixie", "trixie-updates")]
    assert mirror.choose(inside, {}).main == "http://inside.example/os"


def test_ubuntu_is_asked_for_a_mirror_in_one_sentence() -> None:
    ubuntu = [Source("http://archive.ubuntu.example/ubuntu", "jammy")]
    with pytest.raises(LabError, match="LAB_DEBIAN_MIRROR=URL"):
        mirror.choose(ubuntu, {})


def test_sid_has_no_security_archive() -> None:
    both = Mirror("http://m.example/debian", "http://m.example/debian-security")
    assert both.lines("sid") == ["deb http://m.example/debian sid main"]
    assert len(both.lines("bullseye")) == 2


def test_find_reads_both_forms_from_the_folder(tmp_path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text(ONE_LINE)
    assert mirror.find(tmp_path, {}).main == "http://one.example/debian"
    (tmp_path / "sources.list.d" / "debian.sources").write_text(DEB822)
    assert mirror.find(tmp_path, {}).main == "http://mirror.example/debian"
