"""What emulators write down of a request, and what not."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import typing as t
from pathlib import Path

import pytest

from lab import jsonl
from lab.aws.throttled import DATA_PLANE
from lab.azure.wire import Request, Response
from lab.calls.recorder import OWN, Recorder, note_aws, recorded
from lab.topology import render

SIGNED = "AWS4-HMAC-SHA256 Credential=AKIATEST/20261127/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"
GROUP = "/subscriptions/s/resourceGroups/g/providers"


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path / "calls" / "lines.jsonl", clock=lambda: 1000.1234)


def written(recorder: Recorder) -> list[dict[str, t.Any]]:
    return list(jsonl.read(recorder.path))


def environ(service: str = "route53", **more: t.Any) -> dict[str, t.Any]:
    base = {
        "HTTP_AUTHORIZATION": SIGNED.format(service),
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/2013-04-01/healthcheck",
    }
    return {**base, "QUERY_STRING": "", "wsgi.input": io.BytesIO(b""), **more}


def test_a_request_to_aws_is_a_line(recorder: Recorder) -> None:
    note_aws(recorder, environ(QUERY_STRING="marker=secret&Operation=Tag"))
    assert written(recorder) == [
        {
            "at": 1000.123,
            "cloud": "aws",
            "service": "route53",
            "method": "GET",
            "path": "/2013-04-01/healthcheck",
            "query": ["Operation=Tag", "marker"],
            "operation": "",
        }
    ]


def test_a_body_that_names_the_operation_can_be_read_again(recorder: Recorder) -> None:
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    asked = environ(
        "sts", CONTENT_TYPE="application/x-www-form-urlencoded; charset=utf-8", CONTENT_LENGTH=str(len(body))
    )
    asked |= {"wsgi.input": io.BytesIO(body), "REQUEST_METHOD": "POST"}
    note_aws(recorder, asked)
    assert asked["wsgi.input"].read() == body
    assert written(recorder)[0]["operation"] == "GetCallerIdentity"


def test_a_target_names_the_operation(recorder: Recorder) -> None:
    note_aws(recorder, environ("sqs", HTTP_X_AMZ_TARGET="AmazonSQS.ReceiveMessage"))
    assert written(recorder)[0]["operation"] == "ReceiveMessage"


@pytest.mark.parametrize("agent", [OWN, f"Boto3/1 {DATA_PLANE}"])
def test_the_labs_own_calls_are_none(recorder: Recorder, agent: str) -> None:
    note_aws(recorder, environ(HTTP_USER_AGENT=agent))
    recorded(recorder, lambda _: Response(200))(Request("GET", f"{GROUP}/a/b", "", headers={"user-agent": agent}))
    assert written(recorder) == []


def test_an_unsigned_request_is_none(recorder: Recorder) -> None:
    note_aws(recorder, environ(HTTP_AUTHORIZATION=""))
    assert written(recorder) == []


def test_of_a_body_only_what_it_refers_to_is_written_down(recorder: Recorder) -> None:
    body = {
        "id": f"{GROUP}/Microsoft.Compute/virtualMachines/vm",
        "secret": "do not tell",
        "nic": {"id": f"{GROUP}/Microsoft.Network/networkInterfaces/nic", "properties": {"deleteOption": "Delete"}},
    }
    answer = recorded(recorder, lambda _: Response(201))
    machine = f"{GROUP.lower()}/Microsoft.Compute/virtualMachines/vm"
    assert answer(Request("PUT", machine, "", body=json.dumps(body).encode())).status == 201
    (line,) = written(recorder)
    assert line["refers"] == [f"{GROUP}/Microsoft.Network/networkInterfaces/nic"]
    assert line["takes_along"] is True
    assert "do not tell" not in recorder.path.read_text()


def test_a_sign_in_is_none(recorder: Recorder) -> None:
    recorded(recorder, lambda _: Response(200))(Request("POST", "/tenant/oauth2/v2.0/token", ""))
    assert written(recorder) == []


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js runs Azurite")
def test_blob_writes_down_who_is_logged_in(tmp_path: Path) -> None:
    lines = tmp_path / "blob.jsonl"
    (tmp_path / "calls.js").write_text(render("templates/calls.js", {"lines": str(lines)}))
    play = """
      require("./calls.js");
      const server = require("https").createServer({}, () => {});
      const ask = (headers) => server.emit("request", { method: "PUT", url: "/a/c/b?comp=lease", headers }, {});
      ask({ authorization: "Bearer token", "x-ms-lease-action": "renew" });
      ask({ authorization: "SharedKey drstorage:key" });
      ask({});
    """
    subprocess.run(["node", "-e", play], cwd=tmp_path, check=True, timeout=30)
    (line,) = jsonl.read(lines)
    assert line.pop("at") > 0
    assert line == {
        "cloud": "azure",
        "service": "blob",
        "method": "PUT",
        "path": "/a/c/b",
        "comp": "lease",
        "restype": "",
        "action": "renew",
        "copies": False,
    }
