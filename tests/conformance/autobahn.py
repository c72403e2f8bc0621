"""Runs the Autobahn|TestSuite against the echo, on both transports, and judges what it says.

`python -m tests.conformance.autobahn --wstest PATH` ends with 0 only if nothing failed that is not allowed to; the
suite's own exit code says nothing. README.md beside this file tells how to get the suite.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.conformance.echo_server import SUBPROTOCOL

TIMEOUT_S = 900
COMPRESSION = ["12.*", "13.*"]
"""Not negotiated, so these say UNIMPLEMENTED, slowly."""
ALLOWED: dict[str, str] = {}
"""Cases that may fail, with the reason."""

Verdicts = dict[str, str]


def verdicts(index: object, agent: str) -> Verdicts:
    """Of each case the worse of what the suite says of its answer and of its end."""
    assert isinstance(index, dict)
    return {case: _worse(told["behavior"], told["behaviorClose"]) for case, told in index[agent].items()}


def failures(judged: Verdicts) -> list[str]:
    """The cases that failed and may not."""
    return sorted(case for case, verdict in judged.items() if verdict == "FAILED" and case not in ALLOWED)


def _worse(behavior: str, close: str) -> str:
    failed = {"FAILED", "WRONG CODE", "UNCLEAN", "FAILED BY CLIENT"}
    return "FAILED" if behavior in failed or close in failed else behavior


@contextmanager
def echo_server(transport: str) -> Generator[str]:
    """An echo in a process of its own; its address."""
    command = [sys.executable, "-m", "tests.conformance.echo_server", "--transport", transport]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().removeprefix("listening on ").strip()
        finally:
            process.terminate()


def run_suite(wstest: Path, transport: str, folder: Path, cases: list[str]) -> Verdicts:
    """Run the suite's client against an echo; reports as HTML are left in the folder."""
    with echo_server(transport) as url:
        server = {"agent": transport, "url": url, "protocols": [SUBPROTOCOL]}
        spec = {"outdir": str(folder), "servers": [server], "cases": cases, "exclude-cases": COMPRESSION}
        path = folder / "spec.json"
        path.write_text(json.dumps({**spec, "exclude-agent-cases": {}}), encoding="utf-8")
        subprocess.run(
            [str(wstest), "-m", "fuzzingclient", "-s", str(path)],
            stdout=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=True,
        )
    return verdicts(json.loads((folder / "index.json").read_text(encoding="utf-8")), transport)


def main() -> int:
    """Run it on each transport and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wstest", type=Path, required=True, help="the suite's program")
    parser.add_argument("--out", type=Path, help="a folder for the reports (by default one that is removed)")
    parser.add_argument("--cases", nargs="*", default=["*"])
    options = parser.parse_args()
    failed: list[str] = []
    print(f"{'transport':<10} {'cases':>5} {'OK':>5} {'non-strict':>11} {'informational':>14} {'failed':>7}  allowed")
    with tempfile.TemporaryDirectory() as temporary:
        for transport in ("swept", "asyncio"):
            folder = (options.out or Path(temporary)).resolve() / transport
            folder.mkdir(parents=True, exist_ok=True)
            judged = run_suite(options.wstest, transport, folder, options.cases)
            count = Counter(judged.values())
            bad = failures(judged)
            allowed = ", ".join(case for case in ALLOWED if judged.get(case) == "FAILED") or "-"
            print(
                f"{transport:<10} {len(judged):>5} {count['OK']:>5} {count['NON-STRICT']:>11} "
                f"{count['INFORMATIONAL']:>14} {len(bad):>7}  {allowed}"
            )
            failed += [f"{transport}: case {case} failed" for case in bad]
    print("\n".join(failed) or "Nothing failed that may not.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
