"""The event loop by name, there and back."""

from __future__ import annotations

from contextlib import closing

import pytest

from pelton.server.loop import loop_factory, loop_name


@pytest.mark.parametrize("name", ["asyncio", "uvloop"])
def test_a_loop_has_the_name_that_it_was_asked_for_by(name: str) -> None:
    with closing(loop_factory(name)()) as loop:
        assert loop_name(loop) == name


def test_a_loop_that_is_derived_has_the_name_of_what_it_is() -> None:
    with closing(loop_factory("uvloop")()) as loop:
        derived = type("Derived", (type(loop),), {})
    with closing(derived()) as loop:
        assert loop_name(loop) == "uvloop"
