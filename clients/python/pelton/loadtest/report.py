"""`report.html`: a whole run on one page that opens anywhere, without a network. Texts are escaped, data is JSON.

The charts are drawn by uPlot, which is not in the repository: `make install` fetches it, and a wheel has it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from pelton.loadtest.metrics import LATENCIES, METRICS, STATISTICS, Kind, shown, shown_time
from pelton.loadtest.percentiles import curves
from pelton.loadtest.result import Result
from pelton.loadtest.seconds import spread
from pelton.loadtest.series import columns
from pelton.loadtest.verdict import Code

__all__ = ["NO_CHARTS", "Charts", "find_charts", "written_report"]

NO_CHARTS = (
    "report.html will not be written: the chart library uPlot is not here.\n"
    "    In a checkout, `make install` fetches it; a wheel of pelton has it. Everything else is written."
)
ERRORS_SHOWN_MAX = 50
DRAWN = ("ack", "seen", "age", "send_late")


@dataclass(frozen=True, slots=True)
class Charts:
    """uPlot: its script, which begins with its licence, and its style sheet."""

    script: str
    style: str


def find_charts(folder: Traversable | None = None) -> Charts | None:
    """What was fetched into a folder, by default the one beside this module; None if it was not."""
    assets = files("pelton.loadtest") / "assets" if folder is None else folder
    try:
        script = (assets / "uPlot.iife.js").read_text(encoding="utf-8")
        style = (assets / "uPlot.min.css").read_text(encoding="utf-8")
    except OSError:
        return None
    return Charts(script, style)


def written_report(result: Result, charts: Charts) -> str:
    """The page's text."""
    page = files("pelton.loadtest") / "page"
    style, script = ((page / name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    title = f"{result.plan.name}: {result.verdict.word}"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
script-src 'unsafe-inline'">
<title>{escape(title)}</title>
<style>{_inside(charts.style, "style")}</style>
<style>{style}</style>
</head>
<body>
{"".join(_sections(result))}
<script type="application/json" id="data">{_json(_data(result))}</script>
<script>{_inside(charts.script, "script")}</script>
<script>{script}</script>
</body>
</html>
"""


def _sections(result: Result) -> Iterable[str]:
    yield _head(result)
    yield _thresholds(result)
    yield _capacity(result)
    yield _errors(result)
    yield '<main id="charts"></main>\n'
    yield _latencies(result)
    yield _environment(result)
    yield f"<section><h2>Plan</h2><pre>{escape(result.plan.text.strip())}</pre></section>\n"
    yield "<footer>Charts: uPlot, &copy; Leon Sorokin, MIT licence.</footer>"


def _head(result: Result) -> str:
    verdict, plan = result.verdict, result.plan
    good = "good" if verdict.code is Code.PASSED else "bad"
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in verdict.reasons)
    duration_s = result.seconds[-1].at_s if result.seconds else 0.0
    most = max((second.bots for second in result.seconds), default=0)
    facts = f"{plan.game} on {plan.url}, up to {most:,} players, {duration_s:.0f} s, {result.started_at[:19]} UTC"
    return (
        f'<header><p class="what">Load test <b>{escape(plan.name)}</b></p>'
        f'<h1 class="{good}">{escape(verdict.word)}</h1><p class="facts">{escape(facts)}</p>'
        + (f"<ul>{reasons}</ul>" if reasons else "")
        + "</header>\n"
    )


def _thresholds(result: Result) -> str:
    if not result.outcomes:
        return '<section><h2>Thresholds</h2><p class="none">The plan has none.</p></section>\n'
    rows = (
        f'<tr><td><span class="mark {"good" if outcome.passed else "bad"}">'
        f"{'held' if outcome.passed else 'missed'}</span></td>"
        f"<td><code>{escape(outcome.threshold.text)}</code></td><td>{escape(outcome.reason)}</td></tr>"
        for outcome in result.outcomes
    )
    return f"<section><h2>Thresholds</h2><div class=wide><table>{''.join(rows)}</table></div></section>\n"


def _capacity(result: Result) -> str:
    if result.capacity is None:
        return ""
    rows = (
        f'<tr><td class="number">{step.bots:,}</td><td><span class="mark {"good" if step.held else "bad"}">'
        f"{'held' if step.held else 'missed'}</span></td><td>{escape('; '.join(step.reasons))}</td></tr>"
        for step in result.capacity.steps
    )
    return (
        f"<section><h2>Capacity</h2><p>{escape(result.capacity.sentence)}</p>"
        f"<div class=wide><table><tr><th>players</th><th></th><th></th></tr>{''.join(rows)}</table></div></section>\n"
    )


def _errors(result: Result) -> str:
    if not result.errors:
        return ""
    found = list(result.errors.items())
    rows = "".join(
        f'<tr><td class="number">{bots:,}</td><td>{escape(text)}</td></tr>' for text, bots in found[:ERRORS_SHOWN_MAX]
    )
    more = len(found) - ERRORS_SHOWN_MAX
    note = f"<p>... and {more:,} more, see summary.json</p>" if more > 0 else ""
    head = "<tr><th>bots</th><th>what they met</th></tr>"
    return f"<section><h2>Errors</h2><div class=wide><table>{head}{rows}</table></div>{note}</section>\n"


def _latencies(result: Result) -> str:
    """Every statistic of every latency over all holds."""
    head = "".join(f'<th class="number">{escape(statistic)}</th>' for statistic in STATISTICS)
    histograms = result.histograms
    rows = "".join(
        f"<tr><td><b>{name}</b><small>{escape(meaning)}</small></td>{_cells(spread(histograms[name]))}</tr>"
        for name, meaning in LATENCIES.items()
    )
    table = f"<table><tr><th></th>{head}</tr>{rows}</table>"
    others = "".join(_other(result, metric) for metric in METRICS if metric.partition(".")[0] not in LATENCIES)
    return (
        f"<section><h2>All holds together</h2><div class=wide>{table}</div>"
        f"<div class=wide><table>{others}</table></div></section>\n"
    )


def _cells(statistics: Any) -> str:
    values = ((statistic, statistics.get(statistic)) for statistic in STATISTICS)
    return "".join(f'<td class="number">{_cell(statistic, value)}</td>' for statistic, value in values)


def _cell(statistic: str, value: float | None) -> str:
    if value is None:
        return "-"
    return shown(value, Kind.COUNT) if statistic == "count" else shown_time(value)


def _other(result: Result, metric: str) -> str:
    value = result.measured.values.get(metric)
    text = shown(value, METRICS[metric]) if value is not None else result.measured.missing.get(metric, "-")
    return f"<tr><td><b>{metric}</b></td><td>{escape(text)}</td></tr>"


def _environment(result: Result) -> str:
    facts = {**result.environment, "seed": result.plan.seed}
    rows = "".join(f"<tr><td>{escape(key)}</td><td>{escape(str(value))}</td></tr>" for key, value in facts.items())
    return f"<section><h2>Environment</h2><div class=wide><table>{rows}</table></div></section>\n"


def _data(result: Result) -> dict[str, Any]:
    histograms = result.histograms
    xs, latencies = curves({name: histograms[name] for name in DRAWN})
    return {
        "seconds": columns(result.seconds),
        "stages": [
            {"name": stage.name, "began_s": stage.began_s, "held_from_s": stage.held_from_s, "ended_s": stage.ended_s}
            for stage in result.stages
        ],
        "curves": {"x": xs, "latencies": latencies},
        "limits": _limits(result),
    }


def _limits(result: Result) -> Sequence[dict[str, Any]]:
    """What a chart can draw as a line: an upper bound on a latency."""
    return [
        {"metric": outcome.threshold.metric, "limit": outcome.threshold.limit, "text": outcome.threshold.text}
        for outcome in result.outcomes
        if METRICS[outcome.threshold.metric] is Kind.TIME and outcome.threshold.operator in ("<", "<=")
    ]


def _json(value: Any) -> str:
    """JSON that ends no script element, whatever it holds."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _inside(text: str, element: str) -> str:
    """A library's text, which must not end the element that it stands in."""
    return text.replace(f"</{element}", f"<\\/{element}")
