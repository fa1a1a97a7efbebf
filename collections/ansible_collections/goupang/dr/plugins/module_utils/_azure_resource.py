# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: any resource of Resource Manager: what was asked beside what is there, and whose it is.

Values and pure functions, no calls. Only what was asked is compared: whatever else Azure or a person set stays.
"""

from __future__ import annotations

import fnmatch
import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused

Json = dict[str, t.Any]

OWNER_TAG = "goupang-dr"
_GROUP = re.compile(r"(?i)^(?P<group>/subscriptions/[^/]+/resourceGroups/[^/]+)(/providers/(?P<rest>[^/]+/.+))?$")
# What Azure adds to each answer, and takes from nobody.
_READ_ONLY = frozenset({"id", "name", "type", "etag", "systemData", "provisioningState", "resourceGuid"})
_NOTHING = object()


@dataclass(frozen=True)
class Wanted:
    """One resource. secret: what is sent only when it is made, and never read. patch: it is changed by PATCH, not PUT.

    keep: patterns of the names of list members that others make, and that stay. at_least: where in the body numbers
    stand that may have grown, with dots.
    """

    id: str
    api_version: str
    body: Json = field(default_factory=dict)
    secret: Json = field(default_factory=dict, repr=False)
    patch: bool = False
    keep: tuple[str, ...] = ()
    at_least: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.id.lower()

    @property
    def is_group(self) -> bool:
        return self.root == self.key and "/providers/" not in self.key

    @property
    def is_part(self) -> bool:
        """Whether it lies inside another resource, and so bears no tags and goes with that one."""
        return self.root != self.key

    @property
    def root(self) -> str:
        """The key of the resource that it lies in: its own, where it lies in none but a group."""
        found = _GROUP.match(self.id)
        if found is None:
            raise Refused(f"{self.id!r} is no id of a resource group, or of a resource in one.")
        if not found["rest"]:
            return self.key
        parts = found["rest"].split("/")
        if len(parts) < 3 or len(parts) % 2 == 0:
            raise Refused(f"{self.id!r} is no id of a resource: a provider, and then pairs of a type and a name.")
        return "/".join([found["group"], "providers", *parts[:3]]).lower()

    @property
    def label(self) -> str:
        """Type and name, as a person says it: virtualNetworks vnet-dr/subnets machines."""
        if self.is_group:
            return f"resource group {self.id.rpartition('/')[2]}"
        parts = re.split("(?i)/providers/", self.id)[-1].split("/")[1:]
        return "/".join(f"{kind} {name}" for kind, name in zip(parts[::2], parts[1::2]))


@dataclass(frozen=True)
class Whole:
    """The parts of one kind in a resource, which are as wanted, and no others. id: that list, as .../firewallRules."""

    id: str
    api_version: str

    @property
    def within(self) -> Wanted:
        """The resource that they lie in."""
        return Wanted(self.id.rpartition("/")[0], self.api_version)

    @property
    def label(self) -> str:
        return f"{self.within.label}/{self.id.rpartition('/')[2]}"

    def others(self, there: t.Iterable[Json], wanted: t.Iterable[Wanted]) -> list[tuple[Wanted, Json]]:
        """What nobody asked for, of what is there."""
        keys = {want.key for want in wanted}
        found = [(Wanted(str(one["id"]), self.api_version), one) for one in there]
        return [(part, document) for part, document in found if part.key not in keys]


def asked(want: Wanted, owner: str, have: Json | None = None) -> Json:
    """The body, with the owner's tag where tags can be, and with what has grown beyond it as it is there."""
    body = want.body
    for path in want.at_least:
        body = _grown(body, have or {}, path.split("."))
    if want.is_part:
        return body
    return {**body, "tags": {**(body.get("tags") or {}), OWNER_TAG: owner}}


def _grown(body: t.Any, have: t.Any, path: list[str]) -> t.Any:
    if not path:
        return have if isinstance(have, int) and have > int(body) else body
    if not isinstance(body, dict) or not isinstance(have, dict) or path[0] not in body:
        return body
    return {**body, path[0]: _grown(body[path[0]], _of(have, path[0]), path[1:])}


def owner_of(document: Json) -> str | None:
    """Whose its tags say it is. Azure keeps the case of a tag's name, and ignores it."""
    tags = document.get("tags") or {}
    return next((str(value) for name, value in tags.items() if name.lower() == OWNER_TAG), None)


# -- Comparing -----------------------------------------------------------------------


def differences(body: t.Any, have: t.Any, keep: tuple[str, ...] = (), path: str = "") -> list[str]:
    """Where what is there is not what was asked, as "path: this instead of that"; empty when it is."""
    if isinstance(body, dict) and isinstance(have, dict):
        return [
            line
            for name, value in body.items()
            for line in differences(value, _of(have, name), keep, f"{path}.{name}" if path else str(name))
        ]
    if isinstance(body, list) and isinstance(have, list) and _named(body + have):
        return _of_members(body, have, keep, path)
    if _same(body, have, path):
        return []
    return [f"{path}: {_shown(have)} instead of {_shown(body)}"]


def _of_members(body: list[Json], have: list[Json], keep: tuple[str, ...], path: str) -> list[str]:
    there = {member["name"].lower(): member for member in have}
    lines: list[str] = []
    for member in body:
        place = f"{path}[{member['name']}]"
        found = there.pop(member["name"].lower(), None)
        rest = {name: value for name, value in member.items() if name != "name"}
        lines += [f"{place}: is not there"] if found is None else differences(rest, found, keep, place)
    lines += [f"{path}[{one['name']}]: nobody asked for it" for one in there.values() if not kept(one["name"], keep)]
    return lines


def kept(name: str, keep: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatch(name.lower(), pattern.lower()) for pattern in keep)


def _of(document: Json, name: str) -> t.Any:
    """A key's value. Azure keeps the case of a tag's name, and ignores it."""
    return next((value for key, value in document.items() if key.lower() == name.lower()), _NOTHING)


def _named(members: list[t.Any]) -> bool:
    return bool(members) and all(isinstance(one, dict) and isinstance(one.get("name"), str) for one in members)


def _same(body: t.Any, have: t.Any, path: str) -> bool:
    if have is _NOTHING or have is None:
        return body in (None, [], {}, "")
    if isinstance(body, list) and isinstance(have, list):
        return sorted(map(str, body)) == sorted(map(str, have))
    if isinstance(body, str) and isinstance(have, str):
        if path == "location":
            return _place(body) == _place(have)
        if body.lower().startswith("/subscriptions/"):
            return body.lower() == have.lower()
    return bool(body == have)


def _place(location: str) -> str:
    """Azure takes "Korea Central" for koreacentral."""
    return location.replace(" ", "").lower()


def _shown(value: t.Any) -> str:
    return "nothing" if value is _NOTHING or value in (None, "", []) else str(value)


def speaks_of(body: t.Any, have: t.Any) -> t.Any:
    """The part of what is there that was asked about, for a diff."""
    if isinstance(body, dict) and isinstance(have, dict):
        return {
            name: speaks_of(value, _of(have, name)) for name, value in body.items() if _of(have, name) is not _NOTHING
        }
    if isinstance(body, list) and isinstance(have, list) and _named(body + have):
        by_name: dict[str, Json] = {one["name"].lower(): one for one in body}
        return [speaks_of(by_name.get(one["name"].lower(), one), one) for one in have]
    return have


# -- What is sent --------------------------------------------------------------------


def merged(body: t.Any, have: t.Any, keep: tuple[str, ...] = ()) -> t.Any:
    """What PUT is sent for a resource that is there: what it is, with what was asked laid over it."""
    if isinstance(body, dict) and isinstance(have, dict):
        mine = {name.lower() for name in body}
        rest = {name: value for name, value in have.items() if name.lower() not in mine and name not in _READ_ONLY}
        return {**rest, **{name: merged(value, _of(have, name), keep) for name, value in body.items()}}
    if isinstance(body, list) and isinstance(have, list) and _named(body + have):
        there = {one["name"].lower(): one for one in have}
        mine = {one["name"].lower() for one in body}
        others = [one for one in have if one["name"].lower() not in mine and kept(one["name"], keep)]
        return [*(merged(one, there.get(one["name"].lower(), {}), keep) for one in body), *others]
    return body


def patch_of(body: Json, have: Json, keep: tuple[str, ...] = ()) -> Json:
    """What PATCH is sent: only what differs, since much can be said when a thing is made and never again."""
    properties, mine = body.get("properties") or {}, have.get("properties") or {}
    rest = {name: value for name, value in body.items() if name != "properties"}
    changed = {name: value for name, value in rest.items() if differences({name: value}, have, keep)}
    inner = {name: value for name, value in properties.items() if differences({name: value}, mine, keep)}
    if "tags" in changed:  # PATCH takes them for all tags
        changed["tags"] = {**(have.get("tags") or {}), **changed["tags"]}
    return {**changed, **({"properties": inner} if inner else {})}


def joined(body: Json, secret: Json) -> Json:
    """Both in one, dict by dict."""
    return {
        **body,
        **{
            name: joined(body[name], value) if isinstance(value, dict) and isinstance(body.get(name), dict) else value
            for name, value in secret.items()
        },
    }


# -- In which order ------------------------------------------------------------------


def waves(wanted: t.Sequence[Wanted]) -> list[list[list[Wanted]]]:
    """Waves, one after the other, of chains that go side by side; a chain's resources go one after the other.

    A resource waits for those that it lies in and those that its body names. Parts of one resource are a chain,
    because Azure works on one of them at a time.
    """
    level: dict[str, int] = {}
    for want in wanted:
        named = set(_references(want.body))
        before = [level[o.key] for o in wanted if o.key in level and (_within(want, o) or o.key in named)]
        level[want.key] = 1 + max(before, default=0)
    result: list[list[list[Wanted]]] = []
    for number in sorted(set(level.values())):
        chains: dict[str, list[Wanted]] = {}
        for want in wanted:
            if level[want.key] == number:
                chains.setdefault(want.root, []).append(want)
        result.append(list(chains.values()))
    return result


def _within(want: Wanted, other: Wanted) -> bool:
    return want.key.startswith(other.key + "/")


def _references(value: t.Any) -> t.Iterator[str]:
    """The ids of resources, and of those that they lie in, wherever a body names one."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
    elif isinstance(value, str) and value.lower().startswith("/subscriptions/"):
        parts = value.lower().split("/")
        yield from ("/".join(parts[:end]) for end in range(5, len(parts) + 1))
