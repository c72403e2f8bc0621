"""What the contract tests look at: folders, packages and Python files, as git sees them."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# The folders in which imports start; each holds a portion of the namespace `pelton`.
IMPORT_ROOTS = tuple(ROOT / root for root in ("streams", "protocol", "server", "clients/python"))


def python_files() -> list[Path]:
    """Every .py file that git tracks, or would after `git add --all`."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [ROOT / name for name in listing.stdout.split("\0") if name]
    return sorted({path for path in paths if path.exists()})


def source_files() -> list[Path]:
    """The Python files that are shipped: those below an import root."""
    return [path for path in python_files() if any(map(path.is_relative_to, IMPORT_ROOTS))]


def packages() -> dict[str, Path]:
    """Each top-level component, `pelton.<name>`, and its folder."""
    folders = {path.parent for path in source_files()}
    portions = {folder for folder in folders if folder.parent.name == "pelton"}
    return {f"pelton.{folder.name}": folder for folder in sorted(portions)}


def shown(path: Path) -> str:
    """The path as a person would write it."""
    return path.relative_to(ROOT).as_posix()
