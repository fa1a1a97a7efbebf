"""What the region offers: sizes and images of machines, the quota of processors, locations."""

from __future__ import annotations

from dataclasses import dataclass

from lab.azure.wire import ArmError, Json

LOCATION = "koreacentral"
QUOTA = 64


@dataclass(frozen=True)
class Size:
    name: str
    family: str
    processors: int
    memory_gib: int
    offered: bool = True


SIZES = {
    size.name.lower(): size
    for size in (
        Size("Standard_B2s", "standardBSFamily", 2, 4),
        Size("Standard_B2ms", "standardBSFamily", 2, 8),
        Size("Standard_D2s_v4", "standardDSv4Family", 2, 8),
        Size("Standard_D2s_v5", "standardDSv5Family", 2, 8),
        Size("Standard_D4s_v5", "standardDSv5Family", 4, 16),
        Size("Standard_D8s_v5", "standardDSv5Family", 8, 32),
        Size("Standard_D2as_v5", "standardDASv5Family", 2, 8),
        Size("Standard_D4as_v5", "standardDASv5Family", 4, 16),
        Size("Standard_D96s_v5", "standardDSv5Family", 96, 384),
        # There is always one that the subscription may not use.
        Size("Standard_NC6s_v3", "standardNCSv3Family", 6, 112, offered=False),
    )
}


# Debian's own images in the marketplace, by offer: the suite that each has. Their publisher is "Debian", their skus
# begin with the offer's number (11, 11-gen2, 11-backports-gen2). debian-13-mysql is in no marketplace: its archive has
# MySQL's server, as Ubuntu's has.
OFFERS = {"debian-11": "bullseye", "debian-12": "bookworm", "debian-13": "trixie", "debian-13-mysql": "trixie-mysql"}
PUBLISHER = "debian"


def suite(image: Json) -> str:
    """The Debian suite behind an imageReference; ARM's own refusals for an image that is not offered."""
    if image.get("id"):
        raise ArmError(404, "NotFound", f"The Image '{image['id']}' cannot be found in '{LOCATION}' region.")
    parts = [str(image.get(part) or "") for part in ("publisher", "offer", "sku", "version")]
    for part, value in zip(("publisher", "offer", "sku", "version"), parts):
        if not value:
            raise ArmError(400, "InvalidParameter", f"Required parameter 'imageReference.{part}' is missing (null).")
    publisher, offer, sku, version = (value.lower() for value in parts)
    number = offer.rpartition("-")[2]
    if publisher == PUBLISHER and offer in OFFERS and sku.split("-")[0] == number and version == "latest":
        return OFFERS[offer]
    raise ArmError(
        404,
        "PlatformImageNotFound",
        f"The platform image '{':'.join(parts)}' is not available. Verify that all fields in the storage profile are "
        "correct. For more details about storage profile information, please refer to https://aka.ms/storageprofile",
    )


def processors(name: str) -> int:
    """How many processors a size has; ARM's own refusals for one that does not exist or is not offered."""
    size = SIZES.get(name.lower())
    if size is None:
        raise ArmError(
            400,
            "InvalidParameter",
            f"The value {name} provided for the VM size is not valid. The valid sizes in the current region are: "
            + ",".join(sorted(s.name for s in SIZES.values()))
            + ".",
        )
    if not size.offered:
        raise ArmError(
            409,
            "SkuNotAvailable",
            "The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: "
            f"{size.name}' is currently not available in location '{LOCATION}'. "
            "Please try another size or deploy to a different location or different zone.",
        )
    return size.processors


def check_quota(used: int, wanted: int) -> None:
    """ArmError in ARM's words when the region's processors would not suffice."""
    if used + wanted > QUOTA:
        raise ArmError(
            409,
            "OperationNotAllowed",
            "Operation could not be completed as it results in exceeding approved Total Regional Cores quota. "
            f"Additional details - Deployment Model: Resource Manager, Location: {LOCATION}, Current Limit: {QUOTA}, "
            f"Current Usage: {used}, Additional Required: {wanted}, (Minimum) New Limit Required: {used + wanted}.",
        )


def skus() -> list[Json]:
    """Microsoft.Compute/skus: each size, with the restriction that keeps a subscription from using it."""
    return [
        {
            "resourceType": "virtualMachines",
            "name": size.name,
            "family": size.family,
            "locations": [LOCATION],
            "capabilities": [
                {"name": "vCPUs", "value": str(size.processors)},
                {"name": "MemoryGB", "value": str(size.memory_gib)},
            ],
            "restrictions": []
            if size.offered
            else [{"type": "Location", "values": [LOCATION], "reasonCode": "NotAvailableForSubscription"}],
        }
        for size in SIZES.values()
    ]


def usages(used: int) -> list[Json]:
    """locations/usages: the region's processors."""
    name = {"value": "cores", "localizedValue": "Total Regional vCPUs"}
    return [{"unit": "Count", "currentValue": used, "limit": QUOTA, "name": name}]


# Publisher, offer and sku of the images that are offered, and their newest version.
IMAGES = {
    ("debian", "debian-11", "11-backports-gen2"): "0.20261103.2287",
    **{(PUBLISHER, offer, f"{offer.rpartition('-')[2]}-gen2"): "0.20261103.2287" for offer in OFFERS},
    ("canonical", "0001-com-ubuntu-server-jammy", "22_04-lts-gen2"): "22.04.202611040",
}


def image_versions(publisher: str, offer: str, sku: str, path: str) -> list[Json]:
    """vmimage/.../versions: a bare list, which holds the newest version alone. ArmError for an unknown image."""
    version = IMAGES.get((publisher.lower(), offer.lower(), sku.lower()))
    if version is None:
        raise ArmError(404, "NotFound", f"Artifact: VMImage was not found: {publisher}:{offer}:{sku}.")
    return [{"location": LOCATION, "name": version, "id": f"{path}/{version}"}]


def locations(subscription: str) -> list[Json]:
    return [
        {
            "id": f"/subscriptions/{subscription}/locations/{LOCATION}",
            "name": LOCATION,
            "displayName": "Korea Central",
            "regionalDisplayName": "(Asia Pacific) Korea Central",
        }
    ]


def permissions() -> list[Json]:
    """What the one client may do wherever it asks, as the built-in role Contributor says; no role is enforced here."""
    withheld = ["Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"]
    return [{"actions": ["*"], "notActions": withheld, "dataActions": [], "notDataActions": []}]
