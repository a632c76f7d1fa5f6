"""How a rule says no: a stable code for programs, a sentence for people that can be translated later."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from sys import intern
from typing import Self

Translate = Callable[[str], str]


class Msgid(str):
    """English text that whoever shows it translates; also as a parameter of another sentence."""

    __slots__ = ()


def gettext_noop(message: str) -> Msgid:
    """Marks a text for translation."""
    return Msgid(message)


def fill(template: str, params: Mapping[str, object], translate: Translate = str) -> str:
    """The sentence, translated. Of the parameters, texts that are marked for translation are translated too; a
    list of them is one after the other with semicolons."""
    return translate(template) % {name: _shown(value, translate) for name, value in params.items()}


def _shown(value: object, translate: Translate) -> object:
    if isinstance(value, Msgid):
        return translate(value)
    if isinstance(value, list | tuple):
        return "; ".join(str(_shown(item, translate)) for item in value)
    return value


class RuleViolation(Exception):
    """`template` is the English msgid with %(name)s places (a literal % doubled), `params` fill them.

    Neither may hold a whole Social Security number or anything that could be bank details: messages reach
    logs, mails and pages.
    """

    def __init__(self, code: str, template: str, /, **params: object) -> None:
        super().__init__(code, template)
        self.code = code
        self.template = template
        self.params = params

    @cached_property
    def message(self) -> str:
        """Kept once: it may stand in a million rows of a file."""
        return intern(fill(self.template, self.params))

    def translated(self, translate: Translate) -> str:
        return fill(self.template, self.params, translate)

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Callable[..., Self], tuple[str, str]]:
        return partial(type(self), **self.params), (self.code, self.template)


@dataclass(frozen=True, slots=True)
class LineError:
    """One thing wrong in a file. `row` is the spreadsheet's (the heading is 1), 0 when it is about the whole file.
    `name` and `value` are whom the row is about and what stands in the cell, as far as they may be repeated."""

    row: int
    column: str
    code: str
    message: str
    template: str = field(default="", compare=False, repr=False)
    params: Mapping[str, object] = field(default_factory=dict, compare=False, repr=False)
    name: str = field(default="", compare=False, repr=False)
    value: str = field(default="", compare=False, repr=False)

    @classmethod
    def of(cls, row: int, column: str, violation: RuleViolation, *, name: str = "", value: str = "") -> Self:
        return cls(row, column, violation.code, violation.message, violation.template, violation.params, name, value)

    def translated(self, translate: Translate) -> str:
        return fill(self.template, self.params, translate) if self.template else self.message

    def as_dict(self) -> dict[str, int | str]:
        return {"row": self.row, "column": self.column, "code": self.code, "message": self.message}
