"""What is refused, and the line that tells it: where, what, and what would be right."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import pytest

from pelton.server.config import ConfigError, load_config

PORT = "expected an integer between 0 and 65535, got"
STALL = "expected a number between 0.1 and 3600.0, got"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of the user, named without its folder, as in a shell."""
    monkeypatch.chdir(tmp_path)
    return Path("my.toml")


def problems(*overrides: str, file: Path | None = None, environ: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(file, environ or {}, overrides)
    assert str(caught.value).splitlines() == [str(problem) for problem in caught.value.problems]
    return str(caught.value).splitlines()


def file_problems(text: str, file: Path) -> list[str]:
    file.write_text(text, encoding="utf-8")
    return problems(file=file)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("server.port = true", f"[server] port: {PORT} true"),
        ('server.port = "80"', f'[server] port: {PORT} "80"'),
        ("server.port = 80.0", f"[server] port: {PORT} 80.0"),
        ("server.port = 65536", f"[server] port: {PORT} 65536"),
        ("server.port = -1", f"[server] port: {PORT} -1"),
        ("server.port = []", f"[server] port: {PORT} an array"),
        ("server.port = {a = 1}", f"[server] port: {PORT} a table"),
        ("server.port = 2020-01-01", f"[server] port: {PORT} a date"),
        (f"server.port = 0x{'f' * 5000}", f"[server] port: {PORT} an integer of 20000 bits"),
        ("deliver.stall_timeout_s = nan", f"[deliver] stall_timeout_s: {STALL} nan"),
        ("deliver.stall_timeout_s = inf", f"[deliver] stall_timeout_s: {STALL} inf"),
        ("deliver.stall_timeout_s = false", f"[deliver] stall_timeout_s: {STALL} false"),
        (
            f"deliver.stall_timeout_s = 0x{'f' * 300}",
            f"[deliver] stall_timeout_s: {STALL} an integer of 1200 bits",
        ),
        (
            'server.loop = "Auto"',
            '[server] loop: expected one of auto, uvloop, asyncio, got "Auto"',
        ),
        ("admin.port = -2", "[admin] port: expected an integer between -1 and 65535, got -2"),
        *(
            (
                f'admin.host = "{host}"',
                (
                    f'[admin] host: "{host}" may be reached from other machines, and there is no admin.token; set '
                    "one of 16 characters at least, best as PELTON_ADMIN__TOKEN, or take 127.0.0.1 or ::1"
                ),
            )
            for host in ("0.0.0.0", "::", "192.168.0.1", "localhost", "127.0.0.256", "127.1")
        ),
        ('admin.host = "[::1]"', '[admin] host: expected a host name or an address, got "[::1]"'),
        (
            'admin.token = "short"',
            (
                "[admin] token: expected 16 to 256 visible ASCII characters, or empty, got something else, "
                "which is not shown"
            ),
        ),
        (
            'server.tls_key = "key.pem"',
            "[server] tls_key: is set, and server.tls_certificate is not; TLS needs both; leave both empty for none",
        ),
        (
            'admission.trusted_proxies = "10.0.0.0/8, proxy.example"',
            (
                "[admission] trusted_proxies: expected addresses and networks such as 10.0.0.0/8, with commas between "
                'them, got "10.0.0.0/8, proxy.example"'
            ),
        ),
        *(
            (
                f'admission.allowed_origins = "{origins}"',
                (
                    "[admission] allowed_origins: expected *, or same-host and origins such as https://play.example in "
                    f'small letters, with commas between them, got "{origins}"'
                ),
            )
            for origins in ("play.example", "https://Play.example", "https://a/", "https://*.a", "null", "same-host,*")
        ),
        ("server.host = 1", "[server] host: expected a host name or an address, got 1"),
        (
            'server.host = "a\\nb\\"\\\\ü\\u200b"',
            '[server] host: expected a host name or an address, got "a\\nb\\"\\\\ü\\u200b"',
        ),
        (
            f'server.host = "{"x" * 300}"',
            f'[server] host: expected a host name or an address, got "{"x" * 80}..."',
        ),
        (
            'games.tag = "tag"',
            '[games] tag: expected a class as "module.path:Class", got "tag"',
        ),
        (
            'games.Tag = "tag:Tag"',
            "[games] Tag: expected a name of 1 to 64 lowercase letters, digits, - and _",
        ),
        (
            "log.lvel = 1",
            '[log] lvel: unknown key; did you mean "level"? (keys: level, format)',
        ),
        ("log.xyzzy = 1", "[log] xyzzy: unknown key; keys: level, format"),
        ("log.port = 1", '[log] port: unknown key; did you mean "port" of [server]?'),
        ('log."a\\nb" = 1', "[log] a\\nb: unknown key; keys: level, format"),
        ("port = 1", "port: stands outside of a section; it belongs under [server]"),
        ("xyzzy = 1", "xyzzy: stands outside of a section"),
        ("server = 1", "[server]: expected a section of settings, got 1"),
        ("[[server]]", "[server]: expected a section of settings, got an array"),
        (
            "[sever]\na = 1\nb = 2",
            (
                '[sever]: unknown section; did you mean "server"? '
                "(sections: server, admission, receive, auth, simulate, deliver, overload, "
                "watchdog, recorder, games, admin, log)"
            ),
        ),
        (
            "[xyzzy]",
            (
                "[xyzzy]: unknown section; "
                "sections: server, admission, receive, auth, simulate, deliver, overload, "
                "watchdog, recorder, games, admin, log"
            ),
        ),
    ],
)
def test_a_file_is_refused_with_section_and_key(text: str, line: str, file: Path) -> None:
    assert file_problems(text, file) == [f"my.toml {line}"]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("SERVER__PORT", "abc", f'{PORT} "abc"'),
        ("SERVER__PORT", "", f'{PORT} ""'),
        ("SERVER__PORT", " 80", f'{PORT} " 80"'),
        ("SERVER__PORT", "0x50", f'{PORT} "0x50"'),
        ("SERVER__PORT", "٣", f'{PORT} "٣"'),
        ("SERVER__PORT", "true", f'{PORT} "true"'),
        ("SERVER__PORT", "9" * 5000, f'{PORT} "{"9" * 80}..."'),
        ("SERVER__PORT", "\udcff\n", f'{PORT} "\\udcff\\n"'),
        ("DELIVER__STALL_TIMEOUT_S", "nan", f'{STALL} "nan"'),
        ("DELIVER__STALL_TIMEOUT_S", "1e999", f'{STALL} "1e999"'),
        ("SERVER__PROT", "1", 'unknown key; did you mean "port"? (keys: host, port, loop, '),
        ("FOO__BAR", "1", 'unknown section "foo"; sections: server, admission, receive, '),
        ("SERVER__", "1", "unknown key; keys: host, "),
        ("__", "1", 'unknown section ""; sections: server, '),
        ("server__PORT", "1", "is not in capitals; did you mean PELTON_SERVER__PORT?"),
    ],
)
def test_the_environment_is_refused_with_its_variable(name: str, text: str, line: str) -> None:
    (found,) = problems(environ={f"PELTON_{name}": text})
    assert found.startswith(f"environment PELTON_{name}: {line}")


@pytest.mark.parametrize(
    ("option", "line"),
    [
        ("server.port=abc", f'{PORT} "abc"'),
        ("server.port =80", 'unknown key; did you mean "port"? (keys: host, port, loop, '),
        ("foo.bar=1", 'unknown section "foo"; sections: server, admission, receive, '),
        ("sever.port=1", 'unknown section "sever"; did you mean "server"? (sections: '),
        ("server.port", 'expected section.key=value, there is no "="'),
        ("port=80", 'expected section.key=value, there is no "."'),
        ("port=8.0", 'expected section.key=value, there is no "."'),
        ("", 'expected section.key=value, there is no "=" and no "."'),
        ("server.host=a=b", 'expected a host name or an address, got "a=b"'),
        ("games.a.b=c:D", "expected a name of 1 to 64 lowercase letters, digits, - and _"),
    ],
)
def test_an_override_is_refused_as_it_was_given(option: str, line: str) -> None:
    (found,) = problems(option)
    assert found.startswith(f"--set {option}: {line}")


def test_all_problems_of_all_sources_are_told_at_once(file: Path) -> None:
    file.write_text("[server]\nport = -1\nhost = 1\n")
    lines = problems("x", "log.level=loud", file=file, environ={"PELTON_SERVER__PORT": "abc"})
    assert [line.partition(": ")[0] for line in lines] == [
        "my.toml [server] port",
        "my.toml [server] host",
        "environment PELTON_SERVER__PORT",
        "--set x",
        "--set log.level=loud",
    ]


def test_a_problem_carries_its_parts(file: Path) -> None:
    file.write_text("[server]\nprot = 1\n")
    with pytest.raises(ConfigError) as caught:
        load_config(file, {}, ())
    (problem,) = caught.value.problems
    assert (problem.source.label, problem.section, problem.key) == ("my.toml", "server", "prot")
    assert problem.problem == "unknown key"
    assert problem.suggestion.startswith('did you mean "port"?')


# Files that cannot be read.


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"[server]\nport 80", "invalid TOML: Expected '=' after a key"),
        (b"[log]\nlevel = '\xff'", "invalid TOML: not UTF-8 text (at line 2)"),
        (b"[server]\nport = " + b"9" * 5000, "invalid TOML: "),
        (b"x = " + b"[" * 100_000, "invalid TOML: nested too deeply"),
        (b"[log]\n[log]", "invalid TOML: "),
        (b"\0", "invalid TOML: "),
        (b"#" * 1_048_577, "is longer than 1048576 bytes"),
    ],
)
def test_a_file_that_is_not_toml_is_refused(content: bytes, line: str, file: Path) -> None:
    file.write_bytes(content)
    (found,) = problems(file=file)
    assert found.startswith(f"my.toml: {line}")


def test_invalid_toml_names_the_line(file: Path) -> None:
    assert "(at line 3, " in file_problems("\n[server]\nport 80", file)[0]


def test_a_file_that_cannot_be_opened_is_refused(file: Path, tmp_path: Path) -> None:
    assert problems(file=file) == ["my.toml: there is no such file"]
    assert problems(file=tmp_path) == [f"{tmp_path}: is a directory, expected a TOML file"]
    assert problems(file=Path("a\0b"))[0].startswith("a\\u0000b: cannot be read: ")
    assert problems(file=Path("x" * 5000))[0].endswith("...: cannot be read: File name too long")


# Settings that depend on each other.


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            ["receive.inbox_low=32"],
            ("--set receive.inbox_low=32: expected less than receive.inbox_high, which is 32 (default), got 32"),
        ),
        (
            ["receive.inbox_high=8"],
            ("--set receive.inbox_high=8: expected more than receive.inbox_low, which is 8 (default), got 8"),
        ),
        (
            ["receive.inbox_max=31"],
            ("--set receive.inbox_max=31: expected at least receive.inbox_high, which is 32 (default), got 31"),
        ),
        (
            ["deliver.backlog_bytes_max=4096", "receive.slice_bytes=4097"],
            (
                "--set receive.slice_bytes=4097: expected at most deliver.backlog_bytes_max, "
                "which is 4096 (--set deliver.backlog_bytes_max), got 4097"
            ),
        ),
        (
            ["receive.message_bytes_max=5000", "deliver.backlog_bytes_max=4999"],
            (
                "--set deliver.backlog_bytes_max=4999: expected at least "
                "receive.message_bytes_max, which is 5000 "
                "(--set receive.message_bytes_max), got 4999"
            ),
        ),
        (
            ["simulate.actions_per_tick_max=3"],
            (
                "--set simulate.actions_per_tick_max=3: expected at least "
                "simulate.actions_per_player_per_tick_max, which is 4 (default), got 3"
            ),
        ),
    ],
)
def test_a_broken_order_blames_what_was_written_last(options: list[str], line: str) -> None:
    assert problems(*options) == [line]


def test_equal_marks_are_allowed_where_the_order_is_not_strict() -> None:
    receive = load_config(None, {}, ["receive.inbox_high=64"]).config.receive
    assert receive.inbox_high == receive.inbox_max


def test_a_refused_value_has_no_consequences(file: Path) -> None:
    file.write_text("[receive]\ninbox_low = 40\n")
    (line,) = problems("receive.inbox_high=abc", file=file)
    assert line.startswith("--set receive.inbox_high=abc: expected an integer")


def test_every_bound_is_itself_allowed_and_nothing_beyond() -> None:
    low = load_config(None, {}, ["server.shutdown_timeout_s=0.1"]).config.server
    assert low.shutdown_timeout_s == 0.1
    beyond = math.nextafter(0.1, 0)
    assert len(problems(f"server.shutdown_timeout_s={beyond}")) == 1
