"""A small AWX: the objects of /api/v2, for the modules of awx.awx to work on.

It keeps objects, finds them by their fields, keeps what is associated with what, hides secrets as $encrypted$, and
refuses what AWX's serializers refuse of what we use: names that are there already, playbooks that the project does not
have (AWX follows no link), surveys and answers that do not fit, rules of schedules, a second credential of one type,
workflows that go round in a circle.

It is not AWX. It was written after AWX 24's source and what the modules of awx.awx 24.6.1 ask; no AWX was seen. It runs
no job, fetches no project, knows no user but one token, no rights, no pages of results, and sends no notification.
Fields that we do not use are missing.
"""

from __future__ import annotations

import json
import os
import threading
import typing as t
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.awx.objects import KINDS, UNIFIED, Object, RefusedError, check_answers, check_rule, check_survey

HIDDEN = "$encrypted$"
ROOT = "/api/v2/"


class NotFoundError(Exception):
    """A 404."""


def playbooks(repository: Path) -> set[str]:
    """What AWX offers of a project: files that could be playbooks, in folders that are no links."""
    found = set()
    for folder, _, names in os.walk(repository / "collections"):
        if not {"roles", "tasks"} & set(Path(folder).parts):
            found |= {str((Path(folder) / name).relative_to(repository)) for name in names if name.endswith(".yml")}
    return found


class Awx:
    """`token` is the one that may do everything. `playbooks` are those of any project."""

    def __init__(self, token: str, playbooks: set[str]) -> None:
        self.token = token
        self.playbooks = playbooks
        self.objects: dict[str, dict[int, Object]] = {kind: {} for kind in KINDS}
        self.associated: dict[tuple[str, int, str], list[int]] = {}
        self.surveys: dict[tuple[str, int], Object] = {}
        self.writes: list[str] = []  # what was changed, in the order in which it was
        self.lock = threading.Lock()
        self._last = 0
        self._keep("instance_groups", {"name": "default"})

    # -- What a request becomes --------------------------------------------------

    def answer(self, method: str, path: str, query: dict[str, str], body: Object) -> tuple[int, Object | None]:
        parts = path.removeprefix(ROOT).strip("/").split("/")
        if parts[0] == "unified_job_templates":
            return 200, self._page([one for kind in UNIFIED for one in self._found(kind, query, lax=True)])
        if parts[0] == "project_updates":
            return 200, {"id": int(parts[1]), "status": "successful"}
        if parts[0] not in KINDS:
            raise NotFoundError(path)
        if len(parts) == 1:
            return self._collection(method, parts[0], query, body)
        one = self.objects[parts[0]].get(int(parts[1]))
        if one is None:
            raise NotFoundError(path)
        if len(parts) == 2:
            return self._single(method, parts[0], one, body)
        if parts[2] == "survey_spec":
            return self._survey(method, parts[0], one, body)
        if parts[2] == "create_approval_template":
            return self._approval(one, body)
        return self._association(method, parts[0], one, parts[2], body)

    def _collection(self, method: str, kind: str, query: dict[str, str], body: Object) -> tuple[int, Object]:
        if method == "GET":
            return 200, self._page(self._found(kind, query))
        return 201, self._shown(kind, self._create(kind, body))

    def _single(self, method: str, kind: str, one: Object, body: Object) -> tuple[int, Object | None]:
        if method == "PATCH":
            changed = {**one, **self._cleaned(kind, body)}
            self._check(kind, changed, besides=one["id"])
            if kind == "credentials":
                changed["inputs"] = {
                    name: one["inputs"].get(name) if value == HIDDEN else value
                    for name, value in changed["inputs"].items()
                }
            if changed != one:
                self.writes.append(f"changed {self._called(kind, one)}")
                one.update(changed)
        elif method == "DELETE":
            self.writes.append(f"removed {self._called(kind, one)}")
            del self.objects[kind][one["id"]]
            return 204, None
        return 200, self._shown(kind, one)

    def _survey(self, method: str, kind: str, one: Object, body: Object) -> tuple[int, Object]:
        key = (kind, one["id"])
        if method == "GET":
            return 200, self.surveys.get(key, {})
        if method == "POST":
            check_survey(body)
        self.writes.append(f"asked anew by {self._called(kind, one)}")
        self.surveys[key] = body if method == "POST" else {}
        return 200, {}

    def _approval(self, node: Object, body: Object) -> tuple[int, Object]:
        made = self._create("workflow_approval_templates", body)
        node["unified_job_template"] = made["id"]
        return 201, self._shown("workflow_approval_templates", made)

    def _association(self, method: str, kind: str, one: Object, name: str, body: Object) -> tuple[int, Object | None]:
        other = KINDS[kind].lists.get(name)
        if other is None:
            raise NotFoundError(f"{kind} {name}")
        ids = self.associated.setdefault((kind, one["id"], name), [])
        if method == "GET":
            return 200, self._page([self._shown(other, self.objects[other][number]) for number in ids])
        number = body["id"]
        if number not in self.objects[other]:
            raise RefusedError({"detail": f"{other} {number} does not exist."})
        self.writes.append(f"{'parted' if body.get('disassociate') else 'joined'} {name} of {self._called(kind, one)}")
        if body.get("disassociate"):
            ids.remove(number)
        else:
            self._check_association(kind, one["id"], name, ids, number)
            ids.append(number)
        return 204, None

    # -- Objects -----------------------------------------------------------------

    def _create(self, kind: str, body: Object) -> Object:
        fields = self._cleaned(kind, body)
        self._check(kind, {**KINDS[kind].fields, **fields}, besides=None)
        one = self._keep(kind, fields)
        if kind == "projects":
            one["scm_revision"] = "0" * 40
        self.writes.append(f"made {self._called(kind, one)}")
        return one

    def _keep(self, kind: str, fields: Object) -> Object:
        self._last += 1
        one = {**json.loads(json.dumps(KINDS[kind].fields)), **fields, "id": self._last, "type": KINDS[kind].type}
        one["url"] = f"{ROOT}{kind}/{self._last}/"
        self.objects[kind][self._last] = one
        return one

    def _cleaned(self, kind: str, body: Object) -> Object:
        """AWX ignores fields that it does not know, and takes null for an empty text."""
        known = KINDS[kind].fields
        return {
            name: "" if value is None and known[name] == "" else value for name, value in body.items() if name in known
        }

    def _check(self, kind: str, one: Object, besides: int | None) -> None:
        missing = [name for name in KINDS[kind].required if one[name] in (None, "")]
        if missing:
            raise RefusedError({name: ["This field is required."] for name in missing})
        unique = KINDS[kind].unique
        for other in self.objects[kind].values():
            if unique and other["id"] != besides and all(other[name] == one[name] for name in unique):
                raise RefusedError(
                    {"__all__": [f"{KINDS[kind].type} with this {' and '.join(unique)} already exists."]}
                )
        if kind == "job_templates" and one["playbook"] not in self.playbooks:
            raise RefusedError({"playbook": ["Playbook not found for project."]})
        if kind == "schedules":
            check_rule(one["rrule"])
        if kind in ("schedules", "workflow_job_template_nodes") and one["unified_job_template"]:
            self._check_answers(one["unified_job_template"], one["extra_data"])

    def _check_answers(self, template: int, answers: Object) -> None:
        for kind in ("job_templates", "workflow_job_templates"):
            found = self.objects[kind].get(template)
            if found:
                survey = self.surveys.get((kind, template), {})
                check_answers(survey, found["survey_enabled"], found["ask_variables_on_launch"], answers)

    def _check_association(self, kind: str, number: int, name: str, ids: list[int], new: int) -> None:
        if (kind, name) == ("job_templates", "credentials"):
            types = [self.objects["credentials"][one]["credential_type"] for one in [*ids, new]]
            if len(set(types)) < len(types):
                raise RefusedError({"error": "Cannot assign multiple credentials of one type."})
        if name.endswith("_nodes") and number in self._reached(new):
            raise RefusedError({"Error": "Cycle detected."})

    def _reached(self, node: int) -> set[int]:
        key = "workflow_job_template_nodes"
        ways = [self.associated.get((key, node, f"{way}_nodes"), []) for way in ("success", "failure", "always")]
        return {node}.union(*(self._reached(following) for way in ways for following in way))

    # -- What is shown -----------------------------------------------------------

    def _found(self, kind: str, query: dict[str, str], *, lax: bool = False) -> list[Object]:
        """`lax`: a field that this kind lacks is one that nothing of it fits."""
        unknown = {name.removeprefix("or__") for name in query} - {*KINDS[kind].fields, "id", "type"}
        if unknown and not lax:
            raise RefusedError({"detail": f"{kind} has no field named '{unknown.pop()}'"})
        strict = {name: value for name, value in query.items() if not name.startswith("or__")}
        loose = {name.removeprefix("or__"): value for name, value in query.items() if name.startswith("or__")}
        return [
            self._shown(kind, one)
            for one in self.objects[kind].values()
            if all(str(one.get(name)) == value for name, value in strict.items())
            and (not loose or any(str(one.get(name)) == value for name, value in loose.items()))
        ]

    @staticmethod
    def _page(found: list[Object]) -> Object:
        return {"count": len(found), "next": None, "previous": None, "results": found}

    def _shown(self, kind: str, one: Object) -> Object:
        related = {name: f"{one['url']}{name}/" for name in ("survey_spec", "update", *KINDS[kind].lists)}
        if one.get("unified_job_template") in self.objects["workflow_approval_templates"]:
            related["unified_job_template"] = f"{ROOT}workflow_approval_templates/{one['unified_job_template']}/"
        shown = {**one, "related": related, "summary_fields": {"current_update": {"id": one["id"]}}}
        if kind == "credentials":
            secret = {
                field["id"]
                for field in self.objects["credential_types"][one["credential_type"]]["inputs"].get("fields", [])
                if field.get("secret")
            }
            shown["inputs"] = {name: HIDDEN if name in secret else value for name, value in one["inputs"].items()}
        if kind == "notification_templates":
            configuration = one["notification_configuration"]
            shown["notification_configuration"] = {
                name: HIDDEN if name in ("password", "token") and value else value
                for name, value in configuration.items()
            }
        return shown

    @staticmethod
    def _called(kind: str, one: Object) -> str:
        return f"{KINDS[kind].type} {one.get('name') or one.get('identifier')}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: Server

    def _serve(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        awx = self.server.awx
        with awx.lock:
            try:
                if self.headers.get("Authorization") != f"Bearer {awx.token}":
                    status, body = 401, {"detail": "Authentication credentials were not provided."}
                else:
                    query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
                    status, body = awx.answer(self.command, url.path, query, json.loads(sent or b"{}"))
            except RefusedError as refused:
                status, body = 400, refused.body
            except NotFoundError as lost:
                status, body = 404, {"detail": str(lost)}
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(data)),
            "X-API-Product-Name": "AWX",
            "X-API-Product-Version": "24.6.1",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 (the names are http.server's)

    def log_message(self, format: str, *args: t.Any) -> None:  # noqa: A002 (the name is http.server's)
        """Nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, awx: Awx) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.awx = awx

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def running(awx: Awx) -> Iterator[Server]:
    server = Server(awx)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
