from __future__ import annotations

import socket
import ssl
import subprocess
import threading

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _notice_send
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, OutOfReach, Refused, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._notice_send import deliver, deliver_to_all, targets
from ansible_collections.goupang.dr.plugins.module_utils._notices import Notice

from tests.unit.plugins.receiver import Receiver, refused_url

NOTICE = Notice("done", "2026-11-27T17:00:00Z", {"application": "petclinic", "runbook": "failover.yml"})
MAIL = {"kind": "mail", "host": "mail.example", "from": "dr@example.com", "to": "a@example.com"}


def target(**entry):
    return targets([entry], "en")[0]


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ({"kind": "slack"}, "has to be a list"),
        (["slack"], "Entry 1 of dr_notices has to say its kind"),
        ([{"kind": "pigeon"}], "has to say its kind: slack, teams, webhook, mail"),
        ([{"kind": "slack"}], "Entry 1 of dr_notices, slack, lacks url"),
        ([{**MAIL, "secret": "x"}], "mail, has secret, which is not known"),
        ([{"kind": "slack", "url": "http://hooks.slack.com/T0/hunter2"}], "does not begin with https://HOST"),
        ([{"kind": "webhook", "url": "file:///etc/hunter2"}], "does not begin with https or http://HOST"),
        ([{**MAIL, "language": "fr"}], "speaks 'fr': it has to be en or ko"),
    ],
)
def test_what_is_not_as_the_inventory_explains_it_is_refused_without_a_secret(entries, sentence):
    with pytest.raises(Refused) as refused:
        targets(entries, "en")
    assert sentence in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_target_shows_its_name_and_nothing_of_its_secret():
    (shown,) = targets([{"kind": "webhook", "url": "https://x.example/hunter2", "token": "hunter3"}], "ko")
    assert (shown.name, shown.language) == ("webhook 1", "ko")
    assert "hunter" not in repr(shown)


def test_it_arrives_with_its_token():
    with Receiver() as receiver:
        deliver(target(kind="webhook", url=f"{receiver.url}/in", token="hunter3"), NOTICE)
    assert receiver.moments == ["done"]
    assert receiver.headers[0]["Authorization"] == "Bearer hunter3"


@pytest.mark.parametrize("status", [301, 404, 500])
def test_one_that_refuses_is_named_by_its_status(status):
    with Receiver(status) as receiver, pytest.raises(ServiceFault) as fault:
        deliver(target(kind="webhook", name="ops", url=f"{receiver.url}/hunter2"), NOTICE)
    assert str(fault.value) == f"ops answers {status} and did not take the notice."


def test_one_where_nobody_listens_is_named_and_its_url_is_not():
    with pytest.raises(OutOfReach) as error:
        deliver(target(kind="webhook", name="ops", url=f"{refused_url()}/hunter2"), NOTICE)
    assert str(error.value).startswith("ops does not answer: ")
    assert "Connection refused" in str(error.value)
    assert "hunter2" not in str(error.value)


def test_one_that_is_silent_is_given_up(monkeypatch):
    monkeypatch.setattr(_notice_send, "STEP_SECONDS", 0.2)
    with Receiver(silent=True) as receiver, pytest.raises(DrError, match="ops does not answer: nothing came within"):
        deliver(target(kind="webhook", name="ops", url=receiver.url), NOTICE)


def test_each_is_told_whatever_became_of_the_one_before():
    with Receiver() as receiver:
        where = targets(
            [{"kind": "webhook", "name": "dead", "url": refused_url()}, {"kind": "webhook", "url": receiver.url}], "en"
        )
        outcomes = deliver_to_all(where, NOTICE)
    assert [place.name for place, _why in outcomes] == ["dead", "webhook 2"]
    assert outcomes[0][1].startswith("dead does not answer")
    assert outcomes[1][1] == ""


class Mailbox:
    """A mail server for one letter. With `starttls` it speaks TLS; without, it has never heard of it."""

    def __init__(self, folder, starttls=True):
        self.folder, self.starttls = folder, starttls
        self.said = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        if starttls:
            command = [
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
            ]
            names = [
                "-addext",
                "subjectAltName=DNS:localhost",
                "-keyout",
                folder / "key.pem",
                "-out",
                folder / "ca.pem",
            ]
            subprocess.run([*command, *names], check=True, capture_output=True)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        connection, _address = self._listener.accept()
        connection.settimeout(10)
        file = connection.makefile("rb")
        connection.sendall(b"220 here\r\n")
        data = False
        while line := file.readline():
            self.said.append(line.decode().rstrip("\r\n"))
            word = line[:4].upper()
            if data:
                if line == b".\r\n":
                    data = False
                    connection.sendall(b"250 taken\r\n")
            elif word == b"EHLO":
                offers = b"250-here\r\n" + (b"250-STARTTLS\r\n" if self.starttls else b"") + b"250 AUTH PLAIN\r\n"
                connection.sendall(offers)
            elif word == b"STAR":
                connection.sendall(b"220 go\r\n")
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(self.folder / "ca.pem", self.folder / "key.pem")
                connection = context.wrap_socket(connection, server_side=True)
                file = connection.makefile("rb")
            elif word == b"DATA":
                data = True
                connection.sendall(b"354 go\r\n")
            elif word == b"AUTH":
                connection.sendall(b"235 welcome\r\n")
            else:
                connection.sendall(b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n")
                if word == b"QUIT":
                    return

    def join(self):
        self._thread.join(10)
        self._listener.close()


def test_a_mail_goes_by_starttls_and_logs_in_after_it(tmp_path):
    box = Mailbox(tmp_path)
    entry = {**MAIL, "host": "localhost", "port": box.port, "user": "dr", "password": "hunter2"}
    deliver(target(**entry), NOTICE, str(tmp_path / "ca.pem"))
    box.join()
    words = [line[:4].upper() for line in box.said]
    assert words.index("STAR") < words.index("AUTH") < words.index("DATA")
    assert "Subject: petclinic: failover.yml is done" in box.said


def test_a_mail_server_without_tls_gets_neither_password_nor_letter(tmp_path):
    box = Mailbox(tmp_path, starttls=False)
    entry = {**MAIL, "name": "post", "host": "localhost", "port": box.port, "user": "dr", "password": "hunter2"}
    with pytest.raises(OutOfReach, match="post could not be given the notice: SMTPNotSupportedError"):
        deliver(target(**entry), NOTICE)
    box.join()
    assert not [line for line in box.said if line.startswith(("AUTH", "MAIL"))]
