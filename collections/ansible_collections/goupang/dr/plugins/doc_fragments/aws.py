# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """How the modules of the action group aws reach AWS."""

    DOCUMENTATION = r"""
options:
  access_key:
    description:
      - The access key's id.
      - Without it the AWS SDK looks where it always does (environment, shared files, the role of the machine).
    type: str
  secret_key:
    description: The secret access key that belongs to O(access_key).
    type: str
  session_token:
    description: The session token, where the credentials are temporary.
    type: str
  region:
    description: The region. Route 53 and CloudFront are global; their API answers from the default.
    type: str
    default: us-east-1
  endpoint_url:
    description: Address of the API, where it is not AWS's public one.
    type: str
  ca_bundle:
    description: PEM file of the authorities that the API's certificate is verified with.
    type: path
requirements:
  - boto3 >= 1.28.0
notes:
  - Each call to AWS gives up after 5 seconds without a connection, or 10 without an answer, and is tried twice.
"""
