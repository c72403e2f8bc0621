"""The flight recorder: what every room did in the last minute, tick by tick, in memory that is fixed when a room opens.

    tape.py     notes one room while it ticks       row.py  ring.py  events.py   where that is kept
    recorder.py the tapes of a process, and when one is dumped    dumps.py       a dump as a file, off the loop
    record.py   a room's record, read from anywhere  explain.py  refused.py      what it says, in sentences

Knows rooms, players and callbacks by their ids and names only, so that all stages may write to it.
"""
