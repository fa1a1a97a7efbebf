# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: whether the release is there, the Tomcat that will be there runs it, and the data suit it."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._backups import Shelf
from ansible_collections.goupang.dr.plugins.module_utils._blob import BlobProperties, Store
from ansible_collections.goupang.dr.plugins.module_utils._checks_data import Target, size
from ansible_collections.goupang.dr.plugins.module_utils._readiness import (
    NO,
    OK,
    WARN,
    Line,
    Silence,
    counted,
    not_known,
)
from ansible_collections.goupang.dr.plugins.module_utils._war import BOTH, JAKARTA, JAVAX, built_for

RELEASE, TOMCAT, SCHEMA_VERSION = "release", "release tomcat", "schema version"
# As role application chooses it (a test compares them).
TOMCATS = {
    "Debian-11": "tomcat9",
    "Debian-12": "tomcat10",
    "Debian-13": "tomcat11",
    "Ubuntu-20": "tomcat9",
    "Ubuntu-22": "tomcat9",
    "Ubuntu-24": "tomcat10",
}
_CODENAMES = {"focal": "20", "jammy": "22", "noble": "24"}
AUTO = "auto"


# -- Asking ------------------------------------------------------------------------


@dataclass(frozen=True)
class Release:
    blob: str
    sha256: str
    found: BlobProperties | None


def ask_release(store: Store, blob: str, sha256: str) -> Release:
    return Release(blob, sha256, store.properties(blob))


def ask_war(store: Store, blob: str) -> frozenset[str] | None:
    """What the WAR was built for (_war.built_for); None when it is not there."""
    found = store.properties(blob)
    if found is None:
        return None
    return built_for(lambda offset, length: store.part(blob, offset, length), found.bytes)


# -- The WAR -----------------------------------------------------------------------


def judge_release(release: Release) -> list[Line]:
    """By the digest in the blob's metadata: the WAR is not read, which would cost its length at each run."""
    if release.found is None:
        return [Line(RELEASE, NO, f"there is no blob {release.blob}", "Put the WAR there, or correct dr_release_blob.")]
    if release.found.sha256 is None:
        fix = "Write it with blob_object, which notes its SHA-256; application: installed compares it in any case."
        return [Line(RELEASE, WARN, f"{release.blob} is there, and carries no SHA-256", fix, known=False)]
    if release.found.sha256 != release.sha256.lower():
        have, wanted = release.found.sha256[:12], release.sha256[:12]
        what = f"{release.blob} has the SHA-256 {have}..., the inventory says {wanted}..."
        return [Line(RELEASE, NO, what, "Put the right WAR there, or correct dr_release_sha256.")]
    return [Line(RELEASE, OK, f"{release.blob} is there, {size(release.found.bytes)}, with the inventory's SHA-256")]


# -- Its Tomcat --------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """What role application will do. api: for what the inventory says that the WAR was built; package: as in it."""

    api: str
    package: str
    image: t.Mapping[str, str]

    @property
    def tomcat(self) -> str:
        """The Tomcat that will be there; '' where the image does not say."""
        return TOMCATS.get(distribution(self.image), "") if self.package == AUTO else self.package

    @property
    def where(self) -> str:
        return f"{self.tomcat} of {distribution(self.image)}" if self.package == AUTO else self.tomcat


def distribution(image: t.Mapping[str, str]) -> str:
    """Debian-12; '' for an image of one's own, and for one whose name does not say."""
    publisher, named = image.get("publisher", "").lower(), f"{image.get('offer', '')} {image.get('sku', '')}".lower()
    if publisher == "debian":
        found = re.search(r"debian-(\d+)", named)
        return f"Debian-{found[1]}" if found else ""
    if publisher == "canonical":
        found = re.search(r"\b(\d\d)[_.]04|\b(focal|jammy|noble)\b", named.replace("-", " "))
        return f"Ubuntu-{found[1] or _CODENAMES[found[2]]}" if found else ""
    return ""


def judge_tomcat(plan: Plan, apis: frozenset[str] | None) -> list[Line]:
    """Tomcat 9 knows javax alone, each later one jakarta alone; role application converts javax for those."""
    if apis is None:
        return [not_known(TOMCAT, "the WAR is not there")]
    if apis == BOTH or not apis:
        said = "both javax and jakarta" if apis else "neither javax nor jakarta"
        fix = f"See that application_war_api, which is {plan.api}, is right."
        return [not_known(TOMCAT, f"the WAR's own classes use {said}", fix)]
    (api,) = apis
    converted = plan.api == JAVAX and api == JAVAX
    if not plan.tomcat and not converted:
        fix = "Name the package in application_tomcat_package: auto says too little about an image of one's own."
        return [not_known(TOMCAT, f"the WAR is built for {api}, and nobody can tell which Tomcat there will be", fix)]
    if not plan.tomcat:
        return [Line(TOMCAT, OK, "the WAR is built for javax, and is converted where Tomcat is 10 or newer")]
    if plan.tomcat == "tomcat9" and api == JAKARTA:
        fix = "Name an image with Tomcat 10 or newer in dr_machine_image (Debian 12), or put the javax WAR there."
        return [Line(TOMCAT, NO, f"the WAR is built for jakarta, which {plan.where} does not know", fix)]
    if plan.tomcat != "tomcat9" and api == JAVAX and not converted:
        fix = "Set application_war_api to javax, so that it is converted."
        what = f"the WAR is built for javax, {plan.where} knows jakarta alone, and the inventory calls it {plan.api}"
        return [Line(TOMCAT, NO, what, fix)]
    how = "runs it as it is" if plan.tomcat == "tomcat9" or api == JAKARTA else "runs it once it is converted"
    return [Line(TOMCAT, OK, f"the WAR is built for {api}; {plan.where} {how}")]


# -- The schema that it wants ------------------------------------------------------


def judge_schema_version(wanted: str, shelf: Shelf | Silence, target: Target | Silence) -> list[Line]:
    """The newest version that Flyway notes in the backup, with the one that the inventory says the release wants."""
    if isinstance(target, Target) and target.opened:
        return [Line(SCHEMA_VERSION, OK, f"not compared: {target.opened} was opened, and no backup is loaded over it")]
    if isinstance(shelf, Silence) or not shelf.valid:
        why = "the backups cannot be read" if isinstance(shelf, Silence) else "there is no valid backup"
        return [not_known(SCHEMA_VERSION, why)]
    newest = shelf.valid[0]
    have = newest.migration
    holds = f"{counted(len(newest.tables), 'table')} with {counted(sum(newest.tables.values()), 'row')} in the backup"
    at = f"{holds}, at Flyway's version {have}" if have else f"{holds}, and no version that Flyway noted"
    if not wanted:
        return [Line(SCHEMA_VERSION, OK, f"{at}; the inventory names none that the release wants, so none was checked")]
    if not have:
        fix = "Without Flyway leave dr_release_schema_version empty; else take a backup while no migration runs."
        return [not_known(SCHEMA_VERSION, f"{at}; the release wants {wanted}", fix)]
    if _as_numbers(have) == _as_numbers(wanted):
        return [Line(SCHEMA_VERSION, OK, f"{at}, as the release wants it")]
    what = f"{at}, the release wants {wanted}"
    if _as_numbers(have) > _as_numbers(wanted):
        fix = "Put the release there that belongs to these data, and its version into dr_release_schema_version."
        return [Line(SCHEMA_VERSION, NO, what, fix)]
    fix = "Run backup.yml if the primary was migrated since; else the release has to migrate the data as it starts."
    return [Line(SCHEMA_VERSION, WARN, what, fix)]


def _as_numbers(version: str) -> tuple[int, ...]:
    """As Flyway compares them: 2.0 is 2, and 10 is more than 9."""
    numbers = [int(part) for part in re.findall(r"\d+", version)]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
