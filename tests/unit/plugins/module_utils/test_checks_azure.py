"""Whether Azure would let us build the machine, by Resource Manager's own answers."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _checks_azure as azure
from ansible_collections.goupang.dr.plugins.module_utils._checks_azure import Machine
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing
from ansible_collections.goupang.dr.plugins.module_utils._readiness import NO, OK, WARN, Dated, Silence

Json = dict[str, t.Any]

MACHINE = Machine(
    subscription="S",
    resource_group="rg",
    name="vm",
    location="Korea Central",
    sizes=("Standard_D2s_v5", "Standard_B2ms"),
    image={"publisher": "Debian", "offer": "debian-12", "sku": "12", "version": "latest"},
    subnet_id="/subnet",
    security_group_id="/nsg",
    fqdn="dr.azure.com",
)
NOTHING: tuple[Json | None, Json | None] = (None, None)
STANDS: tuple[Json | None, Json | None] = ({"properties": {"hardwareProfile": {"vmSize": "Standard_B2ms"}}}, None)


# -- Login -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "level", "what"),
    [
        (Dated({"state": "Enabled"}), OK, "Azure knows our login, and its subscription is enabled"),
        (Dated({"state": "Disabled"}), NO, "the subscription is Disabled"),
        (Silence("Azure refuses", refused=True), NO, "Azure refuses"),
        (Silence("Azure does not answer"), WARN, "not known: Azure does not answer"),
    ],
)
def test_the_login(answer: Dated | Silence, level: str, what: str) -> None:
    (line,) = azure.judge_login(answer)
    assert (line.check, line.level, line.what) == ("azure login", level, what)
    assert line.known is not what.startswith("not known")


# -- Sizes -------------------------------------------------------------------------


def sku(name: str, family: str, restrictions: t.Sequence[Json] = ()) -> Json:
    capabilities = [{"name": "vCPUs", "value": "2"}]
    return {"name": name, "family": family, "capabilities": capabilities, "restrictions": list(restrictions)}


D2S, B2MS = sku("standard_d2s_v5", "standardDSv5Family"), sku("Standard_B2ms", "standardBSFamily")
ZONES_ONLY = {"type": "Zone", "reasonCode": "NotAvailableForSubscription"}
LOCATION = {"type": "Location", "reasonCode": "NotAvailableForSubscription"}


def usage(name: str, left: int) -> Json:
    return {"name": {"value": name}, "currentValue": 10, "limit": 10 + left}


@pytest.mark.parametrize(
    ("usages", "skus", "level", "what"),
    [
        ([usage("cores", 8), usage("standardDSv5Family", 2)], [D2S, B2MS], OK,
         "Standard_D2s_v5, Standard_B2ms are offered and within quota; whether one is free, only trying tells"),
        ([], [sku("Standard_D2s_v5", "f", [ZONES_ONLY]), B2MS], OK,
         "Standard_D2s_v5, Standard_B2ms are offered and within quota; whether one is free, only trying tells"),
        ([], [sku("Standard_D2s_v5", "f", [LOCATION]), B2MS], WARN,
         "Standard_D2s_v5: restricted (NotAvailableForSubscription); left are Standard_B2ms"),
        ([usage("StandardDSv5Family", 1)], [D2S, B2MS], WARN,
         "Standard_D2s_v5: needs 2 processors, 1 are left of quota StandardDSv5Family; left are Standard_B2ms"),
        ([usage("cores", 0)], [D2S], NO,
         "none may be had in koreacentral: Standard_D2s_v5: needs 2 processors, 0 are left of quota cores; "
         "Standard_B2ms: not offered in koreacentral"),
        ([usage("availabilitySets", 0)], [D2S, B2MS], OK,
         "Standard_D2s_v5, Standard_B2ms are offered and within quota; whether one is free, only trying tells"),
    ],
)  # fmt: skip
def test_sizes(usages: list[Json], skus: list[Json], level: str, what: str) -> None:
    (line,) = azure.judge_sizes(MACHINE, NOTHING, usages, skus)
    assert (line.level, line.what) == (level, what)


def test_a_machine_that_stands_needs_no_size() -> None:
    (line,) = azure.judge_sizes(MACHINE, STANDS, [usage("cores", 0)], [])
    assert (line.level, line.what) == (OK, "the machine vm stands already, as Standard_B2ms")


# -- Image and network -------------------------------------------------------------


def test_the_image() -> None:
    (line,) = azure.judge_image(MACHINE, NOTHING, {"name": "1.2"})
    assert (line.level, line.what) == (OK, "Debian:debian-12:12:latest is there, version 1.2")
    (line,) = azure.judge_image(MACHINE, NOTHING, None)
    assert (line.level, line.what) == (NO, "there is no image Debian:debian-12:12:latest in koreacentral")
    (line,) = azure.judge_image(MACHINE, STANDS, None)
    assert line.level == WARN
    (line,) = azure.judge_image(replace(MACHINE, image={"id": "/images/ours"}), NOTHING, None)
    assert line.what == "there is no image /images/ours in koreacentral"


def test_the_network() -> None:
    (line,) = azure.judge_network(MACHINE, NOTHING, ({}, {}))
    assert line.level == OK
    (line,) = azure.judge_network(MACHINE, NOTHING, (None, None))
    assert (line.level, line.what) == (NO, "there is no subnet /subnet; there is no security group /nsg")
    assert azure.judge_network(replace(MACHINE, security_group_id=""), NOTHING, ({}, None))[0].level == OK


def test_a_machine_whose_name_is_not_that_of_the_inventory() -> None:
    address = {"properties": {"dnsSettings": {"fqdn": "dr.x1.azure.com"}}}
    (line,) = azure.judge_network(MACHINE, (STANDS[0], address), ({}, {}))
    assert (line.level, line.what) == (NO, "the machine's address is dr.x1.azure.com, the inventory says dr.azure.com")
    same = {"properties": {"dnsSettings": {"fqdn": "DR.azure.com"}}}
    assert azure.judge_network(MACHINE, (STANDS[0], same), ({}, {}))[0].level == OK


# -- Asking ------------------------------------------------------------------------


class FakeApi:
    """Answers by the end of the path, and keeps what was asked."""

    def __init__(self, **answers: t.Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, str]]] = []

    def get(self, path: str, api_version: str, **query: str) -> Dated:
        self.asked.append((path, query))
        name = path.rpartition("/")[2].replace("-", "_")
        if name not in self.answers:
            raise Missing(f"nothing at {path}")
        return Dated(self.answers[name])


def test_paths_are_those_of_the_region() -> None:
    skus = [{"resourceType": "disks"}, {"resourceType": "virtualMachines", "name": "x"}]
    api = FakeApi(usages={"value": [1]}, skus={"value": skus}, S={"state": "Enabled"})
    assert azure.ask_login(api, MACHINE).value == {"state": "Enabled"}
    assert azure.ask_usages(api, MACHINE) == [1]
    assert azure.ask_skus(api, MACHINE) == skus[1:]
    assert azure.ask_machine(api, MACHINE) == (None, None)
    compute = "/subscriptions/S/providers/Microsoft.Compute"
    group = "/subscriptions/S/resourceGroups/rg/providers"
    assert api.asked == [
        ("/subscriptions/S", {}),
        (f"{compute}/locations/koreacentral/usages", {}),
        (f"{compute}/skus", {"$filter": "location eq 'koreacentral'"}),
        (f"{group}/Microsoft.Compute/virtualMachines/vm", {}),
        (f"{group}/Microsoft.Network/publicIPAddresses/vm-ip", {}),
    ]


def test_the_newest_image_a_named_one_and_one_by_its_id() -> None:
    api = FakeApi(versions=[{"name": "2"}])
    assert azure.ask_image(api, MACHINE) == {"name": "2"}
    assert api.asked[0][1] == {"$top": "1", "$orderby": "name desc"}
    assert azure.ask_image(api, replace(MACHINE, image={**MACHINE.image, "version": "1"})) is None
    assert azure.ask_image(FakeApi(), MACHINE) is None
    assert azure.ask_image(FakeApi(ours={"name": "ours"}), replace(MACHINE, image={"id": "/images/ours"})) is not None


def test_the_network_is_asked_by_its_ids() -> None:
    assert azure.ask_network(FakeApi(subnet={"a": 1}), MACHINE) == ({"a": 1}, None)
    assert azure.ask_network(FakeApi(nsg={"b": 1}), MACHINE) == (None, {"b": 1})


class FakeResponse:
    """What azure-core's errors and we read of a response."""

    def __init__(self, status: int) -> None:
        self.status_code, self.reason, self.headers = status, "", {"Date": "Tue, 24 Nov 2026 10:00:00 GMT"}

    def raise_for_status(self) -> None:
        assert self.status_code == 200

    def json(self) -> Json:
        return {"state": "Enabled"}

    def text(self) -> str:
        return "{}"


def test_one_get_with_its_date_and_a_404_is_missing() -> None:
    client = Client(FakeResponse(200))
    answer = azure.ArmApi(client, "https://arm").get("/subscriptions/S", "1")
    assert (answer.value, answer.date) == ({"state": "Enabled"}, "Tue, 24 Nov 2026 10:00:00 GMT")
    assert client.urls == ["https://arm/subscriptions/S?api-version=1"]
    with pytest.raises(Missing):
        azure.ArmApi(Client(FakeResponse(404)), "https://arm").get("/subscriptions/S", "1")


class Client:
    def __init__(self, response: FakeResponse) -> None:
        self.response = response
        self.urls: list[str] = []

    def send_request(self, request: t.Any) -> FakeResponse:
        self.urls.append(request.url)
        return self.response
