"""`pelton netsim`: what it refuses."""

from __future__ import annotations

import argparse

import pytest

from pelton.netsim import PRESETS, Conditions
from pelton.netsim.command import add_arguments


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((), "the following arguments are required: --to"),
        (("--to", "7777"), "expected HOST:PORT, as in 127.0.0.1:7777, got '7777'"),
        (("--to", "h:70000"), "expected HOST:PORT"),
        (("--to", "h:1", "--listen", ":80"), "expected HOST:PORT"),
        (("--to", "h:1", "--net", "trian"), "unknown preset 'trian'; did you mean \"train\"?"),
        (("--to", "h:1", "--net", "4g,loss=2"), "loss: expected a number, 0 to 0.5, got 2"),
        (("--to", "h:1", "--shared-uplink", "0"), "expected kbit/s, 1 or more, got '0'"),
        (("--to", "h:1", "--shared-uplink", "nan"), "expected kbit/s, 1 or more, got 'nan'"),
        (("--to", "h:1", "--connections-max", "0"), "expected a whole number from 1, got '0'"),
    ],
)
def test_an_argument_that_makes_no_sense_ends_with_2(
    words: tuple[str, ...], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        arguments(*words)
    assert ended.value.code == 2
    assert problem in capsys.readouterr().err


def test_arguments_are_read_as_they_are_meant() -> None:
    plain = arguments("--to", "game.example:80")
    assert (plain.to, plain.listen, plain.net) == (("game.example", 80), ("127.0.0.1", 7780), PRESETS["4g"])
    other = arguments("--to", "[::1]:80", "--listen", "[::1]:0", "--net", "loss=0.1", "--shared-uplink", "512")
    assert (other.to, other.listen, other.net) == (("::1", 80), ("::1", 0), Conditions(loss=0.1))
    assert other.shared_uplink == 512
