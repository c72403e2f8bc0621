"""Load tests: players who come and act as planned, what they measured, and the verdict.

    plan -> run (stages, seconds) -> result -> summary.json, junit.xml, report.html, exit code

`pelton load plan.toml` does it all. The command line imports this package to read its arguments, so nothing here may
import the client before it is needed.
"""

from pelton.loadtest.plan import Plan, read_plan
from pelton.loadtest.tables import PlanError

__all__ = ["Plan", "PlanError", "read_plan"]
