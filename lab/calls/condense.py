"""A recorded line becomes a Call: what was asked for, without ids, names and times.

AWS's operations are named by AWS's own description of its API, which botocore carries. Resource Manager's paths name
kinds and things by turns. Blob's operations are those of "Operations on blobs" in Azure's reference.
"""

from __future__ import annotations

import functools
import re
import typing as t
import urllib.parse
from dataclasses import dataclass

from lab.errors import LabError
from lab.facts import STORAGE_ACCOUNT

Line = t.Mapping[str, t.Any]
# Resource Manager does not care for case, and clients differ.
SPELLED = {"resourcegroups": "resourceGroups"}
RESOURCES = "Microsoft.Resources"
Matcher = tuple[str, re.Pattern[str], frozenset[str], str]


@dataclass(frozen=True, order=True)
class Call:
    """`cloud`: aws, azure or blob. `asks`: "route53:GetHealthCheck", "PUT Microsoft.Compute/disks", or "Put Blob".

    `scope`: of Azure, whether a subscription or a resource group was asked; of Blob, the container.
    `refers`: kinds of other things that the body names. `takes_along`: deleting it deletes those too.
    """

    cloud: str
    asks: str
    scope: str = ""
    refers: tuple[str, ...] = ()
    takes_along: bool = False


def call(line: Line) -> Call:
    """LabError for a line that nobody here can read: then this file has to learn it."""
    kinds = {"aws": _aws, "arm": _arm, "blob": _blob}
    return kinds[line["service"] if line["cloud"] == "azure" else "aws"](line)


# --- AWS ------------------------------------------------------------------------------


def _aws(line: Line) -> Call:
    named = re.fullmatch(r"/service/[^/]+/operation/(\w+)", line["path"])
    operation = line["operation"] or (named[1] if named else _rest(line))
    return Call("aws", f"{line['service']}:{operation}")


def _rest(line: Line) -> str:
    """The operation whose path fits, and of several the one that wants most of the query."""
    query = frozenset(line["query"])
    fitting = [
        (len(wanted), name)
        for method, pattern, wanted, name in _operations(line["service"])
        if method == line["method"] and wanted <= query and pattern.fullmatch(line["path"])
    ]
    if not fitting:
        raise LabError(f"No operation of {line['service']} is {line['method']} {line['path']}: teach lab/calls it.")
    return max(fitting)[1]


@functools.cache
def _operations(service: str) -> list[Matcher]:
    import botocore.loaders  # a cloud's SDK, which most commands do without

    model = botocore.loaders.Loader().load_service_model(service, "service-2")
    found = []
    for name, operation in model["operations"].items():
        path, _, query = operation["http"]["requestUri"].partition("?")
        pattern = re.sub(r"\\\{(\w+)(\\\+)?\\\}", lambda match: ".+" if match[2] else "[^/]+", re.escape(path))
        wanted = frozenset(one.removesuffix("=") for one in query.split("&") if one)
        found.append((operation["http"]["method"], re.compile(f"{pattern}/?"), wanted, name))
    return found


# --- Azure Resource Manager --------------------------------------------------------------


def _arm(line: Line) -> Call:
    group = "/resourcegroups/" in line["path"].lower()
    refers = sorted({kind(one) for one in line["refers"]})
    scope = "resource group" if group else "subscription"
    return Call("azure", f"{line['method']} {kind(line['path'])}", scope, tuple(refers), line["takes_along"])


def kind(path: str) -> str:
    """The kinds that a path names: of /subscriptions/S/providers/Microsoft.Compute/skus "Microsoft.Compute/skus"."""
    _, provider, after = path.strip("/").rpartition("/providers/")
    parts = (after if provider else f"{RESOURCES}/{path.strip('/')}").split("/")
    kinds = [SPELLED.get(one.lower(), one) for one in parts[1::2]]
    return "/".join([parts[0], *kinds])


# --- Blob -------------------------------------------------------------------------------

# (method, restype, comp): the operation, as Azure's reference calls it.
BLOB = {
    ("PUT", "", ""): "Put Blob",
    ("PUT", "", "block"): "Put Block",
    ("PUT", "", "blocklist"): "Put Block List",
    ("PUT", "", "lease"): "Lease Blob",
    ("PUT", "", "metadata"): "Set Blob Metadata",
    ("PUT", "", "properties"): "Set Blob Properties",
    ("GET", "", ""): "Get Blob",
    ("HEAD", "", ""): "Get Blob Properties",
    ("GET", "", "metadata"): "Get Blob Metadata",
    ("HEAD", "", "metadata"): "Get Blob Metadata",
    ("GET", "", "blocklist"): "Get Block List",
    ("DELETE", "", ""): "Delete Blob",
    ("GET", "container", "list"): "List Blobs",
    ("GET", "", "list"): "List Containers",
    ("GET", "container", ""): "Get Container Properties",
    ("HEAD", "container", ""): "Get Container Properties",
    ("GET", "container", "acl"): "Get Container ACL",
    ("HEAD", "container", "acl"): "Get Container ACL",
    ("PUT", "container", ""): "Create Container",
    ("PUT", "container", "acl"): "Set Container ACL",
    ("DELETE", "container", ""): "Delete Container",
}


def _blob(line: Line) -> Call:
    path = urllib.parse.unquote(line["path"]).strip("/").removeprefix(f"{STORAGE_ACCOUNT}/")
    asked = (line["method"], line["restype"], line["comp"])
    if asked not in BLOB:
        raise LabError(f"Blob was asked {' '.join(asked)}, which is not known here: teach lab/calls it.")
    name = "Copy Blob" if line["copies"] and BLOB[asked] == "Put Blob" else BLOB[asked]
    return Call("blob", name, path.partition("/")[0])
