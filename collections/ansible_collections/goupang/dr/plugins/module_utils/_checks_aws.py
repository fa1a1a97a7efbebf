# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: whether CloudFront, Route 53's health checks and the records are as provision.yml made them.

`Api` asks, the judges compare what it answers (AWS's own dicts) with the inventory.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.goupang.dr.plugins.module_utils import _aws
from ansible_collections.goupang.dr.plugins.module_utils._cloudfront_config import sent_headers
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing
from ansible_collections.goupang.dr.plugins.module_utils._readiness import (
    CONNECT_SECONDS,
    NO,
    OK,
    WARN,
    Dated,
    Line,
    now,
)
from ansible_collections.goupang.dr.plugins.module_utils._route53_records import ROLES, bare, beside
from ansible_collections.goupang.dr.plugins.module_utils._wait import REAL_CLOCK, Clock

Json = dict[str, t.Any]

CLOUDFRONT, EDGES, HEALTH_CHECKS, RECORDS = "cloudfront", "edges", "health checks", "records"
PROVISION = "Run provision.yml."
WITHOUT_THEM = "Remove them in Route 53: CloudFront and the load balancer are reached by A. Then run provision.yml."
IN_PLACE = "Run provision.yml, or correct them by hand in Route 53."
ANEW = (
    "Route 53 changes no check's interval or type: set dr_health_check_interval to what is there; or, in peace, rename "
    "these checks in Route 53 (tag Name), run provision.yml, which makes new ones, and delete the renamed ones."
)
LONGEST_TTL = 60
# As role stack has CloudFront say it, and role application has Tomcat want it.
EDGE_HEADER = "X-Goupang-DR-Edge"
PATIENCE = _aws.Patience(connect=CONNECT_SECONDS, read=5, attempts=1)
# Silence is not repeated; who says that it is too much is asked again for so many seconds.
BUSY_SECONDS = 8


# -- Asking ------------------------------------------------------------------------


class Api(t.Protocol):
    """Raises DrError."""

    def distributions(self) -> list[Json]: ...

    def health_checks(self) -> Dated: ...

    def records(self, zone: str, names: t.Collection[str]) -> list[Json]: ...


class AwsApi:
    """Api on boto3 clients. Few calls, since the account's limit is five a second: lists, never one by one."""

    def __init__(self, cloudfront: t.Any, route53: t.Any, clock: Clock = REAL_CLOCK) -> None:
        self._cloudfront = cloudfront
        self._route53 = route53
        self._clock = clock

    def distributions(self) -> list[Json]:
        def listed() -> list[Json]:
            pages = self._cloudfront.get_paginator("list_distributions").paginate()
            return [item for page in pages for item in page["DistributionList"].get("Items", [])]

        return t.cast("list[Json]", self._asked("list the distributions", listed))

    def health_checks(self) -> Dated:
        found: list[Json] = []
        marker: dict[str, str] = {}
        while True:
            answer = self._asked("list the health checks", self._route53.list_health_checks, **marker)
            date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
            found += answer["HealthChecks"]
            if not answer.get("IsTruncated"):
                return Dated(found, date, now())
            marker = {"Marker": answer["NextMarker"]}

    def records(self, zone: str, names: t.Collection[str]) -> list[Json]:
        """The record sets of these names. Missing when there is no such public zone."""
        doing = f"find the hosted zone {zone}"
        zones = self._asked(doing, self._route53.list_hosted_zones_by_name, DNSName=zone)["HostedZones"]
        of_this_name = [z for z in zones if bare(z["Name"]) == bare(zone) and not z["Config"].get("PrivateZone")]
        if not of_this_name:
            raise Missing(f"this AWS account has no public hosted zone {zone}")
        found: list[Json] = []
        for name in names:
            wanted = {"HostedZoneId": of_this_name[0]["Id"], "StartRecordName": name, "MaxItems": "20"}
            answer = self._asked(f"list the records of {name}", self._route53.list_resource_record_sets, **wanted)
            found += [r for r in answer["ResourceRecordSets"] if bare(r["Name"]) == bare(name)]
        return found

    def _asked(self, doing: str, method: t.Callable[..., t.Any], **arguments: t.Any) -> t.Any:
        def call() -> t.Any:
            with _aws.calling(doing):
                return method(**arguments)

        return _aws.patiently(call, self._clock, self._clock.now() + BUSY_SECONDS)


# -- CloudFront --------------------------------------------------------------------


@dataclass(frozen=True)
class Site:
    """What one distribution has to be: its own domain, the name that it carries, and the origin behind it.

    what: what the origin is, in words. path, port and secret (what the edge tells it): None where they do not matter.
    over_tls: whether that port is asked with TLS.
    """

    name: str
    distribution: str
    alias: str
    origin: str
    what: str
    path: str | None = None
    port: int | None = None
    secret: str | None = field(default=None, repr=False)
    over_tls: bool = False


def judge_distribution(site: Site, distributions: list[Json]) -> list[Line]:
    check = f"{CLOUDFRONT} {site.name}"
    found = next((d for d in distributions if bare(d["DomainName"]) == bare(site.distribution)), None)
    if found is None:
        what = f"there is no distribution {site.distribution or 'in the inventory'} for {site.alias}"
        return [Line(check, NO, what, PROVISION)]
    wrong = [f"{what} ({fix})" for what, fix in _wrong(site, found, distributions)]
    if wrong:
        return [Line(check, NO, f"{found['Id']}: {'; '.join(wrong)}", _fix(site, found))]
    if found.get("Status") != "Deployed":
        return [Line(check, WARN, f"{found['Id']} is still being brought to the edges", "Wait some minutes.")]
    how = " with TLS" if site.over_tls else ""
    return [Line(check, OK, f"{found['Id']} brings {site.alias} to {site.what} {site.origin}{how}")]


def judge_edges(sites: t.Sequence[Site], distributions: list[Json]) -> list[Line]:
    """Whether CloudFront lets users through. What is no distribution is the line of its own."""
    ours = {bare(site.distribution): site for site in sites}
    shut = [d for d in distributions if bare(d["DomainName"]) in ours and not d.get("Enabled")]
    if not shut:
        return [Line(EDGES, OK, "they let users through")]
    named = " and ".join(f"{d['Id']} for {ours[bare(d['DomainName'])].alias}" for d in shut)
    left_by = "as a failback from a dark Azure leaves it, or a deprovision.yml that stopped half way"
    what = f"{named} is disabled, {left_by}: users would be let through to nothing"
    again = "Run that failback again once Azure answers, or provision.yml after such a deprovision.yml"
    return [Line(EDGES, NO, what, f"{again}: either opens it. Or enable it in CloudFront.")]


def _wrong(site: Site, found: Json, distributions: list[Json]) -> t.Iterator[tuple[str, str]]:
    """What is not as it should be, and what should be there."""
    if site.alias not in found.get("Aliases", {}).get("Items", []):
        holders = [d["Id"] for d in distributions if site.alias in d.get("Aliases", {}).get("Items", [])]
        yield f"it does not carry the name {site.alias}", f"held by {holders[0]}" if holders else "nobody does"
    origin = origin_of(found)
    if bare(origin.get("DomainName", "")) != bare(site.origin):
        yield f"its origin is {origin.get('DomainName') or 'nothing'}", f"{site.what} is {site.origin}"
    if site.path is not None and origin.get("OriginPath", "") != site.path:
        yield f"its origin's path is '{origin.get('OriginPath', '')}'", f"'{site.path}' is meant"
    custom, policy = origin.get("CustomOriginConfig", {}), "https-only" if site.over_tls else "http-only"
    if site.port is not None and custom.get("OriginProtocolPolicy", policy) != policy:
        yield f"it asks its origin by {custom['OriginProtocolPolicy']}", f"{policy} is meant"
    port = custom.get("HTTPSPort" if site.over_tls else "HTTPPort")
    if site.port is not None and port != site.port:
        yield f"it asks its origin on port {port}", f"{site.port} is meant"
    if site.secret and sent_headers(origin).get(EDGE_HEADER.lower()) != site.secret:
        yield "it does not tell its origin dr_edge_secret", f"{site.what} answers nobody without it"


def origin_of(distribution: Json) -> Json:
    """The origin of the default behaviour; {} when there is none."""
    target = distribution.get("DefaultCacheBehavior", {}).get("TargetOriginId")
    return next((o for o in distribution.get("Origins", {}).get("Items", []) if o["Id"] == target), {})


def _fix(site: Site, found: Json) -> str:
    """What provision.yml does not do: take a name from another distribution."""
    if bare(origin_of(found).get("DomainName", "")) != bare(site.origin):
        return f"If {site.origin} is right, run provision.yml, which sets the origin; else correct the inventory."
    return PROVISION


# -- Health checks -----------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """An endpoint's check (children is empty), or a calculated one. latch: runbooks may have forced it."""

    inverted: bool = False
    children: tuple[str, ...] = ()
    latch: bool = False


# Those before the switch came are told apart by name: a stack that was not migrated works, by AWS's API alone.
WANTED: dict[str, Wanted] = {
    "primary_endpoint": Wanted(),
    "switch": Wanted(inverted=True),
    "primary": Wanted(children=("primary_endpoint", "switch"), latch=True),
    "secondary_endpoint": Wanted(),
    "secondary_opened": Wanted(),
    "secondary": Wanted(children=("secondary_endpoint", "secondary_opened")),
    "primary_www": Wanted(children=("primary_endpoint",), latch=True),
    "primary_dr": Wanted(children=("primary_endpoint",), latch=True),
    "secondary_dr": Wanted(children=("secondary_endpoint", "secondary_opened")),
}
# By domain: the check of its PRIMARY record and of its SECONDARY one, of now and of before.
OF_RECORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "www": {"PRIMARY": ("primary", "primary_www"), "SECONDARY": ()},
    "dr": {"PRIMARY": ("primary", "primary_dr"), "SECONDARY": ("secondary", "secondary_dr")},
}


@dataclass(frozen=True)
class Stack:
    """What the inventory says of the health checks: their ids, and by name the hosts that the endpoints' ones ask.

    automatic: a warm secondary takes users without being opened.
    """

    ids: t.Mapping[str, str] = field(default_factory=dict)
    hosts: t.Mapping[str, str] = field(default_factory=dict)
    interval: int = 10
    threshold: int = 3
    automatic: bool = False

    @property
    def latches(self) -> list[str]:
        """Ids of the checks that a failover forces unhealthy."""
        return [check_id for name, check_id in self.ids.items() if WANTED.get(name, Wanted()).latch]

    def named(self, check_id: str | None) -> str:
        return next((name for name, known in self.ids.items() if known == check_id), str(check_id))


def judge_health_checks(stack: Stack, answer: Dated) -> list[Line]:
    configs = {check["Id"]: check["HealthCheckConfig"] for check in answer.value}
    if not stack.ids:
        return [Line(HEALTH_CHECKS, NO, "the inventory knows of no health check", PROVISION)]
    missing = [name for name, check_id in stack.ids.items() if check_id not in configs]
    if missing:
        what = f"AWS has none with the inventory's id of {', '.join(missing)}"
        return [Line(HEALTH_CHECKS, NO, what, f"{PROVISION} Commit the provisioned.yml that it writes.")]
    wrong, as_made = (
        [f"{name} {what}" for name, check_id in stack.ids.items() for what in look(stack, name, configs[check_id])]
        for look in (_differences, _as_made)
    )
    if wrong or as_made:
        fix = " ".join(way for way, found in ((IN_PLACE, wrong), (ANEW, as_made)) if found)
        return [Line(HEALTH_CHECKS, NO, "; ".join(wrong + as_made), fix)]
    held = named_where(stack, answer, _held)
    if held:
        what = (
            f"{' and '.join(held)} forced healthy, as a failback from a dark Azure leaves it: nothing moves users away"
        )
        return [Line(HEALTH_CHECKS, WARN, what, "Run reconcile.yml once Azure answers, and then that failback again.")]
    forced = latched(stack, answer)
    if forced:
        what = f"{' and '.join(forced)} forced unhealthy, as failover.yml leaves it: users are kept from the primary"
        return [Line(HEALTH_CHECKS, OK, what)]
    return [Line(HEALTH_CHECKS, OK, f"all {len(stack.ids)} are there, each {stack.interval} s x {stack.threshold}")]


def latched(stack: Stack, answer: Dated) -> list[str]:
    """Names of the checks that a failover forced unhealthy."""
    return named_where(stack, answer, _forced)


def named_where(stack: Stack, answer: Dated, holds: t.Callable[[Json], bool]) -> list[str]:
    """Names of the checks that runbooks force one way or the other, and of whose settings this holds."""
    configs = {check["Id"]: check["HealthCheckConfig"] for check in answer.value}
    return [
        name
        for name, check_id in stack.ids.items()
        if WANTED.get(name, Wanted()).latch and holds(configs.get(check_id, {}))
    ]


def _forced(config: Json) -> bool:
    return bool(config.get("Disabled") and config.get("Inverted"))


def _held(config: Json) -> bool:
    return bool(config.get("Disabled") and not config.get("Inverted"))


def _differences(stack: Stack, name: str, config: Json) -> t.Iterator[str]:
    wanted = WANTED.get(name)
    if wanted is None:
        return
    if not (wanted.latch and config.get("Disabled")):
        if config.get("Disabled"):
            yield "is disabled, so it counts as healthy whatever happens"
        if bool(config.get("Inverted")) != wanted.inverted:
            yield "is inverted, which turns a dead site healthy" if config.get("Inverted") else "is not inverted"
    if wanted.children:
        yield from _calculated(stack, wanted, config)
    else:
        yield from _endpoint(stack, name, config)


def _as_made(stack: Stack, name: str, config: Json) -> t.Iterator[str]:
    """What is not as it should be, and stays as the check was made."""
    if name not in WANTED:
        return
    kind = "CALCULATED" if WANTED[name].children else "HTTPS"
    if config.get("Type") != kind:
        yield f"is of type {config.get('Type')}, not {kind}"
    elif kind == "HTTPS" and config.get("RequestInterval") != stack.interval:
        yield f"asks each {config.get('RequestInterval')} s, not each {stack.interval}"


def _endpoint(stack: Stack, name: str, config: Json) -> t.Iterator[str]:
    host = config.get("FullyQualifiedDomainName", "")
    if bare(host) != bare(stack.hosts.get(name, host)):
        yield f"asks {host or 'an address'}, not {stack.hosts[name]}"
    if config.get("FailureThreshold") != stack.threshold:
        yield f"decides after {config.get('FailureThreshold')} failures, not {stack.threshold}"


def _calculated(stack: Stack, wanted: Wanted, config: Json) -> t.Iterator[str]:
    if config.get("Type") != "CALCULATED":
        return  # which is a matter of its own
    children = {stack.named(child) for child in config.get("ChildHealthChecks", [])}
    # Where the team chose that dr moves by itself, nobody waits for the secondary to be opened.
    needed = {child for child in wanted.children if not (stack.automatic and child == "secondary_opened")}
    if not needed <= children <= set(wanted.children):
        yield f"joins {', '.join(sorted(children)) or 'nothing'}, not {', '.join(wanted.children)}"
    elif config.get("HealthThreshold", 0) < len(needed) or config.get("HealthThreshold", 0) > len(children):
        yield f"counts as healthy with {config.get('HealthThreshold')} of {len(children)}"


# -- Records -----------------------------------------------------------------------


@dataclass(frozen=True)
class Domain:
    """A name that fails over: www or dr, and where its two records lead."""

    name: str
    domain: str
    primary: str
    secondary: str


def judge_records(stack: Stack, domains: t.Sequence[Domain], records: list[Json]) -> list[Line]:
    beside = [what for domain in domains for what in _beside(domain, records)]
    wrong = [what for domain in domains for what in _wrong_records(stack, domain, records)]
    if beside or wrong:
        return [Line(RECORDS, NO, "; ".join(beside + wrong), WITHOUT_THEM if beside else PROVISION)]
    names = " and ".join(domain.domain for domain in domains)
    return [Line(RECORDS, OK, f"{names} fail over from {domains[0].primary} to CloudFront by their health checks")]


def _beside(domain: Domain, records: list[Json]) -> t.Iterator[str]:
    """Records by which users come past the pair; a pair of them too is judged like the pair."""
    for kind, of_kind in beside(domain.domain, records).items():
        if {r.get("Failover") for r in of_kind} != set(ROLES):
            yield f"{domain.domain} has {kind} records, which do not follow a failover: who comes by them is not moved"


def _wrong_records(stack: Stack, domain: Domain, records: list[Json]) -> t.Iterator[str]:
    for role, target in (("PRIMARY", domain.primary), ("SECONDARY", domain.secondary)):
        of_role = [r for r in records if bare(r["Name"]) == bare(domain.domain) and r.get("Failover") == role]
        kinds = [r for r in of_role if r["Type"] in ("A", "CNAME")]
        if not kinds:
            yield f"{domain.domain} has no {role} record"
            continue
        for record in of_role:
            yield from (f"{domain.domain} {role} {what}" for what in _wrong_record(stack, domain, role, target, record))


def _wrong_record(stack: Stack, domain: Domain, role: str, target: str, record: Json) -> t.Iterator[str]:
    alias = record.get("AliasTarget")
    values = [alias["DNSName"]] if alias else [value["Value"] for value in record.get("ResourceRecords", [])]
    if [bare(value) for value in values] != [bare(target)]:
        yield f"leads to {', '.join(values) or 'nothing'}, not to {target}"
    if alias and alias.get("EvaluateTargetHealth"):
        yield "evaluates its target's health too, so AWS may move users past the health checks"
    if record.get("TTL", 0) > LONGEST_TTL:
        yield f"may be kept for {record['TTL']} s: users would follow that much later than {LONGEST_TTL} s"
    names = OF_RECORDS[domain.name][role]
    wanted = next((stack.ids[name] for name in names if name in stack.ids), None)
    have = record.get("HealthCheckId")
    if wanted and have != wanted:
        yield f"hangs on {'health check ' + stack.named(have) if have else 'no health check'}, not on {names[0]}"
