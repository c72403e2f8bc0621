"""The outcome as JUnit XML, which continuous integration shows: a test case for each threshold, and one for the run."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pelton.loadtest.result import Result
from pelton.loadtest.verdict import Code

__all__ = ["written_junit"]


def written_junit(result: Result) -> str:
    """The file's text. A saturated generator or a server out of reach is an error: no threshold says anything then."""
    duration_s = result.seconds[-1].at_s if result.seconds else 0.0
    root = Element("testsuites")
    suite = SubElement(root, "testsuite", name=f"pelton load {_clean(result.plan.name)}", timestamp=result.started_at)
    for outcome in result.outcomes:
        case = _case(suite, outcome.threshold.text)
        if not outcome.passed:
            SubElement(case, "failure", message=_clean(outcome.reason), type="threshold")
    _add_run(suite, result)
    failures, errors = len(suite.findall("*/failure")), len(suite.findall("*/error"))
    for element in (root, suite):
        element.set("tests", str(len(result.outcomes) + 1))
        element.set("failures", str(failures))
        element.set("errors", str(errors))
        element.set("time", f"{duration_s:.3f}")
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _add_run(suite: Element, result: Result) -> None:
    """Whether the run was valid and nothing went wrong that no threshold speaks of."""
    case, code = _case(suite, "the run"), result.verdict.code
    missed = {f"{outcome.threshold.text}: {outcome.reason}" for outcome in result.outcomes if not outcome.passed}
    others = [_clean(reason) for reason in result.verdict.reasons if reason not in missed]
    if others:
        kind = "error" if code in (Code.SATURATED, Code.UNREACHABLE) else "failure"
        problem = SubElement(case, kind, message=others[0], type=_clean(result.verdict.word))
        problem.text = "\n".join(others + [f"{bots} bots: {_clean(text)}" for text, bots in result.errors.items()])


def _case(suite: Element, name: str) -> Element:
    return SubElement(suite, "testcase", classname="pelton.load", name=_clean(name), time="0")


def _clean(text: str) -> str:
    """Without the characters that XML cannot hold, however they are escaped."""
    return "".join(char if char.isprintable() or char in "\n\t" else "?" for char in text)
