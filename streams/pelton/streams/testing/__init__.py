"""For tests of streams: a clock and a source that are moved by hand, and the contract as a pytest fixture.

In a `conftest.py`: `pytest_plugins = ["pelton.streams.testing"]`. Then, for a stage and for a source of your own:

    def test_double(stream_contract):
        stream_contract.stage(Double, takes=[1, 2, 3], gives=[2, 4, 6])

    def test_countdown(stream_contract):
        stream_contract.source(lambda: Countdown(3), gives=[3, 2, 1])
"""

from pelton.streams.testing.clock import ManualClock
from pelton.streams.testing.contract import ContractBroken, StreamContract
from pelton.streams.testing.plugin import stream_contract
from pelton.streams.testing.probe import ManualSource

__all__ = ["ContractBroken", "ManualClock", "ManualSource", "StreamContract", "stream_contract"]
