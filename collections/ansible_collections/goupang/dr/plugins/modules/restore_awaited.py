#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: restore_awaited
short_description: Wait for a restore in the background, and say how far it is
version_added: 0.2.0
author:
  - the goupang.dr authors (@goupang)
description:
  - Waits for a job of M(goupang.dr.mysql_restore_sanitized) that was started with C(async) and C(poll=0), as
    M(ansible.builtin.async_status) in a loop does, and removes the job's file afterwards.
  - Meanwhile it says on the screen, a line every ten seconds, how far the restore is, such as
    C(orders 43 %, 118 MB/s, 0:31 left).
  - Its answer is that of the job.
attributes:
  check_mode:
    support: none
    description: In a dry run there is no job.
  diff_mode:
    support: none
    description: The job has shown its own.
options:
  jid:
    description: The job's id, as the task that started it registered it.
    type: str
    required: true
  progress_file:
    description: The O(goupang.dr.mysql_restore_sanitized#module:progress_file) of that restore; without it, silence.
    type: str
  timeout:
    description: Seconds to wait.
    type: int
    default: 14400
seealso:
  - module: goupang.dr.mysql_restore_sanitized
"""

EXAMPLES = r"""
- name: The newest valid backup is whole and proved
  goupang.dr.restore_awaited:
    jid: "{{ job.ansible_job_id }}"
    progress_file: ~/.ansible_async/restore.json
  register: restore
"""

RETURN = r"""
finished:
  description: Whether the job has ended. Beside it stands all that the job returned.
  returned: when the job ended
  type: bool
"""
