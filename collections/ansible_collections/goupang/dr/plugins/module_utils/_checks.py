# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: which checks there are, and what each of them asks."""

from __future__ import annotations

import ssl
import typing as t
from dataclasses import dataclass
from functools import partial

from ansible_collections.goupang.dr.plugins.module_utils import (
    _backups,
    _checks_active,
    _checks_aws,
    _checks_azure,
    _checks_data,
    _checks_home,
    _checks_local,
    _checks_loss,
    _checks_on_vm,
    _checks_origin,
    _checks_release,
    _checks_rights,
    _checks_room,
    _checks_site,
    _checks_ssh,
    _tunnel,
)
from ansible_collections.goupang.dr.plugins.module_utils._checks_aws import Domain, Site, Stack
from ansible_collections.goupang.dr.plugins.module_utils._checks_azure import Machine
from ansible_collections.goupang.dr.plugins.module_utils._clouds import Clouds, Shared
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Session, open_session
from ansible_collections.goupang.dr.plugins.module_utils._probe_world import RealWorld
from ansible_collections.goupang.dr.plugins.module_utils._readiness import (
    CONNECT_SECONDS,
    Check,
    Line,
    Question,
    Silence,
    asked,
    by_daemons,
    gather,
    judged,
    now,
    weighed,
)
from ansible_collections.goupang.dr.plugins.module_utils._security_group import prefix_of
from ansible_collections.goupang.dr.plugins.module_utils._wait import Clock

Params = dict[str, t.Any]

DATABASE_READ_SECONDS = 8
# SSH has said hello by then, too, which takes some more ways to and fro. One that is silent ends it sooner.
TUNNEL_SECONDS = 2.5


@dataclass(frozen=True)
class Subject:
    """The module's parameters as what the checks are about."""

    params: Params

    @property
    def stack(self) -> Stack:
        stack, sites = self.params["stack"], self.params["sites"]
        cloudfront = stack["distribution_domains"].get("dr", "")
        hosts = {
            "primary_endpoint": sites["alb_dns_name"],
            "secondary_endpoint": cloudfront,
            "secondary_opened": cloudfront,
            "switch": self.params["storage"]["domain"],
        }
        interval, threshold = stack["interval"], stack["threshold"]
        return Stack(stack["health_check_ids"], hosts, interval, threshold, stack["automatic"])

    @property
    def distributions(self) -> list[Site]:
        names, sites, storage = (
            self.params["stack"]["distribution_domains"],
            self.params["sites"],
            self.params["storage"],
        )
        machine = self.params["machine"]
        page = f"/{storage['page_container']}"
        what = "the storage account"
        return [
            Site("www", names.get("www", ""), sites["www_domain"], storage["domain"], what, path=page),
            Site(
                *("dr", names.get("dr", ""), sites["dr_domain"]),
                what="the machine",
                secret=self.params["stack"].get("edge_secret"),
                **_checks_origin.asked_as(machine),
            ),
        ]

    @property
    def domains(self) -> list[Domain]:
        names, sites = self.params["stack"]["distribution_domains"], self.params["sites"]
        return [
            Domain(name, sites[f"{name}_domain"], sites["alb_dns_name"], names.get(name, "")) for name in ("www", "dr")
        ]

    @property
    def machine(self) -> Machine:
        machine = self.params["machine"]
        sizes = [size for size in (machine["size"], *machine["size_fallbacks"]) if size]
        return Machine(
            subscription=self.params["azure"]["subscription_id"] or "",
            resource_group=machine["resource_group"],
            name=machine["name"],
            location=machine["location"],
            sizes=tuple(dict.fromkeys(sizes)),
            image={part: str(value) for part, value in machine["image"].items() if value},
            subnet_id=machine["subnet_id"].strip(),
            security_group_id=(machine["security_group_id"] or "").strip(),
            fqdn=machine["fqdn"],
            operator_address=machine["operator_address"] or "",
            lets_itself_in=machine["temporary_ssh_rule"],
            rule_prefix=prefix_of(self.params["application"]),
        )

    @property
    def on_vm(self) -> bool:
        """Whether the secondary's database is on the machine."""
        return bool(self.params["machine"]["database_host"] == _checks_on_vm.ON_VM)

    @property
    def rests(self) -> bool:
        """Whether that database is a server, stopped in peace."""
        return bool(self.params["machine"]["database_rests"]) and not self.on_vm

    @property
    def plan(self) -> _checks_release.Plan:
        release = self.params["release"]
        return _checks_release.Plan(release["war_api"], release["tomcat_package"], self.machine.image)

    @property
    def places(self) -> list[_checks_site.Place]:
        """Where certificates are shown: to users of both sites, and to ourselves."""
        sites, names = self.params["sites"], self.params["stack"]["distribution_domains"]
        www, dr = sites["www_domain"], sites["dr_domain"]
        place = _checks_site.Place
        behind = [
            place(f"{name} at CloudFront", sites[f"{name}_domain"], via=names[name])
            for name in ("www", "dr")
            if names.get(name)
        ]
        alb = place("the load balancer", dr, via=sites["alb_dns_name"])
        return [place(www, www), place(dr, dr), alb, *behind, place("Blob", self.params["storage"]["domain"])]

    @property
    def resolver(self) -> str | None:
        return next(iter(self.params["sites"]["resolvers"]), None)


def checks(subject: Subject) -> list[Check]:
    """All of them, in the order of the screen."""
    stack, machine = subject.stack, subject.machine
    active, aws, azure, data = _checks_active, _checks_aws, _checks_azure, _checks_data
    site, local, release, rights = _checks_site, _checks_local, _checks_release, _checks_rights
    loss = _checks_loss
    everybody = ("served", "thrown", "health checks", "target", "source")
    places = tuple(f"certificate {place.name}" for place in subject.places)
    bastion = subject.params["bastion"]["host"] or ""
    loud = partial(Check, judges_silence=True)
    return [
        loud(active.ACTIVE, everybody, partial(active.judge_active, stack)),
        loud(data.BACKUP, ("shelf", "target"), partial(data.judge_backup, now(), storage=subject.params["storage"])),
        loud(loss.LOSS, ("shelf", "target", "source", "counts", "beat"), partial(loss.judge_loss, now())),
        loud(loss.HEARTBEAT, ("beat", "source"), partial(loss.judge_heartbeat, now())),
        loud(active.FLIP, ("thrown", "health checks", "served"), partial(active.judge_flip, stack)),
        loud(data.TARGET, ("target", "shelf"), data.judge_target),
        Check(
            *(_checks_room.ROOM, ("server", "target", "shelf")),
            judge=_checks_on_vm.judge_room if subject.on_vm else _checks_room.judge_room,
        ),
        loud(data.PARAMETERS, ("target", "shelf", "source"), data.judge_parameters),
        loud(_checks_home.HOME, ("target", "shelf", "source"), _checks_home.judge_home),
        Check(release.RELEASE, ("release",), release.judge_release),
        Check(release.TOMCAT, ("war",), partial(release.judge_tomcat, subject.plan)),
        loud(
            release.SCHEMA_VERSION,
            ("shelf", "target"),
            partial(release.judge_schema_version, subject.params["release"]["schema_version"] or ""),
        ),
        loud(azure.LOGIN, ("login",), azure.judge_login),
        Check(rights.AZURE, ("there", "azure rights"), partial(rights.judge_azure, machine)),
        *([loud(rights.DATABASE, ("azure rights", "server"), rights.judge_rest)] if subject.rests else []),
        Check(azure.SIZES, ("there", "usages", "skus"), partial(azure.judge_sizes, machine)),
        Check(azure.IMAGE, ("there", "image"), partial(azure.judge_image, machine)),
        Check(azure.NETWORK, ("there", "network"), partial(azure.judge_network, machine)),
        Check(local.SSH_KEYS, ("keys",), local.judge_keys),
        *(
            Check(f"{aws.CLOUDFRONT} {one.name}", ("distributions",), partial(aws.judge_distribution, one))
            for one in subject.distributions
        ),
        Check(aws.EDGES, ("distributions",), partial(aws.judge_edges, subject.distributions)),
        Check(aws.HEALTH_CHECKS, ("health checks",), partial(aws.judge_health_checks, stack)),
        Check(aws.RECORDS, ("records",), partial(aws.judge_records, stack, subject.domains)),
        loud(site.SWITCH, ("thrown",), partial(site.judge_switch, subject.params["storage"]["switch_container"])),
        loud(active.AWS_API, ("health checks",), active.judge_api),
        loud(rights.AWS, ("aws rights",), rights.judge_aws),
        loud(site.CERTIFICATES, (*places, "target", "source"), judge_all_certificates),
        *_checks_origin.checks(subject.params, now()),
        loud(site.CLOCKS, ("thrown", "health checks", "login"), judge_all_clocks),
        Check(_checks_ssh.WAY_IN, ("gates",), partial(_checks_ssh.judge_gates, machine)),
        loud(f"{local.WAY_IN} bastion", ("bastion",), partial(local.judge_bastion, bastion)),
        Check(local.CONTROL_ROOM, ("room",), local.judge_room),
    ]


def judge_all_certificates(*answers: t.Any) -> list[Line]:
    """Those of the places, and last those that the databases' sessions showed."""
    *places, target, source = answers
    ends = [answer for answer in places if not isinstance(answer, Silence)]
    ends += [_checks_site.Ends("a site", None, answer.why) for answer in places if isinstance(answer, Silence)]
    for name, answer in (("the secondary's database", target), ("the primary's database", source)):
        if not isinstance(answer, Silence):
            ends.append(_checks_site.Ends(name, _checks_site.as_time(answer.certificate_ends)))
    return _checks_site.judge_certificates(now(), ends)


def judge_all_clocks(*answers: t.Any) -> list[Line]:
    clouds = ("Azure Blob", "AWS", "Azure")
    return _checks_site.judge_clocks(
        {cloud: (answer.date, answer.then) for cloud, answer in zip(clouds, answers) if not isinstance(answer, Silence)}
    )


def questions(subject: Subject, clouds: Clouds, clock: Clock) -> list[Question]:
    params = subject.params
    sites, storage, bastion = params["sites"], params["storage"], params["bastion"]
    world = RealWorld(sites["ca_bundle"] or None, clock, CONNECT_SECONDS)
    trust = Shared(lambda: _checks_site.tls_context(sites["ca_bundle"]))
    folder = f"https://{storage['domain']}/{storage['switch_container']}"
    return [
        # In this order: who may be dead keeps us waiting for longest, and is asked before the clouds' libraries are
        # imported, which takes up the processor, by those who come last.
        Question("bastion", "the bastion", lambda: _checks_local.ssh_banner(bastion["host"] or "", bastion["port"])),
        *_of_databases(params),
        *(
            Question(
                f"certificate {place.name}", place.name, partial(_certificate, world, trust, place, subject.resolver)
            )
            for place in subject.places
        ),
        Question("served", "DNS", lambda: _checks_site.ask_served(world, sites["dr_domain"], sites["resolvers"])),
        Question(
            "thrown",
            "Azure Blob",
            lambda: _checks_site.ask_switch(world, folder, params["application"], subject.resolver, clock),
        ),
        Question(
            "keys",
            "ssh-keygen",
            lambda: _checks_local.read_keys(machine_key(params, "private"), machine_key(params, "public")),
        ),
        Question("room", "this host", lambda: _checks_local.look_around(".")),
        *_checks_origin.questions(params, clouds),
        *_of_blob(params, clouds),
        *_of_azure(subject, clouds.arm),
        *_of_aws(subject, clouds),
    ]


def machine_key(params: Params, half: str) -> str:
    return str(params["machine"][f"ssh_{half}_key_file"])


def _certificate(
    world: RealWorld, trust: Shared[ssl.SSLContext], place: _checks_site.Place, resolver: str | None
) -> _checks_site.Ends:
    return _checks_site.ask_certificate(world, trust(), place, resolver)


def _of_aws(subject: Subject, clouds: Clouds) -> list[Question]:
    zone, names = subject.params["sites"]["zone"], [domain.domain for domain in subject.domains]
    api = clouds.aws
    return [
        Question("distributions", "AWS", lambda: api().distributions()),
        Question("health checks", "AWS", lambda: api().health_checks()),
        Question("records", "AWS", lambda: api().records(zone, names)),
        Question("aws rights", "AWS", lambda: _checks_rights.ask_aws(clouds.rights(), subject.stack.latches)),
    ]


def _of_azure(subject: Subject, api: Shared[_checks_azure.Api]) -> list[Question]:
    machine, database = subject.machine, subject.params["secondary_database"]["login_host"]
    asks: dict[str, t.Callable[[_checks_azure.Api, Machine], t.Any]] = {
        "login": _checks_azure.ask_login,
        "there": _checks_azure.ask_machine,
        "usages": _checks_azure.ask_usages,
        "skus": _checks_azure.ask_skus,
        "image": _checks_azure.ask_image,
        "network": _checks_azure.ask_network,
        "gates": _checks_ssh.ask_gates,
        "azure rights": _checks_rights.ask_azure,
        # What the database stands on.
        "server": _checks_on_vm.ask_host if subject.on_vm else partial(_checks_room.ask_server, host=database),
    }
    return [Question(name, "Azure", partial(_ask_azure, ask, api, machine)) for name, ask in asks.items()]


def _ask_azure(
    ask: t.Callable[[_checks_azure.Api, Machine], t.Any], api: Shared[_checks_azure.Api], machine: Machine
) -> t.Any:
    return ask(api(), machine)


def _of_blob(params: Params, clouds: Clouds) -> list[Question]:
    storage = params["storage"]
    backups, releases, beats = (
        partial(clouds.container, storage[f"{name}_container"]) for name in ("backup", "release", "heartbeat")
    )
    return [
        Question("shelf", "Azure Blob", lambda: _backups.shelf(backups(), storage["backup_prefix"], by_daemons)),
        Question(
            "release",
            "Azure Blob",
            lambda: _checks_release.ask_release(releases(), storage["release_blob"], storage["release_sha256"]),
        ),
        Question("beat", "Azure Blob", lambda: _checks_loss.ask_beat(beats(), params["application"])),
        Question("war", "Azure Blob", lambda: _checks_release.ask_war(releases(), storage["release_blob"])),
    ]


def _of_databases(params: Params) -> list[Question]:
    return [
        Question("source", "the primary's database", lambda: ask_primary(params, _checks_data.ask_source)),
        # Apart from the others: whether the primary is fenced is not to wait until its tables are counted.
        Question(
            "counts",
            "the primary's database",
            lambda: ask_primary(params, lambda session: _checks_data.ask_counts(session, params["schema"])),
        ),
        Question("target", "the secondary's database", lambda: _ask_secondary(params["secondary_database"])),
    ]


def _connect(login: Params) -> Session:
    return open_session(login, DATABASE_READ_SECONDS, CONNECT_SECONDS)


def _ask_secondary(login: Params) -> t.Any:
    return _checks_data.opened_session(lambda: _connect(login), _checks_data.ask_target)


def ask_primary(params: Params, ask: t.Callable[[Session], t.Any]) -> t.Any:
    """Ask where the runbooks go too: through the bastion, where there is one. A private RDS is reached by it alone."""
    login, bastion = params["primary_database"], _bastion(params["bastion"])
    if not bastion.host:
        return _checks_data.opened_session(lambda: _connect(login), ask)
    with _tunnel.through(bastion, login["login_host"], login["login_port"]) as joined:
        return _checks_data.opened_session(
            lambda: open_session(login, DATABASE_READ_SECONDS, TUNNEL_SECONDS, joined), ask
        )


def _bastion(params: Params) -> _tunnel.Bastion:
    named: Params = {name: params[name] or "" for name in ("host", "user", "private_key_file", "arguments")}
    return _tunnel.Bastion(port=params["port"], **named)


@dataclass(frozen=True)
class Looked:
    """The lines for an intent; who is active, and what the mark of a closed primary says (see _checks_active).

    answers are all of them, by the names of their questions.
    """

    lines: list[Line]
    active: str | None
    primary_mark: str | None
    answers: dict[str, t.Any]


def look(subject: Subject, clouds: Clouds, clock: Clock, more: t.Sequence[Question] = ()) -> Looked:
    """DrError where the world cannot even be asked. What this intent does not ask for is None.

    `more` are questions beside those of the checks.
    """
    params, intent = subject.params, subject.params["intent"]
    wished = asked(intent, checks(subject))
    wanted = {name for check in wished for name in check.questions}
    needed = [question for question in questions(subject, clouds, clock) if question.name in wanted]
    answers = gather([*needed, *more], params["budget"], clock)
    if subject.on_vm:
        answers = _checks_on_vm.at_rest(answers)
    else:
        answers = _checks_room.at_rest(answers, params["machine"]["database_rests"])
    return Looked(
        weighed(intent, judged(wished, answers)),
        _checks_active.active(answers["served"]) if "served" in answers else None,
        _checks_active.primary_mark(answers["thrown"]) if "thrown" in answers else None,
        answers,
    )
