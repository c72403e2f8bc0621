"""A strict reader of Prometheus' text format 0.0.4: what it does not know is an error."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
NUMBER = r"(?:[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?|\+Inf)"
HELP = re.compile(rf"# HELP ({NAME}) (\S.*)")
TYPE = re.compile(rf"# TYPE ({NAME}) (counter|gauge|histogram)")
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL.pattern}(?:,{LABEL.pattern})*)\}})? ({NUMBER})")

Labels = tuple[tuple[str, str], ...]


@dataclass
class Family:
    """A metric: its head, and its samples by name and labels."""

    kind: str
    samples: dict[tuple[str, Labels], float] = field(default_factory=dict)


def read(text: str) -> dict[str, Family]:
    """Every family by its name. AssertionError names the line that is wrong."""
    assert text.endswith("\n")
    families: dict[str, Family] = {}
    lines = iter(text.removesuffix("\n").split("\n"))
    name = ""
    for line in lines:
        if line.startswith("#"):
            help_, type_ = HELP.fullmatch(line), TYPE.fullmatch(next(lines))
            assert help_, line
            assert type_, line
            assert help_[1] == type_[1], line
            name = help_[1]
            assert name not in families, line
            families[name] = Family(type_[2])
        else:
            _add_sample(families[name], name, line)
    for name, family in families.items():
        if family.kind == "histogram":
            _check_histogram(name, family)
    return families


def _add_sample(family: Family, name: str, line: str) -> None:
    found = SAMPLE.fullmatch(line)
    assert found, line
    suffixes = ("_bucket", "_sum", "_count") if family.kind == "histogram" else ("",)
    assert found[1] in [name + suffix for suffix in suffixes], line
    assert name.endswith("_total") == (family.kind == "counter"), line
    labels = tuple(LABEL.findall(found[2] or ""))
    assert len(dict(labels)) == len(labels), line
    key = (found[1], labels)
    assert key not in family.samples, line
    family.samples[key] = float(found[found.re.groups])


def _check_histogram(name: str, family: Family) -> None:
    """For each set of labels: bounds rise to +Inf, counts never fall, and the last is the count."""
    series: dict[Labels, list[tuple[float, float]]] = {}
    for (sample, labels), value in family.samples.items():
        if sample == f"{name}_bucket":
            assert labels[-1][0] == "le", labels
            series.setdefault(labels[:-1], []).append((float(labels[-1][1]), value))
    for labels, buckets in series.items():
        bounds, counts = [bound for bound, _ in buckets], [count for _, count in buckets]
        assert bounds == sorted(set(bounds)), labels
        assert bounds[-1] == float("inf"), labels
        assert counts == sorted(counts), labels
        assert counts[-1] == family.samples[f"{name}_count", labels], labels
        assert (f"{name}_sum", labels) in family.samples, labels
    assert 2 * len(series) == sum(not sample.endswith("_bucket") for sample, _ in family.samples)
