# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: runbook_page
short_description: The page of a runbook, for the link of a notice
version_added: 0.2.0
author:
  - the goupang.dr authors (@goupang)
description:
  - Where a person reads what to do when a runbook stops, under the address that C(dr_notices_link) is.
positional: runbook
options:
  _input:
    description: >-
      The address, in which C({runbook}) stands for the runbook's name; without that the page is C(NAME.md) below it.
      Of an empty one there is no page.
    type: str
    required: true
  runbook:
    description: The runbook's name, as C(failover).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Say where it goes on
  ansible.builtin.debug:
    msg: "{{ 'https://git.example.com/dr/docs/runbooks' | goupang.dr.runbook_page('failover') }}"
    # https://git.example.com/dr/docs/runbooks/failover.md
"""

RETURN = r"""
_value:
  description: The page's address, or an empty text.
  type: str
"""

import typing as t

from ansible_collections.goupang.dr.plugins.plugin_utils import _notice_moments


class FilterModule:
    """Ansible's way to find filters."""

    def filters(self) -> dict[str, t.Callable[..., str]]:
        return {"runbook_page": _notice_moments.page}
