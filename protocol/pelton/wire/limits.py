"""How many sockets a process may open."""

from __future__ import annotations

__all__ = ["allow_sockets"]

FILES_BESIDES = 64
"""Open files that are nobody's socket."""


def allow_sockets(count: int) -> None:
    """Raise the soft limit on open files if it is too low for so many, as far as the hard limit allows."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = count + FILES_BESIDES
    if soft != resource.RLIM_INFINITY and soft < needed:
        if hard != resource.RLIM_INFINITY:
            needed = min(needed, hard)  # connecting then says "too many open files"
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
