"""The layer picture of the README, held by the machine: who may import whom, and how long things may be."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
APPS = ("importers", "refunds")
OURS = (*APPS, "ace_onboarding", "tests")

# Bottom first. A module imports its own row or one below.
ROWS = (("domain", "formats"), ("models",), ("delivery",), ("services",))
EDGES = len(ROWS)

# Modules without a row of their own in the picture, and the row they belong to. All others are edges.
# What a mail is made of.
PLACED = dict.fromkeys(
    ("brand", "contact", "deadline_files", "letters", "postbox", "reminder_words", "stop_link", "wording"), "delivery"
)

LONGEST_FILE = 400
LONGEST_FUNCTION = 50
FORBIDDEN_NAMES = {"utils.py", "helpers.py", "signals.py", "receivers.py"}
CLOCK_CALLS = {"now", "today", "utcnow", "localdate", "localtime"}


@cache
def files() -> list[Path]:
    """Tracked and new files, without what git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    paths = sorted({Path(name) for name in listed.split("\0") if name})
    return [path for path in paths if (ROOT / path).exists() and "migrations" not in path.parts]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(), str(path))


def code() -> list[Path]:
    return [path for path in files() if path.parts[0] != "tests"]


def row(module: str) -> int:
    """The row of "importers.services.steps"; edges and everything outside the apps are on top."""
    parts = module.split(".")
    if parts[0] not in APPS or len(parts) == 1:
        return EDGES
    name = PLACED.get(parts[1], parts[1])
    return next((number for number, names in enumerate(ROWS) if name in names), EDGES)


def module_of(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[tuple[str, ast.stmt]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if base.split(".")[0] in OURS:  # "from importers import models" imports importers.models
                yield from ((f"{base}.{alias.name}", node) for alias in node.names)
            yield base, node


def lines(offences: list[str]) -> str:
    return "\n".join(sorted(set(offences)))


def test_there_is_something_to_look_at() -> None:
    assert {path.parts[0] for path in files()} >= {*APPS, "ace_onboarding", "tests"}


def test_a_module_imports_its_own_row_or_one_below() -> None:
    offences = [
        f"{path} imports {name}, which is above it"
        for path in code()
        if path.parts[0] in APPS and (own := row(module_of(path))) < EDGES
        for name, _ in imports(path)
        if name.split(".")[0] in APPS and len(name.split(".")) > 1 and row(name) > own
    ]
    assert not offences, lines(offences)


def test_importers_know_nothing_of_refunds() -> None:
    offences = [
        f"{path} imports {name}"
        for path in code()
        if path.parts[0] == "importers"
        for name, _ in imports(path)
        if name.split(".")[0] == "refunds"
    ]
    assert not offences, lines(offences)


def test_the_apps_need_the_project_only_for_its_celery_app() -> None:
    """Lower rows do not reach into the project's package; edges may."""
    offences = [
        f"{path} imports {name}"
        for path in code()
        if path.parts[0] in APPS and row(module_of(path)) < EDGES
        for name, _ in imports(path)
        if name.split(".")[0] == "ace_onboarding" and not name.startswith("ace_onboarding.celery")
    ]
    assert not offences, lines(offences)


def test_rules_know_neither_django_nor_celery() -> None:
    foreign = {"django", "celery", "kombu", "psycopg", "environ", "ace_onboarding"}
    offences = [
        f"{path} imports {name}"
        for path in code()
        if row(module_of(path)) == 0
        for name, _ in imports(path)
        if name.split(".")[0] in foreign
    ]
    assert not offences, lines(offences)


def test_rules_are_told_what_time_it_is() -> None:
    offences = [
        f"{path}:{node.lineno} reads the clock"
        for path in code()
        if row(module_of(path)) == 0
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK_CALLS
    ]
    assert not offences, lines(offences)


def test_imports_are_at_the_top() -> None:
    offences = [
        f"{path}:{inner.lineno} imports inside {node.name}"
        for path in files()
        for node in ast.walk(tree(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        for inner in ast.walk(node)
        if isinstance(inner, (ast.Import, ast.ImportFrom))
    ]
    assert not offences, lines(offences)


def test_nothing_happens_behind_ones_back() -> None:
    offences = [
        f"{path} imports {name}: call the service instead"
        for path in code()
        for name, _ in imports(path)
        if name.startswith(("django.dispatch", "django.db.models.signals", "celery.signals", "django.core.signals"))
    ]
    assert not offences, lines(offences)


@pytest.mark.parametrize("name", sorted(FORBIDDEN_NAMES))
def test_files_are_named_after_what_they_do(name: str) -> None:
    assert [str(path) for path in files() if path.name == name] == []


def test_files_are_short() -> None:
    offences = [
        f"{path} has {length} lines"
        for path in files()
        if (length := len((ROOT / path).read_text().splitlines())) > LONGEST_FILE
    ]
    assert not offences, lines(offences)


def test_functions_are_short() -> None:
    offences = [
        f"{path}:{node.lineno} {node.name} has {length} lines"
        for path in files()
        for node in ast.walk(tree(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert not offences, lines(offences)


def test_functions_are_typed() -> None:
    offences = [
        f"{path}:{node.lineno} {node.name} does not say what it returns"
        for path in code()
        for node in ast.walk(tree(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns is None
    ]
    assert not offences, lines(offences)


def test_errors_are_caught_by_name() -> None:
    """`except Exception` only at the queue's edge: the one task that sends."""
    offences = [
        f"{path}:{node.lineno} catches everything"
        for path in code()
        if module_of(path) not in {"importers.delivery"}
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "Exception"))
    ]
    assert not offences, lines(offences)
