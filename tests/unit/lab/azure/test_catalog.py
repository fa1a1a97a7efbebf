"""What preflight is told of an image is what a machine can be built of."""

from __future__ import annotations

import pytest

from lab.azure import catalog


@pytest.mark.parametrize("offer", sorted(catalog.OFFERS))
def test_each_offer_of_debian_is_found_before_a_machine_is_built_of_it(offer: str) -> None:
    sku = f"{offer.rpartition('-')[2]}-gen2"
    image = {"publisher": "Debian", "offer": offer, "sku": sku, "version": "latest"}
    assert catalog.suite(image) == catalog.OFFERS[offer]
    (newest,) = catalog.image_versions("Debian", offer, sku, "/versions")
    assert newest["name"]
