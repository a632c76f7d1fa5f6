"""Texts of other languages are compiled when they change, and none is forgotten."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from babel.messages.mofile import read_mo

from ace_onboarding import translations
from ace_onboarding.translations import compile_stale, problems

HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=2; plural=(n != 1);\\n"\n'
HELLO = '\nmsgid "Hello"\nmsgstr "Goddag"\n'


@pytest.fixture
def catalogue(tmp_path: Path, settings: Any) -> Path:
    source = tmp_path / "locale" / "da" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(HEAD + HELLO)
    settings.BASE_DIR = tmp_path
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    return source


def test_compiled_only_when_it_has_changed(catalogue: Path) -> None:
    assert compile_stale() == [catalogue]
    with catalogue.with_suffix(".mo").open("rb") as binary:
        assert read_mo(binary).get("Hello").string == "Goddag"
    assert compile_stale() == []
    later = catalogue.with_suffix(".mo").stat().st_mtime + 1
    os.utime(catalogue, (later, later))
    assert compile_stale() == [catalogue]


@pytest.mark.parametrize(
    ("kept", "in_the_sources", "problem"),
    [
        (HELLO, HELLO, None),
        ("", HELLO, "missing from the catalogue: 'Hello'"),
        (HELLO, "", "no longer in the sources: 'Hello'"),
        (HELLO.replace("Goddag", ""), HELLO, "not translated: 'Hello'"),
        ("\n#, fuzzy" + HELLO, HELLO, "marked as fuzzy: 'Hello'"),
        ('\nmsgctxt "menu"' + HELLO, HELLO, "missing from the catalogue: 'Hello'"),
        (
            '\nmsgid "%(n)s mails"\nmsgstr "%(m)s breve"\n',
            '\nmsgid "%(n)s mails"\nmsgstr ""\n',
            "other placeholders: '%(n)s mails'",
        ),
        (
            '\nmsgid "one mail"\nmsgid_plural "%(n)s mails"\nmsgstr[0] "et brev"\nmsgstr[1] "%(n)s breve"\n',
            '\nmsgid "one mail"\nmsgid_plural "%(n)s mails"\nmsgstr[0] ""\nmsgstr[1] ""\n',
            None,
        ),
    ],
)
def test_problems(
    catalogue: Path, monkeypatch: pytest.MonkeyPatch, kept: str, in_the_sources: str, problem: str | None
) -> None:
    @contextmanager
    def collected() -> Iterator[Path]:
        fresh = catalogue.with_name("fresh.po")
        fresh.write_text(HEAD + in_the_sources)
        yield fresh

    monkeypatch.setattr(translations, "collected", collected)
    catalogue.write_text(HEAD + kept)
    found = problems()
    assert (problem in found) if problem else (found == [])


def test_a_missing_catalogue_is_named(catalogue: Path) -> None:
    catalogue.unlink()
    assert problems() == [f"{catalogue} does not exist: run 'make messages'."]


def test_collecting_leaves_no_word_of_what_a_changed_text_said_before(catalogue: Path, settings: Any) -> None:
    for folder in translations.SOURCES:
        Path(settings.BASE_DIR, folder).mkdir()
    Path(settings.BASE_DIR, "importers", "words.py").write_text('_("Hello!")\n')
    translations.collect()
    collected = catalogue.read_text()
    assert '#, fuzzy\nmsgid "Hello!"\nmsgstr "Goddag"' in collected
    assert "|" not in collected
