"""Lay settings from several sources over one another, later over earlier, and check what results.

Pure: settings in, values and problems out. Reads no file, knows no setting by name: the tree is an
argument.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pelton.server.config_bounds import Order, Section, Value
from pelton.server.config_sources import ConfigError, Problem, Setting, Source, quoted

__all__ = ["Layers", "Taken"]


@dataclass(frozen=True, slots=True)
class Taken:
    """A value that was accepted, and the source it came from last."""

    value: Value
    source: Source
    rank: int
    """Higher came later, and won."""


class Layers:
    """Collects settings of one source after the other, and all that is wrong with them."""

    def __init__(self, sections: Mapping[str, Section]) -> None:
        self.problems: list[Problem] = []
        self.taken: dict[str, dict[str, Taken]] = {name: {} for name in sections}
        self._sections = sections
        self._refused: set[tuple[str, str]] = set()
        self._unknown: set[tuple[str, str]] = set()
        self._rank = 0

    def add(self, settings: Iterable[Setting | Problem]) -> None:
        """Take what is right from one source; it replaces what earlier ones said."""
        for setting in settings:
            if isinstance(setting, Problem):
                self.problems.append(setting)
            elif setting.section not in self._sections:
                self._add_unknown(setting)
            elif setting.key is not None:
                self._add_setting(setting, self._sections[setting.section], setting.key)
            elif setting.value != {}:
                problem = f"expected a section of settings, got {quoted(setting.value)}"
                self._report(setting, problem)

    def _add_unknown(self, setting: Setting) -> None:
        """One line for a section, however many keys it has."""
        seen = (setting.source.label, setting.section)
        if seen in self._unknown:
            return
        self._unknown.add(seen)
        if setting.key is None and not isinstance(setting.value, (dict, list)):
            home = self._sections_with(setting.section)
            suggestion = f"it belongs under [{home[0]}]" if home else ""
            problem = "stands outside of a section"
            self.problems.append(Problem(setting.source, None, setting.section, problem, suggestion))
            return
        problem, key = "unknown section", None
        if setting.source.names_key:  # in a file the whole section is wrong, so no key is named
            problem, key = f"unknown section {quoted(setting.section)}", setting.key
        suggestion = _did_you_mean(setting.section, "sections", list(self._sections))
        self.problems.append(Problem(setting.source, setting.section, key, problem, suggestion))

    def _add_setting(self, setting: Setting, section: Section, name: str) -> None:
        key = section.key(name)
        if key is None:
            self._report(setting, *self._unknown_key(section, name))
            return
        if setting.is_text and isinstance(setting.value, str):
            value = key.parse(setting.value)
        else:
            value = key.accept(setting.value)
        if value is None:
            self._refused.add((setting.section, name))
            got = quoted(setting.value)
            if key.secret:  # nor the label of an option, which has the value in it
                got = "something else, which is not shown"
                if setting.source.names_key:
                    setting = replace(setting, source=replace(setting.source, label=setting.source.origin))
            self._report(setting, f"expected {key.expected}, got {got}")
            return
        self._rank += 1
        self.taken[setting.section][name] = Taken(value, setting.source, self._rank)

    def _unknown_key(self, section: Section, name: str) -> tuple[str, str]:
        if section.names is not None:
            return f"expected a name of {section.names}", ""
        elsewhere = self._sections_with(name)
        if elsewhere:
            return "unknown key", f'did you mean "{name}" of [{elsewhere[0]}]?'
        return "unknown key", _did_you_mean(name, "keys", list(section.keys))

    def _sections_with(self, key: str) -> list[str]:
        return [name for name, section in self._sections.items() if key in section.keys]

    def _report(self, setting: Setting, problem: str, suggestion: str = "") -> None:
        self.problems.append(Problem(setting.source, setting.section, setting.key, problem, suggestion))

    def check_complete(self, source: Source) -> None:
        """Report keys without a value; `source` should have had it."""
        if self.problems:
            return  # a file that cannot be read lacks everything, which helps nobody
        for section, content in self._sections.items():
            missing = [key for key in content.keys if key not in self.taken[section]]
            for key in missing:
                self.problems.append(Problem(source, section, key, "is missing"))

    def check_orders(self, orders: Sequence[Order]) -> None:
        """After the last source, report orders that do not hold."""
        for order in orders:
            self._check_order(order)

    def check(self, rule: Callable[[Mapping[str, Mapping[str, Taken]]], Iterable[Problem]]) -> None:
        """After the last source, report what a rule finds wrong with all of it together."""
        if not self._refused:
            self.problems += rule(self.taken)

    def raise_problems(self) -> None:
        """Raise ConfigError if there are any."""
        if self.problems:
            raise ConfigError(self.problems)

    def _check_order(self, order: Order) -> None:
        lower, upper = self._sound(order.lower), self._sound(order.upper)
        if lower is None or upper is None or order.holds(lower.value, upper.value):
            return
        # The one that was written last is the one to blame, as the other was right before.
        at_fault, name, against, other = lower, order.lower, upper, order.upper
        relation = "less than" if order.strict else "at most"
        if upper.rank > lower.rank:
            at_fault, name, against, other = upper, order.upper, lower, order.lower
            relation = "more than" if order.strict else "at least"
        section, _, key = name.partition(".")
        problem = (
            f"expected {relation} {other}, which is {quoted(against.value)} "
            f"({against.source.origin}), got {quoted(at_fault.value)}"
        )
        self.problems.append(Problem(at_fault.source, section, key, problem))

    def _sound(self, dotted: str) -> Taken | None:
        """What was taken, unless another source had something for it that was refused."""
        section, _, key = dotted.partition(".")
        return None if (section, key) in self._refused else self.taken[section].get(key)


def _did_you_mean(word: str, what: str, known: Sequence[str]) -> str:
    listed = f"{what}: {', '.join(known)}"
    close = difflib.get_close_matches(word, known, n=1)
    return f'did you mean "{close[0]}"? ({listed})' if close else listed
