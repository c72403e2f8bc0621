"""The TypeScript client: its own tests, its types, and that what was built is what the source says."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.clients.browser.bundle import BUILT, CLIENT, FILES, LOCK, ROOT, describe, gzipped_bytes
from tests.clients.browser.nodejs import NODE, needs_the_build

SDK = ROOT / "clients/browser"
GZIPPED_BYTES_MAX = 15 * 1024
LINES_MAX = 400
pytestmark = needs_the_build
TIMEOUT_S = 240
PROGRAM = """
import { connect, type Room } from './pelton.js';

interface Ship {
  readonly id: number;
  readonly x: number;
}

export async function play(socket: typeof WebSocket): Promise<number | undefined> {
  const client = await connect('ws://here/', { webSocket: socket, ticket: () => 'me' });
  const room: Room = await client.joinOrCreate('arena', { name: 'Ada' });
  for await (const frame of room) room.act('steer', { turn: frame.tick, thrust: 1 }, { latest: true });
  return room.state.table<Ship>('ships').get(room.playerId)?.x;
}
"""


def node(*words: str | Path, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run Node, the one of the environment."""
    return subprocess.run(
        [NODE, *words],
        cwd=SDK,
        env=os.environ | (environ or {}),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


@pytest.mark.timeout(TIMEOUT_S)
def test_its_own_tests_pass_on_every_vector(tmp_path: Path) -> None:
    built = node("build.mjs", "--tests", tmp_path)
    assert built.returncode == 0, built.stderr
    programs = sorted(tmp_path.glob("*.test.mjs"))
    vectors = {"PELTON_VECTORS": str(ROOT / "protocol/vectors")}
    run = node("--test", "--test-reporter=tap", *programs, environ=vectors)
    count = re.search(r"^# pass (\d+)$", run.stdout, re.MULTILINE)
    assert run.returncode == 0, "\n".join(line for line in run.stdout.splitlines() if "not ok" in line) + run.stderr
    assert count is not None
    assert int(count[1]) > 1000, "fewer tests than there are vectors"


def test_its_types_are_right() -> None:
    checked = node("node_modules/typescript/bin/tsc", "-p", ".")
    assert checked.returncode == 0, checked.stdout


def test_the_types_that_are_shipped_can_be_used_alone(tmp_path: Path) -> None:
    (tmp_path / "pelton.d.ts").write_bytes((BUILT / "pelton.d.ts").read_bytes())
    (tmp_path / "game.ts").write_text(PROGRAM, encoding="utf-8")
    options = {"strict": True, "noEmit": True, "target": "es2022", "module": "esnext", "types": []}
    config = {"compilerOptions": options | {"moduleResolution": "bundler"}, "files": ["game.ts"]}
    (tmp_path / "tsconfig.json").write_text(json.dumps(config), encoding="utf-8")
    checked = node("node_modules/typescript/bin/tsc", "-p", tmp_path)
    assert checked.returncode == 0, checked.stdout


def test_what_was_built_is_what_the_lock_says() -> None:
    assert describe(BUILT) == LOCK.read_text(encoding="utf-8"), "the source has changed: run `make browser-lock`"


@pytest.mark.timeout(TIMEOUT_S)
def test_the_same_source_gives_the_same_bytes_anywhere(tmp_path: Path) -> None:
    built = node("build.mjs", tmp_path / "elsewhere")
    assert built.returncode == 0, built.stderr
    assert describe(tmp_path / "elsewhere") == LOCK.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in CLIENT if name.endswith(".js")])
def test_what_a_browser_loads_is_small(name: str) -> None:
    assert gzipped_bytes(BUILT / name) <= GZIPPED_BYTES_MAX


@pytest.mark.parametrize("name", FILES)
def test_what_is_shipped_names_no_machine(name: str) -> None:
    text = (BUILT / name).read_text(encoding="utf-8")
    assert not re.search(r"/(?:home|tmp|root|work)/|sourceMappingURL|https?://", text)


def test_the_tools_are_pinned_without_an_address() -> None:
    text = (SDK / "package-lock.json").read_text(encoding="utf-8")
    packages = {name: package for name, package in json.loads(text)["packages"].items() if name}
    assert "://" not in text, "an address of a registry"
    assert packages
    assert not [name for name, package in packages.items() if not package.get("integrity")]
    wanted = json.loads((SDK / "package.json").read_text(encoding="utf-8"))
    assert "dependencies" not in wanted, "what users load has none"
    assert not [version for version in wanted["devDependencies"].values() if not re.fullmatch(r"[\d.]+", version)]


def test_no_file_is_longer_than_can_be_read() -> None:
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in SDK.glob("*/*.ts")}
    assert lengths
    assert not {name: lines for name, lines in lengths.items() if lines > LINES_MAX and not name.endswith(".test.ts")}
