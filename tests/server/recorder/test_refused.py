"""Why an action was refused, or what is known of its player instead."""

from __future__ import annotations

import pytest

from pelton.protocol import Reason
from pelton.server.recorder.events import Event
from pelton.server.recorder.explain import NotRecorded
from pelton.server.recorder.refused import MEANINGS, refusal, refusals
from pelton.server.recorder.row import REASONS
from tests.server.recorder.rows import event, record


def refused(seq: int, reason: str = "late", player: int = 17, number: int = 1) -> Event:
    return event("refusal", 8812, number, player=player, seq=seq, name="Fire", reason=reason, detail="it waited")


def test_a_refusal_is_told_with_its_reason_and_the_setting_behind_it() -> None:
    found = record(events=(refused(203), refused(204, player=3)))
    assert refusal(found, 17, 203) == (
        "action 203 (Fire) of player 17 was refused at tick 8812, late: it had waited for its room for longer than an "
        "action may (simulate.action_age_max_ms): it waited"
    )
    assert [one.seq for one in refusals(found, 17)] == [203]


def test_another_action_of_the_player_is_a_hint() -> None:
    found = record(events=tuple(refused(seq) for seq in range(1, 12)))
    with pytest.raises(NotRecorded, match="it has those of his actions 4, 5, 6, 7, 8, 9, 10, 11 and 3 before"):
        refusal(found, 17, 99)


def test_a_player_without_refusals_is_said_to_have_none() -> None:
    with pytest.raises(NotRecorded, match="nor any other of this player"):
        refusal(record(), 17, 1)


def test_every_reason_of_the_protocol_is_counted_and_has_a_meaning() -> None:
    reasons = {value for name, value in vars(Reason).items() if name.isupper()}
    assert set(REASONS) == set(MEANINGS) == reasons
