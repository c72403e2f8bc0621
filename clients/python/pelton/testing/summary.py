"""What became of a simulation, as figures for a program and as lines for a person."""

from __future__ import annotations

import json
from typing import Any

from pelton.testing.explore import Exploration
from pelton.testing.failure import SimulationFailed
from pelton.testing.world import World

__all__ = ["figures", "text"]

PERCENTS = (50, 99)


def figures(world: World, plan: Exploration, took_s: float, failed: SimulationFailed | None) -> dict[str, Any]:
    """Everything, for `--json`."""
    watch = world.watch
    latencies = {f"p{percent}": _ms(watch.input_to_ack.percentile_s(percent)) for percent in PERCENTS}
    return {
        "ok": failed is None,
        "failure": failed.failure.text if failed else None,
        "game": plan.game.__name__,
        "bots": plan.bots,
        "net": plan.net,
        "seed": world.seed,
        "simulated_s": round(world.now_s, 3),
        "took_s": round(took_s, 3),
        "times_as_fast": round(world.now_s / took_s, 1) if took_s else None,
        "ticks": watch.ticks,
        "joins": watch.joins,
        "actions": {"taken": watch.taken, "refused": dict(sorted(watch.refused.items()))},
        "frames": watch.frames,
        "digests": watch.digests,
        "input_to_ack_ms": {**latencies, "max": _ms(watch.input_to_ack.max_s if watch.input_to_ack.count else None)},
        "trace_hash": world.trace_hash,
    }


def text(summary: dict[str, Any], *, as_json: bool) -> str:
    """The figures, with a new line at the end."""
    if as_json:
        return json.dumps(summary, indent=2) + "\n"
    refused = ", ".join(f"{reason} {count:,}" for reason, count in summary["actions"]["refused"].items())
    ack = summary["input_to_ack_ms"]
    speed = f"{summary['times_as_fast']:,.1f} times as fast"
    lines = [
        f"{summary['game']}, {summary['bots']} bots on {summary['net']}, seed {summary['seed']}",
        f"  simulated     {summary['simulated_s']:,.1f} s in {summary['took_s']:,.1f} s, {speed}",
        f"  ticks         {summary['ticks']:,}, {summary['joins']:,} joins",
        f"  actions       {summary['actions']['taken']:,} taken" + (f", refused: {refused}" if refused else ""),
        f"  frames        {summary['frames']:,}, {summary['digests']:,} with digests that were right",
        f"  input to ack  p50 {ack['p50']} ms, p99 {ack['p99']} ms, max {ack['max']} ms",
        f"  trace hash    {summary['trace_hash']}",
        "everything was right" if summary["ok"] else f"wrong: {summary['failure']}",
    ]
    return "\n".join(lines) + "\n"


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 1)
