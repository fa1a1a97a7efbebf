#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: site_probe
short_description: Looks at sites and names as a user would, until they are as expected
version_added: 0.1.0
description:
  - Asks a DNS server of your choice, connects to the address that it answers (or to one that you pin), sends the
    right C(Host) and SNI, verifies TLS, and compares the answer with what is expected. Redirects are never followed.
  - The resolver of the host that it runs on need not know the names.
  - Changes nothing. A probe that sends a body changes what the site makes of it.
options:
  probes:
    description:
      - What to ask. All have to hold at once, and are asked round after round until they do; a probe whose method is
        neither V(GET) nor V(HEAD) is not repeated once it held.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the probe in answers and messages; each its own.
        type: str
        required: true
      url:
        description: Page to ask for.
        type: str
      domain:
        description: Name to ask only DNS about.
        type: str
      method:
        description: Method of the request.
        type: str
        choices: [GET, HEAD, POST, PUT, DELETE]
        default: GET
      body:
        description: Fields of a form to send.
        type: dict
      headers:
        description: Headers to send.
        type: dict
      resolver:
        description:
          - Address of the DNS server to ask, as C(192.0.2.53) or C(192.0.2.53:5353). It may be authoritative.
          - Without it, the first server that the host is configured with.
        type: str
      address:
        description: Address to connect to. DNS is not asked for the site's name then.
        type: str
      via:
        description:
          - Name whose address to connect to in place of that of the URL's host, which is sent as C(Host) and SNI all
            the same. So a site can be seen before DNS leads to it.
        type: str
      expect:
        description: What the answer has to be.
        type: dict
        suboptions: &wanted
          status:
            description: Statuses, one of which it has to be.
            type: list
            elements: int
          header:
            description: Headers and their exact values.
            type: dict
          contains:
            description: Text within the first MiB of the page.
            type: str
          address_of:
            description: Name that has to resolve to the same addresses, at the same resolver.
            type: str
      forbid:
        description: What the answer must not be. A site that does not answer does not hold either.
        type: dict
        suboptions: *wanted
  resolvers:
    description:
      - DNS servers for all probes that name no O(probes[].resolver) and pin no O(probes[].address).
      - With several, each such probe is asked at each of them, and has to hold at all; its name then ends with the
        server's address.
    type: list
    elements: str
    default: []
  ca_bundle:
    description: PEM file of the authorities to verify the sites with. Without it, the host's own.
    type: path
  timeout:
    description:
      - For how many seconds to go on trying until all hold; V(0) looks once.
      - A single look-up may take 5 seconds and a single page 15, also at the end.
    type: int
    default: 0
  interval:
    description: Seconds between two rounds.
    type: int
    default: 2
requirements:
  - dnspython >= 2.3.0, where a name has to be resolved
attributes:
  check_mode:
    description:
      - Looks once, and does not fail but warns, because what the tasks before it would have changed is as it was.
    support: full
  diff_mode:
    description: There is never a change to show.
    support: none
author:
  - the goupang.dr authors (@goupang)
"""

EXAMPLES = r"""
- name: Wait until users are served by the secondary
  goupang.dr.site_probe:
    ca_bundle: "{{ dr_ca_bundle }}"
    timeout: 180
    probes:
      - name: dr serves from the secondary
        url: https://dr.example.com/owners
        resolver: 192.0.2.53
        expect:
          status: [200]
          header:
            X-Served-By: secondary
      - name: www points where the maintenance page is
        domain: www.example.com
        resolver: 192.0.2.53
        expect:
          address_of: d111111abcdef8.cloudfront.net

- name: Look at the machine before any user does
  goupang.dr.site_probe:
    probes:
      - name: the machine, by its address
        url: http://dr.example.com:8080/health
        address: 198.51.100.7
        expect:
          status: [200]
"""

RETURN = r"""
answers:
  description: The last answer to each probe, in their order. Also there when the task failed.
  returned: always, once the probes were asked
  type: list
  elements: dict
  contains:
    name:
      description: Name of the probe.
      type: str
    address:
      description: Address that was connected to; null when the name could not be resolved.
      type: str
    addresses:
      description: All addresses that DNS answered.
      type: list
      elements: str
    ttl:
      description: Seconds for which a resolver may keep the addresses; null when DNS was not asked.
      type: int
    status:
      description: HTTP status; null when there was no answer.
      type: int
    headers:
      description: Some headers of the answer, and those that the probe names; their names in lower case.
      type: dict
    elapsed_ms:
      description: Milliseconds from the question to the end of the answer, DNS included.
      type: int
    ok:
      description: Whether the probe holds.
      type: bool
    why:
      description: Why it does not hold; empty when it does.
      type: str
  sample:
    - name: dr serves from the secondary
      address: 198.51.100.7
      addresses: [198.51.100.7]
      ttl: 60
      status: 200
      headers:
        x-served-by: secondary
      elapsed_ms: 41
      ok: true
      why: ""
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._probe import Probe, asked_everywhere, look_until_all_hold
from ansible_collections.goupang.dr.plugins.module_utils._probe_world import RealWorld
from ansible_collections.goupang.dr.plugins.module_utils._wait import Clock

WANTED = {
    "status": {"type": "list", "elements": "int"},
    "header": {"type": "dict"},
    "contains": {"type": "str"},
    "address_of": {"type": "str"},
}
PROBE = {
    "name": {"type": "str", "required": True},
    "url": {"type": "str"},
    "domain": {"type": "str"},
    "method": {"type": "str", "choices": ["GET", "HEAD", "POST", "PUT", "DELETE"], "default": "GET"},
    "body": {"type": "dict"},
    "headers": {"type": "dict"},
    "resolver": {"type": "str"},
    "address": {"type": "str"},
    "via": {"type": "str"},
    "expect": {"type": "dict", "options": WANTED},
    "forbid": {"type": "dict", "options": WANTED},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "probes": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": PROBE,
                "required_one_of": [("url", "domain")],
                "mutually_exclusive": [("url", "domain")],
            },
            "resolvers": {"type": "list", "elements": "str", "default": []},
            "ca_bundle": {"type": "path"},
            "timeout": {"type": "int", "default": 0},
            "interval": {"type": "int", "default": 2},
        },
        supports_check_mode=True,
    )
    clock = Clock()
    timeout = 0 if module.check_mode else module.params["timeout"]
    probes = [Probe.of(params) for params in module.params["probes"]]
    try:
        answers = look_until_all_hold(
            RealWorld(module.params["ca_bundle"], clock),
            asked_everywhere(probes, module.params["resolvers"]),
            timeout,
            module.params["interval"],
            clock,
        )
    except DrError as error:
        module.fail_json(msg=str(error))
    public = [answer.public() for answer in answers]
    failing = [f"{answer.probe.name}: {'; '.join(answer.why)}." for answer in answers if not answer.ok]
    if failing and not module.check_mode:
        module.fail_json(msg=" ".join(failing), answers=public)
    for sentence in failing:
        module.warn(sentence)
    module.exit_json(changed=False, answers=public)


if __name__ == "__main__":
    main()
