"""The configuration: one frozen tree, checked as a whole before anything starts.

Values come from config.toml, a file of the user, the environment and `--set`, in this order; the
last one wins. No value is written here, only what it may be; config.toml says what each one does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, TypeAlias, TypeVar, get_type_hints

from pelton.server.config_bounds import (
    Between,
    OneOf,
    Order,
    Parsed,
    Secret,
    Section,
    Shape,
    Value,
    closed_section,
    open_section,
)
from pelton.server.config_layers import Layers
from pelton.server.config_rules import exposed_admin, half_of_tls
from pelton.server.config_sources import (
    ConfigError,
    Problem,
    Source,
    read_environment,
    read_file,
    read_overrides,
)
from pelton.server.networks import networks

__all__ = [
    "ORDERS",
    "SECTIONS",
    "AdminConfig",
    "AdmissionConfig",
    "AuthConfig",
    "Config",
    "ConfigError",
    "DeliverConfig",
    "LoadedConfig",
    "LogConfig",
    "OverloadConfig",
    "Problem",
    "ReceiveConfig",
    "RecorderConfig",
    "ServerConfig",
    "SimulateConfig",
    "WatchdogConfig",
    "config_values",
    "defaults_path",
    "load_config",
    "load_config_over",
]

T = TypeVar("T")

GameName: TypeAlias = Annotated[str, Shape(r"[a-z0-9][a-z0-9_-]{0,63}", "1 to 64 lowercase letters, digits, - and _")]
GamePath: TypeAlias = Annotated[str, Shape(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*", 'a class as "module.path:Class"')]
Host: TypeAlias = Annotated[str, Shape(r"[\w.:%-]{1,253}", "a host name or an address")]
Folder: TypeAlias = Annotated[str, Shape(r"[^\x00]{0,4096}", "the path of a folder, or empty")]
File: TypeAlias = Annotated[str, Shape(r"[^\x00]{0,4096}", "the path of a PEM file, or empty")]
_ORIGIN = (
    r"(same-host|[a-z][a-z0-9+.-]*://[a-z0-9._~-]+(:[0-9]{1,5})?|[a-z][a-z0-9+.-]*://\[[0-9a-f:.]+\](:[0-9]{1,5})?)"
)
Origins: TypeAlias = Annotated[
    str,
    Shape(
        rf"\*|{_ORIGIN}(, *{_ORIGIN})*|",
        "*, or same-host and origins such as https://play.example in small letters, with commas between them",
    ),
]
Proxies: TypeAlias = Annotated[
    str, Parsed(networks, "addresses and networks such as 10.0.0.0/8, with commas between them")
]
Token: TypeAlias = Annotated[str, Secret(r"[\x21-\x7e]{16,256}|", "16 to 256 visible ASCII characters, or empty")]
Named: TypeAlias = Annotated[str, Shape(r"[!-~]{1,128}", "1 to 128 visible ASCII characters")]
Naming: TypeAlias = Annotated[str, Shape(r"[!-~]{0,256}", "0 to 256 visible ASCII characters")]
SocketBytes: TypeAlias = Annotated[int, Between(4096, 16_777_216)]


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """[server]: the process and its address."""

    host: Host
    port: Annotated[int, Between(0, 65535)]
    loop: Annotated[str, OneOf("auto", "uvloop", "asyncio")]
    transport: Annotated[str, OneOf("swept", "asyncio")]
    connections_max: Annotated[int, Between(1, 100_000)]
    drain_timeout_s: Annotated[float, Between(0.0, 3600.0)]
    retry_after_s: Annotated[float, Between(0.0, 3600.0)]
    shutdown_timeout_s: Annotated[float, Between(0.1, 300.0)]
    tls_certificate: File
    tls_key: File
    page: Annotated[str, OneOf("status", "arena")]


@dataclass(frozen=True, slots=True)
class AdmissionConfig:
    """[admission]: who may connect and join, how often, and how many of them."""

    connections_per_address_max: Annotated[int, Between(0, 100_000)]
    connections_per_address_per_s: Annotated[float, Between(0.0, 10_000.0)]
    connections_per_address_burst: Annotated[int, Between(1, 100_000)]
    fault_cost: Annotated[int, Between(0, 1000)]
    unauthenticated_max: Annotated[int, Between(0, 100_000)]
    addresses_max: Annotated[int, Between(16, 1_000_000)]
    limit_loopback: Annotated[str, OneOf("no", "yes")]
    trusted_proxies: Proxies
    allowed_origins: Origins
    joins_per_second_max: Annotated[int, Between(1, 1_000_000)]
    rooms_per_player_max: Annotated[int, Between(1, 10_000)]
    creates_per_minute_max: Annotated[int, Between(1, 10_000)]
    promised_per_player_max: Annotated[int, Between(1, 10_000)]


@dataclass(frozen=True, slots=True)
class ReceiveConfig:
    """[receive]: from bytes to the actions that wait for the tick."""

    intake_interval_ms: Annotated[int, Between(1, 1000)]
    intake_seated_interval_ms: Annotated[int, Between(1, 1000)]
    intake_budget_ms: Annotated[int, Between(1, 1000)]
    slice_bytes: Annotated[int, Between(256, 16_384)]
    slice_frames_max: Annotated[int, Between(1, 4096)]
    message_bytes_max: Annotated[int, Between(512, 65_536)]
    message_timeout_s: Annotated[float, Between(1.0, 300.0)]
    hello_timeout_s: Annotated[float, Between(0.1, 300.0)]
    close_timeout_s: Annotated[float, Between(0.1, 60.0)]
    ping_after_s: Annotated[float, Between(1.0, 3600.0)]
    silence_timeout_s: Annotated[float, Between(2.0, 3600.0)]
    frames_per_second_max: Annotated[int, Between(1, 100_000)]
    frames_burst_max: Annotated[int, Between(4, 100_000)]
    flood_timeout_s: Annotated[float, Between(0.1, 3600.0)]
    inbox_low: Annotated[int, Between(0, 65_535)]
    inbox_high: Annotated[int, Between(1, 65_536)]
    inbox_max: Annotated[int, Between(1, 65_536)]
    inbox_bytes_max: SocketBytes
    refusals_max: Annotated[int, Between(1, 65_536)]
    socket_receive_buffer_bytes: SocketBytes


@dataclass(frozen=True, slots=True)
class AuthConfig:
    """[auth]: who may come in."""

    authenticator: Annotated[
        str,
        Shape(
            r"anonymous|ticket|jwt|[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*",
            'anonymous, ticket, jwt, or a class as "module.path:Class"',
        ),
    ]
    timeout_s: Annotated[float, Between(0.1, 60.0)]
    pending_max: Annotated[int, Between(1, 100_000)]
    close_at_expiry: Annotated[str, OneOf("on", "off")]
    connections_per_user: Annotated[str, OneOf("newest", "any")]
    audience: Named
    secret: Annotated[str, Secret(r"[^\x00]{32,512}|", "32 to 512 characters that nobody can guess, or empty")] = field(
        repr=False
    )
    jwt_algorithm: Annotated[str, OneOf("HS256", "HS384", "HS512", "RS256", "PS256", "ES256", "EdDSA")]
    jwt_issuer: Naming
    jwt_key_file: Annotated[str, Shape(r"[^\0\r\n]{0,4096}", "a path, or nothing")]
    jwt_key_ids: Annotated[str, Shape(r"[ -~]{0,1024}", "names with commas between them, or nothing")]


@dataclass(frozen=True, slots=True)
class SimulateConfig:
    """[simulate]: rooms and their ticks."""

    actions_per_player_per_tick_max: Annotated[int, Between(1, 1024)]
    actions_per_tick_max: Annotated[int, Between(1, 1_000_000)]
    action_age_max_ms: Annotated[int, Between(0, 3_600_000)]
    rooms_max: Annotated[int, Between(1, 10_000)]
    room_empty_ttl_s: Annotated[float, Between(0.0, 86_400.0)]
    ticks_behind_max: Annotated[int, Between(1, 100)]
    grace_s: Annotated[float, Between(0.0, 3600.0)]
    room_faults_per_minute_max: Annotated[int, Between(1, 10_000)]
    # As far as every language counts exactly: a seed is often copied from a log into another tool.
    seed: Annotated[int, Between(0, 2**53 - 1)]


@dataclass(frozen=True, slots=True)
class DeliverConfig:
    """[deliver]: what leaves, and what happens to those who do not read."""

    socket_send_buffer_bytes: SocketBytes
    user_timeout_ms: Annotated[int, Between(100, 3_600_000)]
    backlog_bytes_max: SocketBytes
    stall_timeout_s: Annotated[float, Between(0.1, 3600.0)]
    digest_interval_ticks: Annotated[int, Between(1, 1_000_000)]
    resyncs_max: Annotated[int, Between(1, 1024)]
    history_ticks: Annotated[int, Between(1, 100_000)]
    events_max: Annotated[int, Between(1, 1_000_000)]
    events_bytes_max: Annotated[int, Between(1024, 16_777_216)]
    cosmetic_max: Annotated[int, Between(0, 65_536)]
    slow_after_s: Annotated[float, Between(0.1, 3600.0)]
    ack_lag_max_s: Annotated[float, Between(0.1, 3600.0)]


@dataclass(frozen=True, slots=True)
class OverloadConfig:
    """[overload]: what is done when there is too much to do."""

    ladder: Annotated[str, OneOf("on", "off")]
    high: Annotated[float, Between(0.1, 1.0)]
    low: Annotated[float, Between(0.0, 0.95)]
    up_after_windows: Annotated[int, Between(1, 3600)]
    down_after_windows: Annotated[int, Between(1, 3600)]
    room_share_max: Annotated[float, Between(1.0, 100.0)]
    room_timeout_s: Annotated[float, Between(0.0, 3600.0)]
    memory_soft_bytes: Annotated[int, Between(0, 2**53 - 1)]


@dataclass(frozen=True, slots=True)
class WatchdogConfig:
    """[watchdog]: a thread that sees when the event loop stands still."""

    stall_ms: Annotated[int, Between(20, 60_000)]
    kill_after_s: Annotated[float, Between(0.0, 3600.0)]


@dataclass(frozen=True, slots=True)
class RecorderConfig:
    """[recorder]: what every room did in the last minute."""

    enabled: Annotated[str, OneOf("on", "off")]
    seconds: Annotated[int, Between(1, 600)]
    events_max: Annotated[int, Between(16, 65_536)]
    overrun_factor: Annotated[float, Between(0.5, 100.0)]
    dump_dir: Folder
    dump_interval_s: Annotated[float, Between(0.0, 3600.0)]
    dumps_max: Annotated[int, Between(1, 10_000)]


@dataclass(frozen=True, slots=True)
class AdminConfig:
    """[admin]: the port for those who run the server."""

    host: Host
    port: Annotated[int, Between(-1, 65535)]
    token: Token = field(repr=False)


@dataclass(frozen=True, slots=True)
class LogConfig:
    """[log]: what is written down."""

    level: Annotated[str, OneOf("debug", "info", "warning", "error")]
    format: Annotated[str, OneOf("auto", "console", "json")]


@dataclass(frozen=True, slots=True)
class Config:
    """All settings. Made by `load_config` only, so whoever holds one may rely on its bounds."""

    server: ServerConfig
    admission: AdmissionConfig
    receive: ReceiveConfig
    auth: AuthConfig
    simulate: SimulateConfig
    deliver: DeliverConfig
    overload: OverloadConfig
    watchdog: WatchdogConfig
    recorder: RecorderConfig
    games: Mapping[GameName, GamePath]
    admin: AdminConfig
    log: LogConfig


ORDERS = (
    Order("receive.intake_interval_ms", "receive.intake_seated_interval_ms", strict=False),
    Order("receive.ping_after_s", "receive.silence_timeout_s", strict=True),
    Order("receive.inbox_low", "receive.inbox_high", strict=True),
    Order("receive.inbox_high", "receive.inbox_max", strict=False),
    # The answer to a slice or a message, pongs for example, is no longer than itself. If it did not
    # fit into the backlog, a client that does nothing wrong would be closed as too slow.
    Order("receive.slice_bytes", "deliver.backlog_bytes_max", strict=False),
    Order("receive.message_bytes_max", "deliver.backlog_bytes_max", strict=False),
    # A client is slow before it is too slow.
    Order("deliver.slow_after_s", "deliver.ack_lag_max_s", strict=True),
    # Otherwise some messages could never be taken, however empty the inbox.
    Order("receive.message_bytes_max", "receive.inbox_bytes_max", strict=False),
    # Otherwise one player's share could never be taken.
    Order("simulate.actions_per_player_per_tick_max", "simulate.actions_per_tick_max", strict=False),
    # Between the marks nothing changes; without that the server would shed and take up again all the time.
    Order("overload.low", "overload.high", strict=True),
)


def _sections() -> dict[str, Section]:
    hints = get_type_hints(Config, include_extras=True)
    return {
        name: closed_section(hint) if isinstance(hint, type) else open_section(hint) for name, hint in hints.items()
    }


SECTIONS: Mapping[str, Section] = MappingProxyType(_sections())


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """The configuration, and for each `section.key` where its value comes from."""

    config: Config
    origins: Mapping[str, str]
    """"default", "file <path>", "environment PELTON_SERVER__PORT" or "--set server.port"."""


def defaults_path() -> Path:
    """Where config.toml is: beside this module in a wheel, else at the top of the repository."""
    installed = Path(__file__).with_name("config.toml")
    return installed if installed.is_file() else Path(__file__).parents[3] / "config.toml"


def load_config(path: Path | None, environ: Mapping[str, str], overrides: Sequence[str]) -> LoadedConfig:
    """Read all sources over the defaults; `path` is a file of the user, which may be partial.

    Raises ConfigError, with all problems of all sources.
    """
    return load_config_over(defaults_path(), path, environ, overrides)


def load_config_over(
    defaults: Path, path: Path | None, environ: Mapping[str, str], overrides: Sequence[str]
) -> LoadedConfig:
    """`load_config` with another file in the place of config.toml; it must have every key."""
    layers = Layers(SECTIONS)
    layers.add(read_file(defaults, "default"))
    layers.check_complete(Source("default", str(defaults), names_key=False))
    layers.raise_problems()  # without defaults, anything else would be a consequence
    if path is not None:
        layers.add(read_file(path))
    layers.add(read_environment(environ))
    layers.add(read_overrides(overrides))
    layers.check_orders(ORDERS)
    layers.check(half_of_tls)
    layers.check(exposed_admin)
    layers.raise_problems()
    origins = {
        f"{section}.{key}": taken.source.origin for section, keys in layers.taken.items() for key, taken in keys.items()
    }
    return LoadedConfig(_config(layers), MappingProxyType(origins))


def _config(layers: Layers) -> Config:
    values = {section: {key: taken.value for key, taken in keys.items()} for section, keys in layers.taken.items()}
    games = {name: str(game) for name, game in values["games"].items()}
    return Config(
        server=_section(ServerConfig, values["server"]),
        admission=_section(AdmissionConfig, values["admission"]),
        receive=_section(ReceiveConfig, values["receive"]),
        auth=_section(AuthConfig, values["auth"]),
        simulate=_section(SimulateConfig, values["simulate"]),
        deliver=_section(DeliverConfig, values["deliver"]),
        overload=_section(OverloadConfig, values["overload"]),
        watchdog=_section(WatchdogConfig, values["watchdog"]),
        recorder=_section(RecorderConfig, values["recorder"]),
        games=MappingProxyType(games),
        admin=_section(AdminConfig, values["admin"]),
        log=_section(LogConfig, values["log"]),
    )


def _section(tree: Callable[..., T], values: Mapping[str, Value]) -> T:
    """A section of the tree. Types and names were checked against it, one by one, by `Layers`."""
    return tree(**values)


def config_values(config: Config) -> dict[str, Value]:
    """Every value by its `section.key`, in the order of the tree."""
    values: dict[str, Value] = {}
    for section, content in SECTIONS.items():
        part = getattr(config, section)
        if content.names is not None:
            values.update({f"{section}.{key}": value for key, value in part.items()})
        else:
            values.update({f"{section}.{key}": getattr(part, key) for key in content.keys})
    return values
