#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How things stand, on one screen, as JSON and for Prometheus."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dr_status
short_description: Says how things stand, on one screen, as JSON and for Prometheus
version_added: 0.2.0
description:
  - Puts what M(goupang.dr.dr_readiness) found for the intent V(status) into one document, works out the cost by prices
    that the inventory names, and shows it as a screen. Asks nobody.
  - Writes the document as JSON, and as text for the textfile collector of Prometheus's node exporter, where it is told
    to. A file is replaced at once, so that nobody reads half of it.
  - Names a point in time rather than an age, and has no sample for what is not known.
  - Changes nothing but its two files, and does not call that a change.
options:
  application:
    description: Name of the application, which every sample carries as a label.
    type: str
    required: true
  found:
    description: What M(goupang.dr.dr_readiness) returned.
    type: dict
    required: true
  prices:
    description: What a month costs, in your contract's prices and in one currency. Without it no cost is told.
    type: dict
    default: {}
    suboptions:
      currency: {description: The currency of all of them., type: str, default: USD}
      as_of: {description: "The day on which they were looked up, as it is to be told.", type: str}
      machine: {description: A month of the running machine by its size., type: dict, default: {}}
      disk: {description: "A month of its disk, which is billed while it exists.", type: float}
      address: {description: "A month of its public address, which is billed while it exists.", type: float}
      database: {description: "A month of the database server, with its storage.", type: float}
      database_at_rest: {description: "A month of it while it is stopped, which is its storage.", type: float}
      standing: {description: What is always there by a name of yours., type: dict, default: {}}
  drill_report:
    description:
      - A report of the last drill that somebody watched from where users are, who knows better than any runbook how
        long they waited. It is JSON with C(finished) (ISO 8601), C(scenario), C(outcome), and C(rto_seconds) by domain.
      - Where there is no such file, none was watched.
    type: path
  json_file:
    description: Where to write the document. Its folder must exist.
    type: path
  textfile:
    description:
      - Where to write the text for Prometheus, with a name that ends with C(.prom), in the folder that the node
        exporter is started with. Everybody may read it.
    type: path
attributes:
  check_mode:
    description: Shows the screen, and writes nothing.
    support: full
  diff_mode:
    description: There is never a change to show.
    support: none
author:
  - the goupang.dr authors (@goupang)
"""

EXAMPLES = r"""
- name: Put on one screen how things stand
  goupang.dr.dr_status:
    application: petclinic
    found: "{{ readiness }}"
    prices:
      currency: USD
      as_of: "2026-11-24"
      machine:
        Standard_D2s_v5: 86.0
      disk: 5.0
      address: 3.65
      database: 30.0
    json_file: /var/lib/goupang-dr/petclinic.json
    textfile: /var/lib/prometheus/node-exporter/goupang_dr_petclinic.prom
  register: status
"""

RETURN = r"""
status:
  description: The document, as it is written to O(json_file).
  returned: success
  type: dict
screen:
  description: The rows of the screen.
  returned: success
  type: list
  elements: str
blocked:
  description: In a sentence, what would block a failover; empty when nothing would.
  returned: success
  type: str
"""

import json
import os
import tempfile
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _prometheus, _status

PRICES = {
    "currency": {"type": "str", "default": "USD"},
    "as_of": {"type": "str"},
    "machine": {"type": "dict", "default": {}},
    "disk": {"type": "float"},
    "address": {"type": "float"},
    "database": {"type": "float"},
    "database_at_rest": {"type": "float"},
    "standing": {"type": "dict", "default": {}},
}


def replace(path: str, text: str) -> None:
    """Write a file whole or not at all, readable by everybody. OSError."""
    descriptor, beside = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=".goupang-dr-")
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(beside, 0o644)
        os.replace(beside, path)
    except OSError:
        os.unlink(beside)
        raise


def report_of(path: str) -> dict[str, t.Any] | str | None:
    """What the report says, or why it says nothing; None where there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            return _status.watched_drill(file.read())
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        return f"{path} cannot be read: {error}"


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "application": {"type": "str", "required": True},
            "found": {"type": "dict", "required": True},
            "prices": {"type": "dict", "default": {}, "options": PRICES},
            "drill_report": {"type": "path"},
            "json_file": {"type": "path"},
            "textfile": {"type": "path"},
        },
        supports_check_mode=True,
    )
    params = module.params
    if "facts" not in params["found"]:
        module.fail_json(msg="found holds no facts: ask dr_readiness with the intent status.")
    watched = report_of(params["drill_report"] or "")
    doc = _status.document(params["application"], params["found"], params["prices"], watched)
    files = {
        params["json_file"]: json.dumps(doc, indent=2, ensure_ascii=False) + "\n",
        params["textfile"]: _prometheus.text(doc),
    }
    for path, text in files.items():
        if not path or module.check_mode:
            continue
        try:
            replace(path, text)
        except OSError as error:
            module.fail_json(msg=f"{path} cannot be written: {error.strerror}.")
    module.exit_json(
        changed=False,
        status=doc,
        screen=_status.screen(doc),
        blocked=_status.one_sentence(doc["failover"]["by"]),
    )


if __name__ == "__main__":
    main()
