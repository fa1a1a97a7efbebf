"""The heartbeat: what it asks, what it only guesses, what it writes, and how it fails."""

from __future__ import annotations

import http.server
import ipaddress
import json
import socket
import ssl
import threading
import typing as t
import urllib.parse
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import yaml
from ansible_collections.goupang.dr.plugins.module_utils import _heartbeat
from ansible_collections.goupang.dr.plugins.module_utils._errors import (
    DrError,
    OutOfReach,
    Refused,
    ServiceFault,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.unit.plugins.module_utils.test_sentry import COLLECTION, imported
from tests.unit.plugins.scripted import FakeClock

NOW = datetime(2026, 11, 24, 9, 10, 0, 500000, tzinfo=timezone.utc)
SECRET = "correct-horse-battery-staple"
LOGIN = {"tenant_id": "T", "client_id": "C", "client_secret": SECRET}
Answer = t.Union[int, DrError]


class Server:
    """The primary's database: what it says of each table, and of each COUNT(*); `slow` seconds for each of these."""

    def __init__(self, guesses: dict[str, int | None], counts: dict[str, Answer], slow: float = 0.0) -> None:
        self.guesses, self.counts, self.slow = guesses, counts, slow
        self.clock = FakeClock()
        self.asked: list[str] = []
        self.fenced: list[tuple[str, str, str]] = []
        self.old = False
        self.closed = False

    def rows(self, sql: str, args: t.Sequence[object] = ()) -> list[tuple[t.Any, ...]]:
        self.asked.append(sql)
        if "UTC_TIMESTAMP" in sql:
            return [(NOW.replace(tzinfo=None), "3e11:1-228,\n4f22:1", 0)]
        if "TABLE_NAME = 'fence'" in sql:
            return [(1,)]
        if "SELECT kind" in sql:
            return list(self.fenced)
        if "TABLE_ROWS" in sql:
            return list(self.guesses.items())
        (table,) = [name for name in self.counts if f"`{name}`" in sql]
        self.clock.time += self.slow
        answer = self.counts[table]
        if isinstance(answer, DrError):
            raise answer
        return [(answer,)]

    def run(self, sql: str | bytes, args: t.Sequence[object] = ()) -> None:
        assert sql == "SET SESSION information_schema_stats_expiry = 0"
        if self.old:
            raise ServiceFault("Unknown system variable", "1193")

    def close(self) -> None:
        self.closed = True


def take(server: Server, ahead: float = 0.0) -> _heartbeat.Beat:
    clock = t.cast("t.Any", server.clock)
    return _heartbeat.take(server, "petclinic", "rds", 300, clock, lambda: NOW - timedelta(seconds=ahead))


# -- Asking ------------------------------------------------------------------------


def test_it_holds_the_servers_time_its_gtid_set_and_rows_that_were_counted() -> None:
    beat = take(Server({"pets": 40, "owners": None}, {"pets": 38, "owners": 7}, slow=0.5), ahead=2.0)
    assert beat == _heartbeat.Beat(
        schema="petclinic",
        source_host="rds",
        at="2026-11-24T09:10:00Z",
        clock_ahead=2.0,
        every=300,
        gtid_set="3e11:1-228,4f22:1",
        rows={"pets": 38, "owners": 7},
        seconds=1.0,
    )
    assert beat.sentence() == "45 rows in 2 tables, in 1.0 s."


def test_a_fenced_primary_beats_and_says_that_it_is_fenced() -> None:
    server = Server({"pets": 1}, {"pets": 1})
    server.fenced = [("account", "petclinic", "%")]
    assert take(server).fenced


def test_a_table_that_is_too_large_or_takes_too_long_is_the_servers_guess_and_said_to_be() -> None:
    slow = ServiceFault("Query execution was interrupted", "3024")
    server = Server({"small": 1, "slow": 900, "large": _heartbeat.MOST_ROWS + 1}, {"small": 2, "slow": slow})
    beat = take(server)
    assert beat.rows == {"small": 2, "slow": 900, "large": _heartbeat.MOST_ROWS + 1}
    assert beat.estimated == ["slow", "large"]
    assert beat.counted() == {"small": 2}
    assert not any("`large`" in sql for sql in server.asked)
    assert "2 of them by the server's own guess" in beat.sentence()


def test_each_count_has_a_deadline_and_all_of_them_together() -> None:
    tables = {f"t{number}": 5 for number in range(8)}
    server = Server(tables, dict.fromkeys(tables, 6), slow=1.9)
    beat = take(server)
    # 10 s for all: the sixth begins at 9.5 s with half a second, and the seventh not at all.
    assert beat.estimated == ["t6", "t7"]
    hints = [sql.split("MAX_EXECUTION_TIME(")[1].split(")")[0] for sql in server.asked if "MAX_EXECUTION_TIME" in sql]
    assert hints == ["2000", "2000", "2000", "2000", "2000", "500"]


def test_a_server_without_the_variable_is_asked_all_the_same() -> None:
    server = Server({"pets": 1}, {"pets": 3})
    server.old = True
    assert take(server).rows == {"pets": 3}


def test_other_faults_are_no_guesses() -> None:
    with pytest.raises(ServiceFault):
        take(Server({"pets": 1}, {"pets": ServiceFault("corrupt", "1034")}))
    with pytest.raises(Refused, match="shows no table of schema petclinic to this account: it needs SELECT"):
        take(Server({}, {}))


def test_what_is_written_is_read_as_it_was() -> None:
    beat = take(Server({"pets": 1, "large": 9_000_000}, {"pets": 3}))
    assert _heartbeat.from_json(beat.to_json()) == beat
    later = {**json.loads(beat.to_json()), "a later version": 1}
    assert _heartbeat.from_json(json.dumps(later).encode()) == beat


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"schema_version": 2}, "not of version 1"),
        ({"rows": None}, "rows is missing"),
        ({"rows": {"pets": "many"}}, "rows are no counts"),
        ({"at": "yesterday"}, "'yesterday' is not like"),
    ],
)
def test_a_heartbeat_that_is_not_whole_is_refused(change: dict[str, t.Any], why: str) -> None:
    whole = json.loads(take(Server({"pets": 1}, {"pets": 3})).to_json())
    with pytest.raises(Refused, match=why):
        _heartbeat.from_json(json.dumps({**whole, **change}).encode())
    with pytest.raises(Refused, match="not JSON"):
        _heartbeat.from_json(b"{")


# -- Writing -----------------------------------------------------------------------


class Azure(http.server.BaseHTTPRequestHandler):
    """Entra and Blob in one; what it was asked is on record at the server."""

    server: AzureServer

    def do_POST(self) -> None:
        self._answer(self.server.token)

    def do_PUT(self) -> None:
        self._answer(self.server.stored)

    def _answer(self, answer: tuple[int, dict[str, str], bytes]) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        status, headers, said = answer
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(said))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        pass


class AzureServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    token: tuple[int, dict[str, str], bytes] = (200, {}, b'{"access_token": "TOKEN"}')
    stored: tuple[int, dict[str, str], bytes] = (201, {}, b"")

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Azure)
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server_port}"


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key, and a certificate for 127.0.0.1 that vouches for itself."""
    key, today = ec.generate_private_key(ec.SECP256R1()), datetime.now(timezone.utc)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "azure")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(hours=1))
        .not_valid_after(today + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path = tmp_path_factory.mktemp("tls") / "azure.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def azure(pem: Path) -> Iterator[AzureServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with AzureServer() as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def settings(azure: AzureServer, pem: Path) -> dict[str, t.Any]:
    return {
        "account_url": f"{azure.url}/account/",
        "container": "heartbeat",
        "name": "petclinic/heartbeat.json",
        "schema": "petclinic",
        "every": 300,
        "ca_bundle": str(pem),
        "azure": {**LOGIN, "authority_url": azure.url},
        "database": {"login_host": "rds", "login_port": 3306, "login_user": "dr", "login_password": SECRET},
    }


Run = t.Callable[..., "tuple[int, str, str]"]


@pytest.fixture
def run(
    azure: AzureServer,
    pem: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """The service: its exit code, what it printed, and what it complained of. `database` answers, or is an error."""

    def run(database: Server | DrError, **changes: t.Any) -> tuple[int, str, str]:
        def connect(params: t.Mapping[str, t.Any], read_seconds: int, connect_seconds: int) -> Server:
            assert (params["login_host"], read_seconds, connect_seconds) == ("rds", 15, 5)
            if isinstance(database, DrError):
                raise database
            return database

        monkeypatch.setattr(_heartbeat._mysql, "open_session", connect)
        file = tmp_path / "settings.json"
        file.write_text(json.dumps({**settings(azure, pem), **changes}))
        code = _heartbeat.main(str(file))
        printed = capsys.readouterr()
        assert SECRET not in printed.out + printed.err
        assert "TOKEN" not in printed.out + printed.err
        return code, printed.out, printed.err

    return run


def database() -> Server:
    return Server({"pets": 1}, {"pets": 3})


def test_the_blob_is_replaced_with_a_token_of_its_own_login(azure: AzureServer, run: Run) -> None:
    asked = database()
    assert run(asked) == (0, "3 rows in 1 tables, in 0.0 s.\n", "")
    assert asked.closed
    login, put = azure.asked
    assert login[:2] == ("POST", "/T/oauth2/v2.0/token")
    assert dict(urllib.parse.parse_qsl(login[3].decode())) == {
        "grant_type": "client_credentials",
        "client_id": "C",
        "client_secret": SECRET,
        "scope": "https://storage.azure.com/.default",
    }
    assert put[:2] == ("PUT", "/account/heartbeat/petclinic/heartbeat.json")
    assert (put[2]["authorization"], put[2]["x-ms-blob-type"]) == ("Bearer TOKEN", "BlockBlob")
    assert _heartbeat.from_json(put[3]).rows == {"pets": 3}


def test_a_database_that_is_silent_is_one_sentence_and_nothing_is_written(azure: AzureServer, run: Run) -> None:
    assert run(OutOfReach("MySQL at rds is out of reach.")) == (
        1,
        "",
        "No heartbeat: MySQL at rds is out of reach.\n",
    )
    assert azure.asked == []


@pytest.mark.parametrize(
    ("what", "answer", "words"),
    [
        ("token", (401, {}, b'{"error": "invalid_client"}'), "Entra answers 401 invalid_client at https://127"),
        ("token", (200, {}, b"<html>"), "is not Entra: it gave no token"),
        ("token", (200, {}, b"[]"), "is not Entra: it gave no token"),
        ("token", (302, {"Location": "http://127.0.0.1:1/"}, b""), "Entra answers 302"),
        ("stored", (403, {"x-ms-error-code": "AuthorizationFailure"}, b""), "answers 403 AuthorizationFailure"),
        ("stored", (403, {"x-ms-error-code": "AuthorizationFailure"}, b""), "see dr_heartbeat_login"),
        ("stored", (404, {"x-ms-error-code": "ContainerNotFound"}, b""), "make the container"),
        ("stored", (503, {"x-ms-error-code": "ServerBusy"}, b""), "Azure Blob answers 503 ServerBusy"),
    ],
)
def test_what_azure_refuses_is_one_sentence(
    azure: AzureServer, run: Run, what: str, answer: tuple[int, dict[str, str], bytes], words: str
) -> None:
    setattr(azure, what, answer)
    code, printed, complaint = run(database())
    assert (code, printed) == (1, "")
    assert words in complaint
    assert complaint.count("\n") == 1


def test_no_secret_goes_where_nobody_vouches_for_or_in_clear(azure: AzureServer, run: Run) -> None:
    code, _, complaint = run(database(), ca_bundle="")
    assert (code, "CERTIFICATE_VERIFY_FAILED" in complaint) == (1, True)
    code, _, complaint = run(database(), azure={**LOGIN, "authority_url": "http://127.0.0.1:1"})
    assert (code, "is not https" in complaint) == (1, True)
    assert azure.asked == []


def test_an_azure_that_stalls_is_given_up(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_heartbeat, "WRITE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        login = {**LOGIN, "authority_url": f"https://127.0.0.1:{deaf.getsockname()[1]}"}
        code, _, complaint = run(database(), azure=login)
    assert code == 1
    assert complaint.startswith("No heartbeat: Azure took longer than 0.2 s to store the heartbeat")


def test_the_login_may_name_entras_host_alone() -> None:
    blob = _heartbeat.Blob("https://127.0.0.1:1/b", {**LOGIN, "authority_url": "127.0.0.1:1"})
    with pytest.raises(OutOfReach, match=r"Entra does not answer at https://127\.0\.0\.1:1/T/oauth2/v2\.0/token: "):
        blob.write(b"")
    assert SECRET not in repr(blob)


# -- The role ----------------------------------------------------------------------


def test_the_role_ships_what_the_heartbeat_imports_and_names_its_blob() -> None:
    variables = yaml.safe_load((COLLECTION / "roles/heartbeat/vars/main.yml").read_text())
    assert set(variables["__heartbeat_files"]) == imported("_heartbeat.py")
    assert variables["__heartbeat_blob"] == _heartbeat.blob_name("{{ dr_application }}")


def test_systemd_ends_what_outlasts_all_of_our_own_deadlines() -> None:
    defaults = yaml.safe_load((COLLECTION / "roles/heartbeat/defaults/main.yml").read_text())
    ours = _heartbeat.CONNECT_SECONDS + _heartbeat.READ_SECONDS + _heartbeat.COUNT_SECONDS + _heartbeat.WRITE_SECONDS
    assert ours < defaults["heartbeat_deadline"] < defaults["heartbeat_every"]
    installed = yaml.safe_load((COLLECTION / "roles/heartbeat/tasks/installed.yml").read_text())
    given = next(task["vars"] for task in installed if "ansible.builtin.include_role" in task)
    assert "TimeoutStartSec={{ heartbeat_deadline }}" in given["program_service"]
