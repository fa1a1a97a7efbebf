"""Resource ids: /subscriptions/S/resourceGroups/G/providers/TYPE/NAME[/CHILD TYPE/CHILD NAME].

Some children are parts of their parent's document, others (NESTED) are resources of their own inside of it. Azure
compares ids without regard to case, so `key` is lower case; what is shown keeps the client's spelling.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lab.azure.wire import ArmError

MACHINE = "Microsoft.Compute/virtualMachines"
DISK = "Microsoft.Compute/disks"
INTERFACE = "Microsoft.Network/networkInterfaces"
PUBLIC_ADDRESS = "Microsoft.Network/publicIPAddresses"
NETWORK = "Microsoft.Network/virtualNetworks"
SECURITY_GROUP = "Microsoft.Network/networkSecurityGroups"
ACCOUNT = "Microsoft.Storage/storageAccounts"
BLOB_SERVICE = f"{ACCOUNT}/blobServices"
CONTAINER = f"{BLOB_SERVICE}/containers"
IMMUTABILITY = f"{CONTAINER}/immutabilityPolicies"
SERVER = "Microsoft.DBforMySQL/flexibleServers"
PARAMETER = f"{SERVER}/configurations"
FIREWALL_RULE = f"{SERVER}/firewallRules"

# Resources inside of others: their type has a word for each level, their name one too.
NESTED = (BLOB_SERVICE, CONTAINER, IMMUTABILITY, PARAMETER, FIREWALL_RULE)
_TYPES = {
    name.lower(): name
    for name in (MACHINE, DISK, INTERFACE, PUBLIC_ADDRESS, NETWORK, SECURITY_GROUP, ACCOUNT, SERVER, *NESTED)
}
# Where the parts of a resource that have ids of their own lie inside it.
CHILDREN = {NETWORK: "subnets", SECURITY_GROUP: "securityRules", INTERFACE: "ipConfigurations"}

_GROUP = r"/subscriptions/(?P<subscription>[^/]+)/resourcegroups/(?P<group>[^/]+)"
_NESTED = re.compile(rf"(?i)^{_GROUP}/providers/(?P<namespace>[^/]+)/(?P<pairs>[^/]+/[^/]+(?:/[^/]+/[^/]+)+)$")
_RESOURCE = re.compile(
    rf"(?i)^{_GROUP}/providers/(?P<type>[^/]+/[^/]+)/(?P<name>[^/]+)(/(?P<child_type>[^/]+)/(?P<child>[^/]+))?$"
)


@dataclass(frozen=True)
class ResourceId:
    """A resource, or with `child` a named part of it."""

    subscription: str
    group: str
    type: str
    name: str
    child: str | None = None

    @property
    def group_id(self) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"

    @property
    def id(self) -> str:
        namespace, *kinds = self.type.split("/")
        pairs = "/".join(f"{kind}/{name}" for kind, name in zip(kinds, self.name.split("/")))
        return f"{self.group_id}/providers/{namespace}/{pairs}"

    @property
    def parent(self) -> ResourceId | None:
        """The resource that a nested one lies in."""
        if self.type not in NESTED:
            return None
        return ResourceId(
            self.subscription, self.group, self.type.rpartition("/")[0], self.name.rpartition("/")[0], None
        )

    @property
    def key(self) -> str:
        return self.id.lower()

    def sibling(self, kind: str, name: str) -> ResourceId:
        """Another resource of the same group."""
        return ResourceId(self.subscription, self.group, kind, name)


def parse(path: str) -> ResourceId | None:
    """The resource that a path names, None where it names none. ArmError for types that are not emulated."""
    if nested := _nested(path):
        return nested
    match = _RESOURCE.match(path)
    if match is None:
        return None
    kind = canonical(match["type"])
    if match["child_type"] and match["child_type"].lower() != CHILDREN.get(kind, "").lower():
        raise unknown_type(f"{kind}/{match['child_type']}")
    return ResourceId(match["subscription"], match["group"], kind, match["name"], match["child"])


def listed(path: str) -> ResourceId | None:
    """A resource of the list that a path names, as .../flexibleServers/NAME/firewallRules; None where it is none."""
    return _nested(f"{path}/any")


def _nested(path: str) -> ResourceId | None:
    match = _NESTED.match(path)
    if match is None:
        return None
    words = match["pairs"].split("/")
    kind = _TYPES.get("/".join([match["namespace"], *words[::2]]).lower())
    if kind not in NESTED:
        return None
    return ResourceId(match["subscription"], match["group"], str(kind), "/".join(words[1::2]))


def canonical(kind: str) -> str:
    """A type as Azure spells it. ArmError where the laboratory has no such type."""
    try:
        return _TYPES[kind.lower()]
    except KeyError:
        raise unknown_type(kind) from None


def unknown_type(kind: str) -> ArmError:
    namespace, _, rest = kind.partition("/")
    return ArmError(
        404,
        "InvalidResourceType",
        f"The resource type '{rest}' could not be found in the namespace '{namespace}': the laboratory lacks it.",
    )
