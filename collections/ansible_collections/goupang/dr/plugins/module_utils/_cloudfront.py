# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: one CloudFront distribution, and the response headers policy that belongs to it.

`CloudFront` asks and tells the API, one method a call. `ensure_present`,
`ensure_answering` and `ensure_absent` act; what has to differ is decided in _cloudfront_config.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.goupang.dr.plugins.module_utils import _aws
from ansible_collections.goupang.dr.plugins.module_utils._cloudfront_config import (
    Config,
    Wanted,
    being_removed,
    desired,
    headers_of,
    headers_policy,
    headers_policy_name,
    summary,
)
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing, Refused, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._wait import Clock, wait_for

DEPLOYED = "Deployed"
CHANGED_BY_OTHERS = frozenset({"PreconditionFailed", "InvalidIfMatchVersion"})
# Stands in a diff of check mode for the id that AWS will give.
TO_BE_CREATED = "to be created"
POLL_SECONDS = 2.0


@dataclass(frozen=True)
class Distribution:
    """As it is. `version` is CloudFront's ETag: an update has to carry it."""

    id: str
    domain_name: str
    arn: str
    status: str
    config: Config
    version: str

    def public(self) -> dict[str, t.Any]:
        aliases = list(self.config.get("Aliases", {}).get("Items", []))
        return {
            "id": self.id,
            "domain_name": self.domain_name,
            "arn": self.arn,
            "status": self.status,
            "enabled": bool(self.config.get("Enabled")),
            "aliases": aliases,
        }


@dataclass(frozen=True)
class HeadersPolicy:
    id: str
    config: Config
    version: str


@dataclass(frozen=True)
class Result:
    """`distribution` is None when there is none, or none yet (check mode). `before` and `after` are summaries."""

    changed: bool
    distribution: Distribution | None
    before: Config
    after: Config


class Distributions(t.Protocol):
    def find(self, caller_reference: str) -> Distribution | None: ...

    def get(self, distribution_id: str) -> Distribution: ...

    def create(self, config: Config) -> Distribution: ...

    def update(self, have: Distribution, config: Config) -> Distribution: ...

    def delete(self, have: Distribution) -> None: ...

    def find_policy(self, name: str) -> HeadersPolicy | None: ...

    def create_policy(self, config: Config) -> str: ...

    def update_policy(self, have: HeadersPolicy, config: Config) -> None: ...

    def delete_policy(self, have: HeadersPolicy) -> None: ...


# -- Acting ------------------------------------------------------------------------


def ensure_present(cloudfront: Distributions, want: Wanted, *, check_mode: bool) -> Result:
    """Create or update; what others set and we do not speak of is kept."""
    have = cloudfront.find(want.caller_reference)
    before = summary(have.config if have else None)
    policy_id, headers_before, headers_after = None, None, None
    if want.error_page:
        policy = headers_policy(want.caller_reference, want.error_page)
        policy_id, headers_before = ensure_policy(cloudfront, policy, check_mode=check_mode)
        headers_after = headers_of(policy)
    config = desired(have.config if have else None, want, policy_id)
    differs = have is None or config != have.config
    if have and check_mode:
        have = replace(have, config=config)
    elif differs and not check_mode:
        have = cloudfront.update(have, config) if have else cloudfront.create(config)
    return Result(
        changed=differs or headers_before != headers_after,
        distribution=have,
        before={**before, "headers": headers_before},
        after={**summary(config), "headers": headers_after},
    )


def ensure_answering(cloudfront: Distributions, caller_reference: str, *, enabled: bool, check_mode: bool) -> Result:
    """Let the edges answer for a distribution that is there, or not, and leave all else of it. Missing."""
    have = cloudfront.find(caller_reference)
    if have is None:
        raise Missing(f"There is no distribution with the caller reference {caller_reference}: create it first.")
    config = {**have.config, "Enabled": enabled}
    differs = config != have.config
    before = summary(have.config)
    if differs:
        have = replace(have, config=config) if check_mode else cloudfront.update(have, config)
    return Result(differs, have, before, summary(config))


def ensure_policy(cloudfront: Distributions, want: Config, *, check_mode: bool) -> tuple[str, dict[str, str] | None]:
    """The id of our response headers policy, and the headers that it set before; None when it was not there."""
    have = cloudfront.find_policy(want["Name"])
    if have is None:
        return (TO_BE_CREATED if check_mode else cloudfront.create_policy(want)), None
    before = headers_of(have.config)
    if before != headers_of(want) and not check_mode:
        cloudfront.update_policy(have, want)
    return have.id, before


def ensure_absent(
    cloudfront: Distributions, caller_reference: str, timeout: float, clock: Clock, *, check_mode: bool
) -> Result:
    """Disable, wait until that is deployed (CloudFront deletes nothing before), delete. DeadlinePassed."""
    have = cloudfront.find(caller_reference)
    policy = cloudfront.find_policy(headers_policy_name(caller_reference))
    result = Result(bool(have or policy), None, summary(have.config if have else None), {})
    if check_mode:
        return result
    if have:
        if have.config["Enabled"]:
            have = cloudfront.update(have, being_removed(have.config))
        cloudfront.delete(deployed(cloudfront, have, timeout, clock))
    if policy:
        cloudfront.delete_policy(policy)
    return result


def deployed(cloudfront: Distributions, have: Distribution, timeout: float, clock: Clock) -> Distribution:
    """The distribution once all edges have its configuration. DeadlinePassed after `timeout` seconds."""

    def when_deployed() -> Distribution | None:
        now = cloudfront.get(have.id)
        return now if now.status == DEPLOYED else None

    if have.status == DEPLOYED:
        return have
    return wait_for(f"distribution {have.id} to be deployed", when_deployed, timeout, clock, POLL_SECONDS)


# -- CloudFront ----------------------------------------------------------------------


class CloudFront:
    """Distributions over a boto3 client. Raises ServiceFault, OutOfReach, Refused."""

    def __init__(self, client: t.Any) -> None:
        self._client = client

    def find(self, caller_reference: str) -> Distribution | None:
        # The list does not tell the reference; each distribution has to be asked.
        for item in self._listed():
            found = self.get(item["Id"])
            if found.config["CallerReference"] == caller_reference:
                return found
        return None

    def get(self, distribution_id: str) -> Distribution:
        with _aws.calling(f"read distribution {distribution_id}"):
            return parsed(self._client.get_distribution(Id=distribution_id))

    def create(self, config: Config) -> Distribution:
        try:
            with _aws.calling("create the distribution"):
                return parsed(self._client.create_distribution(DistributionConfig=config))
        except ServiceFault as error:
            raise self._explained(error, config, own_id=None) from error

    def update(self, have: Distribution, config: Config) -> Distribution:
        try:
            with _aws.calling(f"update distribution {have.id}"):
                return parsed(
                    self._client.update_distribution(Id=have.id, IfMatch=have.version, DistributionConfig=config)
                )
        except ServiceFault as error:
            raise self._explained(error, config, own_id=have.id) from error

    def delete(self, have: Distribution) -> None:
        with _aws.calling(f"delete distribution {have.id}"):
            self._client.delete_distribution(Id=have.id, IfMatch=have.version)

    def find_policy(self, name: str) -> HeadersPolicy | None:
        marker: dict[str, str] = {}
        while True:
            with _aws.calling("list the response headers policies"):
                answer = self._client.list_response_headers_policies(Type="custom", **marker)
            page = answer["ResponseHeadersPolicyList"]
            for item in page.get("Items", []):
                policy = item["ResponseHeadersPolicy"]
                if policy["ResponseHeadersPolicyConfig"]["Name"] == name:
                    return self._policy(policy["Id"])
            if not page.get("NextMarker"):
                return None
            marker = {"Marker": page["NextMarker"]}

    def create_policy(self, config: Config) -> str:
        with _aws.calling(f"create the response headers policy {config['Name']}"):
            answer = self._client.create_response_headers_policy(ResponseHeadersPolicyConfig=config)
        return str(answer["ResponseHeadersPolicy"]["Id"])

    def update_policy(self, have: HeadersPolicy, config: Config) -> None:
        with _aws.calling(f"update the response headers policy {config['Name']}"):
            self._client.update_response_headers_policy(
                Id=have.id, IfMatch=have.version, ResponseHeadersPolicyConfig=config
            )

    def delete_policy(self, have: HeadersPolicy) -> None:
        with _aws.calling(f"delete the response headers policy {have.config['Name']}"):
            self._client.delete_response_headers_policy(Id=have.id, IfMatch=have.version)

    def _policy(self, policy_id: str) -> HeadersPolicy:
        with _aws.calling(f"read the response headers policy {policy_id}"):
            answer = self._client.get_response_headers_policy(Id=policy_id)
        policy = answer["ResponseHeadersPolicy"]
        return HeadersPolicy(policy["Id"], policy["ResponseHeadersPolicyConfig"], answer["ETag"])

    def _listed(self) -> list[Config]:
        with _aws.calling("list the distributions"):
            pages = self._client.get_paginator("list_distributions").paginate()
            return [item for page in pages for item in page["DistributionList"].get("Items", [])]

    def _explained(self, error: ServiceFault, config: Config, own_id: str | None) -> ServiceFault | Refused:
        """What a person can do about the two refusals that are nobody's mistake in the playbook."""
        if error.code in CHANGED_BY_OTHERS:
            return Refused("Somebody else changed the distribution while we updated it: run this again.")
        if error.code == "CNAMEAlreadyExists":
            others = [item for item in self._listed() if item["Id"] != own_id]
            return Refused(already_taken(others, config))
        return error


def parsed(answer: t.Mapping[str, t.Any]) -> Distribution:
    """From CloudFront's answers to get, create and update."""
    found = answer["Distribution"]
    return Distribution(
        id=found["Id"],
        domain_name=found["DomainName"],
        arn=found["ARN"],
        status=found["Status"],
        config=found["DistributionConfig"],
        version=answer["ETag"],
    )


def already_taken(distributions: t.Iterable[Config], config: Config) -> str:
    """Which of the names that `config` wants belongs to which other distribution. `distributions`: the API's list."""
    wanted = set(config.get("Aliases", {}).get("Items", []))
    taken = [
        f"{alias} by distribution {item['Id']} ({item['DomainName']})"
        for item in distributions
        for alias in sorted(wanted.intersection(item.get("Aliases", {}).get("Items", [])))
    ]
    where = ", ".join(taken) or f"one of {', '.join(sorted(wanted))} by a distribution of another account"
    return (
        f"An alternate name belongs to one distribution only, and is taken: {where}. "
        "Take the name from that distribution first, or give this one another name."
    )
