"""A real browser, driven over a pipe by the DevTools protocol: what a page does, and what it looks like.

Chromium speaks the protocol over two descriptors when it is started with --remote-debugging-pipe: one JSON object a
message, ended by a zero byte. That needs no driver, no port and no package.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import typing as t
from contextlib import suppress
from pathlib import Path
from time import monotonic

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 60.0
# Chromium reads from descriptor 3 and writes to 4, whatever ours are called.
HAND_OVER = """
import fcntl, os, sys
ours = [fcntl.fcntl(int(name), fcntl.F_DUPFD, 10) for name in sys.argv[1:3]]
for descriptor, wanted in zip(ours, (3, 4)):
    os.dup2(descriptor, wanted)
os.execv(sys.argv[3], sys.argv[3:])
"""
Message = dict[str, t.Any]


def executable() -> str:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise RuntimeError(f"None of {', '.join(NAMES)} is here: tools/setup browser installs one.")
    return found


class Browser:
    """One page of a headless Chromium. What it says on its console or asks of the network is kept."""

    def __init__(self, profile: Path) -> None:
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()
        command = [executable(), "--headless", "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        command += ["--no-first-run", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage", "about:blank"]
        if os.geteuid() == 0:
            command.append("--no-sandbox")  # its sandbox refuses root
        self._log = profile / "stderr"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", HAND_OVER, str(to_browser), str(from_browser), *command],
                pass_fds=(to_browser, from_browser),
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        os.close(to_browser)
        os.close(from_browser)
        self._number, self._buffer, self._session = 0, b"", ""
        self.events: list[Message] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def close(self) -> None:
        with suppress(RuntimeError, OSError):  # it may be gone already
            self._session = ""
            self.call("Browser.close")
        os.close(self._out)
        os.close(self._in)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    # -- What a test asks ----------------------------------------------------------

    def call(self, method: str, **parameters: t.Any) -> Message:
        """A method of the protocol, and its result. RuntimeError when the browser refuses or says nothing."""
        self._number += 1
        message: Message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        deadline = monotonic() + SECONDS
        while True:
            answer = self._next(deadline)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return t.cast(Message, answer["result"])

    def open(self, url: str, width: int, *, dark: bool = False, media: str = "") -> None:
        """Load a page into a window of that width, with nothing kept of the page before."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])
        for address in ("about:blank", url):
            self.events.clear()
            self.call("Page.navigate", url=address)
            deadline = monotonic() + SECONDS
            while not any(event["method"] == "Page.loadEventFired" for event in self.events):
                self._next(deadline)

    def value(self, expression: str) -> t.Any:
        """What an expression of JavaScript comes to in the page, as JSON would have it."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def picture(self, path: Path, height: int | None = None) -> None:
        """A PNG of the whole page, or of its upper part."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": height or size["height"], "scale": 1}
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(shot["data"]))

    def paper(self, path: Path) -> None:
        """A PDF of the page as it prints on A4, by its own margins."""
        printed = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        path.write_bytes(base64.b64decode(printed["data"]))

    @property
    def complaints(self) -> list[str]:
        """What stood on the console or in the log since the page was opened."""
        names = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return [json.dumps(event["params"]) for event in self.events if event["method"] in names]

    @property
    def requests(self) -> list[str]:
        """The addresses that the page asked for, its own among them."""
        sent = (event for event in self.events if event["method"] == "Network.requestWillBeSent")
        return [str(event["params"]["request"]["url"]) for event in sent]

    # -- The pipe ------------------------------------------------------------------

    def _next(self, deadline: float) -> Message:
        while b"\0" not in self._buffer:
            readable, _, _ = select.select([self._in], [], [], max(deadline - monotonic(), 0))
            if not readable:
                raise RuntimeError(f"The browser said nothing for {SECONDS:g} s.")
            read = os.read(self._in, 1 << 20)
            if not read:
                raise RuntimeError(f"The browser ended: {self._log.read_text()[-500:]}")
            self._buffer += read
        text, _, self._buffer = self._buffer.partition(b"\0")
        message: Message = json.loads(text)
        if "method" in message:
            self.events.append(message)
        return message
