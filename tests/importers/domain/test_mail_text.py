from pathlib import Path

import pytest

from importers.domain.errors import RuleViolation
from importers.domain.mail_text import BEFORE, LATE, check_places, fill_places, paragraphs, parse_shipped

TEMPLATES = Path(__file__).resolve().parents[3] / "templates/emails"


@pytest.mark.parametrize("text", ["", "No places", "{importer}: {step} by {deadline}", "{days_left}{days_left}"])
def test_known_places_are_taken(text: str) -> None:
    check_places(text, BEFORE)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{importr}", "unknown_place"),
        ("{Importer}", "unknown_place"),
        ("{ importer }", "unknown_place"),
        ("{}", "unknown_place"),
        ("{importer.name}", "unknown_place"),
        ("{importer!r}", "unknown_place"),
        ("{days_late}", "unknown_place"),
        ("Dear {importer", "broken_place"),
        ("Dear importer}", "broken_place"),
        ("{{importer}}", "broken_place"),
        ("{importer}}", "broken_place"),
    ],
)
def test_unknown_and_broken_ones_are_refused_with_the_list_of_known_ones(text: str, code: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        check_places(text, BEFORE)
    assert refused.value.code == code
    assert "{importer}, {step}" in refused.value.message
    assert "{days_left}" in refused.value.message


def test_what_is_counted_after_the_deadline_has_its_place_there_only() -> None:
    check_places("{days_late}", LATE)
    with pytest.raises(RuleViolation):
        check_places("{days_left}", LATE)


def test_a_value_with_braces_is_not_filled_again() -> None:
    assert fill_places("{importer} {step}", {"importer": "{step} ApS", "step": "2 %s"}) == "{step} ApS 2 %s"


def test_blank_lines_part_paragraphs() -> None:
    assert paragraphs("One\nline \r\n\r\n\n  Two ") == ["One\nline", "Two"]


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*/words/*/*.txt")), ids=lambda path: "/".join(path.parts[-4:]))
def test_every_shipped_text_has_a_subject_a_body_and_known_places(path: Path) -> None:
    subject, body = parse_shipped(path.read_text())
    assert subject
    assert body
    for part in (subject, body):
        check_places(part, LATE if path.parent.name == "late" else BEFORE)
