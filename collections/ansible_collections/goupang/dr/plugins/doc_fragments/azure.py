# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options of every module that speaks to Azure (action group azure)."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  tenant_id:
    description: The Entra tenant of the service principal.
    type: str
  client_id:
    description: The service principal's application id.
    type: str
  client_secret:
    description:
      - The service principal's secret.
      - Without it, C(DefaultAzureCredential) of azure-identity looks for a login (environment, managed identity,
        Azure CLI).
    type: str
  subscription_id:
    description: The subscription that holds the resources. Not needed by modules which speak to storage alone.
    type: str
  authority_url:
    description:
      - Where tokens are issued, with V(https://). Set it for sovereign clouds.
      - Instance discovery is left out when it is set.
    type: str
  arm_url:
    description: The address of Azure Resource Manager. Set it for sovereign clouds or private endpoints.
    type: str
    default: https://management.azure.com
  ca_bundle:
    description: A PEM file of the authorities that are trusted for all of Azure's addresses.
    type: path
requirements:
  - azure-identity
"""
