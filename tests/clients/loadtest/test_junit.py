"""JUnit XML: what continuous integration shows of a run."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

from pelton.loadtest.junit import written_junit
from tests.clients.loadtest.made import a_plan, a_result, with_thresholds


def read(text: str) -> Element:
    """The one suite in it."""
    (suite,) = fromstring(text)  # noqa: S314 - our own
    return suite


def test_a_threshold_is_a_test_case_and_so_is_the_run(tmp_path: Path) -> None:
    suite = read(written_junit(a_result(a_plan(tmp_path))))
    assert [case.get("name") for case in suite] == ["ack.p99 < 80ms", "errors == 0", "the run"]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "0", "0")
    assert suite.get("time") == "22.000"
    assert not suite.findall("*/*")


def test_a_missed_threshold_is_one_failure(tmp_path: Path) -> None:
    plan = with_thresholds(a_plan(tmp_path), "ack.p99 < 1ms", "errors == 0")
    suite = read(written_junit(a_result(plan)))
    (failure,) = suite.findall("*/failure")
    assert str(failure.get("message")).startswith("was ")
    assert suite.get("failures") == "1"
    assert suite[0].find("failure") is failure


def test_a_server_out_of_reach_is_an_error(tmp_path: Path) -> None:
    result = a_result(a_plan(tmp_path), connected=0, errors={"cannot connect <&>\x00": 100})
    suite = read(written_junit(result))
    (error,) = suite.findall("*/error")
    assert error.get("message") == "none of 100 bots could connect"
    assert "100 bots: cannot connect <&>?" in str(error.text)
