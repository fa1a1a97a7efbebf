"""Role traffic where clouds take connections and say nothing: it gives up in time, and says what that means."""

from __future__ import annotations

import time
import typing as t

from tests.unit.roles.traffic_world import Clouds, all_dark, azure_dark, silent

__all__ = ["all_dark", "azure_dark", "silent"]  # fixtures


def test_with_both_clouds_silent_nobody_is_moved_and_both_reasons_are_given(all_dark: Clouds) -> None:
    said, seconds = all_dark.move("on_secondary")
    assert "Nobody was moved: neither way could be used" in said
    assert "The switch: Azure did not answer in the time that was given" in said
    assert "The latch: AWS did not answer in the time that was given" in said
    # Three attempts, the looks at DNS, and Ansible itself.
    assert seconds < 45


def test_nobody_is_sent_home_while_aws_cannot_say_how_the_primary_is(all_dark: Clouds) -> None:
    said, _seconds = all_dark.move("on_primary")
    assert "AWS's API does not answer, so nobody can tell whether the primary is healthy" in said
    assert "The switch stands" not in said


def test_a_timer_says_that_it_could_look_at_neither(all_dark: Clouds) -> None:
    said, _seconds = all_dark.move("as_decided")
    assert "Not both ways could be looked at, so one may still say something else than was decided" in said


def test_the_latch_alone_moves_the_users_and_what_has_to_follow_is_said(azure_dark: tuple[Clouds, t.Any]) -> None:
    clouds, route53 = azure_dark
    # What resolvers answer is none of this: it is looked at once.
    said, _seconds = clouds.move("on_secondary", traffic_timeout=0)
    assert "Users are moved by the latch alone, which is enough for now." in said
    assert "Run reconcile.yml until it can be" in said
    check = route53.get_health_check(HealthCheckId=clouds.ids["primary"])["HealthCheck"]["HealthCheckConfig"]
    assert (check["Disabled"], check["Inverted"]) == (True, True)


def test_from_a_dead_azure_users_go_home_and_the_primary_is_held_with_its_note(
    azure_dark: tuple[Clouds, t.Any],
) -> None:
    clouds, route53 = azure_dark
    primary = clouds.ids["primary"]
    route53.update_health_check(HealthCheckId=primary, Disabled=True, Inverted=True)
    said, _seconds = clouds.move("on_primary")
    assert "Route 53 counts the primary as healthy, whatever the switch says when Azure comes back" in said
    check = route53.get_health_check(HealthCheckId=primary)["HealthCheck"]["HealthCheckConfig"]
    assert (check["Disabled"], check["Inverted"]) == (True, False)
    tags = route53.list_tags_for_resource(ResourceType="healthcheck", ResourceId=primary)["ResourceTagSet"]["Tags"]
    assert [tag["Value"].split()[0] for tag in tags] == ["on_primary"]


def test_a_timer_leaves_the_primary_held_until_the_switch_can_be_moved(azure_dark: tuple[Clouds, t.Any]) -> None:
    clouds, route53 = azure_dark
    primary = clouds.ids["primary"]
    route53.update_health_check(HealthCheckId=primary, Disabled=True, Inverted=False)
    said, _seconds = clouds.move("as_decided")
    assert "Not both ways could be looked at" in said
    check = route53.get_health_check(HealthCheckId=primary)["HealthCheck"]["HealthCheckConfig"]
    assert (check["Disabled"], check["Inverted"]) == (True, False)


def test_users_who_were_moved_a_moment_ago_stay_also_when_the_latch_alone_says_so(
    azure_dark: tuple[Clouds, t.Any],
) -> None:
    clouds, route53 = azure_dark
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    route53.change_tags_for_resource(
        ResourceType="healthcheck",
        ResourceId=clouds.ids["primary"],
        AddTags=[{"Key": "goupang-dr", "Value": f"on_secondary {now}"}],
    )
    said, _seconds = clouds.move("on_primary")
    assert f"The latch says that users were moved at {now}" in said
    assert "dr_override='min_dwell: why'" in said.replace("\\", "")
