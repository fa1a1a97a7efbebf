"""What the application is asked: PetClinic's pages, or those of another WAR."""

from __future__ import annotations

import pytest

from lab import facts
from lab.errors import LabError


def test_without_settings_it_is_petclinic() -> None:
    assert facts.pages({}) == facts.pages({"LAB_DATA_PATH": ""})
    assert facts.pages({})["data_path"] == "/owners?lastName=Davis"


def test_another_war_has_pages_of_its_own() -> None:
    settings = {"LAB_HEALTH_PATH": "/up", "LAB_DATA_PATH": "/rows.jsp", "LAB_DATA_MARKER": "rows: "}
    assert facts.pages(settings) == {"health_path": "/up", "data_path": "/rows.jsp", "data_marker": "rows: "}


def test_a_path_that_is_none_is_one_sentence() -> None:
    with pytest.raises(LabError, match=r"LAB_DATA_PATH=rows\.jsp is no path: it begins with /"):
        facts.pages({"LAB_DATA_PATH": "rows.jsp"})
