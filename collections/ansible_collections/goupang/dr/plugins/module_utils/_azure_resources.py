# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: bring several resources of Azure to where they are wanted, as far as they are ours."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._azure_resource import (
    OWNER_TAG,
    Json,
    Wanted,
    Whole,
    asked,
    differences,
    joined,
    merged,
    owner_of,
    patch_of,
    speaks_of,
    waves,
)
from ansible_collections.goupang.dr.plugins.module_utils._azure_resource_api import Api
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, Refused
from ansible_collections.goupang.dr.plugins.module_utils._mysql_server import AT_REST

SIDE_BY_SIDE = 8
T = t.TypeVar("T")


@dataclass(frozen=True)
class Change:
    """What becomes of one resource: made, changed, deleted or same; and why."""

    want: Wanted
    what: str
    why: tuple[str, ...]
    before: Json
    after: Json

    def told(self) -> Json:
        return {"id": self.want.id, "label": self.want.label, "what": self.what, "differences": list(self.why)}


def bring(
    api: Api, wanted: t.Sequence[Wanted], state: str, owner: str, check_mode: bool, whole: t.Sequence[Whole] = ()
) -> Json:
    """Do what is wanted (foresee it in check mode), and return the module's result. DrError.

    All is looked at before the first thing is changed: what is not ours stops it while nothing has happened. Of what
    is in a whole list and not wanted, nothing stays.
    """
    if state == "absent":
        wanted, whole = [want for want in wanted if not want.is_part], ()  # parts go with what they lie in
    have, unseen = _look(api, wanted)
    wanted = [want for want in wanted if want not in unseen]
    resting = [one for one in whole if _at_rest(have.get(one.within.key) or {})]
    order = waves(wanted)
    _refuse_foreign(wanted, have, owner)
    if state == "absent":
        _refuse_full_groups(api, wanted, have)
        changes = [_gone(want, have[want.key]) for want in wanted]
        if not check_mode:
            _delete(api, order, have)
    else:
        changes = [_compared(want, have[want.key], owner) for want in wanted]
        others = _others(api, [one for one in whole if one not in resting], wanted, have)
        if not check_mode:
            _make(api, order, {change.want.key: change for change in changes}, have, owner)
            for other in others:
                api.delete(other.want)
        changes += others
    return {
        "changed": any(change.what != "same" for change in changes),
        "resources": [change.told() for change in changes],
        "unseen": [*(want.label for want in unseen), *(one.label for one in resting)],
        "drift": [f"{c.want.label}: {why}" for c in changes for why in c.why],
        "diff": [
            {"before_header": c.want.label, "after_header": c.want.label, "before": c.before, "after": c.after}
            for c in changes
            if c.what != "same"
        ],
    }


def _look(api: Api, wanted: t.Sequence[Wanted]) -> tuple[dict[str, Json | None], list[Wanted]]:
    """What is there, by key; and the parts of servers at rest, which tell none and take none.

    A part of what is not there is not asked for.
    """
    roots = [want for want in wanted if not want.is_part]
    found = dict(zip([w.key for w in roots], _side_by_side(roots, api.get)))
    inner = [want for want in wanted if want.is_part and found.get(want.root, {}) is not None]
    unseen = [want for want in inner if _at_rest(found.get(want.root) or {})]
    parts = [want for want in inner if want not in unseen]
    found.update(zip([w.key for w in parts], _side_by_side(parts, api.get)))
    return {want.key: found.get(want.key) for want in wanted}, unseen


def _at_rest(document: Json) -> bool:
    return bool((document.get("properties") or {}).get("state") == AT_REST)


def _side_by_side(items: t.Sequence[t.Any], work: t.Callable[[t.Any], T]) -> list[T]:
    """All results in order; the first error in order, once all have ended."""
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        jobs = [pool.submit(work, item) for item in items]
    return [job.result() for job in jobs]


def _refuse_foreign(wanted: t.Sequence[Wanted], have: t.Mapping[str, Json | None], owner: str) -> None:
    for want in wanted:
        document = have[want.key]
        if document is None or want.is_part or owner_of(document) == owner:
            continue
        whose = owner_of(document)
        raise Refused(
            f"The {want.label} is there and {'belongs to ' + whose if whose else 'is not ours'}, so it is left alone: "
            f"tell the inventory that it is the team's own, or hand it over with the tag {OWNER_TAG}={owner}."
        )


def _compared(want: Wanted, document: Json | None, owner: str) -> Change:
    body = asked(want, owner, document)
    if document is None:
        return Change(want, "made", ("is not there",), {}, body)
    why = differences(body, document, want.keep)
    if _failed(document):
        why = [*why, "its provisioning failed"]
    return Change(want, "changed" if why else "same", tuple(why), speaks_of(body, document), body)


def _others(
    api: Api, whole: t.Sequence[Whole], wanted: t.Sequence[Wanted], have: t.Mapping[str, Json | None]
) -> list[Change]:
    """What lies in a whole list and nobody asked for."""
    found: list[Change] = []
    for one in whole:
        if one.within.key not in have:
            raise Refused(f"The list {one.label} is in nothing that is named here, so nobody knows whose it is.")
        if have[one.within.key] is not None:
            others = one.others(api.members(one), wanted)
            found += [Change(part, "deleted", ("nobody asked for it",), document, {}) for part, document in others]
    return found


def _failed(document: Json) -> bool:
    """Whether what began it came to nothing: it is put as if it were not there."""
    return str((document.get("properties") or {}).get("provisioningState")) == "Failed"


def _make(
    api: Api,
    order: list[list[list[Wanted]]],
    changes: t.Mapping[str, Change],
    have: t.Mapping[str, Json | None],
    owner: str,
) -> None:
    def make(chain: list[Wanted]) -> None:
        for want in chain:
            if changes[want.key].what != "same":
                _put(api, want, have[want.key], owner)

    for wave in order:
        _side_by_side(wave, make)


def _put(api: Api, want: Wanted, document: Json | None, owner: str) -> None:
    """Make or change it, and see that it is then as it was asked."""
    body = asked(want, owner, document)
    if document is None or _failed(document):
        after = api.put(want, joined(merged(body, document or {}, want.keep), want.secret))
    elif want.patch:
        after = api.put(want, patch_of(body, document, want.keep), patch=True)
    else:
        after = api.put(want, merged(body, document, want.keep))
    left = differences(asked(want, owner, after), after, want.keep)
    if left:
        raise DrError(f"Azure took the {want.label}, and it is not as it was asked: {'; '.join(left)}.")


def _gone(want: Wanted, document: Json | None) -> Change:
    if document is None:
        return Change(want, "same", (), {}, {})
    return Change(want, "deleted", ("is there",), speaks_of(want.body, document), {})


def _refuse_full_groups(api: Api, wanted: t.Sequence[Wanted], have: t.Mapping[str, Json | None]) -> None:
    """A resource group takes all that is in it along: it goes only where that is ours."""
    ours = {want.root for want in wanted}
    for group in wanted:
        if not group.is_group or have[group.key] is None:
            continue
        others = [one for one in api.listed(group) if one.lower() not in ours]
        if others:
            raise Refused(
                f"The {group.label} holds {', '.join(one.rpartition('/providers/')[2] for one in others)}, which would "
                "go with it: move that or delete it first, or tell the inventory that the group is the team's own."
            )


def _delete(api: Api, order: list[list[list[Wanted]]], have: t.Mapping[str, Json | None]) -> None:
    """The last first."""

    def delete(chain: list[Wanted]) -> None:
        for want in chain:
            if have[want.key] is not None:
                api.delete(want)

    for wave in reversed(order):
        _side_by_side(wave, delete)
