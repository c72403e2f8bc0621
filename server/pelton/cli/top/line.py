"""A view on one line, for where there is no terminal."""

from __future__ import annotations

from pelton.cli.top.rates import View
from pelton.cli.top.words import shown_bytes, shown_count, shown_rate, shown_share, shown_us

__all__ = ["line", "states"]


def line(view: View) -> str:
    """What an eye would look for first."""
    now, rate = view.now, view.rate
    p50, p99, most = (shown_us(us) for us in (now.recent.p50_us, now.recent.p99_us, now.recent.max_us))
    parts = [
        f"{shown_count(now.players)} players, {shown_count(now.rooms_open)} rooms",
        f"cpu {shown_share(view.cpu)}, {now.rss_bytes / 1024**2:,.0f} MiB",
        f"tick p50 {p50}, p99 {p99}, max {most} of {shown_us(now.budget_us)}",
        ", ".join(f"{shown_rate(rate(f'ticks_{what}'))} ticks {what}/s" for what in ("late", "skipped", "overrun")),
        f"{shown_rate(rate('frames_sent'))} frames/s, {shown_bytes(rate('bytes_sent'))}/s out",
        f"{shown_rate(rate('actions_taken'))} actions/s, {shown_rate(rate('actions_refused'))} refused/s",
        f"{shown_count(now.waiting)} waiting",
        *states(view),
    ]
    return "; ".join((*(["restarted"] if view.restarted else []), *parts))


def states(view: View) -> list[str]:
    """What a part of the server says of itself, each in a few words."""
    return [
        f"{name}: {', '.join(_words(key, value) for key, value in state.items())}"
        for name, state in view.now.states.items()
    ]


def _words(key: str, value: str | float) -> str:
    """`since_s` and 12 as `since 12 s`."""
    name, unit = (key.removesuffix("_s"), " s") if key.endswith("_s") else (key, "")
    return f"{name.replace('_', ' ')} {value}{unit}"
