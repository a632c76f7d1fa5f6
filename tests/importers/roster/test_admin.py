"""Loading a list in the admin: choose, look, save."""

from io import BytesIO

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from importers.admin import roster as pages
from importers.models import ImporterOfRecord, User
from importers.services.roster import read, save
from importers.services.roster_export import export
from tests.factories import ImporterFactory, StaffFactory, UserFactory
from tests.lists import GOOD, csv_list, row

pytestmark = pytest.mark.django_db
UPLOAD = "/admin/importers/importerofrecord/client-list/"
HISTORY = ImporterOfRecord.history.rel.related_model  # type: ignore[attr-defined]
SSN = "219-09-9999"


@pytest.fixture
def clerk() -> User:
    return StaffFactory(name="Kirsten Holm")


@pytest.fixture
def office(client: Client, clerk: User) -> Client:
    client.force_login(clerk)
    return client


def upload(client: Client, *rows: dict[str, object], name: str = "clients.csv") -> str:
    file = SimpleUploadedFile(name, csv_list(*rows))
    response = client.post(UPLOAD, {"file": file})
    assert response.status_code == 302, response.content
    return str(response.headers["Location"])


def cells(data: bytes) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_index(0).to_python()  # type: ignore[return-value]


def test_the_address_is_the_one_agreed_on() -> None:
    assert reverse("admin:importers_roster") == UPLOAD


def test_the_page_asks_for_a_file_and_names_the_columns(office: Client) -> None:
    page = office.get(UPLOAD).content.decode()
    assert 'type="file"' in page
    assert "Importørnummer" in page


def test_first_it_says_what_it_would_do_then_it_saves(office: Client) -> None:
    preview = upload(office, row(), row(Importer_number="12-3456789", Note="x"))
    page = office.get(preview).content.decode()
    assert "2 rows: 2 new, 0 changed, 0 unchanged; 0 errors." in page
    assert "Note" in page
    assert not ImporterOfRecord.objects.exists()
    response = office.post(preview)
    assert response.headers["Location"] == reverse("admin:importers_importerofrecord_changelist")
    assert ImporterOfRecord.objects.count() == 2
    assert {r.pgh_context["who"] for r in HISTORY.objects.all()} == {"Kirsten Holm"}
    assert {r.pgh_context["action"] for r in HISTORY.objects.all()} == {"client list clients.csv"}


def test_what_changes_is_shown(office: Client, clerk: User) -> None:
    save(read("x", csv_list(row())), by=clerk)
    page = office.get(upload(office, row(Company_name="Nordlys A/S"))).content.decode()
    assert "<del>Nordlys Cykler ApS</del> → <ins>Nordlys A/S</ins>" in page


def test_all_errors_are_shown_and_nothing_is_saved(office: Client) -> None:
    preview = upload(office, row(), row(Importer_number="1E10"), row(Importer_number=SSN, Country="Danmak"))
    page = office.get(preview).content.decode()
    assert "Format the column as text" in page
    assert "Is Denmark meant?" in page
    assert SSN not in page
    assert office.post(preview).status_code == 422
    assert not ImporterOfRecord.objects.exists()


def test_bad_rows_are_left_out_when_that_is_ticked(office: Client) -> None:
    preview = upload(office, row(), row(Importer_number="1E10"))
    response = office.post(preview, {"skip_bad_rows": "on"}, follow=True)
    assert "1 bad row was left out." in response.content.decode()
    assert ImporterOfRecord.objects.count() == 1


def test_a_file_that_cannot_be_read_offers_nothing_to_save(office: Client) -> None:
    response = office.post(UPLOAD, {"file": SimpleUploadedFile("x.pdf", b"%PDF-1.4")}, follow=True)
    page = response.content.decode()
    assert "This is a PDF" in page
    assert "skip_bad_rows" not in page
    assert office.post(response.redirect_chain[-1][0], {"skip_bad_rows": "on"}).status_code == 422


def test_no_file_is_said_at_the_field(office: Client) -> None:
    response = office.post(UPLOAD, {})
    assert response.status_code == 422
    assert "This field is required" in response.content.decode()


def test_a_file_over_the_limit_is_not_read(office: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MAX_BYTES", 5)
    response = office.post(UPLOAD, {"file": SimpleUploadedFile("x.csv", b"123456")})
    assert response.status_code == 422
    assert "larger than" in response.content.decode()


def test_what_waits_is_for_the_one_who_loaded_it(office: Client) -> None:
    preview = upload(office, row())
    other = Client()
    other.force_login(StaffFactory())
    assert other.get(preview).headers["Location"] == UPLOAD
    assert other.post(preview).headers["Location"] == UPLOAD
    assert not ImporterOfRecord.objects.exists()
    assert office.post(preview).headers["Location"] != UPLOAD


def test_saving_twice_saves_once(office: Client) -> None:
    preview = upload(office, row())
    office.post(preview)
    assert office.post(preview).headers["Location"] == UPLOAD
    assert HISTORY.objects.count() == 1


def test_what_waits_too_long_must_be_loaded_again(office: Client) -> None:
    preview = upload(office, row())
    cache.clear()
    assert "Load it again" in office.get(preview, follow=True).content.decode()


def test_what_waits_holds_no_whole_ssn_and_no_other_column(office: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[object] = []
    monkeypatch.setattr(pages.cache, "set", lambda key, value, seconds: kept.append(value))
    upload(office, row(Importer_number=SSN, Secret="DK5000400440116243"), row(Importer_number=SSN))
    assert "219-09" not in repr(kept)
    assert "219099999" not in repr(kept)
    assert "0440116243" not in repr(kept)


def test_somebody_else_sees_nothing(client: Client) -> None:
    client.force_login(UserFactory())
    for name in ("", "importers.xlsx", "empty-en.xlsx"):
        assert client.get(UPLOAD + name).status_code == 404


@pytest.mark.parametrize(("language", "heading"), [("en", "Importer number *"), ("da", "Importørnummer *")])
def test_the_empty_list_has_all_headings_and_can_be_read(office: Client, language: str, heading: str) -> None:
    data = office.get(f"{UPLOAD}empty-{language}.xlsx").content
    assert heading in cells(data)[0]
    assert [error.code for error in read("x", data).errors] == ["no_rows"]
    assert office.get(f"{UPLOAD}empty-de.xlsx").status_code == 404


def test_all_errors_can_be_downloaded(office: Client) -> None:
    preview = upload(office, row(Importer_number="1E10"), row(Country="?"))
    lines = cells(office.get(f"{preview}errors.xlsx").content)
    assert [line[::2] for line in lines[:1]] == [["Row", "Column", "What is wrong, and what to do"]]
    assert [[line[0], line[2]] for line in lines[1:]] == [["2", "Importer number"], ["3", "Country"]]


@pytest.mark.parametrize("language", ["en", "da"])
def test_what_is_taken_out_can_be_loaded_again_and_changes_nothing(clerk: User, language: str) -> None:
    full = row(
        Title="Direktør", Officer="yes", Phone="+45 99 28 78 17", Language="da", DDP="yes", Refund_route="form 4811",
        Already_enrolled="yes", Assigned_to=clerk.email,
    )  # fmt: skip
    save(read("x", csv_list(full, row(Importer_number="01-2345678"))), by=clerk)
    outcome = save(read("x", export(language)), by=clerk)
    assert (outcome.errors, outcome.unchanged, outcome.warnings) == ([], 2, [])


def test_an_ssn_is_masked_in_what_is_taken_out_and_refused_coming_in(office: Client, clerk: User) -> None:
    save(read("x", csv_list(row(Importer_number=SSN))), by=clerk)
    data = office.get(f"{UPLOAD}importers.xlsx").content
    assert "•••-••-9999" in cells(data)[1]
    assert [error.code for error in read("x", data).errors] == ["number_masked"]


def test_a_name_that_looks_like_a_formula_stays_text(clerk: User) -> None:
    ImporterOfRecord.objects.all().delete()
    save(read("x", csv_list(row(Company_name="+1-1"))), by=clerk)
    assert cells(export("en"))[1][0] == "+1-1"
    assert GOOD["Company name"] != "+1-1"


def test_an_error_names_the_company_and_shows_the_value(office: Client) -> None:
    bad = row(Company_name="Strandens Is ApS", Country="Atlantis")
    preview = upload(office, bad, row(Importer_number=SSN.replace("-", " ")))
    page = office.get(preview).content.decode()
    assert "Strandens Is ApS" in page
    assert '<td class="pa-break">Atlantis</td>' in page
    assert '<td class="pa-break">••• •• ••••</td>' in page
    [_head, first, *_more] = cells(office.get(f"{preview}errors.xlsx").content)
    assert first[1] == "Strandens Is ApS"
    assert first[3] == "Atlantis"


def test_the_file_is_chosen_with_the_admins_own_widget(office: Client) -> None:
    """Its script looks for the text field that names the file."""
    page = office.get(UPLOAD).content.decode()
    field = page[: page.index('type="file"')]
    assert 'type="text"' in field[field.index("Client list") :]


def names(client: Client, query: str) -> list[object]:
    data = client.get(f"{reverse('admin:importers_roster_export')}{query}").content
    return [line[0] for line in cells(data)[1:]]


def test_the_spreadsheet_holds_what_the_list_shows(office: Client) -> None:
    ImporterFactory.create(name="Alfa ApS", country="DK")
    ImporterFactory.create(name="Beta AB", country="SE")
    assert names(office, "") == ["Alfa ApS", "Beta AB"]
    assert names(office, "?country=SE") == ["Beta AB"]
    assert names(office, "?q=alfa") == ["Alfa ApS"]
    listed = office.get(reverse("admin:importers_importerofrecord_changelist") + "?country=SE").content.decode()
    assert 'importers.xlsx?country=SE">These as a spreadsheet' in listed
