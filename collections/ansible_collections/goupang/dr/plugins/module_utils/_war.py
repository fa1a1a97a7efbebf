# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what a WAR was built for, javax or jakarta, without reading all of it.

A WAR is a ZIP: its directory is its end, and its own classes lie side by side. So a few
parts of the blob tell, however large the libraries beside them are.
"""

from __future__ import annotations

import io
import re
import typing as t
import zipfile

from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused

JAVAX, JAKARTA = "javax", "jakarta"
BOTH = frozenset({JAVAX, JAKARTA})
# One request brings so much of the blob.
PIECE = 512 * 1024
# An application whose first classes say nothing is not read to its end.
CLASSES_READ = 300
CLASS_BYTES = 1 << 20
# javax.sql, javax.naming and others are Java's own, and keep their names.
_ENTERPRISE = re.compile(
    rb"(javax|jakarta)/(?:servlet|persistence|validation|websocket|faces|ws/rs|enterprise|ejb|jms|mail)/"
)
_NAMESPACE = re.compile(rb"xmlns=[\"'](https?://[^\"']+)[\"']")
_DESCRIPTOR = "WEB-INF/web.xml"


def built_for(read: t.Callable[[int, int], bytes], length: int) -> frozenset[str]:
    """JAVAX, JAKARTA, both or neither: what its own classes use, or where these say nothing its web.xml.

    read gives the bytes from an offset, at most so many. Refused when it is no ZIP.
    """
    try:
        with zipfile.ZipFile(io.BufferedReader(_Parts(read, length), PIECE)) as war:
            return _of_classes(war) or _of_descriptor(war)
    except (zipfile.BadZipFile, EOFError) as error:
        raise Refused(f"it is no WAR: {error}") from error


def _of_classes(war: zipfile.ZipFile) -> frozenset[str]:
    own = [i for i in war.infolist() if i.filename.startswith("WEB-INF/classes/") and i.filename.endswith(".class")]
    small = [i for i in own if i.file_size <= CLASS_BYTES]
    found: set[str] = set()
    for info in sorted(small, key=lambda i: i.header_offset)[:CLASSES_READ]:
        found |= {name.decode() for name in _ENTERPRISE.findall(war.read(info))}
    return frozenset(found)


def _of_descriptor(war: zipfile.ZipFile) -> frozenset[str]:
    if _DESCRIPTOR not in war.namelist():
        return frozenset()
    namespace = _NAMESPACE.search(war.read(_DESCRIPTOR)[:CLASS_BYTES])
    if namespace is None:
        return frozenset()
    return frozenset({JAKARTA if b"jakarta" in namespace.group(1) else JAVAX})


class _Parts(io.RawIOBase):
    """A file that is read by parts."""

    def __init__(self, read: t.Callable[[int, int], bytes], length: int) -> None:
        self._part = read
        self._length = length
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: t.Any) -> int:
        wanted = min(len(buffer), self._length - self._at)
        if wanted <= 0:
            return 0
        data = self._part(self._at, wanted)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
