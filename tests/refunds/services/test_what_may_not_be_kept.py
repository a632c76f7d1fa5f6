"""Numbers that stand where nobody expects them: a Social Security number, or one of a bank, is nowhere to be found."""

import zlib
from collections.abc import Iterator
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.db import connection

from importers.models import User
from refunds.models import ClaimResult, Entry, RejectedRefund, Report, ReportChunk, ReportState
from refunds.services.imports import Outcome, begin, import_report
from refunds.services.judging import FACTS
from refunds.services.keeping import scrub
from refunds.services.reports import RefusedError, replay
from refunds.services.sql import rows_of
from tests.factories import ImporterFactory
from tests.refunds.services.entry_reports import KNOWN, SSN, entry_number, line, load, report
from tests.reports import line as other_line
from tests.reports import xlsx_report

pytestmark = pytest.mark.django_db

ROUTING = "021000021"
EN_DASH, ZERO_WIDTH, SPACES, BARE = "123–45–6789", "123-\u200b45-6789", "123 45 6789", "123456789"
REJECTED = "Importer Number,Refund Amount,Reject Date,Reject Reason,Trace\r\n{},$5.00,06/30/2026,{},{}\r\n"


def everything() -> Iterator[str]:
    """All rows of all tables, and the kept files."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608 - a table of ours
            yield from (row for (row,) in cursor.fetchall())
    for data in ReportChunk.objects.values_list("data", flat=True):
        yield zlib.decompress(data).replace(b"\0", b"").decode(errors="replace")


def where(*numbers: str) -> list[str]:
    return [text for text in everything() if any(number in text for number in numbers)]


@pytest.mark.parametrize("column", ["importer", "number", "name", "status", "duty", "date"])
@pytest.mark.parametrize("written", [SSN, EN_DASH, ZERO_WIDTH, SPACES])
def test_a_social_security_number_in_any_column_is_kept_nowhere(written: str, column: str) -> None:
    load(report(line(1, **{column: written}), line(2)), skip_bad_rows=True)
    assert where(SSN, EN_DASH, ZERO_WIDTH, SPACES, BARE) == []


@pytest.mark.parametrize("column", ["importer", "number"])
def test_nine_digits_in_a_column_of_numbers_are_kept_nowhere(column: str) -> None:
    load(report(line(1, **{column: BARE}), line(2)), skip_bad_rows=True)
    assert where(BARE) == []


@pytest.mark.parametrize("column", ["Importer Number", "Entry Summary Number"])
def test_nor_as_a_cell_with_a_number(column: str) -> None:
    data = xlsx_report(other_line(), other_line() | {column: int(BARE)})
    outcome = load(data, skip_bad_rows=True)
    assert [error.row for error in outcome.errors] == [3]
    assert where(BARE) == []


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
@pytest.mark.parametrize("column", ["importer", "name", "status"])
def test_another_encoding_hides_nothing(column: str, encoding: str) -> None:
    written = SSN if encoding == "utf-16" else EN_DASH
    load(report(line(1, **{column: written})).decode().encode(encoding), skip_bad_rows=True)
    assert where(SSN, EN_DASH) == []


@pytest.mark.parametrize("column", ["name", "status"])
def test_nor_between_tabs(column: str) -> None:
    written = SSN.replace("-", "\t")
    [error] = load(report(line(1), line(2, **{column: written}))).errors
    assert (error.row, error.code) == (3, "ssn")
    assert where(written) == []


def test_nine_digits_are_no_status() -> None:
    outcome = load(report(line(1, status=BARE), line(2)), skip_bad_rows=True)
    assert [(error.row, error.code) for error in outcome.errors] == [(2, "ssn")]
    assert Entry.objects.get().liquidation_status == "Liquidated"


def test_an_import_that_dies_at_the_end_leaves_no_kept_number_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is begun again, as long as the file has not been written anew."""

    def die(report: Report) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("refunds.services.imports.scrub", die)
    with pytest.raises(KeyboardInterrupt):
        load(report(line(1, importer=BARE), line(2)), skip_bad_rows=True)
    assert Report.objects.get().state == ReportState.READING


def test_dust_of_a_spreadsheet_is_forgiven_in_a_file_that_is_kept_anew() -> None:
    lines = [other_line(Line_Tariff_Duty_Amount=1.1 + 2.2), other_line() | {"Entry Summary Number": "B76-0000001-5"}]
    outcome = load(xlsx_report(*(one | {"Importer Name": f"c/o {SSN}"} for one in lines)))
    assert outcome.errors == []
    assert where(SSN) == []


def test_a_workbook_of_which_a_part_is_damaged_is_refused_in_words() -> None:
    whole, broken = xlsx_report(other_line()), BytesIO()
    with ZipFile(BytesIO(whole)) as archive, ZipFile(broken, "w") as other:
        for name in archive.namelist():
            other.writestr(name, archive.read(name))
        other.writestr("docProps/zz.xml", b"<a>harmless</a>")
    with pytest.raises(RefusedError) as refused:
        load(broken.getvalue().replace(b"<a>harmless</a>", b"<a>harmful!</a>"))
    assert [error.code for error in refused.value.errors] == ["damaged"]


def rejected(number: str, reason: str = "R03", trace: str = "") -> Outcome:
    return load(REJECTED.format(number, reason, trace).encode())


def test_a_rejected_refund_of_somebody_with_a_social_security_number() -> None:
    owner = ImporterFactory.create(number_text=SSN)
    assert rejected(SSN).errors == []
    assert RejectedRefund.objects.get().importer == owner
    again = replay(Report.objects.get(), by=User.objects.system())
    assert begin(again, again.uploaded_at)
    assert import_report(again).saved
    assert where(SSN) == []


@pytest.mark.parametrize("number", [BARE, SPACES])
def test_a_rejected_refund_of_nobody_knows_whom(number: str) -> None:
    assert [error.code for error in rejected(number).errors] == ["ambiguous"]
    assert where(number, BARE) == []


@pytest.mark.parametrize("account", ["987654321012", "9876–5432–1012", "9876_5432_1012", "9876 - 5432 - 1012"])
def test_what_a_bank_says_of_an_account_is_kept_without_it(account: str) -> None:
    ImporterFactory.create(number_text=KNOWN)
    rejected(KNOWN, f"R03 ACCOUNT {account} NOT FOUND", account)
    assert RejectedRefund.objects.get().reason == "R03 ACCOUNT ••• NOT FOUND"
    load(f"Account,{account}\r\n".encode() + REJECTED.format(KNOWN, "R04", account).encode())
    assert where(account) == []


@pytest.mark.parametrize("column", ["name", "status", "date", "type", "liquidated"])
@pytest.mark.parametrize("written", [f"SSN {BARE}", "SSN 123.45.6789", "SSN 123- 45- 6789", "SSN: 12 345 6789"])
def test_nor_within_words(written: str, column: str) -> None:
    """The file is plain text: only who reads a cell sees that it says too much."""
    outcome = load(report(line(1, **{column: written}), line(2)), skip_bad_rows=True)
    assert [error.row for error in outcome.errors] == [2]
    assert where(BARE, written.removeprefix("SSN ")) == []
    again = replay(Report.objects.get(), by=User.objects.system())
    assert begin(again, again.uploaded_at)
    assert import_report(again).lines == 2


def test_nine_digits_that_could_be_a_routing_number_are_no_status_either() -> None:
    outcome = load(report(line(1, status=ROUTING), line(2)), skip_bad_rows=True)
    assert [(error.row, error.code) for error in outcome.errors] == [(2, "ssn")]
    assert where(ROUTING) == []


def test_a_name_with_bank_details_is_not_kept() -> None:
    load(report(line(1, name="Pay to account no. 9876543210"), line(2)), skip_bad_rows=True)
    assert where("9876543210") == []


def test_a_name_that_is_a_number_in_a_workbook() -> None:
    load(xlsx_report(other_line(), other_line() | {"Importer Name": int(BARE)}), skip_bad_rows=True)
    assert where(BARE, "PK\x03") == []


@pytest.mark.parametrize("said", ["IOR 123456789 DOES NOT MATCH", "ior123-45-6789x", "routing 021000021", BARE])
def test_what_cape_says_is_kept_without_numbers(said: str) -> None:
    load(f"ENTRY_NUMBER,STATUS,ERROR_DESCRIPTION,Trace\r\n{entry_number(1)},Rejected,{said},{BARE}\r\n".encode())
    assert ClaimResult.objects.get().message
    assert where(BARE, SSN, ROUTING) == []


def test_a_number_that_was_blanked_already_stays_readable() -> None:
    """Its fingerprint may hold nine digits in a row."""
    load(report(*(line(serial, importer=f"{serial + 100}-45-6789") for serial in range(99))))
    kept = Report.objects.get()
    before = b"".join(kept.pieces())
    scrub(kept)
    assert b"".join(kept.pieces()) == before


def test_of_a_file_that_cannot_be_read_to_its_end_nothing_is_kept() -> None:
    outcome = load(report(line(1, importer=BARE), *map(line, range(2, 99))) + b'"x"y,1\n')
    assert [error.code for error in outcome.errors] == ["quotes"]
    assert where(BARE) == []
    assert Report.objects.get().state == ReportState.REFUSED


def test_an_import_that_breaks_leaves_nothing_in_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_off(*_: object) -> None:
        assert rows_of(f"SELECT count(*) FROM {FACTS}") == [(1,)]  # noqa: S608
        raise ZeroDivisionError

    monkeypatch.setattr("refunds.services.imports.gather", break_off)
    with pytest.raises(ZeroDivisionError):
        load(report(line(1)))
    assert rows_of(f"SELECT to_regclass('pg_temp.{FACTS}')") == [(None,)]
