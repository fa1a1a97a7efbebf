"""The application's contract (docs/architecture.md), asked of the application that runs in the lab."""

from __future__ import annotations

import http.client
import json
import typing as t
import urllib.parse
from dataclasses import dataclass

import pytest

from lab.facts import Facts

OWNER = {"firstName": "Ana", "lastName": "O'Neil <b>", "address": "1 Oak", "city": "서울", "telephone": "0212345678"}
PET = {"name": "Rex 🐶", "birthDate": "2020-02-29", "typeId": "2"}
VISIT = {"date": "2024-02-29", "description": 'He said "fine"'}


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    site: str
    kept: str
    body: str


class Client:
    def __init__(self, address: str) -> None:
        self.address = address

    def __call__(self, method: str, path: str, body: str = "", media: str = "") -> Answer:
        connection = http.client.HTTPConnection(self.address, 8080, timeout=15)
        try:
            connection.request(method, path, body.encode(), {"Content-Type": media} if media else {})
            reply = connection.getresponse()
            headers = [reply.headers.get(name, "") for name in ("Location", "X-Served-By", "Cache-Control")]
            return Answer(reply.status, *headers, reply.read().decode())
        finally:
            connection.close()

    def form(self, method: str, path: str, fields: t.Mapping[str, str]) -> Answer:
        return self(method, path, urllib.parse.urlencode(fields), "application/x-www-form-urlencoded")

    def json(self, method: str, path: str, value: object) -> Answer:
        return self(method, path, json.dumps(value), "application/json")


@pytest.fixture(scope="module")
def ask(lab: Facts) -> Client:
    return Client(lab.addresses["app"])


@pytest.fixture
def owner(ask: Client) -> t.Iterator[str]:
    path = ask.form("POST", "/owners", OWNER).location
    yield path
    ask("DELETE", path)


def test_every_answer_says_which_site_gave_it(ask: Client) -> None:
    for path in ("/", "/health", "/owners?lastName=", "/vets", "/style.css", "/nowhere"):
        answer = ask("GET", path)
        assert (answer.site, answer.kept) == ("primary", "no-store")


def test_health_asks_the_database(ask: Client) -> None:
    assert (ask("GET", "/health").status, ask("GET", "/health").body) == (200, "ok\n")


def test_an_owner_lives_a_whole_life(ask: Client) -> None:
    added = ask.form("POST", "/owners", OWNER)
    assert added.status == 303
    shown = ask("GET", added.location)
    assert shown.status == 200
    assert "O&#39;Neil &lt;b&gt;" in shown.body
    assert "서울" in shown.body

    assert (
        ask.json("PUT", added.location, {**OWNER, "city": "Busan \ud83d\udc36", "telephone": 511234567}).status == 204
    )
    assert "Busan 🐶" in ask("GET", added.location).body
    assert ask.form("POST", added.location, {**OWNER, "city": "Daegu", "_method": "PUT"}).status == 303
    assert "Daegu" in ask("GET", added.location).body

    assert ask.form("POST", added.location, {"_method": "DELETE"}).status == 303
    assert ask("GET", added.location).status == 404


def test_pets_and_visits_go_with_their_owner(ask: Client, owner: str) -> None:
    pet = ask.form("POST", f"{owner}/pets", PET).location
    visit = ask.json("POST", f"{pet}/visits", VISIT).location
    assert "Rex 🐶" in ask("GET", owner).body
    assert "He said &quot;fine&quot;" in ask("GET", pet).body
    assert ask.form("PUT", visit, {**VISIT, "date": "2024-03-01"}).status == 204
    assert "2024-03-01" in ask("GET", visit).body

    assert ask("DELETE", owner).status == 204
    assert [ask("GET", path).status for path in (owner, pet, visit)] == [404, 404, 404]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"firstName": " "}, "Please fill this in."),
        ({"firstName": "🐶" * 31}, "At most 30 characters fit here."),
        ({"telephone": "02-123"}, "Please write digits only."),
    ],
)
def test_what_cannot_be_stored_is_said_beside_its_field(ask: Client, wrong: dict[str, str], sentence: str) -> None:
    answer = ask.form("POST", "/owners", {**OWNER, **wrong})

    assert answer.status == 400
    assert f'id="{next(iter(wrong))}-wrong">{sentence}' in answer.body


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"birthDate": "2021-02-29"}, "Please write a date as in 2024-02-29."),
        ({"typeId": "99"}, "Please choose one of these."),
    ],
)
def test_a_pet_is_checked_too(ask: Client, owner: str, wrong: dict[str, str], sentence: str) -> None:
    answer = ask.form("POST", f"{owner}/pets", {**PET, **wrong})

    assert answer.status == 400
    assert sentence in answer.body


@pytest.mark.parametrize(
    ("method", "path", "body", "media", "status"),
    [
        ("GET", "/nowhere", "", "", 404),
        ("GET", "/owners/x", "", "", 404),
        ("GET", "/owners/1/pets/2", "", "", 404),
        ("GET", "/owners/1/new", "", "", 404),
        ("PATCH", "/owners/1", "", "", 405),
        ("PUT", "/owners", "", "", 405),
        ("POST", "/vets", "", "", 405),
        ("PUT", "/owners/1", '{"firstName": }', "application/json", 400),
        ("PUT", "/owners/1", "x", "text/plain", 415),
        ("PUT", "/owners/1", "x" * 70000, "application/json", 413),
        ("POST", "/owners", "firstName=%zz", "application/x-www-form-urlencoded", 400),
    ],
)
def test_what_cannot_be_served(ask: Client, method: str, path: str, body: str, media: str, status: int) -> None:
    answer = ask(method, path, body, media)

    assert answer.status == status
    assert "Exception" not in answer.body


def test_a_search_takes_its_words_literally(ask: Client) -> None:
    assert "Betty" in ask("GET", "/owners?lastName=Davis").body
    assert "No owner was found" in ask("GET", "/owners?lastName=%25").body
    assert "No owner was found" in ask("GET", "/owners?lastName='%20OR%201=1").body
