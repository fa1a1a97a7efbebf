"""What a test asks of a page of HTML without a browser: whether it is well formed, and its colours' contrast."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser

# Elements that end themselves. Those of SVG end with "/>".
VOID = {"meta", "link", "br", "img", "hr"}


class Markup(HTMLParser):
    """Reads a page strictly: each element is ended by its own end. `elements`: (name, attributes, text within)."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[tuple[str, list[str]]] = []
        self.feed(text)
        self.close()
        assert not self._open, f"never ended: {[name for name, _text in self._open]}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _value in attrs]
        assert len(names) == len(set(names)), f"{tag} has an attribute twice: {names}"
        text: list[str] = []
        self.elements.append((tag, dict(attrs), text))
        if tag not in VOID:
            self._open.append((tag, text))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> ends nothing"
        assert self._open[-1][0] == tag, f"</{tag}> where {self._open[-1][0]} is open"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for _name, text in self._open:
            text.append(data)

    def all(self, name: str) -> list[tuple[dict[str, str | None], str]]:
        """Attributes, and the text within, of each element of that name."""
        return [(attrs, " ".join("".join(text).split())) for tag, attrs, text in self.elements if tag == name]

    @property
    def ids(self) -> list[str]:
        return [str(attrs["id"]) for _tag, attrs, _text in self.elements if "id" in attrs]

    @property
    def addresses(self) -> list[str]:
        """All that the page would fetch or lead to."""
        names = ("src", "href", "action", "data", "srcset", "xlink:href")
        return [str(attrs[name]) for _tag, attrs, _text in self.elements for name in names if name in attrs]


def luminance(colour: str) -> float:
    """Of #rrggbb, as WCAG 2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """From 1 to 21, as WCAG 2 defines it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def palettes(css: str) -> list[Mapping[str, str]]:
    """The custom properties of each :root in a style sheet, the first of them beneath the others."""
    found = [
        dict(re.findall(r"--([a-z-]+): (#[0-9a-fA-F]{6})", block)) for block in re.findall(r":root \{[^}]*\}", css)
    ]
    return [{**found[0], **one} for one in found]
