"""The Danish is whole, and no page for importers falls back into English (that of the refunds is read in
refunds/views/test_shared_in_danish, with entries on it)."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
import time_machine
from babel.messages.catalog import Message
from django.core.signing import TimestampSigner
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from ace_onboarding import translations
from importers.domain.checklist import STEPS
from importers.domain.facts import ACHStatus, Document, ExistingAccount, Route
from importers.letters import START_SALT
from importers.models import (
    BrokerFirm,
    Delegation,
    ImporterAccess,
    ImporterOfRecord,
    MailKind,
    MailState,
    Notification,
    PointOfContact,
    User,
)
from importers.services import delegations, filings, steps
from importers.services.invitations import end_access
from importers.services.links import claim_use
from importers.stop_link import stop_token
from tests import walkthrough
from tests.factories import AccessFactory, CampaignFactory, ImporterFactory, NotificationFactory, StaffFactory

PLACES = re.compile(r"%\(\w+\)[sd]|%%|</?(?:b|strong)\b")

# What CBP's own screens say, where a label of a form, which holds no mark-up, has to name it; and two countries.
STAYS_ENGLISH = (
    "Get Info/Refresh",
    "ACH Refund Authorization",
    "Trade Account Owner",
    "ACE Portal",
    "ACE Support",
    "Isle of Man",
    "New Zealand",
)
# Words that give English away and are no Danish ones.
ENGLISH = re.compile(
    r"\b(about|account|accepted|again|already|also|and|any|are|ask|because|been|before|below|but|call|cannot|change|check"
    r"|checklist|choose|company|continue|could|country|create|date|deadline|declare|does|done|enter|every|first|from|give"
    r"|has|how|if|importer|into|invalid|is|its|language|later|look|must|need|never|new|next|nothing|number|of|officer|only"
    r"|or|our|out|page|password|phone|please|refunds?|remember|required|saved?|should|sign|step|still|submit|than|that|the"
    r"|their|them|then|there|these|they|this|those|valid|wait|was|we|were|what|when|where|which|who|with|write|wrong|yes"
    r"|you|your)\b",
    re.IGNORECASE,
)
VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
SAID = frozenset({"alt", "aria-label", "placeholder", "title"})
NO_WORDS = frozenset({"data-bank", "data-electronic"})  # every other data- attribute is a sentence for a script to show


class Danish(HTMLParser):
    """What a reader of the page sees or hears, without what is marked as English and what people typed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.texts: list[str] = []
        self.feed(page)

    @property
    def is_silent(self) -> bool:
        return any(silent for _tag, silent in self.open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        silent = given.get("lang") == "en" or tag in ("script", "style", "code")
        if not silent and not self.is_silent:
            self.texts += [value or "" for name, value in attrs if name in SAID or _is_for_a_script(name)]
            if tag == "input" and given.get("type") == "submit":
                self.texts.append(given.get("value") or "")
        if tag not in VOID:
            self.open.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self.is_silent:
            self.texts.append(data)


def _is_for_a_script(name: str) -> bool:
    return name.startswith("data-") and name not in NO_WORDS


def english_in(page: str, *names: str) -> list[str]:
    found = []
    for text in Danish(page).texts:
        for name in (*STAYS_ENGLISH, *names):
            text = text.replace(name, "")
        text = re.sub(r"\S+@\S+|\S*\.(?:gov|example|dk)\S*", "", text)
        if ENGLISH.search(text):
            found.append(text.strip())
    return found


def read(response: HttpResponse, status: int = 200) -> str:
    assert response.status_code == status
    page = response.content.decode()
    assert '<html lang="da">' in page
    assert "&lt;span" not in page, "markup that a reader sees as text"
    return page


# --- the catalogue -------------------------------------------------------------------------------------------------


def messages() -> Iterator[Message]:
    return (message for message in translations.read(translations.kept()) if message.id)


def texts(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def ids(message: Message) -> tuple[str, ...]:
    return tuple(message.id) if isinstance(message.id, (tuple, list)) else (message.id,)


def test_nothing_is_missing_stale_untranslated_or_fuzzy() -> None:
    assert translations.problems() == []
    assert not translations.read(translations.kept()).obsolete


def test_every_place_that_is_filled_in_is_kept() -> None:
    wrong = [
        text
        for message in messages()
        for text in texts(message)
        if sorted(PLACES.findall(text)) not in [sorted(PLACES.findall(msgid)) for msgid in ids(message)]
    ]
    assert wrong == []


def test_no_comment_tells_what_a_text_said_before() -> None:
    assert [ids(message)[0] for message in messages() if message.user_comments] == []


def test_one_and_many_are_both_there() -> None:
    assert [ids(m)[0] for m in messages() if len(ids(m)) == 2 and len(texts(m)) != 2] == []


def test_danish_has_danish_quotation_marks() -> None:
    assert [text for m in messages() for text in texts(m) if "“" in text or "„" in text] == []


def test_an_english_word_is_noticed() -> None:
    page = '<p>Gem <i lang="en">Submit</i></p><button aria-label="Save the answers">Gem</button><p>Log ind</p>'
    assert english_in(page) == ["Save the answers"]


# --- the pages -----------------------------------------------------------------------------------------------------


@pytest.fixture
def danish(db: None) -> Client:
    client = Client()
    client.cookies["django_language"] = "da"
    return client


@pytest.fixture
def speaks_danish(danish: Client) -> Callable[..., None]:
    """Asserts that an address answers in Danish and nothing else."""

    def check(address: str, status: int = 200, data: dict[str, str] | None = None) -> None:
        response: Any = danish.get(address) if data is None else danish.post(address, data)
        assert english_in(read(response, status), BrokerFirm.current().name) == [], address

    return check


PUBLIC = ("home", "guide", "verify", "privacy", "accessibility", "account_login", "account_request_login_code")


@pytest.mark.parametrize("name", PUBLIC)
def test_public_pages(speaks_danish: Callable[..., None], name: str) -> None:
    speaks_danish(reverse(name))


@pytest.mark.parametrize("name", ["account_login", "account_request_login_code"])
def test_sign_in_with_nothing_filled_in(speaks_danish: Callable[..., None], name: str) -> None:
    speaks_danish(reverse(name), data={})
    speaks_danish(reverse(name), data={"email": "no", "login": "no", "password": "x"})


def test_typing_the_code(danish: Client, speaks_danish: Callable[..., None]) -> None:
    danish.post(reverse("account_request_login_code"), {"email": AccessFactory().user.email})
    address = reverse("account_confirm_login_code")
    speaks_danish(address)
    speaks_danish(address, data={})
    speaks_danish(address, data={"code": "ABCDEF"})


def test_links_from_mails(speaks_danish: Callable[..., None]) -> None:
    importer = ImporterFactory()
    walkthrough.invited(importer, StaffFactory())
    mail = NotificationFactory(importer=importer, to_email=importer.contact_email)
    speaks_danish(reverse("start", args=[TimestampSigner(salt=START_SALT).sign(mail.uuid.hex)]))
    speaks_danish(reverse("start", args=["nothing"]), status=410)
    speaks_danish(reverse("new_link_mailed"))
    speaks_danish(reverse("account_confirm_login_code") + "?from_link=yes", status=400)


def test_stopping_the_reminders(speaks_danish: Callable[..., None]) -> None:
    reminder = {"kind": MailKind.REMINDER, "campaign": CampaignFactory(), "slot": "T-14", "language": "da"}
    address = reverse("stop_reminders", args=[stop_token(NotificationFactory(**reminder))])
    speaks_danish(address)
    speaks_danish(address, data={"action": "stop"})
    speaks_danish(address, data={"action": "start"})


@pytest.mark.parametrize("state", ["used", "replaced", "expired", "revoked"])
def test_links_that_no_longer_work(danish: Client, state: str) -> None:
    mail, now = NotificationFactory(importer=AccessFactory().importer), timezone.now()
    token = TimestampSigner(salt=START_SALT).sign(mail.uuid.hex)
    match state:
        case "used":
            claim_use(mail.uuid, by=User.objects.system(), sign_in=mail.uuid)
        case "replaced":
            NotificationFactory(importer=mail.importer, to_email=mail.to_email, state=MailState.SENT, sent_at=now)
        case "expired":
            now += timedelta(days=91)
        case "revoked":
            end_access(ImporterAccess.objects.get(), by=User.objects.system())
    with time_machine.travel(now, tick=False):
        page = read(danish.get(reverse("start", args=[token])), 410)
    assert english_in(page, BrokerFirm.current().name) == []


@pytest.mark.parametrize("name", ["403.html", "403_csrf.html", "404.html"])
def test_error_pages(db: None, name: str) -> None:
    with override("da"):
        page = render_to_string(name, {"firm": BrokerFirm.current()})
    assert english_in(page, BrokerFirm.current().name) == []


@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_error_pages_that_know_no_language_say_it_in_both(name: str) -> None:
    assert '<p lang="da">' in render_to_string(name)


def fresh(importer: ImporterOfRecord, staff: User) -> User:
    return walkthrough.invited(importer, staff)


def own_account(importer: ImporterOfRecord, staff: User) -> User:
    who = fresh(importer, staff)
    walkthrough.before(importer, who, Route.OWN_ACCOUNT)
    return who


def problem(importer: ImporterOfRecord, staff: User) -> User:
    who = fresh(importer, staff)
    walkthrough.before(importer, who)
    filings.record_contact(importer, Document.FORM_5106, by=staff, name="Lars Holm", email="lars@else.example")
    return who


def undeclared(importer: ImporterOfRecord, staff: User) -> User:
    who = fresh(importer, staff)
    walkthrough.before(importer, who)
    walkthrough.in_ace(importer, who)
    return who


def without_the_tab(importer: ImporterOfRecord, staff: User) -> User:
    who = own_account(importer, staff)
    steps.confirm_ace_account(importer, by=who, name=importer.contact_name, email=importer.contact_email)
    steps.record_ach(importer, by=who, status=ACHStatus.NO_TAB)
    return who


def in_an_account(importer: ImporterOfRecord, staff: User) -> User:
    who = own_account(importer, staff)
    steps.answer_existing_account(importer, by=who, answer=ExistingAccount.ACCOUNT)
    return who


STATES = (fresh, own_account, problem, undeclared, without_the_tab, in_an_account)


@pytest.mark.parametrize("bring", [*STATES, walkthrough.declared, walkthrough.ready])
def test_the_checklist_and_its_steps_and_their_errors(
    danish: Client, speaks_danish: Callable[..., None], bring: Callable[[ImporterOfRecord, User], User]
) -> None:
    importer = ImporterFactory(language="da")
    danish.force_login(bring(importer, StaffFactory()))
    speaks_danish(reverse("checklist", args=[importer.uuid]))
    for step in STEPS:
        address = reverse("step", args=[importer.uuid, step.key])
        speaks_danish(address)
        for claim in ({}, {"seen": "duty"}, {"seen": "unsure"}):
            wrong = {
                "name": "",
                "email": "no",
                "phone": "no",
                "signed_on": "no",
                "answer": "enrolled",
                "status": "shown",
            }
            answer = danish.post(address, wrong | claim)
            if answer.status_code != 200:
                continue
            assert english_in(read(answer), BrokerFirm.current().name) == [], address


def test_a_step_that_was_sent(danish: Client, speaks_danish: Callable[..., None]) -> None:
    importer = ImporterFactory(language="da")
    officer = walkthrough.able_to_send(importer, StaffFactory())
    danish.force_login(officer)
    form = reverse("send_step", args=[importer.uuid, "ach-refund"])
    speaks_danish(form)
    speaks_danish(form, data={"email": "no"})
    speaks_danish(form, data={"name": "Bo", "email": officer.email, "language": "da"})
    colleague = walkthrough.sent(importer, officer, language="da")
    address = reverse("step", args=[importer.uuid, "ach-refund"])
    speaks_danish(reverse("checklist", args=[importer.uuid]))
    speaks_danish(address)
    danish.force_login(colleague)
    for page in (reverse("importers"), address):
        speaks_danish(page)
    danish.logout()
    speaks_danish(link_of(colleague))


def link_of(colleague: User) -> str:
    mail = Notification.objects.get(kind=MailKind.DELEGATION, to_email=colleague.email)
    return reverse("start", args=[TimestampSigner(salt=START_SALT).sign(mail.uuid.hex)])


@pytest.mark.parametrize("why", ["ran out", "taken back", "closed by us", "another officer"])
def test_a_link_to_a_step_that_is_closed(danish: Client, speaks_danish: Callable[..., None], why: str) -> None:
    importer, staff = ImporterFactory(language="da"), StaffFactory()
    officer = walkthrough.able_to_send(importer, staff)
    link = link_of(walkthrough.sent(importer, officer, language="da"))
    sent, now = Delegation.objects.get(), timezone.now()
    if why in ("taken back", "closed by us"):
        delegations.revoke(importer, sent.uuid, by=officer if why == "taken back" else staff)
    if why == "another officer":
        PointOfContact.objects.update(email="lars@else.example")
    with time_machine.travel(sent.expires_at if why == "ran out" else now, tick=False):
        speaks_danish(link, status=410)


def test_signing_out_and_having_several_companies(danish: Client, speaks_danish: Callable[..., None]) -> None:
    person = AccessFactory().user
    danish.force_login(person)
    AccessFactory(user=person, importer=ImporterFactory())
    speaks_danish(reverse("importers"))
    speaks_danish(reverse("account_logout"))


@pytest.mark.parametrize(("active", "other", "name"), [("da", "en", "English"), ("en", "da", "Dansk")])
def test_the_switch_names_each_language_in_its_own(db: None, active: str, other: str, name: str) -> None:
    client = Client()
    client.cookies["django_language"] = active
    page = client.get(reverse("guide")).content.decode()
    assert re.search(rf'<button[^>]* value="{other}" lang="{other}">{name}</button>', page)
