"""ChangeResourceRecordSets is one transaction over (name, type, set identifier).

moto 5.2.5 accepts two PRIMARYs for one name, deletes by set identifier alone
(deleting "primary" of www would take that of dr with it), refuses to create again
what was deleted, and leaves a change batch half applied. It also keeps the SOA of
a new zone as text of a Python dictionary.
"""

from __future__ import annotations

import typing as t

from moto.route53.exceptions import DnsNameInvalidForZone, InvalidActionValue, Route53ClientError
from moto.route53.models import FakeZone, RecordSet, Route53Backend
from moto.route53.utils import validate_domain_name

from lab.aws.patching import wrap

Key = tuple[str, str, str]


def close() -> None:
    wrap(Route53Backend, "change_resource_record_sets", ("self", "zoneid", "change_list"), change_resource_record_sets)
    parameters = (
        *("self", "name", "private_zone", "caller_reference"),
        *("vpcid", "vpcregion", "comment", "delegation_set_id"),
    )
    wrap(Route53Backend, "create_hosted_zone", parameters, create_hosted_zone)


def create_hosted_zone(original: t.Callable[..., FakeZone], *args: t.Any, **kwargs: t.Any) -> FakeZone:
    zone = original(*args, **kwargs)
    for record in zone.rrsets:
        record.records = [value["Value"] if isinstance(value, dict) else value for value in record.records]
    return zone


def change_resource_record_sets(
    original: t.Callable[..., None], self: Route53Backend, zoneid: str, change_list: list[dict[str, t.Any]]
) -> None:
    zone = self.get_hosted_zone(zoneid)
    zone.rrsets = changed(zone.name, zone.rrsets, change_list)


def changed(zone_name: str, present: list[RecordSet], changes: list[dict[str, t.Any]]) -> list[RecordSet]:
    """The zone's record sets after all changes. Raises before anything is changed, as AWS does."""
    records = {_key(one.name, str(one.type), one.set_identifier): one for one in present}
    for change in changes:
        record = _record(zone_name, change["ResourceRecordSet"])
        key = _key(record.name, str(record.type), record.set_identifier)
        label = f"resource record set [name='{record.name}', type='{record.type}'"
        label += f", set identifier='{record.set_identifier}']" if record.set_identifier else "]"
        action = change["Action"]
        if action == "CREATE" and key in records:
            raise _refusal(f"Tried to create {label} but it already exists")
        if action == "DELETE":
            if records.pop(key, None) is None:
                raise _refusal(f"Tried to delete {label} but it was not found")
        elif action in ("CREATE", "UPSERT"):
            records[key] = record
        else:
            raise InvalidActionValue(action)
    _refuse_conflicts(records.values())
    return list(records.values())


def _refusal(message: str) -> Route53ClientError:
    return Route53ClientError("InvalidChangeBatch", f"[{message}]")


def _record(zone_name: str, settings: dict[str, t.Any]) -> RecordSet:
    validate_domain_name(settings["Name"], code="InvalidChangeBatch")
    name = settings["Name"].rstrip(".").lower() + "."
    if name != zone_name and not name.endswith("." + zone_name):
        raise DnsNameInvalidForZone(name=name, zone_name=zone_name)
    values = [value["Value"] for value in settings.get("ResourceRecords") or []]
    # moto's class is abstract to a type checker only: nothing of CloudFormation is used here.
    make = t.cast("t.Callable[[dict[str, t.Any]], RecordSet]", RecordSet)
    return make({**settings, "Name": name, "ResourceRecords": values})


def _key(name: str, kind: str, identifier: str | None) -> Key:
    return name, kind, identifier or ""


def _refuse_conflicts(records: t.Iterable[RecordSet]) -> None:
    groups: dict[tuple[str, str], list[RecordSet]] = {}
    for record in records:
        groups.setdefault((record.name, str(record.type)), []).append(record)
    for (name, kind), group in groups.items():
        roles = [record.failover for record in group if record.failover]
        if len(roles) != len(set(roles)):
            raise _refusal(f"More than one {roles[0]} failover record for name='{name}', type='{kind}'")
        if len({_policy(record) for record in group}) > 1:
            raise _refusal(f"RRSets with name='{name}', type='{kind}' have different routing policies")


def _policy(record: RecordSet) -> str:
    if record.failover:
        return "failover"
    if record.weight is not None:
        return "weighted"
    if record.region:
        return "latency"
    if record.geo_location:
        return "geolocation"
    return "multivalue" if record.multi_value_answer else "simple"
