from __future__ import annotations

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._azure_vm_plan import Want
from ansible_collections.goupang.dr.plugins.modules.azure_dr_vm import OWN_SPEC, image_reference, wanted

PARAMS = {**dict.fromkeys(OWN_SPEC), "name": "dr", "resource_group": "rg", "state": "absent", "timeout": 900}
PARAMS |= {"size_fallbacks": [], "tags": {}, "managed_identity": False}


def test_absent_needs_little():
    assert wanted(PARAMS) == Want(state="absent", name="dr", resource_group="rg", timeout=900)


def test_a_resumed_machine_runs_and_keeps_its_disk():
    want = wanted({**PARAMS, "state": "resumed"})
    assert (want.state, want.keep_disk) == ("running", True)
    assert not wanted({**PARAMS, "state": "running"}).keep_disk


def test_sizes_are_tried_once_each_in_the_order_of_preference():
    assert wanted({**PARAMS, "size": "A", "size_fallbacks": ["B", "A", "C"]}).sizes == ("A", "B", "C")


def test_a_key_read_from_a_file_loses_its_newline():
    assert wanted({**PARAMS, "ssh_public_key": "ssh-ed25519 AAAA me\n"}).ssh_public_key == "ssh-ed25519 AAAA me"


def test_the_owner_tag_cannot_be_set_by_tags():
    assert wanted({**PARAMS, "tags": {"goupang-dr": "x", "n": 1}}).all_tags == {"goupang-dr": "dr", "n": "1"}


@pytest.mark.parametrize(
    ("image", "reference"),
    [
        ({"id": "/i", "version": "latest", "offer": None}, {"id": "/i"}),
        (
            {"publisher": "Debian", "offer": "debian-12", "sku": "12", "version": "latest", "id": None},
            {"publisher": "Debian", "offer": "debian-12", "sku": "12", "version": "latest"},
        ),
    ],
)
def test_an_image_is_an_id_or_a_place_on_the_market(image, reference):
    assert image_reference(image) == reference
