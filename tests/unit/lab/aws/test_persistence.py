from __future__ import annotations

import typing as t

from moto.cloudfront.models import cloudfront_backends
from moto.route53.models import route53_backends

from lab.aws.persistence import Store


def test_route53_and_cloudfront_survive_a_restart(aws: t.Any, route53: t.Any, cloudfront: t.Any) -> None:
    zone = route53.create_hosted_zone(Name="petclinic.lab", CallerReference="1")["HostedZone"]["Id"]
    config = {"Type": "TCP", "IPAddress": "192.0.2.1", "Port": 80}
    check = route53.create_health_check(CallerReference="1", HealthCheckConfig=config)["HealthCheck"]["Id"]
    route53.update_health_check(HealthCheckId=check, Disabled=True)
    policy = {"Name": "page", "CustomHeadersConfig": {"Quantity": 0, "Items": []}}
    cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=policy)
    for backends in (route53_backends, cloudfront_backends):
        backends.clear()
    assert route53.list_health_checks()["HealthChecks"] == []

    Store(aws.state).load()

    assert route53.get_hosted_zone(Id=zone)["HostedZone"]["Name"] == "petclinic.lab."
    assert route53.get_health_check(HealthCheckId=check)["HealthCheck"]["HealthCheckVersion"] == 2
    listed = cloudfront.list_response_headers_policies()["ResponseHeadersPolicyList"]
    assert listed["Items"][0]["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]["Name"] == "page"


def test_the_file_is_for_its_owner_alone(aws: t.Any, route53: t.Any) -> None:
    route53.create_hosted_zone(Name="petclinic.lab", CallerReference="1")
    assert aws.state.stat().st_mode & 0o077 == 0
