# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: a dump as a stream of statements.

`items` takes the plain bytes of a dump in chunks of any size and gives what stands in
it, in order. Memory holds one statement and one chunk. Nothing is decoded: bytes that
are no UTF-8 (a BLOB without --hex-blob) pass through.

Two ways lead through a dump. Nearly all of it is lines such as
"INSERT INTO `t` VALUES (1,'a'),(2,'b');", where it is enough to take the strings out of
the line and see that nothing is left but values. Everything else, and each line
that fails this test, goes through a lexer that knows strings, comments and DELIMITER.
"""

from __future__ import annotations

import itertools
import re
import typing as t
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._errors import Damaged, Refused

INSERT = "insert"
SQL = "sql"
COMMENT = "comment"

# max_allowed_packet cannot be higher on any server.
LARGEST_STATEMENT = 1 << 30

BEGIN_MARKER = b"-- MySQL dump"
# It is refused too, where what is wrong with it is known (_dump_sanitise.py).
MARIADB_MARKERS = (b"-- MariaDB dump", b"/*M!")
END_MARKER = b"-- Dump completed"


@dataclass(frozen=True)
class Item:
    """One statement without its delimiter, or one comment: a line with its line break, or /* ... */ without.

    kind is INSERT for a line of rows in mysqldump's own form, SQL for any other statement,
    COMMENT for what a server would not run between statements. skeleton is the
    part from the first row on, without its strings, and rows_at where that part begins;
    both are there only for INSERT.
    """

    kind: str
    text: bytes
    skeleton: bytes = b""
    rows_at: int = 0


class DumpCut(Damaged):
    """The dump ends too early."""


def items(chunks: Iterable[bytes], largest: int = LARGEST_STATEMENT) -> Iterator[Item]:
    """The statements and comments of a dump. DumpCut when it ends inside of one; Refused beyond `largest` bytes."""
    return _Splitter(chunks, largest).items()


def whole(found: Iterable[Item]) -> Iterator[Item]:
    """Pass the items through; DumpCut unless the last is mysqldump's end marker with its line break."""
    ended = False
    for item in found:
        ended = item.kind == COMMENT and item.text.startswith(END_MARKER) and item.text.endswith(b"\n")
        yield item
    if not ended:
        raise DumpCut("The dump has no end ('-- Dump completed' is missing): it was cut off. Use another backup.")


def begun(found: Iterable[Item]) -> tuple[list[Item], Iterator[Item]]:
    """The comments that the dump begins with, and the items from its first statement on.

    Refused for a dump that is not mysqldump's, or has no comments: it would have no end marker either.
    """
    rest = iter(found)
    head: list[Item] = []
    for item in rest:
        if not head and not item.text.startswith((BEGIN_MARKER, *MARIADB_MARKERS)):
            break
        if item.kind != COMMENT and not item.text.startswith(MARIADB_MARKERS):
            return head, itertools.chain([item], rest)
        head.append(item)
    if head:
        return head, iter(())
    raise Refused(
        f"The dump does not begin with '{BEGIN_MARKER.decode()}': it was made by another tool, or without comments, "
        "and nobody could tell where it ends. Dump with MySQL's mysqldump, with its comments."
    )


def row_of(item: Item) -> bytes:
    """The row of an INSERT that has one and nothing behind it, such as b"(1,'a')"; b"" for anything else."""
    return item.text[item.rows_at :] if _ONE_ROW.fullmatch(item.skeleton) else b""


def _outside(text: bytes) -> list[bytes]:
    """The parts before, between and after '...' strings; the last is missing when the last string is open."""
    if b"\\" in text:
        # Pairs first: in \\' the quote is a real one.
        text = text.replace(b"\\\\", b"").replace(b"\\'", b"")
    parts = text.split(b"'")
    return parts[::2] if len(parts) % 2 else []


_SPACE = re.compile(rb"\s*")
_NAME = rb"`[^`'\"\\;]*`"
_INSERT = re.compile(
    rb"(?:INSERT|REPLACE) +(?:IGNORE +)?INTO "
    + _NAME
    + rb" (?:\("
    + _NAME
    + rb"(?:, *"
    + _NAME
    + rb")*\) )?VALUES ?(?=\()"
)
# What may stand between strings in a list of values: numbers, NULL, hexadecimal, _binary, and no comment.
_VALUES = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.,()+- "

_ONE_ROW = re.compile(rb"\([^()]*\)")

# How a thing that may hide a delimiter ends. In a string, a backslash takes the next character with it.
_ENDS = {
    b"'": re.compile(rb"(?s)\\.|'"),
    b'"': re.compile(rb'(?s)\\.|"'),
    b"`": re.compile(rb"`"),
    b"/*": re.compile(rb"\*/"),
    b"--": re.compile(rb"\n"),
    b"#": re.compile(rb"\n"),
}
# Routines that were made under NO_BACKSLASH_ESCAPES are dumped under it.
_LITERAL_ENDS = {**_ENDS, b"'": re.compile(rb"'"), b'"': re.compile(rb'"')}
_SQL_MODE = re.compile(rb"(?i)(?:/\*!\d*\s*)?SET\s+sql_mode\s*=")
# The longest token is /*!; a delimiter may be longer, see _lexer.
_TOKENS = rb"['\"`#]|/\*!?|\*/|--(?=[\s\x00-\x1f])"
_LONGEST_TOKEN = 3


class _Splitter:
    """A growing buffer and the place in it up to which everything was given out."""

    def __init__(self, chunks: Iterable[bytes], largest: int) -> None:
        self._chunks = iter(chunks)
        self._largest = largest
        self._data = bytearray()
        self._at = 0
        self._ended = False
        self._delimiter = b";"
        self._lexer = _lexer(b";")
        self._ends = _ENDS

    def items(self) -> Iterator[Item]:
        while self._skip_space():
            if self._at_comment():
                yield self._comment()
            elif self._at_block_comment():
                yield self._block_comment()
            elif self._at_delimiter():
                self._change_delimiter()
            else:
                item = self._row_line() or self._statement()
                if item.text:  # a delimiter alone is nothing, and an error to the server
                    yield item

    def _read(self) -> bool:
        """Take one more chunk in. Places in the buffer stay valid; False at the end."""
        chunk = next(self._chunks, None)
        if chunk is None:
            self._ended = True
            return False
        self._data += chunk
        if len(self._data) - self._at > self._largest + len(chunk):
            raise Refused(
                f"A statement of the dump is larger than {self._largest} bytes, which no MySQL server accepts: "
                "the dump is damaged. Use another backup."
            )
        return True

    def _used(self, upto: int) -> None:
        """Everything before `upto` was given out."""
        self._at = upto
        if upto >= 1 << 20:
            del self._data[:upto]
            self._at = 0

    def _skip_space(self) -> bool:
        """Go to the next thing; False at the end of the dump."""
        while True:
            found = _SPACE.match(self._data, self._at)
            self._used(found.end() if found else self._at)
            if self._at < len(self._data):
                return True
            if not self._read():
                return False

    def _have(self, count: int) -> bytes:
        """The next `count` bytes, or as many as are left."""
        while len(self._data) - self._at < count and self._read():
            pass
        return bytes(self._data[self._at : self._at + count])

    def _at_comment(self) -> bool:
        head = self._have(3)
        # b"" is in any bytes: "--" at the very end of the dump is a comment too.
        return head.startswith(b"#") or (head.startswith(b"--") and head[2:] in b" \t\r\n")

    def _at_block_comment(self) -> bool:
        """Not one whose inside is SQL. One in front of a statement must not hide how the statement begins."""
        head = self._have(4)
        return head.startswith(b"/*") and not head.startswith((b"/*!", b"/*M!"))

    def _at_delimiter(self) -> bool:
        return self._have(10).lower() in (b"delimiter ", b"delimiter\t")

    def _line_end(self) -> int:
        """Where the current line ends, behind its line break."""
        scan = self._at
        while True:
            found = self._data.find(b"\n", scan)
            if found >= 0:
                return found + 1
            scan = len(self._data)
            if not self._read():
                return scan

    def _comment(self) -> Item:
        end = self._line_end()
        item = Item(COMMENT, bytes(self._data[self._at : end]))
        self._used(end)
        return item

    def _block_comment(self) -> Item:
        end = self._behind(b"/*", self._at + 2)
        item = Item(COMMENT, bytes(self._data[self._at : end]))
        self._used(end)
        return item

    def _change_delimiter(self) -> None:
        end = self._line_end()
        words = bytes(self._data[self._at : end]).split()
        if len(words) < 2:
            raise DumpCut("The dump has a DELIMITER line without a delimiter: it was cut off. Use another backup.")
        self._delimiter = words[1]
        self._lexer = _lexer(words[1])
        self._used(end)

    def _row_line(self) -> Item | None:
        """The line as INSERT if it is one in mysqldump's form and nothing else; None leaves it to the lexer."""
        if self._delimiter != b";" or self._have(7).upper() not in (b"INSERT ", b"REPLACE"):
            return None
        end = self._line_end()
        if not self._data.endswith(b";\n", self._at, end) or not _INSERT.match(self._data, self._at, end - 2):
            return None
        # Most of a dump passes here, a megabyte at a time: each copy less counts.
        with memoryview(self._data) as view:
            text = bytes(view[self._at : end - 2])
        head = t.cast("re.Match[bytes]", _INSERT.match(text))
        skeleton = b"'".join(_outside(text[head.end() :]))
        if not skeleton or skeleton.translate(None, _VALUES + b"'") or b"--" in skeleton:
            return None
        self._used(end)
        return Item(INSERT, text, skeleton, head.end())

    def _statement(self) -> Item:
        """One statement, found by the lexer."""
        scan = self._at
        depth = 0  # of /*! ... */, whose inside is SQL, where a delimiter does not end the statement
        while True:
            token, start, scan = self._next(self._lexer, scan)
            if token == self._delimiter:
                if depth == 0:
                    break
            elif token == b"/*!":
                depth += 1
            elif token == b"*/":
                depth = max(0, depth - 1)
            else:
                scan = self._behind(token, scan)
        item = Item(SQL, bytes(self._data[self._at : start]).rstrip())
        self._used(scan)
        if _SQL_MODE.match(item.text):
            self._ends = _LITERAL_ENDS if b"NO_BACKSLASH_ESCAPES" in item.text else _ENDS
        return item

    def _behind(self, opening: bytes, scan: int) -> int:
        """The place behind the string, name or comment that `opening` began."""
        while True:
            token, _start, scan = self._next(self._ends[opening], scan)
            if not token.startswith(b"\\"):
                return scan

    def _next(self, pattern: re.Pattern[bytes], scan: int) -> tuple[bytes, int, int]:
        """The next match from `scan` on, with its start and end; reads on until it cannot become a longer one."""
        longest = max(_LONGEST_TOKEN, len(self._delimiter))
        while True:
            found = pattern.search(self._data, scan)
            if found and (self._ended or len(self._data) - found.start() > longest):
                return bytes(found.group()), found.start(), found.end()
            scan = found.start() if found else max(scan, len(self._data) - longest + 1)
            if self._ended:
                raise DumpCut("The dump ends inside a statement: it was cut off. Use another backup.")
            self._read()


def _lexer(delimiter: bytes) -> re.Pattern[bytes]:
    """What matters outside of strings: the delimiter, and all that may hide one."""
    return re.compile(re.escape(delimiter) + rb"|" + _TOKENS)
