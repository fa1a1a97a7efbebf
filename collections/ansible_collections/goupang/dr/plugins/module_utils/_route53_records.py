# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: names that fail over by two alias records each, and the way back to a plain one.

`plan` compares and is pure. All changes of a call are one change batch: Route 53 does all of them or none, so no user
asks in between for a name that has no record.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils import _aws
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing, Refused

Json = dict[str, t.Any]

FAILOVER, PLAIN, AS_IS = "failover", "plain", "as_is"
ROLES = ("PRIMARY", "SECONDARY")
# Records by which a user comes past the A records.
BESIDE = ("AAAA", "HTTPS")
_POLICIES = ("Weight", "Region", "GeoLocation", "MultiValueAnswer", "CidrRoutingConfig", "GeoProximityLocation")


@dataclass(frozen=True)
class Target:
    """Where an alias leads: a DNS name, the hosted zone that it lives in, and the health check it hangs on, or none."""

    name: str
    zone: str
    health_check: str | None = None


@dataclass(frozen=True)
class Name:
    """A domain with its two targets."""

    domain: str
    primary: Target
    secondary: Target | None = None


class Api(t.Protocol):
    """Raises DrError."""

    def records(self, zone_id: str, domain: str) -> list[Json]: ...

    def change(self, zone_id: str, changes: list[Json]) -> None: ...


def bare(name: str) -> str:
    """A DNS name as one compares it; an alias to a load balancer may carry dualstack. in front."""
    return name.rstrip(".").lower().removeprefix("dualstack.")


# -- Comparing -----------------------------------------------------------------------


def of(name: Name, records: list[Json]) -> list[Json]:
    """The domain's own records, by which a user is led somewhere."""
    return [r for r in records if bare(r["Name"]) == bare(name.domain) and r["Type"] in ("A", "CNAME")]


def found(name: Name, records: list[Json]) -> list[Json]:
    """Each of them in short. `failover` is PRIMARY or SECONDARY, "" for a plain one, and None for another policy's."""
    return [
        {
            "name": name.domain,
            "type": record["Type"],
            "failover": record.get("Failover") or ("" if "SetIdentifier" not in record else None),
            "health_check": record.get("HealthCheckId") or "",
        }
        for record in of(name, records)
    ]


def plan(state: str, name: Name, records: list[Json]) -> list[Json]:
    """The changes for one domain, from the zone's records of it. Refused where a record of the team's is in the way."""
    if state == AS_IS:
        return []
    mine = of(name, records)
    pairs = [r for r in mine if r.get("Failover") and r["Type"] == "A"]
    singles = [r for r in mine if "SetIdentifier" not in r]
    if state == PLAIN:
        if not pairs:
            return []
        return [*(_change("DELETE", r) for r in pairs), _change("CREATE", _alias(name.domain, name.primary))]
    _refuse_beside(name, records)
    for record in mine:
        _refuse_other(name, record)
    changes = [_change("DELETE", record) for record in singles]
    for role, target in zip(ROLES, (name.primary, name.secondary)):
        if target is None:
            raise Refused(f"{name.domain} is to fail over, and nobody said to where.")
        found = next((r for r in pairs if r["Failover"] == role), None)
        # Another name would make a second record for the same part, which Route 53 refuses.
        identifier = found["SetIdentifier"] if found else role.lower()
        wanted = _alias(name.domain, target, role, identifier)
        if found is None or _essence(found) != _essence(wanted):
            changes.append(_change("UPSERT", wanted))
    return changes


def beside(domain: str, records: list[Json]) -> dict[str, list[Json]]:
    """The name's records by which users come past the pair: type -> records, at least one each."""
    ours = [record for record in records if bare(record["Name"]) == bare(domain)]
    found = {kind: [record for record in ours if record["Type"] == kind] for kind in BESIDE}
    return {kind: of_kind for kind, of_kind in found.items() if of_kind}


def _refuse_beside(name: Name, records: list[Json]) -> None:
    """A pair of the team's that hangs on the same checks goes along, and is left alone."""
    checks = {role: target.health_check for role, target in zip(ROLES, (name.primary, name.secondary)) if target}
    for kind, of_kind in beside(name.domain, records).items():
        if {r.get("Failover"): r.get("HealthCheckId") for r in of_kind} != checks:
            raise Refused(
                f"{name.domain} has {kind} records, which do not follow its failover: who comes by them would stay "
                "where they lead. Remove them (CloudFront and the load balancer are reached by A), and run this again."
            )


def _refuse_other(name: Name, record: Json) -> None:
    """A plain record is replaced where it leads to the primary: that moves nobody."""
    policy = next((word for word in _POLICIES if record.get(word) not in (None, False)), None)
    if policy or (record.get("Failover") and record["Type"] != "A"):
        raise Refused(
            f"{name.domain} has {record['Type']} records of another kind ({policy or 'failover'}): replace them by one "
            f"plain record that leads to {name.primary.name}, and run this again."
        )
    if "SetIdentifier" in record:
        return
    leads = _leads_to(record)
    if bare(leads) != bare(name.primary.name):
        raise Refused(
            f"{name.domain} leads to {leads}, and not to the primary {name.primary.name}: correct the inventory or "
            "that record first, since its users would be moved."
        )


def _leads_to(record: Json) -> str:
    if record.get("AliasTarget"):
        return str(record["AliasTarget"]["DNSName"])
    return ", ".join(value["Value"] for value in record.get("ResourceRecords") or [])


def _alias(domain: str, target: Target, role: str = "", identifier: str = "") -> Json:
    # EvaluateTargetHealth stays off: the health checks alone decide.
    alias = {"HostedZoneId": target.zone, "DNSName": target.name, "EvaluateTargetHealth": False}
    record: Json = {"Name": f"{domain.rstrip('.')}.", "Type": "A", "AliasTarget": alias}
    if role:
        record |= {"SetIdentifier": identifier, "Failover": role}
    if role and target.health_check:
        record["HealthCheckId"] = target.health_check
    return record


def _essence(record: Json) -> tuple[t.Any, ...]:
    alias = record.get("AliasTarget") or {}
    leads = bare(alias.get("DNSName", "")), alias.get("HostedZoneId"), bool(alias.get("EvaluateTargetHealth"))
    return (*leads, record.get("HealthCheckId") or "")


def _change(action: str, record: Json) -> Json:
    return {"Action": action, "ResourceRecordSet": record}


def shown(records: list[Json]) -> list[str]:
    """One side of a diff: a line for each record."""
    lines = []
    for one in records:
        words = [bare(one["Name"]), one["Type"], one.get("Failover", ""), "->", bare(_leads_to(one))]
        words += ["by", one["HealthCheckId"]] if one.get("HealthCheckId") else []
        lines.append(" ".join(word for word in words if word))
    return sorted(lines)


def after(records: list[Json], changes: list[Json]) -> list[Json]:
    """The records once the changes are made."""
    kept = {_key(one): one for one in records}
    for change in changes:
        record = change["ResourceRecordSet"]
        if change["Action"] == "DELETE":
            kept.pop(_key(record), None)
        else:
            kept[_key(record)] = record
    return list(kept.values())


def _key(record: Json) -> tuple[str, str, str]:
    return bare(record["Name"]), record["Type"], record.get("SetIdentifier", "")


# -- Acting --------------------------------------------------------------------------


def bring(api: Api, zone_id: str, state: str, names: t.Sequence[Name], check_mode: bool) -> Json:
    """Change all of them together (foresee it in check mode), and return the module's result. DrError."""
    records = [record for name in names for record in api.records(zone_id, name.domain)]
    changes = [change for name in names for change in plan(state, name, records)]
    if changes and not check_mode:
        api.change(zone_id, changes)
    then = shown(after(records, changes))
    return {
        "changed": bool(changes),
        "records": then,
        "found": [one for name in names for one in found(name, records)],
        "diff": {"before": {"records": shown(records)}, "after": {"records": then}},
    }


class AwsApi:
    """Api on a boto3 client."""

    def __init__(self, client: t.Any) -> None:
        self._client = client

    def zone_id(self, zone: str) -> str:
        """Missing when the account has no such public zone."""
        with _aws.calling(f"find the hosted zone {zone}"):
            zones = self._client.list_hosted_zones_by_name(DNSName=zone)["HostedZones"]
        found = [z for z in zones if bare(z["Name"]) == bare(zone) and not (z.get("Config") or {}).get("PrivateZone")]
        if not found:
            raise Missing(f"AWS has no hosted zone {zone}: make it, or correct dr_zone.")
        return str(found[0]["Id"])

    def records(self, zone_id: str, domain: str) -> list[Json]:
        with _aws.calling(f"list the records of {domain}"):
            answer = self._client.list_resource_record_sets(HostedZoneId=zone_id, StartRecordName=domain, MaxItems="20")
        return [r for r in answer["ResourceRecordSets"] if bare(r["Name"]) == bare(domain)]

    def change(self, zone_id: str, changes: list[Json]) -> None:
        names = " and ".join(dict.fromkeys(bare(one["ResourceRecordSet"]["Name"]) for one in changes))
        with _aws.calling(f"change the records of {names}"):
            self._client.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": changes})
