"""Whether the release is there, its Tomcat runs it, and the data are at the version that it wants."""

from __future__ import annotations

import io
import typing as t
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from ansible_collections.goupang.dr.plugins.module_utils import _checks_release as release
from ansible_collections.goupang.dr.plugins.module_utils import _war
from ansible_collections.goupang.dr.plugins.module_utils._backups import Shelf
from ansible_collections.goupang.dr.plugins.module_utils._blob import BlobProperties
from ansible_collections.goupang.dr.plugins.module_utils._checks_release import Plan, Release
from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused
from ansible_collections.goupang.dr.plugins.module_utils._readiness import NO, OK, WARN, Silence
from ansible_collections.goupang.dr.plugins.module_utils._war import BOTH, JAKARTA, JAVAX

from tests.unit.plugins.backup_fakes import MemoryStore
from tests.unit.plugins.module_utils.test_checks_data import CLOSED, DARK, NEWEST, OPENED, shelf

ROLES = Path(__file__).resolve().parents[4] / "collections/ansible_collections/goupang/dr/roles"
DEBIAN_11 = {"publisher": "Debian", "offer": "debian-11", "sku": "11-gen2"}
DEBIAN_12 = {"publisher": "Debian", "offer": "debian-12", "sku": "12-gen2"}
OURS = {"id": "/images/ours"}


# -- The WAR -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "level", "what"),
    [
        (BlobProperties(2048, "abc", None, None, None), OK, "a.war is there, 2 KiB, with the inventory's SHA-256"),
        (BlobProperties(2048, "abd", None, None, None), NO, "a.war has the SHA-256 abd..., the inventory says ABC..."),
        (BlobProperties(2048, None, None, None, None), WARN, "a.war is there, and carries no SHA-256"),
        (None, NO, "there is no blob a.war"),
    ],
)
def test_the_release(found: BlobProperties | None, level: str, what: str) -> None:
    (line,) = release.judge_release(Release("a.war", "ABC", found))
    assert (line.level, line.what) == (level, what)


def test_the_release_is_asked_by_its_properties() -> None:
    store = MemoryStore({"a.war": b"x"})
    assert release.ask_release(store, "a.war", "s").found == BlobProperties(1, None, None, None, None)
    assert release.ask_release(store, "b.war", "s").found is None


def war(**files: bytes) -> bytes:
    """A WAR: classes by their names, `web` is its descriptor, `lib` a large library before everything else."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("WEB-INF/lib/spring.jar", files.pop("lib", b""))
        descriptor = files.pop("web", None)
        if descriptor is not None:
            archive.writestr("WEB-INF/web.xml", descriptor)
        for name, data in files.items():
            archive.writestr(f"WEB-INF/classes/{name}.class", data)
    return packed.getvalue()


WEB = b'<web-app xmlns="%s" version="4.0">'


@pytest.mark.parametrize(
    ("packed", "apis"),
    [
        (war(a=b"\0javax/sql/DataSource", b=b"Ljavax/servlet/http/HttpServlet;"), {JAVAX}),
        (war(a=b"jakarta/persistence/Entity"), {JAKARTA}),
        (war(a=b"jakarta/persistence/Entity", b=b"javax/servlet/Filter"), {JAVAX, JAKARTA}),
        # What the libraries use says nothing of the application: many know both.
        (war(lib=b"javax/servlet/Filter", a=b"jakarta/servlet/Filter"), {JAKARTA}),
        # The namespace may be left from before; classes are compiled.
        (war(web=WEB % b"http://xmlns.jcp.org/xml/ns/javaee", a=b"jakarta/servlet/Filter"), {JAKARTA}),
        (war(web=WEB % b"http://xmlns.jcp.org/xml/ns/javaee", a=b"javax/naming/Context"), {JAVAX}),
        (war(web=WEB % b"https://jakarta.ee/xml/ns/jakartaee"), {JAKARTA}),
        (war(web=b"<web-app>"), set()),
        (war(a=b"javax/sql/DataSource"), set()),
    ],
)
def test_what_a_war_is_built_for(packed: bytes, apis: set[str]) -> None:
    assert release.ask_war(MemoryStore({"a.war": packed}), "a.war") == apis


def test_of_a_large_war_only_parts_are_read() -> None:
    packed = war(lib=b"x" * (4 * _war.PIECE), a=b"javax/servlet/Filter")
    parts: list[int] = []

    def read(offset: int, length: int) -> bytes:
        parts.append(length)
        return packed[offset : offset + length]

    assert _war.built_for(read, len(packed)) == {JAVAX}
    assert sum(parts) < len(packed) / 2


def test_no_war_and_what_is_no_war() -> None:
    assert release.ask_war(MemoryStore(), "a.war") is None
    with pytest.raises(Refused, match="it is no WAR"):
        release.ask_war(MemoryStore({"a.war": b"<html>"}), "a.war")


# -- Its Tomcat --------------------------------------------------------------------


def test_tomcats_are_those_of_role_application() -> None:
    assert yaml.safe_load((ROLES / "application/vars/main.yml").read_text())["__application_tomcats"] == release.TOMCATS


@pytest.mark.parametrize(
    ("image", "name"),
    [
        (DEBIAN_12, "Debian-12"),
        ({"publisher": "Canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts-gen2"}, "Ubuntu-22"),
        ({"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server"}, "Ubuntu-24"),
        ({"publisher": "Canonical", "offer": "0001-com-ubuntu-server-focal", "sku": "minimal"}, "Ubuntu-20"),
        ({"publisher": "Debian", "offer": "sid", "sku": "sid"}, ""),
        ({"publisher": "Canonical", "offer": "core", "sku": "edge"}, ""),
        ({"publisher": "RedHat", "offer": "RHEL", "sku": "9"}, ""),
        (OURS, ""),
    ],
)
def test_the_distribution_by_its_image(image: dict[str, str], name: str) -> None:
    assert release.distribution(image) == name


@pytest.mark.parametrize(
    ("plan", "apis", "level", "what"),
    [
        (Plan(JAVAX, "auto", DEBIAN_11), {JAVAX}, OK,
         "the WAR is built for javax; tomcat9 of Debian-11 runs it as it is"),
        (Plan(JAVAX, "auto", DEBIAN_12), {JAVAX}, OK,
         "the WAR is built for javax; tomcat10 of Debian-12 runs it once it is converted"),
        (Plan(JAKARTA, "auto", DEBIAN_12), {JAKARTA}, OK,
         "the WAR is built for jakarta; tomcat10 of Debian-12 runs it as it is"),
        # The converter leaves alone what is jakarta already.
        (Plan(JAVAX, "tomcat11", OURS), {JAKARTA}, OK, "the WAR is built for jakarta; tomcat11 runs it as it is"),
        (Plan(JAVAX, "auto", DEBIAN_11), {JAKARTA}, NO,
         "the WAR is built for jakarta, which tomcat9 of Debian-11 does not know"),
        (Plan(JAKARTA, "auto", DEBIAN_12), {JAVAX}, NO,
         "the WAR is built for javax, tomcat10 of Debian-12 knows jakarta alone, and the inventory calls it jakarta"),
        (Plan(JAKARTA, "tomcat9", OURS), {JAVAX}, OK, "the WAR is built for javax; tomcat9 runs it as it is"),
        (Plan(JAVAX, "auto", OURS), {JAVAX}, OK,
         "the WAR is built for javax, and is converted where Tomcat is 10 or newer"),
        (Plan(JAKARTA, "auto", OURS), {JAKARTA}, WARN,
         "not known: the WAR is built for jakarta, and nobody can tell which Tomcat there will be"),
        (Plan(JAVAX, "auto", DEBIAN_11), set(), WARN, "not known: the WAR's own classes use neither javax nor jakarta"),
        (Plan(JAVAX, "auto", DEBIAN_11), BOTH, WARN, "not known: the WAR's own classes use both javax and jakarta"),
        (Plan(JAVAX, "auto", DEBIAN_11), None, WARN, "not known: the WAR is not there"),
    ],
)  # fmt: skip
def test_the_tomcat(plan: Plan, apis: set[str] | None, level: str, what: str) -> None:
    (line,) = release.judge_tomcat(plan, None if apis is None else frozenset(apis))
    assert (line.check, line.level, line.what) == ("release tomcat", level, what)
    assert line.known is (level != WARN)


# -- The schema that it wants ------------------------------------------------------

AT_3 = replace(NEWEST, migration="3.0")
HOLDS = "2 tables with 150 rows in the backup"


@pytest.mark.parametrize(
    ("wanted", "have", "level", "what"),
    [
        ("", NEWEST, OK, f"{HOLDS}, and no version that Flyway noted; "
         "the inventory names none that the release wants, so none was checked"),
        ("", AT_3, OK, f"{HOLDS}, at Flyway's version 3.0; "
         "the inventory names none that the release wants, so none was checked"),
        ("3", AT_3, OK, f"{HOLDS}, at Flyway's version 3.0, as the release wants it"),
        ("10", replace(NEWEST, migration="9.1"), WARN, f"{HOLDS}, at Flyway's version 9.1, the release wants 10"),
        ("2.9", AT_3, NO, f"{HOLDS}, at Flyway's version 3.0, the release wants 2.9"),
        ("3", NEWEST, WARN, f"not known: {HOLDS}, and no version that Flyway noted; the release wants 3"),
    ],
)  # fmt: skip
def test_the_version_of_the_data(wanted: str, have: t.Any, level: str, what: str) -> None:
    (line,) = release.judge_schema_version(wanted, shelf(have), CLOSED)
    assert (line.check, line.level, line.what) == ("schema version", level, what)


@pytest.mark.parametrize(("have", "why"), [(DARK, "the backups cannot be read"), (shelf(), "there is no valid backup")])
def test_without_a_backup_there_is_nothing_to_compare(have: Shelf | Silence, why: str) -> None:
    (line,) = release.judge_schema_version("3", have, CLOSED)
    assert (line.known, line.what) == (False, f"not known: {why}")
    assert release.judge_schema_version("3", have, OPENED)[0].level == OK
