"""Role stack where it stops half way: what it has built so far is known to the next run, and to deprovision.yml."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import yaml

from tests.unit.playing import Done
from tests.unit.roles.moto_server import LOGIN, moto
from tests.unit.roles.scripted import Stage, told
from tests.unit.served import Served

WELL = {"health": [{"observed": "healthy", "effective": "healthy"}]}
ANSWERS: dict[str, list[dict[str, t.Any]]] = {
    "cloudfront_distribution": [{"distribution": {"domain_name": f"d{number}.cloudfront.net"}} for number in (1, 2)],
    "route53_hc_invert": [WELL],
}
DARK: dict[str, t.Any] = {"failed": True, "msg": "Route 53 does not answer."}
IDS = {"primary_endpoint", "switch", "primary", "secondary_endpoint", "secondary_opened", "secondary"}

# What the role reads of the records, what they are judged by, and what comes of the change.
UNTOUCHED: dict[str, t.Any] = {"found": []}
INVENTORY: dict[str, t.Any] = {
    "dr_zone": "petclinic.example",
    "dr_www_domain": "www.petclinic.example",
    "dr_dr_domain": "dr.petclinic.example",
    "dr_certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
    "dr_storage_domain": "account.blob.example",
    "dr_page_container": "page",
    "dr_machine_fqdn": "vm.example",
    "dr_machine_http_port": 8080,
    "dr_alb_dns_name": "alb.example",
    "dr_alb_hosted_zone_id": "ZWKZPGTI48KDX",
    "dr_health_path": "/health",
    "dr_health_check_interval": 10,
    "dr_health_check_threshold": 3,
    "dr_automatic": False,
}


class Refuses(BaseHTTPRequestHandler):
    """A Route 53 that lets us do nothing."""

    def do_GET(self) -> None:
        what = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not you.</Message></Error></ErrorResponse>"
        self.send_response(403)
        self.send_header("Content-Length", str(len(what)))
        self.end_headers()
        self.wfile.write(what)

    def log_message(self, *_arguments: t.Any) -> None:
        pass


class Zone:
    def __init__(self, folder: Path, url: str, route53: t.Any) -> None:
        self.folder, self.url, self.route53 = folder, url, route53
        self.file = folder / "provisioned.yml"

    def play(
        self, state: str, records: list[dict[str, t.Any]], url: str = "", check: bool = False, **variables: t.Any
    ) -> Done:
        """Role stack, with what was written down before in the inventory."""
        stage = Stage(
            self.folder / f"run {len(list(self.folder.iterdir()))}", {**ANSWERS, "route53_failover_records": records}
        )
        stage.folder.mkdir()
        known = yaml.safe_load(self.file.read_text()) if self.file.exists() else {}
        return stage.play(
            {"role": "goupang.dr.stack", "stack_state": state},
            check=check,
            **{**INVENTORY, **known, **variables},
            dr_aws_login={"endpoint_url": url or self.url, "region": "us-east-1", **LOGIN},
            stack_record_file=str(self.file),
        )

    def checks(self) -> set[str]:
        return {check["Id"] for check in self.route53.list_health_checks()["HealthChecks"]}

    def written(self) -> dict[str, str]:
        found: dict[str, str] = yaml.safe_load(self.file.read_text())["dr_health_check_ids"]
        return found


@pytest.fixture
def zone(tmp_path: Path) -> Iterator[Zone]:
    with moto() as (url, route53):
        yield Zone(tmp_path, url, route53)


def test_what_was_built_before_the_records_is_written_down(zone: Zone) -> None:
    done = zone.play("present", [DARK])
    assert done.returncode == 2
    assert "Route 53 does not answer." in told(done)
    assert (set(zone.written()), set(zone.written().values())) == (IDS, zone.checks())
    done = zone.play("absent", [{}])
    assert (done.returncode, zone.checks()) == (0, set()), told(done)
    assert not zone.file.exists()


def test_a_check_of_before_is_known_until_the_records_hang_on_others(zone: Zone) -> None:
    """An earlier version wrote others down, which only this file knows."""
    config = {"Type": "HTTPS", "FullyQualifiedDomainName": "old.example"}
    (old, other) = (
        zone.route53.create_health_check(CallerReference=name, HealthCheckConfig=config)["HealthCheck"]["Id"]
        for name in ("a", "b")
    )
    zone.file.write_text(yaml.safe_dump({"dr_health_check_ids": {"primary_www": old, "switch": other}}))
    assert zone.play("present", [DARK]).returncode == 2
    assert zone.written()["switch"] != other
    assert set(zone.written().values()) == zone.checks()
    done = zone.play("present", [UNTOUCHED])
    assert done.returncode == 0, told(done)
    assert set(zone.written()) == IDS


def test_a_check_is_gone_when_route_53_says_so_and_by_no_other_error(zone: Zone) -> None:
    """amazon.aws takes every error for one that is gone, and its id, which is billed, stands in this file alone."""
    done = zone.play("present", [UNTOUCHED])
    assert done.returncode == 0, told(done)
    with Served(Refuses) as refusing:
        done = zone.play("absent", [{}], f"http://127.0.0.1:{refusing.port}")
    assert done.returncode == 2, told(done)
    assert "Not you." in told(done)
    assert set(zone.written().values()) == zone.checks()
    done = zone.play("absent", [{}])
    assert (done.returncode, zone.checks(), zone.file.exists()) == (0, set(), False), told(done)


def test_checks_with_another_name_are_made_anew_with_another_interval(zone: Zone) -> None:
    """The way that preflight.yml names, since Route 53 changes no check's interval."""

    def asked(name: str) -> t.Any:
        return zone.route53.get_health_check(HealthCheckId=zone.written()[name])["HealthCheck"]["HealthCheckConfig"]

    assert zone.play("present", [UNTOUCHED]).returncode == 0
    before = zone.written()
    renamed = [{"Key": "Name", "Value": "renamed"}]
    for name in ("primary_endpoint", "switch"):
        zone.route53.change_tags_for_resource(ResourceType="healthcheck", ResourceId=before[name], AddTags=renamed)
    done = zone.play("present", [UNTOUCHED], dr_health_check_interval=30)
    assert done.returncode == 0, told(done)
    assert (asked("primary_endpoint")["RequestInterval"], asked("secondary_endpoint")["RequestInterval"]) == (30, 10)
    now = zone.written()
    assert now["primary"] == before["primary"]
    assert set(asked("primary")["ChildHealthChecks"]) == {now["primary_endpoint"], now["switch"]}
    # Nothing needs the renamed ones any more, so that they can be deleted.
    assert zone.checks() - set(now.values()) == {before["primary_endpoint"], before["switch"]}


def test_a_dry_run_compares_what_the_inventory_knows_with_what_is_there(zone: Zone) -> None:
    """A job of AWX has the inventory's variables, and not its files: nothing drifted there."""
    written = "What was built is written down for the day when AWS does not answer"
    assert zone.play("present", [UNTOUCHED]).returncode == 0
    known = yaml.safe_load(zone.file.read_text())
    zone.file.unlink()
    done = zone.play("present", [UNTOUCHED], check=True, **known)
    assert done.returncode == 0, told(done)
    assert "changed: [localhost]" not in told(done).partition(written)[2].partition("TASK")[0]
    other = {**known, "dr_distribution_domains": {**known["dr_distribution_domains"], "dr": "d9.cloudfront.net"}}
    done = zone.play("present", [UNTOUCHED], check=True, **other)
    assert "changed: [localhost]" in told(done).partition(written)[2].partition("TASK")[0]
    assert not zone.file.exists()
