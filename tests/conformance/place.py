"""Where these stories are told: on accounts that the environment names, or on the laboratory's emulators.

A place is a set of login options, as the modules take them. What the environment does not name is not asked.
"""

from __future__ import annotations

import os
import ssl
import typing as t
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from ansible_collections.goupang.dr.plugins.module_utils import _aws, _azure
from azure.storage.blob import ContainerClient

Login = dict[str, t.Any]
# Where the tests run: "lab" is the laboratory in $LAB_HOME, which has to be up.
WHERE = "CONFORMANCE"
AWS = ("ACCESS_KEY", "SECRET_KEY")
AZURE = ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET", "SUBSCRIPTION_ID")
SECONDS = 30
# As inventories/lab names them.
LAB_GROUP, LAB_NETWORK = "rg-petclinic-dr", "vnet-petclinic-dr/subnets/machines"


class NotGivenError(Exception):
    """The environment does not name what a story needs; the words say what."""


@dataclass(frozen=True)
class Place:
    """`seen`: whether Route 53 itself takes a health check for healthy; None while it does not say."""

    aws: Callable[[], Login]
    azure: Callable[[], Login]
    blob_url: Callable[[], str]
    machine: Callable[[], Login]
    mysql: Callable[[], Login]
    seen: Callable[[str], bool | None]
    ca_bundle: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def container(self, name: str) -> ContainerClient:
        """The SDK's client, with the login that the runbooks use."""
        login = self.azure()
        options: dict[str, t.Any] = {"connection_verify": _azure.tls_verify(login), "read_timeout": SECONDS}
        return ContainerClient(self.blob_url(), name, credential=_azure.credential(login), retry_total=2, **options)

    def client(self, service: str) -> t.Any:
        return _aws.client(service, {"session_token": None, "endpoint_url": None, "ca_bundle": None, **self.aws()})

    def anonymous(self, url: str) -> tuple[int, str]:
        """What everybody gets at a URL: the status, and Azure's word for an error."""
        context = ssl.create_default_context(cafile=self.ca_bundle)
        try:
            with urllib.request.urlopen(url, context=context, timeout=SECONDS) as answer:  # noqa: S310 -- https alone
                return int(answer.status), ""
        except urllib.error.HTTPError as error:
            return error.code, str(error.headers.get("x-ms-error-code", ""))


def find(environment: Mapping[str, str] = os.environ) -> Place:
    return laboratory() if environment.get(WHERE) == "lab" else accounts(environment)


def accounts(environment: Mapping[str, str]) -> Place:
    """Real ones, from variables that begin with CONFORMANCE_."""

    def given(part: str, *names: str) -> list[str]:
        missing = [f"{WHERE}_{part}_{name}" for name in names if not environment.get(f"{WHERE}_{part}_{name}")]
        if missing:
            raise NotGivenError(f"{', '.join(missing)} not set")
        return [environment[f"{WHERE}_{part}_{name}"] for name in names]

    def aws() -> Login:
        access_key, secret_key = given("AWS", *AWS)
        token = environment.get(f"{WHERE}_AWS_SESSION_TOKEN") or None
        return {"access_key": access_key, "secret_key": secret_key, "session_token": token, "region": "us-east-1"}

    def azure() -> Login:
        return dict(zip(("tenant_id", "client_id", "client_secret", "subscription_id"), given("AZURE", *AZURE)))

    def machine() -> Login:
        group, location, subnet = given("AZURE", "RESOURCE_GROUP", "LOCATION", "SUBNET_ID")
        size = environment.get(f"{WHERE}_AZURE_SIZE") or "Standard_B2ms"
        return {"resource_group": group, "location": location, "subnet_id": subnet, "size": size}

    def mysql() -> Login:
        host, user, password, ca = given("MYSQL", "HOST", "USER", "PASSWORD", "CA")
        return {"login_host": host, "login_user": user, "login_password": password, "login_ca": ca}

    def seen(check_id: str) -> bool | None:
        return by_cloudwatch(place.client("cloudwatch"), check_id)

    place = Place(aws, azure, lambda: given("AZURE", "BLOB_URL")[0].rstrip("/"), machine, mysql, seen)
    return place


def by_cloudwatch(cloudwatch: t.Any, check_id: str) -> bool | None:
    """Route 53's last word on a check, calculated ones too; it comes a minute late."""
    now = datetime.now(timezone.utc)
    answer = cloudwatch.get_metric_statistics(
        Namespace="AWS/Route53",
        MetricName="HealthCheckStatus",
        Dimensions=[{"Name": "HealthCheckId", "Value": check_id}],
        StartTime=now - timedelta(minutes=5),
        EndTime=now,
        Period=60,
        Statistics=["Minimum"],
    )
    points = sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])
    return bool(points[-1]["Minimum"]) if points else None


def laboratory() -> Place:
    """The emulators: a proof that these tests work, and none that the clouds do."""
    from lab import facts, seed
    from lab.errors import LabError
    from lab.story.sources import LabSources

    try:
        lab, secrets = facts.load(), facts.secrets()
    except LabError as error:
        raise NotGivenError(str(error)) from error
    network = (
        f"/subscriptions/{seed.SUBSCRIPTION}/resourceGroups/{LAB_GROUP}/providers/Microsoft.Network"
        f"/virtualNetworks/{LAB_NETWORK}"
    )
    aws = {
        "access_key": lab.aws_access_key,
        "secret_key": secrets["aws_secret_key"],
        "region": "us-east-1",
        "endpoint_url": lab.aws_endpoint_url,
    }
    azure = {
        "tenant_id": seed.TENANT,
        "client_id": seed.CLIENT,
        "client_secret": secrets["azure_client_secret"],
        "subscription_id": seed.SUBSCRIPTION,
        "authority_url": lab.arm_endpoint_url,
        "arm_url": lab.arm_endpoint_url,
        "ca_bundle": lab.ca_bundle,
    }
    machine = {"resource_group": LAB_GROUP, "location": seed.LOCATION, "subnet_id": network}
    mysql = {
        "login_host": lab.addresses["azuredb"],
        "login_user": "dradmin",
        "login_password": secrets["secondary_admin"],
        "login_ca": lab.ca_bundle,
    }

    def seen(check_id: str) -> bool | None:
        check = LabSources(lab, secrets).checks().get(check_id)
        return None if check is None else bool(check["healthy"])

    return Place(
        aws=lambda: dict(aws),
        azure=lambda: dict(azure),
        blob_url=lambda: lab.blob_account_url,
        machine=lambda: {**machine, "size": "Standard_D2s_v5"},
        mysql=lambda: dict(mysql),
        seen=seen,
        ca_bundle=lab.ca_bundle,
    )
