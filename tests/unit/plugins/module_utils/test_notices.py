from __future__ import annotations

import json

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _notices
from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused
from ansible_collections.goupang.dr.plugins.module_utils._notices import Notice, message

FACTS = {"application": "petclinic", "runbook": "failover.yml"}
FAILED = Notice(
    "failed",
    "2026-11-27T17:00:00Z",
    {**FACTS, "step": "Failover 8/10 | Send <them>", "task": "Flip", "why": "a & b", "way_on": "Run it *again*."},
    "https://docs.example/failover.md",
)


def names(text):
    return set(_notices._names(text))


@pytest.mark.parametrize("moment", _notices.MOMENTS)
def test_both_languages_say_the_same_of_each_moment(moment):
    english, korean = (_notices.WORDS[language][moment] for language in ("en", "ko"))
    assert [names(line) for line in english if names(line)] == [names(line) for line in korean if names(line)]
    assert len(english) == len(korean)
    assert english[0] != korean[0]


def test_words_are_filled_in_and_lines_of_the_unknown_left_out():
    said = message(Notice("done", "", {**FACTS, "duration": "4:05"}), "en")
    assert said.title == "petclinic: failover.yml is done"
    assert said.lines == ("It took 4:05.",)
    assert message(Notice("flipped", "", {}), "en").title == "?: users are sent to the ?"


def test_sites_have_a_name_in_korean():
    said = message(Notice("flipped", "", {"application": "petclinic", "site": "secondary"}), "ko")
    assert said.title == "petclinic: 사용자를 보조 사이트로 보냈습니다"


def test_what_has_no_words_is_refused():
    with pytest.raises(Refused, match="no words for the moment 'lunch'"):
        Notice.of({"moment": "lunch"})
    with pytest.raises(Refused, match="en or ko, not in 'fr'"):
        message(Notice("done", ""), "fr")


def test_a_notice_survives_its_journey():
    assert Notice.of(json.loads(json.dumps(FAILED.to_json()))) == FAILED


def test_slack_reads_three_characters_as_its_own():
    body = _notices.slack(message(FAILED, "en"))
    header, section, link, context = body["blocks"]
    assert header["text"] == {"type": "plain_text", "text": "petclinic: failover.yml FAILED", "emoji": False}
    assert "Send &lt;them&gt;" in section["text"]["text"]
    assert "a &amp; b" in section["text"]["text"]
    assert link["text"]["text"] == "<https://docs.example/failover.md|The runbook's page>"
    assert context["elements"][0]["text"] == FAILED.at
    assert body["text"] == "petclinic: failover.yml FAILED"


def test_nothing_is_longer_than_slack_takes():
    long = Notice("failed", "", {"application": "x" * 400, "runbook": "r", "why": "<" * 9000})
    header, section, _context = _notices.slack(message(long, "en"))["blocks"]
    assert len(header["text"]["text"]) == 150
    # Slack counts what it shows; what is cut is cut before it is escaped.
    assert len(section["text"]["text"].replace("&lt;", "<")) <= 3000


def test_teams_gets_a_card_in_which_nothing_is_markdown():
    body = _notices.teams(message(FAILED, "en"))
    (attachment,) = body["attachments"]
    card = attachment["content"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert "The way on: Run it \\*again\\*." in [block["text"] for block in card["body"]]
    assert card["actions"] == [
        {"type": "Action.OpenUrl", "title": "The runbook's page", "url": "https://docs.example/failover.md"}
    ]


def test_a_plain_webhook_gets_the_words_and_the_facts():
    body = _notices.webhook(message(FAILED, "en"))
    assert (body["schema"], body["moment"], body["facts"]) == (1, "failed", FAILED.facts)
    assert body["text"].startswith("petclinic: failover.yml FAILED\nAt: Failover 8/10")


def test_a_mail_is_one_that_no_absence_note_answers():
    letter = _notices.mail(message(FAILED, "ko"), "dr@example.com", ["a@example.com", "b@example.com"])
    assert (letter["To"], letter["Auto-Submitted"]) == ("a@example.com, b@example.com", "auto-generated")
    assert str(letter["Subject"]) == "petclinic: failover.yml 실패"
    assert "다음 할 일: Run it *again*." in letter.get_content()


def test_a_title_is_one_line():
    letter = _notices.mail(
        message(Notice("done", "", {"application": "a\r\nBcc: x", "runbook": "r"}), "en"), "a@b", ["c@d"]
    )
    assert letter["Bcc"] is None
