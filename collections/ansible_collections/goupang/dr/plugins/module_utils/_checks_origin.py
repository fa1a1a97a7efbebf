# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: how CloudFront asks the machine, and whether the certificate for that is one that it takes.

Where the inventory names no port for TLS there is no such check, and nothing is asked.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from ansible_collections.goupang.dr.plugins.module_utils import _blob, _checks_site, _seal
from ansible_collections.goupang.dr.plugins.module_utils import _origin_certificate as origin
from ansible_collections.goupang.dr.plugins.module_utils._clouds import Clouds
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing, Refused
from ansible_collections.goupang.dr.plugins.module_utils._readiness import NO, OK, WARN, Check, Line, Question, counted

Params = dict[str, t.Any]
ORIGIN = "origin certificate"
RENEW = "Run certificate.yml with certificate_file and certificate_key_file."


@dataclass(frozen=True)
class Found:
    """The certificate that lies in Blob, or why there is none that anybody could use."""

    certificate: origin.Certificate | None
    why: str = ""

    @property
    def ends(self) -> datetime | None:
        return self.certificate.ends if self.certificate else None


def asked_as(machine: Params) -> dict[str, t.Any]:
    """Of _checks_aws.Site: origin, port and over_tls."""
    if machine["https_port"]:
        return {"origin": machine["https_name"] or "", "port": machine["https_port"], "over_tls": True}
    return {"origin": machine["fqdn"], "port": machine["http_port"]}


def questions(params: Params, clouds: Clouds) -> list[Question]:
    if not params["machine"]["https_port"]:
        return []
    storage, name = params["storage"], origin.blob_name(params["application"])

    def ask() -> Found:
        return ask_certificate(clouds.container(storage["certificate_container"]), name, storage["backup_keys"])

    return [Question(ORIGIN, "Azure Blob", ask)]


def ask_certificate(store: _blob.Store, name: str, keys: t.Sequence[str]) -> Found:
    try:
        kept = origin.read(store, name, _seal.keys(keys))
    except (Missing, Refused) as error:
        return Found(None, str(error).rstrip("."))
    return Found(kept.certificate) if kept else Found(None, f"there is no blob {name}")


def checks(params: Params, today: datetime) -> list[Check]:
    if not params["machine"]["https_port"]:
        return []
    wanted = (params["sites"]["dr_domain"], params["machine"]["https_name"] or "dr_origin_domain")
    return [Check(ORIGIN, (ORIGIN,), partial(judge_origin, today, wanted))]


def judge_origin(today: datetime, wanted: t.Sequence[str], found: Found) -> list[Line]:
    certificate = found.certificate
    if certificate is None:
        return [Line(ORIGIN, NO, f"CloudFront would answer 502: {found.why}", RENEW)]
    wrong = origin.faults(certificate, wanted, today)
    if wrong:
        return [Line(ORIGIN, NO, f"CloudFront would answer 502: {'; '.join(wrong)}", RENEW)]
    left = (certificate.ends - today).days
    what = f"for {' and '.join(wanted)}, and ends in {counted(left, 'day')}"
    if left < _checks_site.FEW_DAYS:
        return [Line(ORIGIN, WARN, f"it is {what}", RENEW)]
    return [Line(ORIGIN, OK, f"it lies in Blob, is {what}")]
