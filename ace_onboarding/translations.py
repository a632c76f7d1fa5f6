"""Compiles the texts of other languages, without the gettext programs."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings


def sources() -> list[Path]:
    return sorted(path for folder in settings.LOCALE_PATHS for path in folder.glob("*/LC_MESSAGES/*.po"))


def is_stale(source: Path) -> bool:
    compiled = source.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime


def compile_stale() -> list[Path]:
    """Compiles what has changed since the last time; returns what it compiled."""
    stale = [source for source in sources() if is_stale(source)]
    for source in stale:
        with source.open("rb") as text:
            catalog = read_po(text)
        fresh = source.with_suffix(".mo.new")
        with fresh.open("wb") as binary:
            write_mo(binary, catalog)
        fresh.replace(source.with_suffix(".mo"))
    return stale
