# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: the clouds' clients, for the questions of dr_readiness that are asked side by side.

Each is made when the first question needs it, and shared by the others: to make one costs more than to use it.
"""

from __future__ import annotations

import threading
import typing as t

from ansible_collections.goupang.dr.plugins.module_utils import (
    _aws,
    _azure,
    _blob,
    _checks_aws,
    _checks_azure,
    _checks_rights,
)

Params = dict[str, t.Any]
T = t.TypeVar("T")


class Shared(t.Generic[T]):
    """Something that is made once, by whoever needs it first; others who need it wait, and nobody else."""

    def __init__(self, make: t.Callable[[], T]) -> None:
        self._make = make
        self._making = threading.Lock()
        self._made: T | None = None

    def __call__(self) -> T:
        with self._making:
            if self._made is None:
                self._made = self._make()
            return self._made


class Clouds:
    """Call a client's name to have it; making it raises DrError. params: those of dr_readiness."""

    def __init__(self, params: Params) -> None:
        aws, azure, account_url = params["aws"], params["azure"], params["storage"]["account_url"]

        def client(service: str) -> Shared[t.Any]:
            return Shared(lambda: _aws.client(service, aws, _checks_aws.PATIENCE))

        who = Shared(lambda: _azure.credential(azure, _checks_azure.PATIENCE))
        account = Shared(lambda: _blob.open_account(azure, account_url, _checks_azure.PATIENCE, who()))
        cloudfront, sts, iam = client("cloudfront"), client("sts"), client("iam")
        self._account = account
        self.route53 = client("route53")
        self.aws: Shared[_checks_aws.Api] = Shared(lambda: _checks_aws.AwsApi(cloudfront(), self.route53()))
        self.rights = Shared(lambda: _checks_rights.AwsRights(sts(), iam()))
        self.arm: Shared[_checks_azure.Api] = Shared(lambda: _checks_azure.connect(azure, who()))

    def container(self, name: str) -> _blob.Store:
        """A container of the storage account."""
        return self._account().container(name)
