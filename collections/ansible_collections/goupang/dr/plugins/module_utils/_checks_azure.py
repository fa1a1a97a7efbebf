# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: whether Azure would let us build the machine: login, sizes, quota, image, network.

Asked as plain REST: the SDKs for computers and networks take longer to import than all
answers take to come. Judges get Resource Manager's own dicts.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from urllib.parse import quote

from ansible_collections.goupang.dr.plugins.module_utils._azure import (
    Patience,
    sentences,
    tls_verify,
)
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing
from ansible_collections.goupang.dr.plugins.module_utils._library import library
from ansible_collections.goupang.dr.plugins.module_utils._readiness import (
    CONNECT_SECONDS,
    NO,
    OK,
    WARN,
    Dated,
    Line,
    Silence,
    not_known,
    now,
)
from ansible_collections.goupang.dr.plugins.module_utils._security_group import prefix_of

Json = dict[str, t.Any]

LOGIN, SIZES, IMAGE, NETWORK = "azure login", "machine sizes", "machine image", "machine network"
COMPUTE = "2024-07-01"
SKUS = "2021-07-01"
NETWORKS = "2024-05-01"
SUBSCRIPTIONS = "2022-12-01"
PATIENCE = Patience(connect=CONNECT_SECONDS, read=8, retries=0)
# Silence is not repeated; who says that it is too much is asked again, as its Retry-After says.
BUSY_RETRIES = 4


# -- Asking ------------------------------------------------------------------------


class Api(t.Protocol):
    """Raises DrError; Missing where there is nothing at the path."""

    def get(self, path: str, api_version: str, **query: str) -> Dated: ...


class ArmApi:
    """Api on azure-core's pipeline: one GET with short deadlines, repeated only when Azure is busy."""

    def __init__(self, client: t.Any, url: str) -> None:
        self._client = client
        self._url = url

    def get(self, path: str, api_version: str, **query: str) -> Dated:
        rest = library("azure.core.rest", "azure-core")
        request = rest.HttpRequest("GET", self._url + path, params={"api-version": api_version, **query})
        errors = library("azure.core.exceptions", "azure-core")
        with sentences(f"show {path.rpartition('/providers/')[2]}"):
            response = self._client.send_request(request)
            errors.map_error(response.status_code, response, {404: errors.ResourceNotFoundError})
            response.raise_for_status()
        return Dated(response.json(), response.headers.get("Date", ""), now())


def connect(params: dict[str, t.Any], who: t.Any) -> Api:
    """who: a TokenCredential. Sends nothing yet."""
    core = library("azure.core", "azure-core")
    policies = library("azure.core.pipeline.policies", "azure-core")
    library("azure.core.rest", "azure-core")  # now, and not in all threads at once
    arm = params["arm_url"].rstrip("/")
    client = core.PipelineClient(
        arm,
        policies=[
            policies.HeadersPolicy(),
            policies.RetryPolicy(
                retry_total=BUSY_RETRIES, retry_connect=0, retry_read=0, retry_status=BUSY_RETRIES, retry_backoff_max=4
            ),
            policies.BearerTokenCredentialPolicy(who, arm + "/.default"),
        ],
        connection_verify=tls_verify(params),
        connection_timeout=PATIENCE.connect,
        read_timeout=PATIENCE.read,
    )
    return ArmApi(client, arm)


@dataclass(frozen=True)
class Machine:
    """What the inventory says of the machine. image: ARM's imageReference.

    lets_itself_in: each run makes a rule for its SSH, whose name begins with rule_prefix.
    """

    subscription: str
    resource_group: str
    name: str
    location: str
    sizes: tuple[str, ...]
    image: t.Mapping[str, str]
    subnet_id: str
    security_group_id: str
    fqdn: str
    operator_address: str = ""
    lets_itself_in: bool = False
    rule_prefix: str = prefix_of("")

    @property
    def scope(self) -> str:
        return f"/subscriptions/{self.subscription}"

    @property
    def group(self) -> str:
        return f"{self.scope}/resourceGroups/{self.resource_group}"

    @property
    def region(self) -> str:
        """Azure takes "Korea Central" for koreacentral."""
        return self.location.replace(" ", "").lower()


def ask_login(api: Api, machine: Machine) -> Dated:
    return api.get(machine.scope, SUBSCRIPTIONS)


def ask_machine(api: Api, machine: Machine) -> tuple[Json | None, Json | None]:
    """The machine and its public address; None where they do not stand."""
    vm = or_none(api, f"{machine.group}/providers/Microsoft.Compute/virtualMachines/{machine.name}", COMPUTE)
    path = f"{machine.group}/providers/Microsoft.Network/publicIPAddresses/{machine.name}-ip"
    return vm, or_none(api, path, NETWORKS)


def or_none(api: Api, path: str, api_version: str, **query: str) -> Json | None:
    try:
        return t.cast("Json", api.get(path, api_version, **query).value)
    except Missing:
        return None


def ask_usages(api: Api, machine: Machine) -> list[Json]:
    path = f"{machine.scope}/providers/Microsoft.Compute/locations/{machine.region}/usages"
    return t.cast("list[Json]", api.get(path, COMPUTE).value["value"])


def ask_skus(api: Api, machine: Machine) -> list[Json]:
    path = f"{machine.scope}/providers/Microsoft.Compute/skus"
    # Without the filter Azure lists the whole world, which takes longer than the budget.
    answer = api.get(path, SKUS, **{"$filter": f"location eq '{machine.region}'"}).value["value"]
    return [sku for sku in answer if sku.get("resourceType") == "virtualMachines"]


def ask_image(api: Api, machine: Machine) -> Json | None:
    """The image's newest version, or the one named; None when there is none."""
    image = machine.image
    if image.get("id"):
        return or_none(api, image["id"], COMPUTE)
    path = (
        f"{machine.scope}/providers/Microsoft.Compute/locations/{machine.region}/publishers/{quote(image['publisher'])}"
        f"/artifacttypes/vmimage/offers/{quote(image['offer'])}/skus/{quote(image['sku'])}/versions"
    )
    version = image.get("version", "latest")
    try:
        found = api.get(path, COMPUTE, **{"$top": "1", "$orderby": "name desc"} if version == "latest" else {}).value
    except Missing:
        return None
    return t.cast("Json | None", next((v for v in found if version in ("latest", v["name"])), None))


def ask_network(api: Api, machine: Machine) -> tuple[Json | None, Json | None]:
    """The subnet and the security group; None where there is none."""
    subnet = or_none(api, machine.subnet_id, NETWORKS)
    return subnet, or_none(api, machine.security_group_id, NETWORKS) if machine.security_group_id else None


# -- Judging -----------------------------------------------------------------------


def judge_login(answer: Dated | Silence) -> list[Line]:
    if isinstance(answer, Silence):
        if answer.refused:
            return [Line(LOGIN, NO, answer.why, "Correct dr_azure_login, or give it its roles again.")]
        return [not_known(LOGIN, answer.why)]
    state = answer.value.get("state", "Enabled")
    if state != "Enabled":
        fix = "Ask whoever pays for it: nothing can be built in it."
        return [Line(LOGIN, NO, f"the subscription is {state}", fix)]
    return [Line(LOGIN, OK, "Azure knows our login, and its subscription is enabled")]


def judge_sizes(
    machine: Machine, there: tuple[Json | None, Json | None], usages: list[Json], skus: list[Json]
) -> list[Line]:
    """Whether one of the sizes may be had, and the first of them that may not."""
    vm, _address = there
    if vm is not None:
        size = vm.get("properties", {}).get("hardwareProfile", {}).get("vmSize", "its size")
        return [Line(SIZES, OK, f"the machine {machine.name} stands already, as {size}")]
    reasons = {size: _why_not(size, usages, skus, machine.region) for size in machine.sizes}
    usable = [size for size, why in reasons.items() if not why]
    refused = "; ".join(f"{size}: {why}" for size, why in reasons.items() if why)
    if not usable:
        fix = "Name other sizes in dr_machine_size_fallbacks, or ask Azure for quota."
        return [Line(SIZES, NO, f"none may be had in {machine.region}: {refused}", fix)]
    if refused:
        fix = "Name another size in its place, or ask Azure for quota."
        return [Line(SIZES, WARN, f"{refused}; left are {', '.join(usable)}", fix)]
    return [
        Line(SIZES, OK, f"{', '.join(usable)} are offered and within quota; whether one is free, only trying tells")
    ]


def _why_not(size: str, usages: list[Json], skus: list[Json], region: str) -> str:
    """Why Azure would refuse the size; '' when nothing says so."""
    sku = next((s for s in skus if s["name"].lower() == size.lower()), None)
    if sku is None:
        return f"not offered in {region}"
    restrictions = [r for r in sku.get("restrictions", []) if r.get("type") == "Location"]
    if restrictions:
        return f"restricted ({restrictions[0].get('reasonCode', 'no reason given')})"
    cores = next((int(c["value"]) for c in sku.get("capabilities", []) if c["name"] == "vCPUs"), 0)
    for usage in usages:
        name = usage["name"]["value"]
        left = usage["limit"] - usage["currentValue"]
        if name.lower() in ("cores", str(sku.get("family", "")).lower()) and cores > left:
            return f"needs {cores} processors, {max(left, 0)} are left of quota {name}"
    return ""


def judge_image(machine: Machine, there: tuple[Json | None, Json | None], image: Json | None) -> list[Line]:
    if image is not None:
        name = image.get("name") or "the image"
        return [Line(IMAGE, OK, f"{_image_name(machine)} is there, version {name}")]
    if there[0] is not None:
        return [Line(IMAGE, WARN, f"{_image_name(machine)} is gone; the machine stands already", _IMAGE_FIX)]
    return [Line(IMAGE, NO, f"there is no image {_image_name(machine)} in {machine.region}", _IMAGE_FIX)]


_IMAGE_FIX = "Name one that is offered (az vm image list) in dr_machine_image."


def _image_name(machine: Machine) -> str:
    image = machine.image
    return image.get("id") or ":".join(image.get(part, "latest") for part in ("publisher", "offer", "sku", "version"))


def judge_network(
    machine: Machine, there: tuple[Json | None, Json | None], network: tuple[Json | None, Json | None]
) -> list[Line]:
    subnet, group = network
    missing = []
    if subnet is None:
        missing.append(f"there is no subnet {machine.subnet_id}")
    if machine.security_group_id and group is None:
        missing.append(f"there is no security group {machine.security_group_id}")
    if missing:
        return [Line(NETWORK, NO, "; ".join(missing), "Create it, or correct the id in the inventory.")]
    fqdn = ((there[1] or {}).get("properties", {}).get("dnsSettings") or {}).get("fqdn")
    if fqdn and fqdn.lower() != machine.fqdn.lower():
        fix = f"Write {fqdn} into dr_machine_fqdn, and run provision.yml: CloudFront asks the name in the inventory."
        return [Line(NETWORK, NO, f"the machine's address is {fqdn}, the inventory says {machine.fqdn}", fix)]
    return [Line(NETWORK, OK, "subnet and security group are there")]
