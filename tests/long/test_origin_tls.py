"""A lab whose inventory has a port for TLS: CloudFront asks the machine by HTTPS, through a failover and home again."""

from __future__ import annotations

import base64
import json
import secrets
import socket
import ssl
import tempfile
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
import yaml
from cryptography import x509

from lab import certificates, facts
from lab.facts import ZONE, Facts
from lab.fingerprint import World
from lab.story.stage import playbook_command
from lab.watch.fetch import Request, over_https
from tests.drills.runbooks import Outcome, Runbooks
from tests.drills.story import OPEN_MARK, Deed, deed, past_dns
from tests.long.test_distributions import HERE, TOMCATS, image, on_machine

PORT, ORIGIN, DOMAIN = 8443, f"origin.{ZONE}", f"dr.{ZONE}"
BLOB = "certificates/petclinic/origin.pem"
TOMCAT = "systemctl show --property=MainPID --value 'tomcat*'"


@dataclass
class Kept:
    """The runbooks with TLS in the inventory, and the certificates that a team would have got."""

    runbooks: Runbooks
    lab: Facts
    folder: Path
    key: str
    pems: dict[str, Path] = field(default_factory=dict)

    def run(self, name: str, *options: str, **variables: str) -> Outcome:
        return self.runbooks.run(name, "-e", f"@{self.folder / 'tls.json'}", *options, **variables)

    def get(self, name: str, *domains: str) -> None:
        """A certificate of the lab's authority."""
        self.pems[name] = self.folder / f"{name}.pem"
        certificates.issue(facts.home() / "ca", domains, self.pems[name])

    def keep(self, name: str, *options: str) -> Outcome:
        pem = self.pems[name]
        files = {"certificate_file": str(pem), "certificate_key_file": str(pem.with_suffix(".key"))}
        return self.run("certificate", *options, **files)

    def put_on_machine(self) -> Outcome:
        """What lies in Blob, whatever it is: certificate.yml would not."""
        command = playbook_command("certified", {"application_state": "certified"})
        command[command.index("playbooks/certified.yml")] = str(HERE / "application.yml")
        return self.runbooks.play("certified", [*command, "-e", f"@{self.folder / 'tls.json'}"])

    def serial(self, name: str) -> int:
        return x509.load_pem_x509_certificate(self.pems[name].read_bytes()).serial_number


@pytest.fixture(scope="module")
def kept(runbooks: Runbooks, lab: Facts, now: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    kept = Kept(runbooks, lab, tmp_path_factory.mktemp("tls"), base64.b64encode(secrets.token_bytes(32)).decode())
    file = kept.folder / "tls.json"
    file.touch(mode=0o600)
    settings = {"dr_machine_https_port": PORT, "dr_origin_domain": ORIGIN, "dr_backup_key": kept.key}
    file.write_text(json.dumps(settings))
    for name in ("first", "renewed"):
        kept.get(name, ORIGIN, DOMAIN)
    kept.get("wrong", f"other.{ZONE}")
    yield kept
    # What taking TLS out of an inventory leaves to a person.
    assert runbooks.run("provision").code == 0
    _forget(now)


def _forget(now: World) -> None:
    zone, route53 = now.lab.zone_id, now.client("route53")
    (record,) = (one for one in records(route53, zone) if one["Name"] == f"{ORIGIN}.")
    gone = {"Changes": [{"Action": "DELETE", "ResourceRecordSet": record}]}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=gone)
    with now._service() as service:
        service.delete_container("certificates")


def records(route53: t.Any, zone: str) -> list[dict[str, str]]:
    return list(route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"])


def shown(now: World) -> int:
    """The serial number of the certificate that the machine shows, whoever asks."""
    (address,) = now.sources.resources()["public_ips"]
    context = ssl.create_default_context(cafile=now.lab.ca_bundle)
    context.check_hostname = False
    with (
        socket.create_connection((address.ip_address, PORT), timeout=15) as plain,
        context.wrap_socket(plain, server_hostname="anything.example.com") as secured,
    ):
        return x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"").serial_number


def answers_http(now: World) -> bool:
    """Whether the machine can be asked in clear from elsewhere."""
    (address,) = now.sources.resources()["public_ips"]
    try:
        socket.create_connection((address.ip_address, 8080), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def as_checkers_ask(lab: Facts, path: str) -> int:
    """By the distribution's own name, which is then the Host that the machine is sent."""
    provisioned = yaml.safe_load((facts.home() / "provisioned.yml").read_text())
    request = Request(provisioned["dr_distribution_domains"]["dr"], path)
    return over_https(lab.ca_bundle, answer_seconds=20.0)(lab.addresses["edge"], request).status


@dataclass(frozen=True)
class Looked:
    """How the machine was answering: to users past DNS, to Route 53's checkers; and what it shows."""

    users: int
    checkers: int
    closed: int
    serial: int
    tomcat: str
    preflight: Outcome


def look(kept: Kept, now: World) -> Looked:
    ask = partial(past_dns, kept.lab)
    return Looked(
        ask("/owners?lastName=").status,
        as_checkers_ask(kept.lab, "/health"),
        ask(OPEN_MARK).status,
        shown(now),
        on_machine(kept.lab, TOMCAT),
        kept.run("preflight"),
    )


@dataclass(frozen=True)
class Seen:
    built: Outcome
    built_again: Outcome
    without: Outcome  # preflight before there was a certificate
    refused: Outcome
    after_refused: list[str]
    foreseen: Deed
    first: Outcome
    first_again: Deed
    warm: Outcome
    warm_again: Deed
    standing: Looked
    in_clear: bool
    reload_from_outside: int
    file: str
    renewal: Outcome
    renewed: Looked
    renewed_again: Deed
    swapped: Outcome
    wrong: Looked
    not_passed: Outcome
    mended: Outcome
    mended_look: Looked
    there_and_home: list[Outcome]


@pytest.fixture(scope="module")
def seen(kept: Kept, now: World) -> Seen:
    built, built_again, without = kept.run("provision"), kept.run("provision"), kept.run("preflight")
    refused = kept.keep("wrong")
    after_refused = [name for name in now.blobs() if name == BLOB]
    foreseen = deed(now.blobs, partial(kept.keep, "first", "--check", "--diff"))
    first = kept.keep("first", "--diff")
    first_again = deed(now.blobs, partial(kept.keep, "first"))
    warm = kept.run("warm_up")
    warm_again = deed(now.machines, partial(kept.run, "warm_up"))
    standing, in_clear = look(kept, now), answers_http(now)
    reload_from_outside = past_dns(kept.lab, "/goupang-dr/certificate.jsp", "POST").status
    file = on_machine(kept.lab, "stat -c '%U:%G %a' /opt/goupang-dr/origin.pem")
    renewal = kept.keep("renewed", "--diff")
    renewed = look(kept, now)
    renewed_again = deed(now.machines, partial(kept.keep, "renewed"))
    put_into_blob(kept, now, "wrong")
    swapped = kept.put_on_machine()
    wrong, not_passed = look(kept, now), kept.run("failover", dr_confirm="failover")
    mended = kept.keep("renewed")
    mended_look = look(kept, now)
    way = [("failover", {"dr_confirm": "failover"}), ("verify", {}), ("failback", {"dr_confirm": "failback"})]
    soon = {"dr_override": "min_dwell: nobody waits in a test"}
    there_and_home = [kept.run(name, **variables, **(soon if name == "failback" else {})) for name, variables in way]
    there_and_home.append(kept.run("cool_down"))
    return Seen(
        built, built_again, without, refused, after_refused, foreseen, first, first_again, warm, warm_again, standing,
        in_clear, reload_from_outside, file, renewal, renewed, renewed_again, swapped, wrong, not_passed, mended,
        mended_look, there_and_home,
    )  # fmt: skip


def put_into_blob(kept: Kept, now: World, name: str) -> None:
    """As somebody may who does not use certificate.yml: in clear, and for whichever name."""
    pem = kept.pems[name]
    with now._service() as service:
        container, _, blob = BLOB.partition("/")
        data = pem.read_bytes() + pem.with_suffix(".key").read_bytes()
        service.get_blob_client(container, blob).upload_blob(data, overwrite=True)


def went_well(*outcomes: Outcome) -> None:
    for outcome in outcomes:
        assert outcome.code == 0, outcome.tail


def changed_nothing(*deeds: Deed) -> None:
    for one in deeds:
        went_well(*one.outcomes)
        assert [set(outcome.changed.values()) for outcome in one.outcomes] == [{0}], one.outcomes[0].tail
        assert one.before == one.after


def test_all_of_it_is_built_once(seen: Seen) -> None:
    went_well(seen.built, seen.built_again)
    assert any(seen.built.changed.values())
    assert set(seen.built_again.changed.values()) == {0}, seen.built_again.tail


def test_without_a_certificate_preflight_says_so(seen: Seen) -> None:
    assert seen.without.code == 2
    assert any(
        "CloudFront would answer 502: there is no blob petclinic/origin.pem" in one for one in seen.without.failed
    )


def test_one_for_another_name_is_put_nowhere(seen: Seen) -> None:
    assert seen.refused.code == 2
    assert any(f"it is for other.{ZONE}, and not for {DOMAIN} and {ORIGIN}" in one for one in seen.refused.failed)
    assert seen.after_refused == []


def test_a_good_one_is_foreseen_put_there_and_left_alone(seen: Seen) -> None:
    went_well(*seen.foreseen.outcomes, seen.first)
    assert seen.foreseen.before == seen.foreseen.after
    assert any(seen.foreseen.outcomes[0].changed.values())
    assert any(seen.first.changed.values())
    changed_nothing(seen.first_again)


def test_a_machine_is_asked_with_tls_by_users_and_by_checkers(seen: Seen, kept: Kept) -> None:
    went_well(seen.warm)
    changed_nothing(seen.warm_again)
    assert (seen.standing.users, seen.standing.checkers, seen.standing.closed) == (200, 200, 404)
    assert seen.standing.serial == kept.serial("first")
    assert seen.file.strip() == "root:tomcat 640"
    went_well(seen.standing.preflight)
    assert f"to the machine {ORIGIN} with TLS" in seen.standing.preflight.output
    assert "origin certificate: it lies in Blob, is for" in seen.standing.preflight.output


def test_nobody_asks_it_in_clear_and_nobody_else_has_it_reload(seen: Seen) -> None:
    assert not seen.in_clear
    assert seen.reload_from_outside == 404


def test_a_renewed_one_is_shown_without_a_restart(seen: Seen, kept: Kept) -> None:
    went_well(seen.renewal)
    assert (seen.renewed.users, seen.renewed.serial) == (200, kept.serial("renewed"))
    assert seen.renewed.tomcat == seen.standing.tomcat
    changed_nothing(seen.renewed_again)


def test_users_of_a_wrong_one_get_502_and_everybody_is_told(seen: Seen, kept: Kept) -> None:
    went_well(seen.swapped)
    assert seen.wrong.serial == kept.serial("wrong")
    assert (seen.wrong.users, seen.wrong.checkers) == (502, 502)
    said = f"origin certificate: CloudFront would answer 502: it is for other.{ZONE}"
    for outcome in (seen.wrong.preflight, seen.not_passed):
        assert outcome.code == 2
        assert any(said in one for one in outcome.failed), outcome.failed


def test_the_right_one_mends_it_in_place(seen: Seen, kept: Kept) -> None:
    went_well(seen.mended, seen.mended_look.preflight)
    assert (seen.mended_look.users, seen.mended_look.serial) == (200, kept.serial("renewed"))
    assert seen.mended_look.tomcat == seen.standing.tomcat


def test_users_go_there_and_come_home(seen: Seen) -> None:
    went_well(*seen.there_and_home)


@dataclass(frozen=True)
class Newer:
    """A machine with a newer Tomcat, before and after a renewal."""

    outcomes: list[Outcome]
    users: tuple[int, int]
    serials: tuple[int, int]
    tomcats: tuple[str, str]


@pytest.fixture(scope="module", params=sorted(set(TOMCATS) - {"11"}))
def newer(request: pytest.FixtureRequest, kept: Kept, now: World) -> Newer:
    chosen = ("-e", image(request.param))
    outcomes = [kept.run("provision"), kept.keep("renewed", *chosen), kept.run("warm_up", *chosen)]
    went_well(*outcomes)
    looks = []
    for name in ("renewed", "first"):
        outcomes.append(kept.keep(name, *chosen))
        looks.append((past_dns(kept.lab, "/owners?lastName=").status, shown(now), on_machine(kept.lab, TOMCAT)))
    outcomes.append(kept.run("cool_down", *chosen))
    users, serials, tomcats = zip(*looks)
    return Newer(outcomes, users, serials, tomcats)


def test_newer_tomcats_do_the_same(newer: Newer, kept: Kept) -> None:
    went_well(*newer.outcomes)
    assert newer.users == (200, 200)
    assert newer.serials == (kept.serial("renewed"), kept.serial("first"))
    assert newer.tomcats[0] == newer.tomcats[1]


def test_no_private_key_is_in_any_output_or_journal_or_left_on_the_controller(seen: Seen, kept: Kept) -> None:
    lines = {
        line
        for pem in kept.pems.values()
        for line in pem.with_suffix(".key").read_text().splitlines()
        if len(line) > 60
    }
    assert lines
    files = [file for file in kept.runbooks.folder.rglob("*") if file.is_file()]
    assert files
    # As the role's temporary file is called.
    files += Path(tempfile.gettempdir()).glob("ansible.*.pem")
    text = "".join(file.read_text(errors="replace") for file in files)
    assert not [line for line in [*lines, kept.key] if line in text]
