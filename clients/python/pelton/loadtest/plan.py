"""The plan of a load test: who plays what and how many, over bad networks or good ones, and what must hold.

    url = "ws://127.0.0.1:7777/"
    game = "arena"
    mix = { wanderer = 80, hunter = 20 }
    [[stage]]
    bots = 100
    hold_s = 20
    [thresholds]
    "ack.p99" = "< 80ms"

Read from TOML into one frozen tree that is checked as a whole. docs/load.md says what each key does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from pelton.loadtest.expressions import BadExpression, Comparison, read_limit
from pelton.loadtest.tables import Problems, Table, parse, read_text
from pelton.netsim import BadConditions
from pelton.netsim import parse as parse_conditions

__all__ = ["Arrivals", "Capacity", "Network", "Plan", "Population", "Stage", "plan_of", "read_plan"]

URL = "ws://127.0.0.1:7777/"
BOTS_MAX = 100_000
HOLD_MAX_S = 86_400.0
ARRIVALS_PER_S_MAX = 10_000.0
WORKERS_MAX = 64
WEIGHT_MAX = 1_000_000
SEED_MAX = 2**53 - 1
"""As far as every language counts exactly."""
NAME = r"[a-z0-9][a-z0-9_-]{0,63}"
BEHAVIOUR = r"\w+(\.\w+)*(:\w+)?"


@dataclass(frozen=True, slots=True)
class Population:
    """Closed: so many bots are alive at its end, and stay so."""

    bots: int
    ramp_s: float
    """From as many as there were to as many as there shall be."""
    hold_s: float
    """Only this counts for thresholds."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Open: so many come each second whatever the server does, and leave after their session."""

    arrivals_per_s: float
    session_s: float
    ramp_s: float
    """They arrive already, and nothing counts yet."""
    hold_s: float


Stage = Population | Arrivals


@dataclass(frozen=True, slots=True)
class Network:
    """[net]: the network between bots and server."""

    conditions: Mapping[str, object]
    """As `pelton.netsim.parse` reads them: a preset, and what differs from it. Empty: the network as it is."""
    share: float
    """Of the bots that have it; the others have the network as it is."""
    shared_up_kbit_s: float
    """Of one line that all of them share for what they send; 0: none."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """[capacity]: where `--find-capacity` looks for the most bots with which the thresholds hold."""

    bots_min: int
    bots_max: int
    ramp_s: float
    hold_s: float


@dataclass(frozen=True, slots=True)
class Plan:
    """All of it. Made by `read_plan` only, so whoever holds one may rely on its bounds."""

    name: str
    """Of the file, without its folder."""
    text: str
    """As it was given."""
    url: str
    admin: str
    """The server's admin address; empty: nothing of the server itself is measured."""
    game: str
    mix: Mapping[str, int]
    """Weights of behaviours, by name or `module:function`. Empty: what plays this game by default."""
    seed: int
    workers: int
    stages: tuple[Stage, ...]
    net: Network
    thresholds: tuple[Comparison, ...]
    capacity: Capacity


def read_plan(path: Path) -> Plan:
    """Read and check a plan. Raises PlanError, with all that is wrong with it."""
    return plan_of(read_text(path), str(path), path.name)


def plan_of(text: str, label: str, name: str) -> Plan:
    """The plan that a text is; errors call it `label`. Raises PlanError."""
    problems = Problems(label)
    top = Table(parse(text, label), "", problems)
    plan = Plan(
        name=name,
        text=text,
        url=_url(top, "url", ("ws", "wss"), URL),
        admin=_url(top, "admin", ("http",), ""),
        game=top.text("game", NAME, "1 to 64 lowercase letters, digits, - and _", "arena"),
        mix=_mix(top.table("mix")),
        seed=top.whole("seed", 0, SEED_MAX, 0),
        workers=top.whole("workers", 1, WORKERS_MAX, 1),
        stages=tuple(_stage(table) for table in top.tables("stage")),
        net=_network(top.table("net")),
        thresholds=_thresholds(top.table("thresholds")),
        capacity=_capacity(top.table("capacity")),
    )
    top.close()
    problems.raise_found()
    return plan


def _url(top: Table, key: str, schemes: tuple[str, ...], default: str) -> str:
    meaning = " or ".join(f"{scheme}://host:port/" for scheme in schemes)
    url = top.text(key, r"\S{1,2048}", meaning, default)
    if url == default:
        return url
    try:
        parts = urlsplit(url)
        good = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        good = False
    if url and not good:
        top.refuse(key, f'expected {meaning}, got "{url}"')
    return url


def _mix(table: Table) -> Mapping[str, int]:
    mix: dict[str, int] = {}
    for name in table.keys:
        mix[name] = table.whole(name, 0, WEIGHT_MAX)
        if re.fullmatch(BEHAVIOUR, name) is None:
            table.refuse(name, "expected the name of a behaviour, or module:function")
    if mix and not sum(mix.values()) and not table.refused:
        table.refuse("", "somebody must play: every weight is 0")
    return MappingProxyType({name: weight for name, weight in mix.items() if weight})


def _stage(table: Table) -> Stage:
    hold_s = table.number("hold_s", 0.0, HOLD_MAX_S)
    if "arrivals_per_s" in table and "bots" in table:
        table.refuse("bots", "a stage has either bots (so many are alive) or arrivals_per_s (so many come)")
    if "arrivals_per_s" in table or "session_s" in table:
        stage: Stage = Arrivals(
            arrivals_per_s=table.number("arrivals_per_s", 0.001, ARRIVALS_PER_S_MAX),
            session_s=table.number("session_s", 0.1, HOLD_MAX_S),
            ramp_s=table.number("ramp_s", 0.0, HOLD_MAX_S, 0.0),
            hold_s=hold_s,
        )
    else:
        stage = Population(
            bots=table.whole("bots", 0, BOTS_MAX),
            ramp_s=table.number("ramp_s", 0.0, HOLD_MAX_S, 2.0),
            hold_s=hold_s,
        )
    table.close(also=("bots", "arrivals_per_s", "session_s"))
    return stage


def _network(table: Table) -> Network:
    share = table.number("share", 0.0, 1.0, 1.0)
    shared_up_kbit_s = table.number("shared_up_kbit_s", 0.0, 1e9, 0.0)
    conditions = table.rest()
    try:
        parse_conditions(conditions)
    except BadConditions as error:
        table.refuse("", str(error))
    if table.keys and not conditions and not table.refused:
        table.refuse("", "says nothing of the network", 'name a preset, such as preset = "4g"')
    return Network(MappingProxyType(conditions), share, shared_up_kbit_s)


def _thresholds(table: Table) -> tuple[Comparison, ...]:
    found: list[Comparison] = []
    for metric in table.keys:
        condition = table.text(metric, r"[^\n]{1,60}", 'a condition such as "< 80ms"')
        if not condition:
            continue
        try:
            found.append(read_limit(f"{metric} {condition}"))
        except BadExpression as error:
            shown = str(error).replace("\n", "\n    ")
            table.refuse(metric, f"is no threshold\n    {shown}")
    return tuple(found)


def _capacity(table: Table) -> Capacity:
    capacity = Capacity(
        bots_min=table.whole("bots_min", 1, BOTS_MAX, 50),
        bots_max=table.whole("bots_max", 1, BOTS_MAX, 3000),
        ramp_s=table.number("ramp_s", 0.0, HOLD_MAX_S, 3.0),
        hold_s=table.number("hold_s", 1.0, HOLD_MAX_S, 10.0),
    )
    table.close()
    if capacity.bots_min > capacity.bots_max:
        table.refuse("bots_min", f"is {capacity.bots_min}, which is more than bots_max = {capacity.bots_max}")
    return capacity
