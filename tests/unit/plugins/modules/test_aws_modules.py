"""The modules as Ansible runs them, against moto: check, do, check again, do again.

moto knows no response headers policies; what concerns them is in test_cloudfront.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time

import boto3
import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.goupang.dr.plugins.modules import (
    cloudfront_distribution,
    route53_failover_records,
    route53_hc_invert,
    site_probe,
)

CREDENTIALS = {"access_key": "test-access-key", "secret_key": "test-secret-key"}


# A process of its own: the lab's tests patch the moto of theirs, and these want it as it came.
SERVER = """
import sys
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print("http://%s:%d" % server.get_host_and_port(), flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def endpoint():
    # It ends when its standard input does, also when this process dies.
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        yield server.stdout.readline().strip()
        server.stdin.close()


@pytest.fixture
def run(capsys):
    """Run a module's main() with arguments; its answer."""

    def run(module, *, check_mode=False, **args):
        with patch_module_args({**args, "_ansible_check_mode": check_mode}), pytest.raises(SystemExit):
            module.main()
        return json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def checks(endpoint):
    """Ids of two health checks."""
    route53 = boto3.client(
        "route53",
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id="test-access-key",
        aws_secret_access_key="test-secret-key",
    )
    config = {"Type": "HTTPS", "FullyQualifiedDomainName": "www.example.com"}
    made = [
        route53.create_health_check(CallerReference=name, HealthCheckConfig=config)["HealthCheck"]["Id"]
        for name in ("one", "two")
    ]
    yield made
    for check_id in made:
        route53.delete_health_check(HealthCheckId=check_id)


def test_the_latch(run, endpoint, checks):
    def latch(state, *, check_mode=False):
        return run(
            route53_hc_invert,
            check_mode=check_mode,
            health_check_ids=checks,
            state=state,
            endpoint_url=endpoint,
            **CREDENTIALS,
        )

    assert latch("forced_unhealthy", check_mode=True)["changed"]
    done = latch("forced_unhealthy")
    assert done["changed"]
    assert [(check["id"], check["inverted"], check["disabled"]) for check in done["after"]] == [
        (check_id, True, True) for check_id in checks
    ]
    assert [health["effective"] for health in done["health"]] == ["unhealthy", "unhealthy"]
    assert done["diff"]["before"]["health_checks"] == done["before"]
    assert not latch("forced_unhealthy", check_mode=True)["changed"]
    assert not latch("forced_unhealthy")["changed"]
    assert latch("normal")["health"][0] == {
        "id": checks[0],
        "observed": {"checkers": 1, "healthy": 1},
        "effective": "healthy",
    }


def test_the_note_on_a_latch(run, endpoint, checks):
    def latch(state, note="", *, check_mode=False):
        asked = {"health_check_ids": checks[:1], "state": state, "note": note}
        return run(route53_hc_invert, check_mode=check_mode, endpoint_url=endpoint, **asked, **CREDENTIALS)

    there, home = "on_secondary 2026-11-24T10:42:05Z", "on_primary 2026-11-24T12:00:00Z"
    assert latch("as_is")["notes"] == {checks[0]: ""}
    assert latch("forced_unhealthy", there, check_mode=True)["notes"] == {checks[0]: there}
    assert latch("forced_unhealthy", there)["changed"]
    again = latch("forced_unhealthy", "on_secondary 2026-11-24T11:00:00Z")
    assert (again["changed"], again["notes"]) == (False, {checks[0]: there})
    assert latch("normal", home)["changed"]
    assert latch("as_is")["notes"] == {checks[0]: home}


def test_a_silent_aws_is_given_up_in_time(run):
    """A server that takes the connection and says nothing, as a network does in which packets are dropped."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        failed = run(
            route53_hc_invert,
            health_check_ids=["one"],
            state="as_is",
            timeout=2,
            endpoint_url=f"http://127.0.0.1:{silent.getsockname()[1]}",
            **CREDENTIALS,
        )
        took = time.monotonic() - began
    assert failed["msg"].startswith("AWS did not answer in the time that was given when it was asked to read health ch")
    assert failed["out_of_reach"] is True
    assert failed["refused"] is False
    assert took < 5


def test_an_unknown_check_moves_nothing(run, endpoint, checks):
    ids = [*checks, "00000000-0000-0000-0000-000000000000"]
    latch = {"state": "forced_unhealthy", "endpoint_url": endpoint, **CREDENTIALS}
    failed = run(route53_hc_invert, health_check_ids=ids, **latch)
    assert failed["failed"]
    assert failed["msg"].startswith("Health check 00000000-0000-0000-0000-000000000000 does not exist")
    assert run(route53_hc_invert, health_check_ids=checks, **latch)["before"][0]["inverted"] is False


def test_aws_out_of_reach_is_one_sentence_without_the_key(run):
    failed = run(
        route53_hc_invert,
        health_check_ids=["one"],
        state="normal",
        endpoint_url="http://127.0.0.1:9",
        **CREDENTIALS,
    )
    assert failed["msg"].startswith("AWS could not be asked to read health check one: Could not connect")
    assert "test-secret-key" not in json.dumps(failed)


def test_a_distribution_comes_and_changes(run, endpoint):
    def distribution(*, check_mode=False, **args):
        wanted = {"caller_reference": "app", "aliases": ["dr.example.com"], "origin": {"domain_name": "vm.example.net"}}
        return run(
            cloudfront_distribution,
            check_mode=check_mode,
            endpoint_url=endpoint,
            timeout=60,
            **{**wanted, **args},
            **CREDENTIALS,
        )

    assert distribution(check_mode=True)["distribution"] is None
    made = distribution()
    assert made["changed"]
    assert made["distribution"]["aliases"] == ["dr.example.com"]
    assert not distribution(check_mode=True)["changed"]
    assert not distribution()["changed"]
    other = {"origin": {"domain_name": "other.example.net", "protocol": "http-only", "http_port": 8080}}
    assert distribution(check_mode=True, **other)["changed"]
    moved = distribution(**other)
    assert moved["diff"]["after"]["origin"]["domain_name"] == "other.example.net"
    assert moved["distribution"]["id"] == made["distribution"]["id"]
    assert not distribution(**other)["changed"]
    told = {"origin": {**other["origin"], "headers": {"X-Edge": "correct-horse-battery"}}}
    with_header = distribution(**told)
    assert with_header["changed"]
    assert "correct-horse-battery" not in json.dumps(with_header)
    assert not distribution(**told)["changed"]
    assert not distribution(**other)["changed"]  # where nobody speaks of headers, they stay


def test_names_fail_over(run, endpoint):
    """moto as it came deletes by set identifier alone, so the way back is the lab's test."""
    keys = {"aws_access_key_id": CREDENTIALS["access_key"], "aws_secret_access_key": CREDENTIALS["secret_key"]}
    route53 = boto3.client("route53", region_name="us-east-1", endpoint_url=endpoint, **keys)
    route53.create_hosted_zone(Name="records.example", CallerReference="records")
    primary = {"target": "alb.example", "target_zone": "Z1", "health_check": "one"}
    name = {
        "name": "dr.records.example",
        "primary": primary,
        "secondary": {"target": "d1.example", "target_zone": "Z2"},
    }

    def records(*, check_mode=False, zone="records.example", **args):
        asked = {"zone": zone, "records": [{**name, **args}]}
        return run(route53_failover_records, check_mode=check_mode, endpoint_url=endpoint, **asked, **CREDENTIALS)

    changes = [records(check_mode=check)["changed"] for check in (True, False, True, False)]
    assert changes == [True, True, False, False]
    assert records()["records"] == [
        "dr.records.example A PRIMARY -> alb.example by one",
        "dr.records.example A SECONDARY -> d1.example",
    ]
    assert records(primary={**primary, "health_check": "two"})["changed"]
    assert records(secondary=None)["msg"] == "dr.records.example is to fail over, and nobody said to where."
    assert records(zone="nowhere.example")["msg"].startswith("AWS has no hosted zone nowhere.example: make it")


def test_a_probe_fails_with_a_sentence_and_its_answers(run, endpoint):
    probe = {"name": "moto", "url": f"{endpoint}/moto-api/", "expect": {"status": [503]}}
    failed = run(site_probe, probes=[probe])
    assert failed["msg"] == "moto: the status is 200, expected 503."
    assert failed["answers"][0]["status"] == 200
    looked = run(site_probe, check_mode=True, probes=[probe], timeout=600)
    assert not looked.get("failed")
    assert not looked["changed"]


def test_a_probe_that_holds(run, endpoint):
    probe = {"name": "moto", "url": f"{endpoint}/moto-api/", "expect": {"status": [200], "contains": "Moto"}}
    (answer,) = run(site_probe, probes=[probe])["answers"]
    assert answer["ok"]
    assert answer["address"] == "127.0.0.1"
