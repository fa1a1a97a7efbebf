"""What a Kubernetes API answers to the calls that starting a CronJob makes, recorded as it documents them; no cluster.

It knows one CronJob, and the jobs that are made of it. A test says how a job ends, and after how many looks. Nothing
runs, nothing is validated, and nothing is cleared away; rights are a list of the calls that are refused.
"""

from __future__ import annotations

import json
import typing as t
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.unit.https_server import Answer, Asked

Json = dict[str, t.Any]
TOKEN = "a-token-of-kubernetes"
BATCH = "/apis/batch/v1/namespaces/shop"
CORE = "/api/v1/namespaces/shop"
COMPLETE: Json = {"type": "Complete", "status": "True", "reason": "CompletionsReached", "message": "Reached"}
FAILED: Json = {
    "type": "Failed",
    "status": "True",
    "reason": "BackoffLimitExceeded",
    "message": "Job has reached the specified backoff limit",
}


def cron_job(name: str = "dump-petclinic", **spec: t.Any) -> Json:
    container = {"name": "dump", "image": "registry.example.com/dump:1", "env": [{"name": "SECRET", "value": "hush"}]}
    pod = {"metadata": {"labels": {"app": "dump"}}, "spec": {"restartPolicy": "Never", "containers": [container]}}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name, "namespace": "shop", "uid": "c0ffee00-0000-4000-8000-000000000001"},
        "spec": {
            "schedule": "0 2 * * *",
            "suspend": True,
            "jobTemplate": {"metadata": {"labels": {"app": "dump"}}, "spec": {"template": pod, **spec}},
        },
    }


@dataclass
class KubernetesApi:
    """`end` is the condition that ends a job, after it was looked at `looks` times; None: it runs for ever.

    `refused` are (method, path's last part) that are forbidden; `silent` says which requests are never answered.
    `log` is what the pods say. `asked` holds each call, "GET jobs/x" for one, discovery left out.
    """

    cronjobs: list[Json] = field(default_factory=lambda: [cron_job()])
    end: Json | None = None
    looks: int = 2
    at_end: Callable[[], None] = lambda: None
    refused: set[tuple[str, str]] = field(default_factory=set)
    silent: Callable[[Asked], bool] = lambda _asked: False
    log: str = ""
    jobs: dict[str, Json] = field(default_factory=dict)
    dry: list[Json] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    created: str = "2026-11-22T20:40:00Z"

    def answer(self, asked: Asked) -> Answer | None:
        """None is silence."""
        if self.silent(asked):
            return None
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return _status(401, "Unauthorized", "Unauthorized")
        if asked.path in DISCOVERY:
            return _json(DISCOVERY[asked.path])
        place = asked.path.removeprefix(BATCH).removeprefix(CORE).strip("/")
        self.asked.append(f"{asked.method} {place}")
        kind, _, name = place.partition("/")
        if (asked.method, "log" if name.endswith("/log") else kind) in self.refused:
            why = f'{kind} is forbidden: User "dr" cannot do this in API group "batch" in the namespace "shop"'
            return _status(403, "Forbidden", why)
        if kind == "cronjobs":
            return self._cronjob(name)
        if kind == "jobs":
            return self._start(asked) if asked.method == "POST" else self._job(name)
        if kind == "pods":
            return self._said() if name.endswith("/log") else self._pods(asked.query["labelselector"])
        return _status(404, "NotFound", f"the server could not find {asked.path}")

    def _cronjob(self, name: str) -> Answer:
        found = [one for one in self.cronjobs if one["metadata"]["name"] == name]
        return _json(found[0]) if found else _status(404, "NotFound", f'cronjobs.batch "{name}" not found')

    def _start(self, asked: Asked) -> Answer:
        job: Json = json.loads(asked.body)
        job["metadata"] |= {"uid": "c0ffee00-0000-4000-8000-000000000002", "creationTimestamp": self.created}
        if asked.query.get("dryrun"):
            self.dry.append(job)
        else:
            self.jobs[job["metadata"]["name"]] = job
        return _json(job, 201)

    def _job(self, name: str) -> Answer:
        if name in self.jobs:
            self.seen[name] = self.seen.get(name, 0) + 1
            if self.end and self.seen[name] == self.looks:
                self.at_end()
        if name not in self.jobs:
            return _status(404, "NotFound", f'jobs.batch "{name}" not found')
        ended = self.end is not None and self.seen[name] >= self.looks
        status = {"conditions": [self.end]} if ended else {"active": 1, "startTime": self.created}
        return _json({**self.jobs[name], "status": status})

    def _pods(self, selector: str) -> Answer:
        """Two, where a job was tried twice: the one that was made last is told first."""
        name = selector.removeprefix("job-name=")
        times = (("b", "2026-11-22T20:42:00Z"), ("a", "2026-11-22T20:41:00Z"))
        items = [
            {
                "metadata": {"name": f"{name}-{letter}", "namespace": "shop", "creationTimestamp": when},
                "spec": {"containers": [{"name": "dump"}, {"name": "sidecar"}]},
            }
            for letter, when in times
        ]
        return _json(
            {
                "kind": "PodList",
                "apiVersion": "v1",
                "metadata": {},
                "items": items if self.log and name in self.jobs else [],
            }
        )

    def _said(self) -> Answer:
        return Answer(200, self.log.encode(), {"Content-Type": "text/plain"})


def _resource(name: str, kind: str, *verbs: str) -> Json:
    return {"name": name, "singularName": kind.lower(), "namespaced": True, "kind": kind, "verbs": list(verbs)}


_ALL = ("create", "delete", "get", "list", "patch", "update", "watch")
_BATCH_GROUP = {"groupVersion": "batch/v1", "version": "v1"}
DISCOVERY: dict[str, Json] = {
    "/version": {"major": "1", "minor": "34", "gitVersion": "v1.34.1"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [{"name": "batch", "versions": [_BATCH_GROUP], "preferredVersion": _BATCH_GROUP}],
    },
    "/apis/batch/v1": {
        "kind": "APIResourceList",
        "groupVersion": "batch/v1",
        "resources": [_resource("cronjobs", "CronJob", *_ALL), _resource("jobs", "Job", *_ALL)],
    },
    "/api/v1": {
        "kind": "APIResourceList",
        "groupVersion": "v1",
        "resources": [_resource("pods", "Pod", *_ALL), _resource("pods/log", "Pod", "get")],
    },
}


def _json(document: Json, status: int = 200) -> Answer:
    return Answer(status, json.dumps(document).encode(), {"Content-Type": "application/json"})


def _status(code: int, reason: str, message: str) -> Answer:
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "code": code,
        "reason": reason,
        "message": message,
    }
    return _json(body, code)
