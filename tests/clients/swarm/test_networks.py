"""Which bot is behind which bad network."""

from __future__ import annotations

import pytest

from pelton.netsim import parse
from pelton.swarm.networks import dials_through, parse_networks
from pelton.swarm.planning import Misuse


def test_networks_have_weights_and_settings() -> None:
    train = parse("train")
    assert parse_networks(["train"]) == [(train, 1.0)]
    assert parse_networks(["wifi:70", "train,loss=0.2:30"])[1] == (parse("train,loss=0.2"), 30.0)


@pytest.mark.parametrize("text", ["pigeon", "wifi:many", "wifi:0", "wifi,loss=2", "wifi:"])
def test_a_network_that_makes_no_sense_is_explained(text: str) -> None:
    with pytest.raises(Misuse, match=f"--net {text}: "):
        parse_networks([text])


def test_every_bot_has_a_way_to_connect() -> None:
    dial_for = dials_through(parse_networks(["wifi:70", "train:30"]), seed=7, shared=None)
    assert all(callable(dial_for(number)) for number in range(20))
