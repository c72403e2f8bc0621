"""Numbers as people read them, in as few letters as a table of 80 columns has for them."""

from __future__ import annotations

__all__ = ["shown_bytes", "shown_count", "shown_ms", "shown_rate", "shown_share", "shown_uptime", "shown_us"]

NOTHING = "-"


def shown_ms(us: float | None) -> str:
    """Microseconds as milliseconds, three digits of them."""
    if us is None:
        return NOTHING
    ms = us / 1000
    return f"{ms:,.{2 if ms < 9.995 else 1 if ms < 99.95 else 0}f}"


def shown_us(us: float | None) -> str:
    """The same with its unit."""
    return NOTHING if us is None else f"{shown_ms(us)} ms"


def shown_rate(per_s: float | None) -> str:
    """So many a second."""
    if per_s is None:
        return NOTHING
    return f"{per_s:,.1f}" if 0 < per_s < 10 else f"{per_s:,.0f}"


def shown_bytes(count: float | None) -> str:
    """In the unit that suits, by the thousand as networks count."""
    if count is None:
        return NOTHING
    for unit in ("B", "kB", "MB"):
        if count < 999.5:
            return f"{count:,.0f} {unit}" if count >= 9.95 or unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:,.1f} GB"


def shown_share(share: float | None) -> str:
    """Of a whole."""
    if share is None:
        return NOTHING
    return f"{share:.1%}".replace("%", " %") if 0 < share < 0.01 else f"{share:.0%}".replace("%", " %")


def shown_count(count: float) -> str:
    """How many, and a point for each thousand."""
    return f"{count:,.0f}"


def shown_uptime(seconds: float) -> str:
    """The two largest units."""
    whole = int(seconds)
    for name, size, below, part in (("d", 86_400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if whole >= size:
            return f"{whole // size} {name} {whole % size // part:02d} {below}"
    return f"{whole} s"
