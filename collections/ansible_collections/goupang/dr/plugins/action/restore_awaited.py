# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waits for a restore that runs in the background, and says on the screen how far it is; see the module's manual.

ansible.builtin.async_status in a loop can only say "retrying".
"""

from __future__ import annotations

import base64
import typing as t
from pathlib import Path

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.goupang.dr.plugins.module_utils._progress import sentence
from ansible_collections.goupang.dr.plugins.module_utils._wait import REAL_CLOCK, Clock

ASK_SECONDS = 2.0
# In the output of AWX and of CI a line stays.
SAY_SECONDS = 10.0
Json = dict[str, t.Any]
SPEC: dict[str, Json] = {
    "jid": {"type": "str", "required": True},
    "progress_file": {"type": "str"},
    "timeout": {"type": "int", "default": 14400},
}


class ActionModule(ActionBase):  # type: ignore[misc]
    _requires_connection = True

    def run(self, tmp: t.Any = None, task_vars: Json | None = None) -> Json:
        del tmp
        super().run(None, task_vars)
        _validated, params = self.validate_argument_spec(argument_spec=SPEC)

        def ask(mode: str) -> Json:
            return self._async_status({"jid": params["jid"], "mode": mode}, task_vars or {})

        def look() -> str | None:
            return self._text(params["progress_file"], task_vars or {}) if params["progress_file"] else None

        return wait(ask, look, Display().display, params["timeout"])

    def _async_status(self, args: Json, task_vars: Json) -> Json:
        """As the action of that name does it, which knows where jobs lie."""
        task = self._task.copy()
        task.args = args
        action = self._shared_loader_obj.action_loader.get(
            "ansible.builtin.async_status",
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        return t.cast("Json", action.run(task_vars=task_vars))

    def _text(self, path: str, task_vars: Json) -> str | None:
        if self._connection.transport == "local":
            try:
                return Path(path).expanduser().read_text()
            except OSError:
                return None
        found = self._execute_module(
            module_name="ansible.legacy.slurp",
            module_args={"src": self._remote_expand_user(path)},
            task_vars=task_vars,
        )
        return base64.b64decode(found.get("content", "")).decode(errors="replace")


def wait(
    ask: t.Callable[[str], Json],
    look: t.Callable[[], str | None],
    say: t.Callable[[str], object],
    timeout: float,
    clock: Clock = REAL_CLOCK,
) -> Json:
    """The job's own result, and the job's file is gone. ask() is async_status in a mode, look() the progress file."""
    deadline, said = clock.now() + timeout, clock.now() - SAY_SECONDS + ASK_SECONDS
    while True:
        status = ask("status")
        if status.get("finished"):
            ask("cleanup")
            return status
        if clock.now() >= deadline:
            return {"failed": True, "msg": f"The restore did not end within {timeout:.0f} s. It may still be at work."}
        if clock.now() - said >= SAY_SECONDS:
            line = sentence(look() or "")
            if line:
                said = clock.now()
                say(f"    {line}")
        clock.sleep(ASK_SECONDS)
