from __future__ import annotations

from ansible_collections.goupang.dr.plugins.plugin_utils._failures import censored, strings, why_failed


def test_values_of_vault_variables_are_censored_wherever_they_stand():
    variables = {"vault_db": {"password": "correct horse", "list": ["correct horse battery"]}, "plain": "is not"}
    assert censored("correct horse battery, correct horse, is not", variables) == "********, ********, is not"


class Encrypted:
    """As ansible-core has a value that is encrypted by itself: no str."""

    def __str__(self) -> str:
        return "correct-horse"


def test_they_are_so_where_they_are_encrypted_or_numbers():
    assert censored("correct-horse, 271828", {"vault_a": Encrypted(), "vault_b": [271828]}) == "********, ********"


def test_a_value_that_is_part_of_words_is_no_secret():
    assert censored("east", {"vault_x": "eas"}) == "east"


def test_a_loop_tells_why_its_items_failed_but_not_of_hidden_ones():
    items = [{"msg": "fine"}, {"failed": True, "msg": "no disk"}, {"failed": True, "_ansible_no_log": True, "msg": "x"}]
    assert why_failed({"msg": "One or more items failed", "results": items}) == "no disk"
    assert why_failed({"msg": "no disk"}) == "no disk"
    assert why_failed({}) == ""


def test_strings_within_values():
    assert list(strings({"a": ["b", {"c": "d"}, 1], "e": ("f",)})) == ["b", "d", "1", "f"]
