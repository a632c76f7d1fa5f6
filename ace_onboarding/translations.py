"""The texts of other languages: collected from the sources, checked, and compiled.

Collecting runs Django's makemessages, which needs the gettext programs. Compiling needs only Babel.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import call_command
from django.core.management.commands.makemessages import Command as MakeMessages

LANGUAGE = "da"
PLACEHOLDERS = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
SOURCES = ("ace_onboarding", "importers", "refunds", "templates")


class Collect(MakeMessages):
    """Without what a changed text said before: its comments stay when the text has long been translated."""

    msgmerge_options = ["-q", "--backup=none", "--update"]


def catalogs() -> list[Path]:
    return sorted(path for folder in settings.LOCALE_PATHS for path in folder.glob("*/LC_MESSAGES/*.po"))


def compile_stale() -> list[Path]:
    """Compiles what has changed since the last time; returns what it compiled."""
    stale = [source for source in catalogs() if _is_stale(source)]
    for source in stale:
        fresh = source.with_suffix(".mo.new")
        with fresh.open("wb") as binary:
            write_mo(binary, read(source))
        fresh.replace(source.with_suffix(".mo"))
    return stale


def _is_stale(source: Path) -> bool:
    compiled = source.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime


def read(source: Path) -> Catalog:
    with source.open("rb") as text:
        return read_po(text)


def kept() -> Path:
    return Path(settings.BASE_DIR, "locale", LANGUAGE, "LC_MESSAGES", "django.po")


@contextmanager
def collected() -> Iterator[Path]:
    """A catalogue brought up to date with the sources, in a copy: makemessages writes among its sources."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for folder in SOURCES:
            shutil.copytree(settings.BASE_DIR / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
        source = root / kept().relative_to(settings.BASE_DIR)
        source.parent.mkdir(parents=True)
        if kept().exists():
            shutil.copy(kept(), source)
        with chdir(root):
            call_command(Collect(), "--no-wrap", "--no-location", "--no-obsolete", locale=[LANGUAGE], verbosity=0)
        yield source


def collect() -> None:
    with collected() as fresh:
        kept().parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(fresh, kept())


def problems() -> list[str]:
    """What is wrong with the catalogue in the repository, measured by a freshly collected one."""
    if not kept().exists():
        return [f"{kept()} does not exist: run 'make messages'."]
    with collected() as source:
        fresh = _messages(source)
    ours = _messages(kept())
    found = [f"missing from the catalogue: {text}" for text in fresh.keys() - ours.keys()]
    found += [f"no longer in the sources: {text}" for text in ours.keys() - fresh.keys()]
    found += [f"not translated: {text}" for text, message in ours.items() if not _is_translated(message)]
    found += [f"marked as fuzzy: {text}" for text, message in ours.items() if message.fuzzy]
    found += [f"other placeholders: {text}" for text, message in ours.items() if _has_other_placeholders(message)]
    return sorted(found)


def _messages(source: Path) -> dict[str, Message]:
    return {f"{message.context or ''} {message.id!r}".strip(): message for message in read(source) if message.id}


def _is_translated(message: Message) -> bool:
    return all(_texts(message.string))


def _has_other_placeholders(message: Message) -> bool:
    """A placeholder that is missing or misspelt shows only when the sentence does; a plural may leave one out."""
    known = {name for text in _texts(message.id) for name in PLACEHOLDERS.findall(text)}
    used = [set(PLACEHOLDERS.findall(text)) for text in _texts(message.string) if text]
    return any(not names <= known for names in used) or (len(used) == 1 and used[0] != known)


def _texts(value: str | Sequence[str] | None) -> Sequence[str]:
    return value if isinstance(value, (list, tuple)) else [str(value or "")]
