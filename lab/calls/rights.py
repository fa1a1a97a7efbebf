"""Which permissions a cloud asks for a call. Tables: whoever adds a call that they do not know is told so by a test.

Sources: AWS's "Service Authorization Reference"; of Microsoft's documentation "Azure permissions", "Track asynchronous
Azure operations" and, for Blob, "Authorize with Microsoft Entra ID". Neither cloud was asked: here no right is enforced
(lab/fidelity.py).
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from lab.calls.condense import Call
from lab.errors import LabError

AWS, ACTION, DATA = "aws", "action", "data action"


@dataclass(frozen=True, order=True)
class Right:
    """`kind`: an action of AWS, or an action or a data action of Azure. `scope`: of Azure's, where it is needed."""

    kind: str
    name: str
    scope: str = ""


# --- AWS --------------------------------------------------------------------------------

# Everything else wants "service:Operation".
AWS_RIGHTS: dict[str, tuple[str, ...]] = {
    # Whoever has a key may ask whose it is.
    "sts:GetCallerIdentity": (),
    "cloudfront:CreateDistributionWithTags": ("cloudfront:CreateDistribution", "cloudfront:TagResource"),
}
# Services whose rights have another name than their endpoint.
AWS_PREFIXES = {"monitoring": "cloudwatch"}

# --- Azure ------------------------------------------------------------------------------

VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete", "POST": "action"}
COMPUTE, NETWORK = "Microsoft.Compute", "Microsoft.Network"
MACHINE, DISK = f"{COMPUTE}/virtualMachines", f"{COMPUTE}/disks"
# Kinds that a resource joins when its body names them.
JOINED = (
    f"{NETWORK}/networkInterfaces",
    f"{NETWORK}/publicIPAddresses",
    f"{NETWORK}/networkSecurityGroups",
    f"{NETWORK}/virtualNetworks/subnets",
)
# A machine is made with its disk, and one that takes its parts along deletes them.
ALSO_WRITTEN: dict[str, tuple[str, ...]] = {MACHINE: (DISK,)}
ALSO_DELETED: dict[str, tuple[str, ...]] = {MACHINE: (DISK, f"{NETWORK}/networkInterfaces")}
ALSO_DELETED[f"{NETWORK}/networkInterfaces"] = (f"{NETWORK}/publicIPAddresses",)

# What asks how an operation goes. The lab has one address for all providers, and so has a recording; Azure's differ,
# and it refuses a whole role for an action that it has not. Of two, the second is for disks, or an answer's older form.
TRACKED = "/locations/operations"
TRACKS: dict[str, tuple[str, ...]] = {
    COMPUTE: (f"{COMPUTE}/locations/operations", f"{COMPUTE}/locations/diskOperations"),
    NETWORK: (f"{NETWORK}/locations/operations", f"{NETWORK}/locations/operationResults"),
    "Microsoft.DBforMySQL": (
        "Microsoft.DBforMySQL/locations/azureAsyncOperation",
        "Microsoft.DBforMySQL/locations/operationResults",
    ),
    "Microsoft.Storage": ("Microsoft.Storage/operations",),
    "Microsoft.Resources": ("Microsoft.Resources/subscriptions/operationresults",),
}

# --- Blob -------------------------------------------------------------------------------

CONTAINER = "Microsoft.Storage/storageAccounts/blobServices/containers"
READ, WRITE, DELETE = ((DATA, f"{CONTAINER}/blobs/{verb}") for verb in ("read", "write", "delete"))
BLOB_RIGHTS: dict[str, tuple[tuple[str, str], ...]] = {
    **dict.fromkeys(("Put Blob", "Put Block", "Put Block List", "Lease Blob"), (WRITE,)),
    **dict.fromkeys(("Set Blob Metadata", "Set Blob Properties"), (WRITE,)),
    **dict.fromkeys(("Get Blob", "Get Blob Properties", "Get Blob Metadata", "Get Block List", "List Blobs"), (READ,)),
    "Copy Blob": (READ, WRITE),
    "Delete Blob": (DELETE,),
    **dict.fromkeys(("List Containers", "Get Container Properties"), ((ACTION, f"{CONTAINER}/read"),)),
    "Create Container": ((ACTION, f"{CONTAINER}/write"),),
    "Delete Container": ((ACTION, f"{CONTAINER}/delete"),),
}


def rights(call: Call) -> frozenset[Right]:
    """What a login must be allowed to make this call. LabError for one that no table knows."""
    return frozenset({"aws": _aws, "azure": _azure, "blob": _blob}[call.cloud](call))


def _aws(call: Call) -> t.Iterator[Right]:
    service, _, operation = call.asks.partition(":")
    default = (f"{AWS_PREFIXES.get(service, service)}:{operation}",)
    for name in AWS_RIGHTS.get(call.asks, default):
        yield Right(AWS, name)


def _azure(call: Call) -> t.Iterator[Right]:
    method, _, kind = call.asks.partition(" ")
    if kind.endswith(TRACKED):
        return _tracking(kind.removesuffix(TRACKED))
    names = [f"{kind}/{VERBS[method]}"]
    if method in ("PUT", "PATCH"):
        # Our own parts (a subnet in its network, a rule in its group) are no other thing to join.
        names += [f"{one}/join/action" for one in call.refers if one in JOINED and not kind.startswith(one)]
        names += [f"{one}/write" for one in ALSO_WRITTEN.get(kind, ())]
        if call.takes_along:
            names += [f"{one}/delete" for one in ALSO_DELETED.get(kind, ())]
    return (Right(ACTION, name, call.scope) for name in names)


def _tracking(provider: str) -> t.Iterator[Right]:
    """In both: the address is the subscription's, and Microsoft wants the right on the resource group."""
    if provider not in TRACKS:
        raise LabError(f"How {provider} calls its operations is not known: teach lab/calls/rights.py.")
    return (
        Right(ACTION, f"{kind}/read", scope)
        for kind in TRACKS[provider]
        for scope in ("resource group", "subscription")
    )


def _blob(call: Call) -> t.Iterator[Right]:
    if call.asks not in BLOB_RIGHTS:
        raise LabError(f"Which right Blob wants for {call.asks!r} is not known: teach lab/calls/rights.py.")
    return (Right(kind, name, "resource group") for kind, name in BLOB_RIGHTS[call.asks])
