"""report.html and the maintenance page in a real browser: wide and narrow, in both languages, light, dark and on paper.

The pictures of them lie in .lab/pages, for a person to look at.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import facts
from tests.browser import Browser
from tests.page import STATES, render
from tests.unit.playing import ROOT, told

SAMPLE = ROOT / "tests/unit/plugins/plugin_utils/sample"
WIDTHS = (1280, 768, 320)
SCROLLS = "[document.documentElement.scrollWidth, window.innerWidth]"
# What leaves the window sideways and is not within a part that scrolls by itself.
OUTSIDE = """[...document.querySelectorAll("body *")].filter(one => !one.closest(".wide"))
  .filter(one => one.getBoundingClientRect().right > window.innerWidth + 0.5).map(one => one.outerHTML.slice(0, 99))"""
SMALL = """[...document.querySelectorAll("a")].filter(one => one.getClientRects().length)
  .filter(one => one.getBoundingClientRect().height < 24).map(one => one.outerHTML)"""
# The texts of the picture that somebody sees, as rectangles; two of them must not lie upon one another.
UPON = """(() => { const all = [...document.querySelectorAll("svg text")].filter(one => one.getClientRects().length)
  .map(one => [one.textContent, one.getBoundingClientRect()]);
  return all.flatMap(([a, p], i) => all.slice(i + 1)
    .filter(([b, q]) => p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 3 && q.top < p.bottom - 3)
    .map(([b]) => [a, b])); })()"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def pictures() -> Path:
    folder = facts.home() / "pages"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from ansible_collections.goupang.dr.plugins.plugin_utils import _report

    folder = tmp_path_factory.mktemp("drill")
    shutil.copytree(SAMPLE, folder, dirs_exist_ok=True)
    tell(next((folder / "journal").glob("*failover.jsonl")))
    return folder / _report.write(folder).name


def tell(journal: Path) -> None:
    """The drill of the sample told nobody: let it have told two places, and lost a notice."""
    lost = {"outcome": "not delivered", "why": "on-call answers 500 and did not take the notice."}
    for moment in ("started", "go", "flipped", "verified", "done"):
        for target, kind in (("#ops", "slack"), ("on-call", "webhook")):
            came = lost if (moment, kind) == ("flipped", "webhook") else {"outcome": "delivered"}
            line = {"event": "notice", "run": "r", "time": "2026-11-24T19:00:00.000Z", "moment": moment}
            with journal.open("a", encoding="utf-8") as file:
                file.write(json.dumps({**line, "target": target, "kind": kind, **came}) + "\n")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    done = render(folder, STATES)
    assert done.returncode == 0, told(done)
    return folder


def is_quiet_and_fits(browser: Browser, url: str) -> None:
    assert browser.complaints == []
    assert browser.requests == [url]
    assert browser.value(OUTSIDE) == []
    wide, window = browser.value(SCROLLS)
    assert wide <= window


def seen(browser: Browser, lang: str) -> str:
    """What a reader of that language sees; nothing while it is hidden."""
    return str(browser.value(f"document.getElementById('{lang}').innerText"))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_report(browser: Browser, report: Path, pictures: Path, lang: str, width: int, dark: bool) -> None:
    browser.open(f"{report.as_uri()}#{lang}", width, dark=dark)
    is_quiet_and_fits(browser, report.as_uri())
    other = "ko" if lang == "en" else "en"
    assert browser.value(f"getComputedStyle(document.getElementById('{other}')).display") == "none"
    assert ("Timeline" if lang == "en" else "타임라인") in seen(browser, lang)
    assert ("begun, go, users looked at, done" if lang == "en" else "시작, 진행 가능, 사용자 화면 확인, 완료") in seen(
        browser, lang
    )
    assert browser.value(UPON) == []
    assert browser.value(SMALL) == []
    if width == 1280:
        # Where there is room, all of the timeline is seen at once.
        picture = f"document.querySelector('#{lang} .wide')"
        assert browser.value(f"{picture}.scrollWidth <= {picture}.clientWidth")
    browser.picture(pictures / f"report-{lang}-{width}-{'dark' if dark else 'light'}.png")
    # What docs/pictures shows.
    browser.picture(pictures / f"top-{lang}-{width}-{'dark' if dark else 'light'}.png", height=960)


def test_the_report_is_english_until_korean_is_chosen(browser: Browser, report: Path) -> None:
    browser.open(report.as_uri(), 1280)
    assert browser.value("getComputedStyle(document.getElementById('ko')).display") == "none"
    browser.value("document.querySelector('#en nav a').click()")
    assert browser.value("getComputedStyle(document.getElementById('en')).display") == "none"
    assert "통과" in seen(browser, "ko")
    browser.value("document.querySelector('#ko nav a').click()")
    assert "Passed" in seen(browser, "en")


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_report_on_paper(browser: Browser, report: Path, pictures: Path, lang: str) -> None:
    # 182 mm, A4 without its margins, in pixels of CSS.
    browser.open(f"{report.as_uri()}#{lang}", 688, dark=True, media="print")
    is_quiet_and_fits(browser, report.as_uri())
    assert browser.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.value(f"getComputedStyle(document.querySelector('#{lang} nav')).display") == "none"
    # On paper nothing scrolls: the picture must be as wide as the page and no wider.
    assert browser.value(f"document.querySelector('#{lang} svg').getBoundingClientRect().right <= 688")
    browser.picture(pictures / f"report-{lang}-paper.png")
    browser.paper(pictures / f"report-{lang}.pdf")
    printed = (pictures / f"report-{lang}.pdf").read_bytes()
    assert printed.startswith(b"%PDF-")
    assert 2 <= printed.count(b"/Type /Page\n") <= 8


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("state", STATES)
def test_the_maintenance_page(
    browser: Browser, pages: Path, pictures: Path, state: str, width: int, dark: bool
) -> None:
    url = (pages / f"{state}.html").as_uri()
    browser.open(url, width, dark=dark)
    is_quiet_and_fits(browser, url)
    assert browser.value(SMALL) == []
    text = browser.value("document.body.innerText")
    for words in {
        "working": ("서비스를 복구하고 있습니다", "We are working on it"),
        "redirect": (
            "다른 주소에서 서비스를 계속합니다",
            "The service goes on at another address",
            "2026-11-24 19:42 KST",
        ),
    }[state]:
        assert words in text
    browser.picture(pictures / f"page-{state}-{width}-{'dark' if dark else 'light'}.png")
