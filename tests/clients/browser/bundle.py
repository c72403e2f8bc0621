"""The built TypeScript client and the arena's page, and what `bundle.lock` says. As a program: write the lock anew."""

from __future__ import annotations

import gzip
import hashlib
import sys
from pathlib import Path

__all__ = ["BUILT", "CLIENT", "FILES", "LOCK", "PAGE", "ROOT", "describe", "gzipped_bytes"]

ROOT = Path(__file__).parents[3]
BUILT = ROOT / "server/pelton/server/browser"
LOCK = ROOT / "clients/browser/bundle.lock"
CLIENT = ("pelton.js", "pelton.iife.js", "pelton.d.ts")
PAGE = ("arena.html", "arena.css", "arena.js")
FILES = CLIENT + PAGE


def describe(folder: Path) -> str:
    """A line for each file: its SHA-256, its size in bytes, its name."""
    lines: list[str] = []
    for name in FILES:
        content = (folder / name).read_bytes()
        lines.append(f"{hashlib.sha256(content).hexdigest()} {len(content)} {name}\n")
    return "".join(lines)


def gzipped_bytes(path: Path) -> int:
    """What a browser loads, if the server compresses as well as it can."""
    return len(gzip.compress(path.read_bytes(), 9, mtime=0))


if __name__ == "__main__":
    LOCK.write_text(describe(BUILT), encoding="utf-8")
    sys.stdout.write(f"Locked: {LOCK.relative_to(ROOT)}\n")
