"""DNS labels of public addresses: LABEL[.HASH].LOCATION.cloudapp..., as Azure forms them.

With a domainNameLabelScope Azure puts a hash between label and location. It stays the same within the scope, over
delete and create, so nobody outside of the scope can take over a name that is free for a while
(https://learn.microsoft.com/azure/virtual-network/ip-services/public-ip-addresses).
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from pathlib import Path

from lab.azure.ids import PUBLIC_ADDRESS, ResourceId
from lab.azure.store import Store
from lab.azure.wire import ArmError
from lab.facts import LABEL_SUFFIX


def fqdn(label: str, location: str, scope: str | None, tenant: str, rid: ResourceId) -> str:
    """The full name of a label. ArmError for a scope that Azure does not have."""
    if scope is None:
        return f"{label}.{location}.{LABEL_SUFFIX}"
    tied_to = {
        "tenantreuse": (tenant,),
        "subscriptionreuse": (tenant, rid.subscription),
        "resourcegroupreuse": (tenant, rid.subscription, rid.group),
        "noreuse": (str(uuid.uuid4()),),
    }
    try:
        parts = (*tied_to[scope.lower()], label)
    except KeyError:
        raise ArmError(
            400, "InvalidDomainNameLabelScope", f"The domain name label scope {scope} is invalid: {rid.id}."
        ) from None
    return f"{label}.{_hash(*parts)}.{location}.{LABEL_SUFFIX}"


def tenant_fqdn(label: str, location: str, tenant: str) -> str:
    """The name that `label` gets with the scope TenantReuse, known before there is any public address."""
    return fqdn(label, location, "TenantReuse", tenant, ResourceId("", "", PUBLIC_ADDRESS, ""))


def _hash(*parts: str) -> str:
    digest = hashlib.sha256("\0".join(parts).lower().encode()).digest()
    return base64.b32encode(digest).decode().lower()[:16]


def published(store: Store) -> dict[str, str]:
    """Address by full name, of every public address that has both."""
    with store.lock:
        addresses = [resource.properties for resource in store.of_type(PUBLIC_ADDRESS)]
    return {
        p["dnsSettings"]["fqdn"]: p["ipAddress"]
        for p in addresses
        if p.get("ipAddress") and p.get("dnsSettings", {}).get("fqdn")
    }


def publish(store: Store, path: Path) -> None:
    """Write {name: address} for the laboratory's DNS, whole or not at all, and only when it changed."""
    text = json.dumps(published(store), indent=1, sort_keys=True) + "\n"
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".new")
    scratch.write_text(text)
    scratch.replace(path)
