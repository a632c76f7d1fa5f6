import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from importers.models import BrokerFirm, ImporterOfRecord
from refunds.formats.cape_csv import check
from refunds.management.commands.export_cape import Command
from refunds.models import CapeFile, CapeFileEntry
from tests.factories import EntryFactory, ImporterFactory

pytestmark = pytest.mark.django_db

KEYS = {"files", "entries", "excluded", "warnings"}


@pytest.fixture
def importer() -> ImporterOfRecord:
    BrokerFirm.current()
    BrokerFirm.objects.update(filer_code="B76")
    importer = ImporterFactory.create(number_text="123-45-6789")
    EntryFactory.create(importer=importer)
    EntryFactory.create(importer=importer, entry_type="47")
    return importer


def run(number: str, out: Path, *more: str) -> tuple[dict[str, Any], str, int]:
    told, err = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command(Command(), number, "--out", str(out), "--json", *more, stdout=told, stderr=err)
    except CommandError as refused:
        code = refused.returncode
    return json.loads(told.getvalue()), err.getvalue(), code


@pytest.mark.parametrize("number", ["123-45-6789", " 123–45–6789"])
def test_the_files_are_written_and_every_other_entry_is_named(
    importer: ImporterOfRecord, number: str, tmp_path: Path
) -> None:
    out = tmp_path / "a" / "b"
    answer, _err, code = run(number, out)
    assert (code, answer["entries"], answer["warnings"]) == (0, 1, [])
    [file] = answer["files"]
    assert file["entries"] == 1
    assert check(Path(file["path"]).read_bytes()).accept
    assert [path.name for path in out.iterdir()] == [Path(file["path"]).name]
    [left] = answer["excluded"]
    assert left["entry"].count("-") == 2
    assert "47" in left["reason"]
    assert "6789" not in file["path"]


@pytest.mark.parametrize(
    ("number", "code"), [("98-7654321", "unknown_importer"), ("123456789", "ambiguous"), ("x", "invalid")]
)
def test_a_number_that_leads_to_no_importer(importer: ImporterOfRecord, number: str, code: str, tmp_path: Path) -> None:
    answer, _err, status = run(number, tmp_path / "out")
    assert (status, answer["errors"][0]["code"]) == (1, code)
    assert answer.keys() >= KEYS
    assert not (tmp_path / "out").exists()
    assert "987654" not in json.dumps(answer).replace("-", "")


def test_no_file_is_written_over_and_nothing_stays_half_done(importer: ImporterOfRecord, tmp_path: Path) -> None:
    answer, _err, _code = run("123-45-6789", tmp_path)
    path = Path(answer["files"][0]["path"])
    CapeFile.objects.all().delete()  # as in a database that was put back
    path.write_text("mine")
    answer, _err, code = run("123-45-6789", tmp_path)
    assert (code, answer["errors"][0]["code"]) == (1, "file_exists")
    assert (path.read_text(), len(list(tmp_path.iterdir())), CapeFile.objects.count()) == ("mine", 1, 0)


def test_a_second_time_the_same_file_comes_unless_it_was_never_uploaded(
    importer: ImporterOfRecord, tmp_path: Path
) -> None:
    [first] = run("123-45-6789", tmp_path)[0]["files"]
    for folder in (tmp_path, tmp_path / "other"):
        answer, err, code = run("123-45-6789", folder)
        [file] = answer["files"]
        assert (code, answer["entries"], len(answer["excluded"])) == (0, 1, 1)
        assert (Path(file["path"]).name, Path(file["path"]).parent) == (Path(first["path"]).name, folder)
        assert Path(file["path"]).read_bytes() == Path(first["path"]).read_bytes()
        assert Path(first["path"]).name in answer["warnings"][0]
    assert f"Was {Path(first['path']).name} never uploaded? With --again" in err
    assert CapeFile.objects.count() == 1
    answer, _err, code = run("123-45-6789", tmp_path, "--again")
    [second] = answer["files"]
    assert Path(second["path"]).read_bytes() == Path(first["path"]).read_bytes()
    assert (code, second["path"] != first["path"], len(answer["excluded"])) == (0, True, 1)
    assert Path(first["path"]).name in answer["warnings"][0]


def test_what_came_meanwhile_goes_into_a_file_of_its_own(importer: ImporterOfRecord, tmp_path: Path) -> None:
    [first] = run("123-45-6789", tmp_path)[0]["files"]
    new = EntryFactory.create(importer=importer)
    answer, _err, _code = run("123-45-6789", tmp_path)
    old, added = answer["files"]
    assert (old["path"], answer["entries"]) == (first["path"], 2)
    assert new.number in Path(added["path"]).read_text()
    assert new.number not in Path(old["path"]).read_text()


def test_a_file_with_an_answer_is_not_written_again(importer: ImporterOfRecord, tmp_path: Path) -> None:
    also = EntryFactory.create(importer=importer)
    [file] = run("123-45-6789", tmp_path)[0]["files"]
    CapeFileEntry.objects.filter(entry=also).delete()  # as one that CAPE has answered is no longer waiting
    answer, _err, _code = run("123-45-6789", tmp_path)
    assert [one["path"] == file["path"] for one in answer["files"]] == [False]
    [waits] = [one for one in answer["excluded"] if one["code"] == "in-a-file"]
    assert Path(file["path"]).name in waits["reason"]


def test_a_folder_that_cannot_be_made(importer: ImporterOfRecord, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answer, _err, code = run("123-45-6789", tmp_path / "file")
    assert (code, answer["files"], CapeFile.objects.count()) == (1, [], 0)
    assert answer["errors"][0]["code"] in {"no_folder", "file_exists"}


def test_without_json_the_reasons_are_for_people(importer: ImporterOfRecord, tmp_path: Path) -> None:
    out, err = io.StringIO(), io.StringIO()
    call_command(Command(), "123-45-6789", "--out", str(tmp_path), stdout=out, stderr=err)
    assert out.getvalue() == ""
    assert "Entries: 1. Files: 1. Left out: 1." in err.getvalue()


def test_entries_are_judged_once(importer: ImporterOfRecord, tmp_path: Path) -> None:
    with CaptureQueriesContext(connection) as asked:
        run("123-45-6789", tmp_path)
    judged = [one for one in asked.captured_queries if 'ORDER BY "refunds_entry"."entry_date" ASC' in one["sql"]]
    assert len(judged) == 1
