"""The table of close codes: the same in the code and in SPEC.md, and every code one that may stand in a close frame."""

from __future__ import annotations

import pytest

from pelton.protocol import CLOSE_CODES, CloseCode, Comeback, may_come_back
from pelton.wire import websocket
from tests.protocol.golden import SPEC, table_after

NEVER_SENT = 1006


def test_the_spec_has_the_table_of_the_code() -> None:
    written = table_after("## 10. Close codes", "| code | name | come back | meaning |")
    assert written == [
        [str(row.code), f"`{row.name}`", row.comeback.value, row.meaning] for row in CLOSE_CODES.values()
    ]


def test_the_spec_explains_every_word_of_the_table() -> None:
    for comeback in Comeback:
        assert f"\n* **{comeback.value}**: " in SPEC


@pytest.mark.parametrize("row", CLOSE_CODES.values(), ids=lambda row: row.name)
def test_a_code_is_registered_or_private(row: CloseCode) -> None:
    """RFC 6455, section 7.4: 1000 to 1014 are registered, 4000 to 4999 are ours; 1004 to 1006 are never sent."""
    assert 1000 <= row.code <= 1014 or 4000 <= row.code <= 4999
    assert row.code not in {1004, 1005, NEVER_SENT} or row.meaning.startswith("never sent")


@pytest.mark.parametrize("row", CLOSE_CODES.values(), ids=lambda row: row.name)
def test_a_code_says_whether_to_come_back(row: CloseCode) -> None:
    assert CLOSE_CODES[row.code] is row
    assert may_come_back(row.code) is row.comeback


@pytest.mark.parametrize("code", [0, 1005, 1011, 3000, 4000, 4399, 4550, 4999, 65535])
def test_a_code_that_is_not_in_the_table_may_be_tried_later(code: int) -> None:
    assert code not in CLOSE_CODES
    assert may_come_back(code) is Comeback.LATER


@pytest.mark.parametrize("code", [4402, 4450, 4499])
def test_a_code_of_the_first_range_says_no_even_if_it_is_not_known_yet(code: int) -> None:
    assert code not in CLOSE_CODES
    assert may_come_back(code) is Comeback.NO


def test_of_ours_the_number_alone_says_whether_to_come_back() -> None:
    for code, row in CLOSE_CODES.items():
        if code >= 4000:
            assert code in range(4400, 4600)
            assert (row.comeback is Comeback.NO) == (code < 4500)


def test_no_name_stands_for_two_codes() -> None:
    assert len({row.name for row in CLOSE_CODES.values()}) == len(CLOSE_CODES)


def test_who_is_at_fault_does_not_come_back_and_who_is_not_does() -> None:
    names = {comeback: {row.name for row in CLOSE_CODES.values() if row.comeback is comeback} for comeback in Comeback}
    assert {"bad_message", "unexpected_message", "too_big", "text_frame", "protocol_error"} <= names[Comeback.NO]
    assert {"restart", "server_error", "lost", "slow_consumer"} <= names[Comeback.YES]


def test_the_wire_uses_the_same_numbers() -> None:
    """It stands beside the protocol and imports nothing of it, so it has its own."""
    used = {
        "lost": websocket.LOST,
        "text_frame": websocket.TEXT_FRAME,
        "too_big": websocket.TOO_BIG,
        "slow_consumer": websocket.SLOW_CONSUMER,
    }
    assert {CLOSE_CODES[code].name: code for code in used.values()} == used
