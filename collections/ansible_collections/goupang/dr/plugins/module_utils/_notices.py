# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what people are told, in English and Korean, and in the form that each channel wants. Pure.

A notice is a moment and what is known of it. `message` makes words of it, and each of `slack`, `teams`, `webhook` and
`mail` makes of a message what is sent. Sending is in _notice_send. Only the standard library: role watch installs this
file where users are, for the host's own Python.
"""

from __future__ import annotations

import string
import typing as t
from dataclasses import dataclass, field
from email.message import EmailMessage

from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused

Json = dict[str, t.Any]
LANGUAGES = ("en", "ko")
SCHEMA = 1
# Slack refuses a longer header and a longer section; a notice is no place for more.
MOST_TITLE, MOST_TEXT = 150, 2900
# For each moment its title, then its lines. A line is left out when nothing is known of what it names.
WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "started": ("{application}: {runbook} has begun", "Started by {who}."),
        "go": ("{application}: {runbook} is go", "{headline}", "Would be lost: {loss}"),
        "no_go": ("{application}: {runbook} is NO-GO", "{why}", "Nothing was changed by the step that says so."),
        "flipped": ("{application}: users are sent to the {site}",),
        "verified": ("{application}: users see the {site}", "Looked at from where users are."),
        "done": ("{application}: {runbook} is done", "It took {duration}.", "Its report: {report}"),
        "failed": ("{application}: {runbook} FAILED", "At: {step}", "Task: {task}", "{why}", "The way on: {way_on}"),
        "broken_off": ("{application}: {runbook} was broken off", "At: {step}", "The way on: {way_on}"),
        "primary_gone": (
            "{application}: the primary does not answer, seen from outside",
            "Since {since}.",
            "Seen: {evidence}",
        ),
        "primary_back": ("{application}: the primary answers again, seen from outside", "It was gone since {since}."),
        "page_gone": (
            "{application}: {what} does not answer, seen from outside",
            "Since {since}.",
            "Seen: {evidence}",
        ),
        "page_back": ("{application}: {what} answers again, seen from outside", "It was gone since {since}."),
        "warming": (
            "{application}: the primary is gone, so the secondary is warmed up by itself",
            "Since {since}.",
            "Seen: {evidence}",
            "No user is moved by this.",
        ),
        "approve": (
            "{application}: the secondary is warm. Moving the users is your decision",
            "The primary is gone since {since}.",
            "To move them: {command}",
            "To leave them: do nothing. The warm secondary is billed until cool_down.yml.",
        ),
        "no_need": (
            "{application}: the secondary is warm, and the primary answers again",
            "It was gone since {since}.",
            "Nobody need be moved. The warm secondary is billed until: {command}",
        ),
        "alarm": ("{application}: AWS says {alarm} is {state}", "{reason}", "Since {since}."),
        "trial": ("{application}: a trial. Notices arrive here",),
    },
    "ko": {
        "started": ("{application}: {runbook} 시작", "실행한 사람: {who}"),
        "go": ("{application}: {runbook} 진행 가능 (go)", "{headline}", "잃게 될 데이터: {loss}"),
        "no_go": ("{application}: {runbook} 진행 불가 (NO-GO)", "{why}", "이 단계에서는 아무것도 바꾸지 않았습니다."),
        "flipped": ("{application}: 사용자를 {site}로 보냈습니다",),
        "verified": ("{application}: 사용자가 {site}를 보고 있습니다", "사용자 위치에서 확인했습니다."),
        "done": ("{application}: {runbook} 완료", "걸린 시간: {duration}", "보고서: {report}"),
        "failed": ("{application}: {runbook} 실패", "단계: {step}", "작업: {task}", "{why}", "다음 할 일: {way_on}"),
        "broken_off": ("{application}: {runbook} 중단됨", "단계: {step}", "다음 할 일: {way_on}"),
        "primary_gone": (
            "{application}: 외부에서 볼 때 주 사이트가 응답하지 않습니다",
            "시작: {since}",
            "관찰: {evidence}",
        ),
        "primary_back": ("{application}: 외부에서 볼 때 주 사이트가 다시 응답합니다", "중단 시작: {since}"),
        "page_gone": (
            "{application}: 외부에서 볼 때 {what}이(가) 응답하지 않습니다",
            "시작: {since}",
            "관찰: {evidence}",
        ),
        "page_back": ("{application}: 외부에서 볼 때 {what}이(가) 다시 응답합니다", "중단 시작: {since}"),
        "warming": (
            "{application}: 주 사이트가 없어 보조 사이트를 자동으로 준비합니다",
            "시작: {since}",
            "관찰: {evidence}",
            "사용자는 이동하지 않습니다.",
        ),
        "approve": (
            "{application}: 보조 사이트가 준비되었습니다. 사용자 이동은 사람이 결정합니다",
            "주 사이트 중단 시작: {since}",
            "이동하려면: {command}",
            "이동하지 않으려면 그대로 두십시오. cool_down.yml을 실행할 때까지 요금이 발생합니다.",
        ),
        "no_need": (
            "{application}: 보조 사이트가 준비되었고, 주 사이트가 다시 응답합니다",
            "중단 시작: {since}",
            "사용자를 옮길 필요가 없습니다. 다음을 실행할 때까지 요금이 발생합니다: {command}",
        ),
        "alarm": ("{application}: AWS 경보 {alarm}: {state}", "{reason}", "시작: {since}"),
        "trial": ("{application}: 시험 알림입니다. 알림이 이곳에 도착합니다",),
    },
}
# What is said in the reader's language within a sentence.
SITES = {
    "en": {"primary": "primary", "secondary": "secondary"},
    "ko": {"primary": "주 사이트", "secondary": "보조 사이트"},
}
LINK = {"en": "The runbook's page", "ko": "런북 안내"}
MOMENTS = tuple(WORDS["en"])


@dataclass(frozen=True)
class Notice:
    """`moment` is one of MOMENTS; `at` is UTC, ISO 8601; `facts` fill its words; `link` leads to the way on."""

    moment: str
    at: str
    facts: t.Mapping[str, str] = field(default_factory=dict)
    link: str = ""

    @classmethod
    def of(cls, raw: t.Mapping[str, t.Any]) -> Notice:
        """Refused for a moment that has no words."""
        moment = str(raw.get("moment", ""))
        if moment not in MOMENTS:
            raise Refused(f"There are no words for the moment {moment!r}: it has to be one of {', '.join(MOMENTS)}.")
        facts = {str(key): str(value) for key, value in (raw.get("facts") or {}).items()}
        return cls(moment, str(raw.get("at", "")), facts, str(raw.get("link") or ""))

    def to_json(self) -> Json:
        return {"moment": self.moment, "at": self.at, "facts": dict(self.facts), "link": self.link}


@dataclass(frozen=True)
class Message:
    """A notice in words. Texts are plain: each channel escapes what it has to."""

    notice: Notice
    title: str
    lines: tuple[str, ...]
    link_text: str

    @property
    def text(self) -> str:
        return "\n".join([self.title, *self.lines, *([self.notice.link] if self.notice.link else [])])


def message(notice: Notice, language: str) -> Message:
    """Refused for a language that we do not speak."""
    if language not in LANGUAGES:
        raise Refused(f"Notices are written in {' or '.join(LANGUAGES)}, not in {language!r}: see dr_notices_language.")
    facts = dict(notice.facts)
    if "site" in facts:
        facts["site"] = SITES[language].get(facts["site"], facts["site"])
    title, *lines = WORDS[language][notice.moment]
    told = [line.format_map(_Known(facts)) for line in lines if all(facts.get(name) for name in _names(line))]
    return Message(
        notice, cut(" ".join(title.format_map(_Known(facts)).split()), MOST_TITLE), tuple(told), LINK[language]
    )


class _Known(dict[str, str]):
    """A title is said also where something in it is not known."""

    def __missing__(self, key: str) -> str:
        return "?"


def _names(line: str) -> list[str]:
    return [name for _text, name, _spec, _conversion in string.Formatter().parse(line) if name]


def cut(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis, `most` characters at most."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


# -- What each channel wants ---------------------------------------------------------


def slack(said: Message) -> Json:
    """For an incoming webhook. Slack reads three characters as its own; it resolves no mentions of ours."""
    blocks: list[Json] = [{"type": "header", "text": {"type": "plain_text", "text": said.title, "emoji": False}}]
    if said.lines:
        text = _slack_text(cut("\n".join(said.lines), MOST_TEXT - 100))
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}})
    if said.notice.link:
        link = f"<{_slack_text(said.notice.link)}|{_slack_text(said.link_text)}>"
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": link}})
    blocks.append({"type": "context", "elements": [{"type": "plain_text", "text": said.notice.at or "-"}]})
    return {"text": _slack_text(said.title), "blocks": blocks}


def _slack_text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def teams(said: Message) -> Json:
    """For the workflow "when a Teams webhook request is received": an Adaptive Card in a message."""
    title: Json = {
        "type": "TextBlock",
        "text": _card_text(said.title),
        "weight": "Bolder",
        "size": "Medium",
        "wrap": True,
    }
    lines: list[Json] = [
        {"type": "TextBlock", "text": _card_text(cut(line, MOST_TEXT)), "wrap": True} for line in said.lines
    ]
    when: Json = {"type": "TextBlock", "text": said.notice.at, "isSubtle": True, "size": "Small"}
    card: Json = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [title, *lines, *([when] if said.notice.at else [])],
    }
    if said.notice.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": said.link_text, "url": said.notice.link}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _card_text(text: str) -> str:
    """A card reads a part of Markdown: what would start a link or emphasis is escaped."""
    return "".join(f"\\{sign}" if sign in "\\*_[]`" else sign for sign in text)


def webhook(said: Message) -> Json:
    """For whoever reads JSON: the words, and what they were made of."""
    return {
        "schema": SCHEMA,
        "moment": said.notice.moment,
        "at": said.notice.at,
        "title": said.title,
        "text": said.text,
        "link": said.notice.link,
        "facts": dict(said.notice.facts),
    }


def mail(said: Message, sender: str, to: t.Sequence[str]) -> EmailMessage:
    letter = EmailMessage()
    letter["Subject"] = said.title
    letter["From"] = sender
    letter["To"] = ", ".join(to)
    # No answer by an absence note, please.
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(f"{said.text}\n\n{said.notice.at}\n")
    return letter
