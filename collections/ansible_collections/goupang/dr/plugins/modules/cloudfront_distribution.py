#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudfront_distribution
short_description: One CloudFront distribution with one origin, and the maintenance page that stands in for it
version_added: 0.1.0
description:
  - Creates, updates or deletes the distribution that was created with O(caller_reference).
  - Sets what its options name, and keeps what others set beside it (other origins and behaviours, logging, price
    class, web ACL).
  - Nothing is cached at the edge. What was cached in peace would be served in the disaster, and the other way round.
  - Each update carries the version that was read, so that somebody else's change in between is seen, not overwritten.
options:
  caller_reference:
    description: The distribution's own name for CloudFront, unique in the account; it cannot be changed later.
    type: str
    required: true
  state:
    description:
      - V(present) is there as the other options describe it. A new one is enabled; one that was disabled stays so,
        since whoever closed that way knew why, unless that was a V(absent) that did not come to its end.
      - V(enabled) and V(disabled) let the edges answer for a distribution that is there, or refuse all who ask for its
        names, and touch nothing else of it. To disable one is to close a way that cannot be closed at its origin.
      - V(absent) disables the distribution, waits until that is deployed, deletes it, and deletes the response headers
        policy that O(error_page) made. While it waits, the comment says that it is being removed.
    type: str
    choices: [present, enabled, disabled, absent]
    default: present
  aliases:
    description: All of its alternate domain names. Each can belong to one distribution only.
    type: list
    elements: str
    default: []
  origin:
    description: Where its default behaviour fetches. Required with O(state=present).
    type: dict
    suboptions:
      domain_name:
        description: Name of the host.
        type: str
        required: true
      path:
        description: Path that is put before that of each request, as C(/maintenance).
        type: str
        default: ""
      protocol:
        description: How the edge talks to the origin.
        type: str
        choices: [http-only, https-only]
        default: https-only
      http_port:
        description: The origin's port for HTTP.
        type: int
        default: 80
      https_port:
        description: The origin's port for HTTPS.
        type: int
        default: 443
      headers:
        description:
          - Headers that the edge adds to each request to the origin, as names and values, for an origin that answers
            nobody else. Their values are never shown. Without it they stay as they are.
        type: dict
  pass_viewer_host:
    description:
      - Whether the origin is sent all that the viewer sent, C(Host) included, as an application needs it. Its
        certificate has to be good for that name then.
      - Without it the origin is sent its own name, and no cookies, query strings or credentials, as a blob store needs
        it.
    type: bool
    default: false
  allowed_methods:
    description: Methods that are let through to the origin. CloudFront takes two, three (with V(OPTIONS)) or all.
    type: list
    elements: str
    choices: [GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE]
    default: [GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE]
  error_page:
    description:
      - Page of the origin that is served in place of its errors. All custom error responses are set to this. Without
        it they stay as they are.
      - Every answer of the distribution then carries C(Retry-After) and C(Cache-Control=no-store), by a response
        headers policy named C(goupang-dr-) and O(caller_reference).
    type: dict
    suboptions:
      path:
        description: Path of the page at the origin (below O(origin.path)).
        type: str
        required: true
      codes:
        description: The origin's statuses that are replaced.
        type: list
        elements: int
        default: [400, 403, 404, 405]
      response_code:
        description: Status that viewers see.
        type: int
        default: 503
      retry_after:
        description: Seconds after which browsers and search engines may ask again.
        type: int
        default: 300
  certificate_arn:
    description: Certificate (ACM, us-east-1) that is good for the aliases. Without it, it stays as it is.
    type: str
  comment:
    description: A word about the distribution. Without it, it stays as it is.
    type: str
  wait:
    description: Whether to wait until all edges have the configuration. V(absent) has to wait in any case.
    type: bool
    default: false
  timeout:
    description: Seconds to wait.
    type: int
    default: 900
extends_documentation_fragment:
  - goupang.dr.aws
attributes:
  check_mode:
    description: Reads what is there and says what would change; changes nothing and waits for nothing.
    support: full
  diff_mode:
    description: Shows what the options speak of, before and after.
    support: full
author:
  - the goupang.dr authors (@goupang)
"""

EXAMPLES = r"""
- name: The page that stands in for www while the primary is lost
  goupang.dr.cloudfront_distribution:
    caller_reference: petclinic-www-secondary
    aliases: [www.example.com]
    certificate_arn: arn:aws:acm:us-east-1:123456789012:certificate/3f0c6d6e-8a57-4a4e-9a0b-0c1d2e3f4a5b
    origin:
      domain_name: drstorage.blob.core.windows.net
      path: /maintenance
    error_page:
      path: /index.html
      codes: [400, 403, 404, 405]
      retry_after: 300

- name: The way to the application on the secondary
  goupang.dr.cloudfront_distribution:
    caller_reference: petclinic-dr-secondary
    aliases: [dr.example.com]
    origin:
      domain_name: petclinic-dr.koreacentral.cloudapp.azure.com
      protocol: http-only
      http_port: 8080
    pass_viewer_host: true
    wait: true

- name: Nobody is led to a site that does not answer us, and that might come back open
  goupang.dr.cloudfront_distribution:
    caller_reference: petclinic-dr-secondary
    state: disabled
    wait: true
"""

RETURN = r"""
distribution:
  description: The distribution; null when there is none, or (check mode) none yet.
  returned: success
  type: dict
  contains:
    id:
      description: Its id.
      type: str
    domain_name:
      description: CloudFront's own name for it.
      type: str
    arn:
      description: Its ARN.
      type: str
    status:
      description: V(InProgress) or V(Deployed).
      type: str
    enabled:
      description: Whether the edges answer for it.
      type: bool
    aliases:
      description: Its alternate domain names.
      type: list
      elements: str
  sample:
    id: E2QWRUHAPOMQZL
    domain_name: d111111abcdef8.cloudfront.net
    arn: arn:aws:cloudfront::123456789012:distribution/E2QWRUHAPOMQZL
    status: InProgress
    enabled: true
    aliases: [www.example.com]
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _aws, _cloudfront
from ansible_collections.goupang.dr.plugins.module_utils._cloudfront_config import (
    ALL_METHODS,
    ErrorPage,
    Origin,
    Wanted,
)
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._wait import Clock

ORIGIN = {
    "domain_name": {"type": "str", "required": True},
    "path": {"type": "str", "default": ""},
    "protocol": {"type": "str", "choices": ["http-only", "https-only"], "default": "https-only"},
    "http_port": {"type": "int", "default": 80},
    "https_port": {"type": "int", "default": 443},
    "headers": {"type": "dict", "no_log": True},
}
ERROR_PAGE = {
    "path": {"type": "str", "required": True},
    "codes": {"type": "list", "elements": "int", "default": [400, 403, 404, 405]},
    "response_code": {"type": "int", "default": 503},
    "retry_after": {"type": "int", "default": 300},
}
# Whether the edges answer for a distribution that is left as it is.
ANSWERING = {"enabled": True, "disabled": False}
ARGUMENT_SPEC: dict[str, dict[str, t.Any]] = {
    "caller_reference": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", *ANSWERING, "absent"], "default": "present"},
    "aliases": {"type": "list", "elements": "str", "default": []},
    "origin": {"type": "dict", "options": ORIGIN},
    "pass_viewer_host": {"type": "bool", "no_log": False, "default": False},
    "allowed_methods": {
        "type": "list",
        "elements": "str",
        "choices": list(ALL_METHODS),
        "default": list(ALL_METHODS),
    },
    "error_page": {"type": "dict", "options": ERROR_PAGE},
    "certificate_arn": {"type": "str"},
    "comment": {"type": "str"},
    "wait": {"type": "bool", "default": False},
    "timeout": {"type": "int", "default": 900},
}


def wanted(params: t.Mapping[str, t.Any]) -> Wanted:
    page = params["error_page"]
    return Wanted(
        caller_reference=params["caller_reference"],
        aliases=tuple(params["aliases"]),
        origin=Origin(**params["origin"]),
        allowed_methods=tuple(params["allowed_methods"]),
        pass_viewer_host=params["pass_viewer_host"],
        error_page=ErrorPage(**{**page, "codes": tuple(page["codes"])}) if page else None,
        certificate_arn=params["certificate_arn"],
        comment=params["comment"],
    )


def ensure(module: AnsibleModule, clock: Clock) -> tuple[_cloudfront.Result, _cloudfront.Distribution | None]:
    """The result, and the distribution as it is after waiting for it where that was asked."""
    params = module.params
    cloudfront = _cloudfront.CloudFront(_aws.client("cloudfront", params))
    if params["state"] == "absent":
        reference, timeout = params["caller_reference"], params["timeout"]
        result = _cloudfront.ensure_absent(cloudfront, reference, timeout, clock, check_mode=module.check_mode)
        return result, result.distribution
    if params["state"] in ANSWERING:
        reference, enabled = params["caller_reference"], ANSWERING[params["state"]]
        result = _cloudfront.ensure_answering(cloudfront, reference, enabled=enabled, check_mode=module.check_mode)
    else:
        result = _cloudfront.ensure_present(cloudfront, wanted(params), check_mode=module.check_mode)
    if result.distribution and params["wait"] and not module.check_mode:
        return result, _cloudfront.deployed(cloudfront, result.distribution, params["timeout"], clock)
    return result, result.distribution


def main() -> None:
    module = AnsibleModule(
        argument_spec={**ARGUMENT_SPEC, **_aws.ARGUMENT_SPEC},
        required_if=[("state", "present", ["origin"])],
        required_together=_aws.REQUIRED_TOGETHER,
        supports_check_mode=True,
    )
    try:
        result, distribution = ensure(module, Clock())
    except DrError as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=result.changed,
        distribution=distribution.public() if distribution else None,
        diff={"before": result.before, "after": result.after},
    )


if __name__ == "__main__":
    main()
