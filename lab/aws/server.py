"""moto's WSGI application behind one lock, on a socket that the caller made."""

from __future__ import annotations

import socket
import threading
import typing as t
from pathlib import Path

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from lab.aws import alarms, gaps, throttled
from lab.aws.persistence import Store
from lab.calls.recorder import Recorder, note_aws
from lab.throttle import Throttle

# The API versions in the paths of Route 53 and CloudFront: the services that are kept on disk.
KEPT_PATHS = ("/2013-04-01/", "/2020-05-31/")
Body = t.Iterable[bytes]


class Application:
    """One request at a time: moto's dictionaries have no locks, and a version that is compared must not move."""

    def __init__(self, store: Store, throttle: Throttle, recorder: Recorder) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self.lock = threading.Lock()
        self._store = store
        self._throttle = throttle
        self._recorder = recorder

    def __call__(self, environ: dict[str, t.Any], start_response: t.Any) -> Body:
        note_aws(self._recorder, environ)
        refused = throttled.refusal(self._throttle, environ, start_response)
        if refused is not None:
            return refused
        with self.lock:
            # Flask answers with the whole body at once; a generator would run outside of the lock.
            body = list(self._moto(environ, start_response))
            if environ["REQUEST_METHOD"] != "GET" and environ["PATH_INFO"].startswith(KEPT_PATHS):
                self._store.save()
        return body


class Handler(MotoRequestHandler):
    # A client that connects and says nothing must not hold its thread for ever. Seconds.
    timeout = 30

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        # The lab's own processes read several times a second; a log is for what changed something.
        if self.command != "GET":
            self.log("info", "%s %s", self.requestline, code)


def server(
    listener: socket.socket, state: Path, health_file: Path, throttle: Throttle, recorder: Recorder
) -> BaseWSGIServer:
    """The emulator, ready for serve_forever(). state: the file that keeps Route 53 and CloudFront."""
    gaps.close(health_file)
    store = Store(state)
    store.load()
    host, port = listener.getsockname()[:2]
    application = Application(store, throttle, recorder)
    alarms.keep_looking(health_file.with_name("route53-status.json"), application.lock)
    return make_server(host, port, application, threaded=True, request_handler=Handler, fd=listener.fileno())
