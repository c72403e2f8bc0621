"""`pelton config check` and `pelton config show`, and the options that name a configuration.

Starts nothing and changes nothing. The environment is read here and handed on, nowhere below.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from pelton.server.config import (
    SECTIONS,
    Config,
    ConfigError,
    LoadedConfig,
    config_values,
    load_config,
)
from pelton.server.config_bounds import Value

__all__ = ["EXIT_MISUSE", "add_arguments", "check", "load", "report", "show"]

EXIT_MISUSE = 2
"""The configuration, or how the command was called, is wrong; nothing was started."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of every command that reads the configuration; `load` reads what they give."""
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="TOML file with settings that differ from the defaults",
    )
    parser.add_argument(
        "--set",
        dest="overrides",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="one setting, wins over file and environment; may be repeated",
    )


def load(args: argparse.Namespace, more: Sequence[str] = ()) -> LoadedConfig:
    """The configuration that `add_arguments`' options and the environment ask for.

    `more` are further `section.key=value`, after those of `--set`, for options such as `--port`.
    Raises ConfigError.
    """
    path = cast("Path | None", args.config)
    overrides = cast("list[str]", args.overrides)
    return load_config(path, os.environ, [*overrides, *more])


def report(error: ConfigError) -> int:
    """Print what is wrong, a line for each problem, and return the exit code."""
    sys.stderr.write(f"{error}\n")
    return EXIT_MISUSE


def check(args: argparse.Namespace) -> int:
    """Say whether the server would start with this configuration."""
    try:
        config = load(args).config
    except ConfigError as error:
        return report(error)
    values, defaults = config_values(config), config_values(load_config(None, {}, ()).config)
    changed = sum(name not in defaults or defaults[name] != values[name] for name in values)
    sys.stdout.write(f"configuration ok: {len(values)} keys, {changed} changed from the defaults\n")
    return 0


def show(args: argparse.Namespace) -> int:
    """Print every setting as it is in effect and where it comes from, as a valid config file."""
    try:
        loaded = load(args)
    except ConfigError as error:
        return report(error)
    sys.stdout.write("\n".join(_shown(loaded.config, loaded)) + "\n")
    return 0


def _shown(config: Config, loaded: LoadedConfig) -> list[str]:
    """One table over all sections, so that the columns are the same everywhere."""
    rows = [
        (*name.split(".", 1), _written(name, value), loaded.origins[name])
        for name, value in config_values(config).items()
    ]
    key_width = max(len(key) for _, key, _, _ in rows)
    value_width = max(len(value) for _, _, value, _ in rows)
    lines: list[str] = []
    for section in SECTIONS:
        lines += ["", f"[{section}]"] if lines else [f"[{section}]"]
        lines += [
            f"{key:{key_width}} = {value:{value_width}}  # {origin}" for of, key, value, origin in rows if of == section
        ]
    return lines


def _written(name: str, value: Value) -> str:
    """As TOML. A secret is left out: what is printed here ends up in bug reports."""
    section, _, key = name.partition(".")
    declared = SECTIONS[section].key(key)
    is_hidden = declared is not None and declared.is_secret and value != ""
    return '"" # hidden' if is_hidden else json.dumps(value, ensure_ascii=False)
