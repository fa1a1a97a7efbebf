"""A WAR that is not ours: the drill passes, measures what users read, and claims nothing of what they wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import facts, world
from lab.facts import Facts
from lab.petclinic import build

SECONDS = 20 * 60.0
# It says nothing of the site that serves it, and takes no owners.
PAGE = """\
<%@ page contentType="text/plain; charset=utf-8" %>
<%@ page import="java.sql.Connection, java.sql.ResultSet, javax.naming.InitialContext, javax.sql.DataSource" %>
<%
    DataSource source = (DataSource) new InitialContext().lookup("java:comp/env/jdbc/petclinic");
    try (Connection connection = source.getConnection();
         ResultSet rows = connection.createStatement().executeQuery("SELECT COUNT(*) FROM visits")) {
        rows.next();
        out.println("visits: " + rows.getLong(1));
    }
%>
"""


@pytest.fixture(scope="module")
def report(lab: Facts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, t.Any]]:
    folder = tmp_path_factory.mktemp("foreign")
    page, war = folder / "visits.jsp", folder / "foreign.war"
    page.write_text(PAGE)
    build.pack(war, {page.name: page})
    settings = {"LAB_WAR": str(war), "LAB_HEALTH_PATH": "/visits.jsp", "LAB_DATA_PATH": "/visits.jsp"}
    settings |= {"LAB_DATA_MARKER": "visits: "}
    command = [sys.executable, "-m", "lab", "drill", "--keep"]
    done = subprocess.run(
        command, cwd=facts.ROOT, env={**os.environ, **settings}, capture_output=True, text=True, timeout=SECONDS,
        check=False,
    )  # fmt: skip
    try:
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
        yield json.loads(Path(facts.home() / "reports" / "latest" / "report.json").read_text())
    finally:
        world.up()  # with our own WAR


def test_the_drill_passes(report: dict[str, t.Any]) -> None:
    assert (report["outcome"], report["faults"]) == ("passed", [])


def test_who_served_and_for_how_long_not_is_measured(report: dict[str, t.Any]) -> None:
    assert set(report["rto_seconds"]) == set(report["failback_seconds"]) == {"www", "dr"}
    assert all(seconds > 0 for seconds in report["rto_seconds"].values())
    assert report["requests"]["total"] > report["requests"]["failed"] > 0


def test_nothing_is_claimed_of_writes(report: dict[str, t.Any]) -> None:
    assert {*report["writes"].values(), report["rpo_seconds"]} == {None}
    assert [sentence.partition(":")[0] for sentence in report["not_measured"]] == ["Writes"]
