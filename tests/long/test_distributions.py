"""Role application on each distribution that the marketplace offers: Tomcat 9, 10 and 11, with the same javax WAR.

    pytest tests/long/test_distributions.py

The machine is built from the image, made a standby, opened, stopped and removed. Images that were never asked for
before are built first, a minute or two each.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from lab import facts
from lab.facts import Facts
from lab.fingerprint import World
from lab.podman import Podman
from lab.story.stage import playbook_command
from lab.watch.fetch import Response
from tests.drills.front import strangers_and_ours
from tests.drills.runbooks import Outcome, Runbooks
from tests.drills.story import OPEN_MARK, Deed, deed, past_dns

HERE = Path(__file__).resolve().parent
OWNERS = "/owners?lastName=Davis"
OWNER = {"firstName": "No", "lastName": "Body", "address": "nowhere", "city": "Seoul", "telephone": "0212345678"}
TOMCATS = {"11": "tomcat9", "12": "tomcat10", "13": "tomcat11"}


@dataclass(frozen=True)
class Stand:
    """How the site looked to users, past DNS, when the application had come to a state."""

    health: int
    owners: Response
    posted: int
    mark: int


@dataclass(frozen=True)
class Seen:
    """A machine of one distribution. `system`: lines that it says of itself."""

    tomcat: str
    version: str
    system: list[str]
    installed: Outcome
    again: Deed  # warm_up a second time
    standby: Stand
    front: tuple[int, int, int]  # how those are answered who come past CloudFront
    opened: Outcome
    opened_again: Deed
    serving: Stand
    stopped: Outcome
    stopped_again: Deed
    unit: str
    cooled: Outcome


def image(version: str) -> str:
    """The extra variable that chooses the machine's image."""
    chosen = {"publisher": "Debian", "offer": f"debian-{version}", "sku": f"{version}-gen2", "version": "latest"}
    return json.dumps({"dr_machine_image": chosen})


def bring(runbooks: Runbooks, state: str) -> Outcome:
    command = playbook_command(state, {"application_state": state})
    command[command.index(f"playbooks/{state}.yml")] = str(HERE / "application.yml")
    return runbooks.play(state, command)


def look(lab: Facts) -> Stand:
    ask = partial(past_dns, lab)
    return Stand(ask("/health").status, ask(OWNERS), ask("/owners", "POST", OWNER).status, ask(OPEN_MARK).status)


def on_machine(lab: Facts, script: str) -> str:
    podman = Podman.of(facts.home())
    (name,) = podman.states(f"{lab.id}-vm-")
    return podman.run("exec", name, "sh", "-c", script)


@pytest.fixture(scope="module", params=sorted(TOMCATS))
def seen(request: pytest.FixtureRequest, lab: Facts, now: World, runbooks: Runbooks) -> Seen:
    version, tomcat = request.param, TOMCATS[request.param]
    # Only the machine: that the data of a standby stays is warm_up's own test.
    warm_up = partial(runbooks.run, "warm_up", "-e", image(version))
    installed = warm_up()
    assert installed.code == 0, installed.tail
    again, standby = deed(now.machines, warm_up), look(lab)
    front = strangers_and_ours(now)
    asked = f"""
    . /etc/os-release; echo "$VERSION_ID"
    systemctl is-active {tomcat}; systemctl show --property=ProtectSystem --value {tomcat}
    stat -c '%U:%G %a' /etc/{tomcat}/Catalina/localhost/ROOT.xml
    """
    system = on_machine(lab, asked).split("\n")
    opened = bring(runbooks, "serving")
    opened_again, serving = deed(now.machines, lambda: bring(runbooks, "serving")), look(lab)
    stopped = bring(runbooks, "stopped")
    stopped_again = deed(now.machines, lambda: bring(runbooks, "stopped"))
    unit = on_machine(lab, f"systemctl is-active {tomcat}; systemctl is-enabled {tomcat} || true")
    cooled = runbooks.run("cool_down")
    return Seen(
        tomcat, version, system, installed, again, standby, front, opened, opened_again, serving, stopped,
        stopped_again, unit, cooled,
    )  # fmt: skip


def unchanged(twice: Deed) -> None:
    (outcome,) = twice.outcomes
    assert outcome.code == 0, outcome.tail
    assert set(outcome.changed.values()) == {0}, outcome.changed
    assert twice.before == twice.after
    assert twice.after, "no machine was looked at"


def test_the_machine_has_the_tomcat_of_its_distribution(seen: Seen) -> None:
    assert seen.system[:3] == [seen.version, "active", "strict"]
    assert seen.system[3] == "root:tomcat 640"


def test_a_second_run_changes_nothing(seen: Seen) -> None:
    for twice in (seen.again, seen.opened_again, seen.stopped_again):
        unchanged(twice)


def test_a_standby_serves_pages_with_data_and_takes_nothing(seen: Seen) -> None:
    assert (seen.standby.health, seen.standby.posted, seen.standby.mark) == (200, 503, 404)
    assert (seen.standby.owners.status, seen.standby.owners.headers.get("x-served-by")) == (200, "secondary")
    assert "Betty" in seen.standby.owners.body


def test_who_comes_past_our_cloudfront_does_not_reach_the_application(seen: Seen) -> None:
    """404 is the application's word; with 403 alone it may have done what was asked (see front.config.j2)."""
    assert seen.front == (403, 403, 404)


def test_serving_it_is_open(seen: Seen) -> None:
    """Nobody has opened its database here: it still takes nothing."""
    assert seen.opened.code == 0, seen.opened.tail
    assert (seen.serving.health, seen.serving.owners.status, seen.serving.mark) == (200, 200, 200)


def test_stopped_it_rests_also_after_a_reboot(seen: Seen) -> None:
    assert seen.stopped.code == 0, seen.stopped.tail
    assert seen.unit == "inactive\ndisabled\n"


def test_the_machine_goes_as_it_came(seen: Seen) -> None:
    assert seen.cooled.code == 0, seen.cooled.tail
