"""The forms of a page as a browser would post them: every field with what it was served with, hidden ones too."""

from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse

Attributes = list[tuple[str, str | None]]


class Forms(HTMLParser):
    """`found` holds for each form its action and its fields."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, Any]]] = []
        self._in_form = False
        self._select = self._textarea = ""

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._in_form = True
            self.found.append((given.get("action", ""), {}))
        elif self._in_form and tag in ("input", "select", "textarea", "option"):
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        fields, name = self.found[-1][1], given.get("name", "")
        if tag == "option" and self._select:
            if "selected" in given or self._select not in fields:
                fields[self._select] = given.get("value", "")
        elif tag == "select":
            self._select = name
        elif tag == "textarea":
            self._textarea = name
            fields[name] = ""
        elif name and given.get("type") not in ("checkbox", "radio", "submit", "file"):
            fields[name] = given.get("value", "")
        elif name and "checked" in given:
            fields[name] = given.get("value", "on")

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.found[-1][1][self._textarea] += data

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "form":
                self._in_form = False
            case "select":
                self._select = ""
            case "textarea":
                self._textarea = ""


def served(page: HttpResponse, *, to: str = "", holding: str = "", **having: str) -> dict[str, Any]:
    """The fields of the one form that is posted to this address (or any), has a field of this name, and these values
    in it."""
    parser = Forms()
    parser.feed(page.content.decode())
    found = [
        fields
        for address, fields in parser.found
        if address.partition("#")[0].endswith(to)
        and (not holding or holding in fields)
        and all(fields.get(name) == value for name, value in having.items())
    ]
    assert len(found) == 1, f"{len(found)} such forms among {[address for address, _fields in parser.found]}"
    return {name: value for name, value in found[0].items() if name != "csrfmiddlewaretoken"}
