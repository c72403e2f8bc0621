"""The command `pelton`. Each subcommand imports what it needs when it is called: `pelton version` starts in no time."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pelton.cli import config_command, simulate_command, ticket_command
from pelton.cli.top import command as top_command
from pelton.cli.why import command as why_command
from pelton.loadtest import command as load_command
from pelton.netsim import command as netsim_command
from pelton.swarm import command as swarm_command

__all__ = ["main"]

_TOOLS = (
    (
        "top",
        top_command,
        "watch a server: players, ticks, rooms",
        "Show what a running server tells on its admin port, again and again. Ctrl-C ends it.",
    ),
    (
        "why",
        why_command,
        "say why a tick was slow, or an action refused",
        "Ask a server's flight recorder, or a record in a file, why a tick took so long or an action was refused.",
    ),
    ("swarm", swarm_command, "play with many bots", "Play on a server with many headless bots."),
    (
        "load",
        load_command,
        "run a load test with a verdict",
        "Play on a server as a plan says, measure what players notice, and judge it.",
    ),
    (
        "simulate",
        simulate_command,
        "play a game with bots on virtual time",
        "A game, its bots and their network on one virtual clock, many times as fast as real time.",
    ),
    (
        "ticket",
        ticket_command,
        "make a ticket for a user",
        "Make a ticket with the server's secret, for development. It is good for whoever has it: show it to nobody.",
    ),
    (
        "netsim",
        netsim_command,
        "put a bad network before any TCP server",
        "A proxy for any TCP that behaves as a bad network does: latency, stalls, narrow lines, cuts.",
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; the exit code."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `pelton config show | head`
        sys.stderr.close()
        return 141
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pelton", description="A multiplayer game event server.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="run a server", description="Run a server until SIGTERM or Ctrl-C.")
    serve.add_argument(
        "files", nargs="*", type=Path, metavar="GAME.py", help="Python files whose Rooms are served as well"
    )
    config_command.add_arguments(serve)
    serve.add_argument(
        "--port",
        type=int,
        metavar="N",
        help="listen on this port, same as --set server.port=N; 0 takes any free one, for the admin port as well",
    )
    serve.set_defaults(run=_serve)

    demo = commands.add_parser(
        "demo", help="run a server with a few bots", description="A server, some bots, an address to open."
    )
    config_command.add_arguments(demo)
    demo.add_argument("--bots", type=int, default=24, metavar="N", help="how many bots play (24)")
    demo.set_defaults(run=_demo)

    for name, tool, text, description in _TOOLS:
        command = commands.add_parser(name, help=text, description=description)
        tool.add_arguments(command)
        command.set_defaults(run=tool.run)

    config = commands.add_parser("config", help="check or show the configuration")
    actions = config.add_subparsers(required=True, metavar="ACTION")
    for name, run, text in (
        ("check", config_command.check, "say whether the configuration is valid"),
        ("show", config_command.show, "print every value and where it comes from"),
    ):
        action = actions.add_parser(name, help=text, description=text.capitalize() + ".")
        config_command.add_arguments(action)
        action.set_defaults(run=run)

    commands.add_parser("version", help="print the version").set_defaults(run=_version)
    return parser


def _serve(arguments: argparse.Namespace) -> int:
    from pelton.server.config import ConfigError
    from pelton.server.loading import games_in_file
    from pelton.server.serve import serve
    from pelton.server.simulate.errors import GameError

    files: list[Path] = arguments.files
    port: int | None = arguments.port
    more = [] if port is None else [f"server.port={port}"]
    sys.path.insert(0, "")  # games in the current folder, as with `python -m`
    try:
        for file in files:
            more += [f"games.{name}={entry}" for name, entry in games_in_file(file).items()]
        loaded = config_command.load(arguments, more)
        if port == 0 and loaded.origins["admin.port"] == "default":
            loaded = config_command.load(arguments, [*more, "admin.port=0"])
    except ConfigError as error:
        return config_command.report(error)
    except GameError as error:
        print(f"pelton: {error}", file=sys.stderr)
        return config_command.EXIT_MISUSE
    return serve(loaded.config)


def _demo(arguments: argparse.Namespace) -> int:
    from pelton.cli.demo import demo

    return demo(arguments)


def _version(arguments: argparse.Namespace) -> int:
    from pelton.server.app import server_version

    print(f"pelton {server_version()}")
    return 0
