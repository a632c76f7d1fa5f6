"""Every named address × everybody who may knock × looking and posting nothing. An address without a row fails.

That anonymous visitors are sent to the sign-in, and others told that there is nothing, is what keeps one importer's
file from another's eyes; what each page then does is tested next to it.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.core.signing import TimestampSigner
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from importers.admin.deeds import DEEDS
from importers.domain.checklist import STEP_BY_KEY
from importers.letters import START_SALT
from importers.models import (
    BrokerFirm,
    Campaign,
    Errand,
    ErrandKind,
    ImporterAccess,
    ImporterOfRecord,
    Mailbox,
    MailKind,
    MailText,
    Notification,
    Occasion,
    Question,
    User,
)
from importers.stop_link import stop_token
from refunds.domain.rules import SHIPPED_CONTENT
from refunds.models import CapeFile, ClaimResult, RejectedRefund
from refunds.services.packs import publish
from refunds.services.payments import record
from refunds.services.verdicts import set_rules
from tests.factories import (
    AccessFactory,
    CampaignFactory,
    EntryFactory,
    NotificationFactory,
    ReportFactory,
    StaffFactory,
)

ROLES = ("anonymous", "importer", "other", "staff", "superuser")  # "other" is of another importer

ALL = "200 200 200 200 200"
NO_POST = "405 405 405 405 405"
STAFF = "302 404 404 200 200"
STAFF_MOVE = "302 404 404 302 302"
STAFF_NO_POST = "302 404 404 405 405"
STAFF_REFUSED = "302 404 404 403 403"
NOBODY = "302 404 404 404 404"
BOSS = "302 404 404 403 200"
AT_THE_DOOR = "200 302 302 302 302"  # who is in already goes on
THROUGH_THE_DOOR = "302 302 302 302 302"
PASSWORD = "200 404 404 200 200"  # importers have none
SECOND_FACTOR = "302 404 404 302 302"  # wants the password once more

# What looking and what posting answer, for each role in the order of ROLES: the addresses.
TABLE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (ALL, ALL, ("health", "stop_reminders")),
    (ALL, NO_POST, ("health-ready", "guide", "verify", "privacy", "accessibility", "brand")),
    (AT_THE_DOOR, NO_POST, ("home",)),
    (THROUGH_THE_DOOR, THROUGH_THE_DOOR, ("set_language", "account_confirm_login_code")),
    ("302 302 302 302 302", "302 405 405 405 405", ("importers",)),
    ("302 200 404 200 200", "302 405 405 405 405", ("checklist", "ask", "refunds", "refunds_file")),
    ("302 200 404 200 200", "302 200 404 403 403", ("step",)),  # staff look at it, and act under their own name
    ("302 200 404 200 200", "302 200 404 403 403", ("question",)),
    ("302 403 404 403 403", "302 403 404 403 403", ("send_step", "take_back_step")),  # the officer's alone
    ("200 302 200 200 200", "302 302 200 200 200", ("start",)),  # who is in already goes on
    (THROUGH_THE_DOOR, THROUGH_THE_DOOR, ("start_again",)),
    (ALL, NO_POST, ("new_link_mailed",)),
    ("405 405 405 405 405", "404 404 404 404 404", ("mail_events",)),  # closed until a provider's key is set
    (AT_THE_DOOR, AT_THE_DOOR, ("account_login", "account_request_login_code")),
    ("302 200 200 200 200", THROUGH_THE_DOOR, ("account_logout",)),
    ("404 404 404 404 404", "404 404 404 404 404", ("account_signup",)),
    (STAFF, STAFF, (
        "account_reauthenticate", "account_change_password", "admin:index", "admin:search", "admin:app_list",
        "admin:importers_reminders", "admin:importers_errand_changelist", "admin:importers_errand_history",
        "admin:importers_campaign_changelist", "admin:importers_campaign_add", "admin:importers_campaign_change",
        "admin:importers_campaign_history", "admin:importers_brokerfirm_change", "admin:importers_brokerfirm_history",
        "admin:importers_importerofrecord_changelist", "admin:importers_importerofrecord_history",
        "admin:importers_mailtext_changelist", "admin:importers_mailtext_add", "admin:importers_mailtext_change",
        "admin:importers_mailtext_history", "admin:importers_mailtext_delete",
        "admin:importers_notification_changelist", "admin:importers_question_changelist", 
        "admin:refunds_ruleversion_changelist", "admin:refunds_ruleversion_add", "admin:refunds_ruleversion_change",
        "admin:refunds_ruleversion_history", "admin:refunds_ruleversion_moves",
        "admin:refunds_report_changelist",
        "admin:importers_user_changelist", "admin:importers_user_change",
        "admin:importers_user_history", "admin:importers_mailbox_changelist", "admin:importers_mailbox_history",
        "admin:refunds_pack_changelist", "admin:refunds_pack_history",
    )),
    (PASSWORD, PASSWORD, ("account_reset_password", "account_reset_password_from_key")),
    (PASSWORD, "405 404 404 405 405", ("account_reset_password_done", "account_reset_password_from_key_done")),
    (SECOND_FACTOR, SECOND_FACTOR, (
        "account_set_password", "mfa_authenticate", "mfa_reauthenticate", "mfa_activate_totp",
        "mfa_generate_recovery_codes", "mfa_add_webauthn", "mfa_reauthenticate_webauthn", "mfa_remove_webauthn",
        "mfa_edit_webauthn", "mfa_login_webauthn",
    )),
    (STAFF, STAFF_NO_POST, (
        "mfa_index", "mfa_list_webauthn", "admin:jsi18n", "admin:password_change_done",
        "admin:importers_roster_empty", "admin:importers_roster_export", "admin:refunds_pack_preview",
        "admin:refunds_pack_file",
    )),
    (NOBODY, STAFF_NO_POST, ("mfa_view_recovery_codes", "admin:importers_roster_errors")),
    (NOBODY, NOBODY, (
        "mfa_deactivate_totp", "mfa_download_recovery_codes", "admin:view_on_site",
        "admin:importers_importerofrecord_add", "admin:importers_notification_add", "admin:importers_errand_add",
        "admin:importers_notification_history",
        "admin:importers_question_add", "admin:importers_question_history", "admin:refunds_pack_add",
    )),
    (STAFF_MOVE, STAFF_MOVE, (
        "admin:login", "admin:logout", "admin:password_change", "admin:importers_brokerfirm_changelist",
        "admin:importers_roster_preview",
    )),
    (STAFF_MOVE, NOBODY, ("admin:importers_errand_change",)),
    (STAFF, STAFF_MOVE, ("admin:importers_my_digest", "admin:refunds_pack_withdraw")),
    (NOBODY, STAFF_MOVE, ("admin:refunds_pack_share",)),  # shows chosen importers only
    (STAFF_REFUSED, STAFF_NO_POST, ("admin:autocomplete",)),
    (STAFF_REFUSED, STAFF_REFUSED, (
        "admin:importers_campaign_delete", "admin:importers_brokerfirm_add", "admin:importers_brokerfirm_delete",
        "admin:importers_importerofrecord_delete", "admin:importers_notification_delete",
        "admin:importers_user_delete", "admin:importers_mailbox_add", "admin:importers_mailbox_delete",
        "admin:importers_errand_delete", "admin:refunds_ruleversion_delete",
        "admin:importers_question_delete", "admin:refunds_pack_delete", "admin:refunds_report_delete",
    )),
    (STAFF, "302 404 404 422 422", ("admin:importers_roster", "admin:refunds_report_add")),
    (STAFF, STAFF, ("admin:refunds_report_change",)),
    (STAFF, STAFF_NO_POST, ("admin:refunds_report_errors",)),
    (STAFF_MOVE, STAFF_MOVE, ("admin:refunds_report_again", "admin:refunds_payment_take_back")),
    (NOBODY, NOBODY, ("admin:refunds_report_history",)),
    (STAFF_MOVE, STAFF, ("admin:importers_deed",)),
    ("302 404 404 404 200", "302 404 404 404 302", ("admin:importers_remove",)),
    (STAFF, STAFF_REFUSED, ("admin:importers_mailbox_change",)),
    (STAFF, NOBODY, (
        "admin:importers_importerofrecord_change", "admin:importers_notification_change", "admin:refunds_pack_change",
    )),
    (STAFF_MOVE, NOBODY, ("admin:importers_question_change",)),  # leads to the importer
    (STAFF, STAFF, (
        "admin:refunds_cape_make", "admin:refunds_capefile_changelist", "admin:refunds_claimresult_changelist",
        "admin:refunds_fix_and_refile", "admin:refunds_rejectedrefund_changelist",
    )),
    (STAFF, "302 404 404 422 422", ("admin:refunds_cape_check",)),
    (STAFF, NOBODY, ("admin:refunds_cape_download",)),
    (NOBODY, NOBODY, tuple(
        f"admin:refunds_{table}_{page}"
        for table in ("claimresult", "rejectedrefund") for page in ("add", "change", "history")
    )),
    (STAFF, STAFF_MOVE, ("admin:refunds_capefile_change",)),
    (STAFF, STAFF, ("admin:refunds_capefile_history",)),
    (NOBODY, NOBODY, ("admin:refunds_capefile_add",)),
    (STAFF_REFUSED, STAFF_REFUSED, tuple(
        f"admin:refunds_{table}_delete" for table in ("capefile", "claimresult", "rejectedrefund")
    )),
    (BOSS, BOSS, ("admin:importers_user_add",)),
    (STAFF, STAFF, (
        "admin:refunds_entry_changelist", "admin:refunds_entry_history", "admin:refunds_kept_aside",
        "admin:refunds_payment_changelist", "admin:refunds_payment_history", "admin:refunds_expected",
    )),
    (STAFF, NOBODY, ("admin:refunds_entry_change",)),
    (STAFF_MOVE, NOBODY, ("admin:refunds_payment_change",)),  # leads to what is expected of its importer
    (NOBODY, NOBODY, ("admin:refunds_entry_add", "admin:refunds_payment_add")),
    (STAFF_REFUSED, STAFF_REFUSED, ("admin:refunds_entry_delete", "admin:refunds_payment_delete")),
)  # fmt: skip
EXPECTED = {name: (get, post) for get, post, names in TABLE for name in names}
TOKEN = UUID(int=4)
INSIDERS = {"step": {"importer"}, "admin:importers_deed": {"staff", "superuser"}}  # who may fill it in and do it
OF_ONE_IMPORTER = [("step", key) for key in STEP_BY_KEY] + [("admin:importers_deed", key) for key in DEEDS]
OF_A_ROW = ("change", "delete", "history")


@dataclass(frozen=True, slots=True)
class World:
    people: dict[str, User | None]
    arguments: dict[str, list[object]]


def named(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from named(pattern, namespace + (f"{pattern.namespace}:" if pattern.namespace else ""))
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield namespace + pattern.name


def in_the_admin(access: ImporterAccess, mail: Notification, campaign: Campaign) -> dict[str, int]:
    """One row of each kind that has pages there."""
    importer = access.importer
    return {
        "importerofrecord": importer.pk,
        "notification": mail.pk,
        "question": Question.objects.create(
            importer=importer,
            step="company",
            status="in_progress",
            topic="other",
            text="How?",
            asked_at=timezone.now(),
            asked_by=access.user,
        ).pk,
        "campaign": campaign.pk,
        "mailtext": MailText.objects.create(occasion=Occasion.BEFORE, language="en", subject="S", body="B").pk,
        "brokerfirm": BrokerFirm.current().pk,
        "user": access.user.pk,
        "mailbox": Mailbox.objects.create(email=access.user.email, opted_out_at=timezone.now()).pk,
        "errand": Errand.objects.create(importer=importer, kind=ErrandKind.NO_VISIT, opened_at=timezone.now()).pk,
    }


def in_the_refunds(importer: ImporterOfRecord) -> dict[str, list[object]]:
    """One row of each kind that has pages there."""
    report = ReportFactory.create()
    file = CapeFile.objects.create(
        importer=importer,
        name="CAPE.csv",
        data=b"Entry Number\r\n",
        sha256="0" * 64,
        entries=0,
        possible_refund=0,
        made_at=timezone.now(),
        made_by=StaffFactory.create(),
        rules_version=0,
    )
    result = ClaimResult.objects.create(
        report=report, row=2, entry_number="B7603245278", status="accepted", as_of=report.as_of
    )
    refund = RejectedRefund.objects.create(
        report=report, row=2, importer=importer, number_kind=importer.number_kind, amount=1, as_of=report.as_of
    )
    rows = {"capefile": file.pk, "claimresult": result.pk, "rejectedrefund": refund.pk}
    of_a_row: dict[str, list[object]] = {
        f"admin:refunds_{name}_{page}": [pk] for name, pk in rows.items() for page in OF_A_ROW
    }
    return of_a_row | {"admin:refunds_cape_download": [file.pk, file.pk]}


def of_entries_and_payments(importer: ImporterOfRecord) -> dict[str, list[object]]:
    payment = record(
        importer, by=StaffFactory.create(), paid_on=timezone.localdate(), liquidation_date=None, amount=Decimal(1),
        interest=None, note="",
    )  # fmt: skip
    rows = {"entry": EntryFactory.create(importer=importer).pk, "payment": payment.pk}
    of_a_row: dict[str, list[object]] = {
        f"admin:refunds_{name}_{page}": [pk] for name, pk in rows.items() for page in OF_A_ROW
    }
    return of_a_row | {
        "admin:refunds_expected": [importer.pk],
        "admin:refunds_payment_take_back": [payment.pk],
    }


def in_what_is_shared(importer: ImporterOfRecord) -> dict[str, list[object]]:
    pack = publish(importer, by=StaffFactory.create())
    of_a_row: dict[str, list[object]] = {f"admin:refunds_pack_{page}": [pack.pk] for page in OF_A_ROW}
    return of_a_row | {
        "refunds": [importer.uuid],
        "refunds_file": [importer.uuid, pack.pk, "csv"],
        "admin:refunds_pack_preview": [importer.pk],
        "admin:refunds_pack_file": [pack.pk, "csv"],
        "admin:refunds_pack_withdraw": [pack.pk],
    }


@pytest.fixture
def world(db: None) -> World:
    access, other = AccessFactory.create(), AccessFactory.create()
    importer = access.importer
    mail = NotificationFactory.create(importer=importer, to_email=access.user.email)
    campaign = CampaignFactory.create()
    reminder = NotificationFactory.create(
        importer=importer, kind=MailKind.REMINDER, campaign=campaign, slot="T-14", to_email=access.user.email
    )
    rows = in_the_admin(access, mail, campaign)
    arguments: dict[str, list[object]] = {
        "checklist": [importer.uuid],
        "step": [importer.uuid, "company"],
        "ask": [importer.uuid],
        "mail_events": ["mailgun"],
        "question": [importer.uuid, "company"],
        "send_step": [importer.uuid, "company"],
        "take_back_step": [importer.uuid, "company", TOKEN],
        "start_again": [mail.uuid],
        "stop_reminders": [stop_token(reminder)],
        "start": [TimestampSigner(salt=START_SALT).sign(str(mail.uuid))],
        "account_reset_password_from_key": ["abc", "def-ghi"],
        "mfa_remove_webauthn": [1],
        "mfa_edit_webauthn": [1],
        "admin:app_list": ["importers"],
        "admin:view_on_site": [1, importer.pk],
        "admin:importers_roster_preview": [TOKEN],
        "admin:importers_roster_errors": [TOKEN],
        "admin:importers_roster_empty": ["en"],
        "admin:importers_deed": [importer.pk, "pause"],
        "admin:importers_remove": [importer.pk],
        "admin:refunds_ruleversion_moves": [1],
    }
    version = set_rules(SHIPPED_CONTENT, "looked up again", by=StaffFactory.create())
    report = ReportFactory.create().pk
    pages = (*OF_A_ROW, "errors", "again")
    arguments |= {f"admin:refunds_report_{page}": [report] for page in pages}
    arguments |= {f"admin:refunds_ruleversion_{page}": [version.pk] for page in OF_A_ROW}
    for name, pk in rows.items():
        arguments |= {f"admin:importers_{name}_{page}": [pk] for page in OF_A_ROW}
    arguments |= in_the_refunds(importer) | of_entries_and_payments(importer) | in_what_is_shared(importer)
    people = {
        "anonymous": None,
        "importer": access.user,
        "other": other.user,
        "staff": StaffFactory.create(),
        "superuser": StaffFactory.create(is_superuser=True),
    }
    return World(people, arguments)


def status(method: str, address: str, user: User | None) -> str:
    client = Client()
    if user is not None:
        client.force_login(user)
    return str(_ask(getattr(client, method), address).status_code)


def _ask(method: Callable[[str], Any], address: str) -> Any:
    """The readiness page runs an event loop, and the browser tests' one may be on this thread: it gets its own."""
    if not address.startswith("/health/"):
        return method(address)

    def apart() -> Any:
        try:
            return method(address)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(apart).result()


def test_every_named_address_has_a_row() -> None:
    rows = [name for _get, _post, names in TABLE for name in names]
    assert sorted(rows) == sorted(set(named(get_resolver())))


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_may_come_in(name: str, method: str, world: World) -> None:
    address = reverse(name, args=world.arguments.get(name, []))
    found = {role: status(method, address, world.people[role]) for role in ROLES}
    expected = EXPECTED[name][method == "post"]
    assert found == dict(zip(ROLES, expected.split(), strict=True))


@pytest.mark.parametrize("name", [name for name, (_get, post) in EXPECTED.items() if post.startswith("302")])
def test_who_was_signed_out_when_pressing_a_button_is_not_led_to_an_address_that_takes_buttons_only(name: str) -> None:
    """After the sign-in the browser asks for it by GET."""
    assert "405" not in EXPECTED[name][0]


@pytest.mark.parametrize(("name", "key"), OF_ONE_IMPORTER)
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_step_and_every_deed_is_for_the_same_people(name: str, key: str, method: str, world: World) -> None:
    address = reverse(name, args=[world.arguments[name][0], key])
    expected = dict(zip(ROLES, EXPECTED[name][method == "post"].split(), strict=True))
    found = {role: status(method, address, world.people[role]) for role in ROLES}
    for role in INSIDERS[name] if method == "post" else ():
        assert found[role] in {"200", "302"}, "filled in again, or done"
        found[role] = expected[role]
    assert found == expected
