from __future__ import annotations

import json
import socket
import time
from datetime import datetime, timezone

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.goupang.dr.plugins.module_utils._decision import Side, Stamp
from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused
from ansible_collections.goupang.dr.plugins.module_utils._switch import Want
from ansible_collections.goupang.dr.plugins.modules import dr_switch
from ansible_collections.goupang.dr.plugins.modules.dr_switch import OWN_SPEC, wanted

T = datetime(2026, 11, 24, 10, 42, 5, tzinfo=timezone.utc)
PARAMS = {name: option.get("default") for name, option in OWN_SPEC.items()} | {"decided_at": "2026-11-24T10:42:05Z"}


def test_options_become_a_value():
    given = {"state": "on_secondary", "min_dwell": 600, "run": "r", "operator": "alice", "acknowledged": "why"}
    assert wanted({**PARAMS, **given}) == Want("on_secondary", T, "r", "alice", 600, "why")


def test_a_latch_that_was_asked_is_a_side_and_a_silent_one_is_none():
    asked = {"latch_position": "on_secondary", "latch_note": "on_secondary 2026-11-24T10:42:05Z"}
    assert wanted({**PARAMS, "state": "as_decided", **asked}).latch == Side(
        "the latch", "on_secondary", Stamp("on_secondary", T)
    )
    assert wanted({**PARAMS, "state": "as_decided"}).latch is None


def test_without_a_moment_it_is_now():
    before = datetime.now(timezone.utc).replace(microsecond=0)
    assert before <= wanted({**PARAMS, "state": "as_is", "decided_at": None}).at <= datetime.now(timezone.utc)


def test_a_moment_that_is_none_is_a_sentence():
    with pytest.raises(Refused, match=r"decided_at is 'today', and has to look like 2026-11-24T10:42:05Z\."):
        wanted({**PARAMS, "state": "as_is", "decided_at": "today"})


def test_a_silent_azure_is_given_up_in_time(capsys):
    """A server that takes the connection and says nothing: the token is not answered, so Blob is not even asked."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        where = {"account_url": url, "container": "switch", "name": "s", "record_container": "control", "record": "r"}
        who = {"tenant_id": "t", "client_id": "c", "client_secret": "not-a-secret", "authority_url": url}
        began = time.monotonic()
        with patch_module_args({**where, **who, "state": "on_secondary", "timeout": 2}), pytest.raises(SystemExit):
            dr_switch.main()
        took = time.monotonic() - began
    failed = json.loads(capsys.readouterr().out)
    assert failed["msg"].startswith("Azure did not answer in the time that was given when it was asked to read s")
    assert failed["out_of_reach"] is True
    assert took < 6
