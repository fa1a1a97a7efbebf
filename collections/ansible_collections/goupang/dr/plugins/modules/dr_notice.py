#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One notice to people."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dr_notice
short_description: Tells people one thing
version_added: 0.2.0
description:
  - Tells each of O(notices) one moment, in its language. It is for what the rulebook wants to say; what runbooks say of
    themselves is told by the callback P(goupang.dr.notices#callback), which no failure silences.
  - A place that does not take it is a warning and a line of the journal. It fails only where the inventory is wrong.
options:
  notices:
    description:
      - The places, as the inventory's C(dr_notices). With none, nothing happens.
    type: list
    elements: dict
    required: true
    suboptions:
      kind:
        description: What it is.
        type: str
        required: true
        choices: [slack, teams, webhook, mail]
      name:
        description: How it is called in the journal.
        type: str
      language:
        description: In which language it is told.
        type: str
        choices: [en, ko]
      url:
        description: The webhook, which is a secret.
        type: str
      token:
        description: What a V(webhook) wants as bearer.
        type: str
      host:
        description: The mail server.
        type: str
      port:
        description: Its port.
        type: int
      from:
        description: The sender.
        type: str
      to:
        description: The receivers.
        type: list
        elements: str
      user:
        description: Who logs in there.
        type: str
      password:
        description: With which password.
        type: str
  moment:
    description: What is told.
    type: str
    required: true
    choices: [primary_gone, primary_back, page_gone, page_back, warming, approve, no_need, alarm, trial]
  facts:
    description:
      - What fills its words, as C(application), C(since), C(evidence), C(command), C(alarm), C(state), C(reason).
    type: dict
    default: {}
  language:
    description: Where an entry does not say its own.
    type: str
    choices: [en, ko]
    default: en
  link:
    description: Where the reader finds more.
    type: str
    default: ""
  ca_bundle:
    description: PEM file of the authorities to verify the places with. Without it, the host's own.
    type: path
  run:
    description: The run, as its journal is named.
    type: str
    default: ""
  journal:
    description: The run's journal. The callback P(goupang.dr.journal#callback) tells it in E(GOUPANG_DR_JOURNAL).
    type: path
attributes:
  check_mode:
    description: Reads what it would tell, and tells nobody.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
author:
  - the goupang.dr authors (@goupang)
"""

EXAMPLES = r"""
- name: People know what AWS says
  goupang.dr.dr_notice:
    notices: "{{ dr_notices }}"
    moment: alarm
    facts:
      application: petclinic
      alarm: petclinic-primary
      state: ALARM
"""

RETURN = r"""
delivered:
  description: Names of the places that took it.
  returned: success
  type: list
  elements: str
undelivered:
  description: Name of a place that did not take it -> why.
  returned: success
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._notice_post import JournalLines, on_record, utc_stamp
from ansible_collections.goupang.dr.plugins.module_utils._notice_send import deliver_to_all, targets
from ansible_collections.goupang.dr.plugins.module_utils._notices import Notice

MOMENTS = ["primary_gone", "primary_back", "page_gone", "page_back", "warming", "approve", "no_need", "alarm", "trial"]
PLACE = {
    "kind": {"type": "str", "required": True, "choices": ["slack", "teams", "webhook", "mail"]},
    "name": {"type": "str"},
    "language": {"type": "str", "choices": ["en", "ko"]},
    "url": {"type": "str", "no_log": True},
    "token": {"type": "str", "no_log": True},
    "host": {"type": "str"},
    "port": {"type": "int"},
    "from": {"type": "str"},
    "to": {"type": "list", "elements": "str"},
    "user": {"type": "str"},
    "password": {"type": "str", "no_log": True},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "notices": {"type": "list", "elements": "dict", "required": True, "options": PLACE},
            "moment": {"type": "str", "required": True, "choices": MOMENTS},
            "facts": {"type": "dict", "default": {}},
            "language": {"type": "str", "choices": ["en", "ko"], "default": "en"},
            "link": {"type": "str", "default": ""},
            "ca_bundle": {"type": "path"},
            "run": {"type": "str", "default": ""},
            "journal": {"type": "path"},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        given = [{key: one for key, one in entry.items() if one is not None} for entry in params["notices"]]
        where = targets(given, params["language"])
        facts = {str(key): str(value) for key, value in params["facts"].items()}
        notice = Notice(params["moment"], utc_stamp(), facts, params["link"])
        outcomes = [] if module.check_mode else deliver_to_all(where, notice, params["ca_bundle"] or "")
    except DrError as error:
        module.fail_json(msg=str(error))
    lines = JournalLines(params["journal"] or "", params["run"])
    for target, why in outcomes:
        lines.write(on_record(target, notice, why))
        if why:
            module.warn(f"The notice {notice.moment} did not arrive: {why}")
    module.exit_json(
        changed=bool(where),
        delivered=[target.name for target, why in outcomes if not why],
        undelivered={target.name: why for target, why in outcomes if why},
    )


if __name__ == "__main__":
    main()
