"""Every mail can be read, safely; a sign-in code only where mails are kept for trying things out."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from importers.models import MailKind, MailState, Notification
from tests.factories import ImporterFactory, NotificationFactory

LIST = "/admin/importers/notification/"
HTML = '<html><head><title>x</title></head><body><script>alert("x")</script><a href="https://portal.example/start/abc/">Start</a></body></html>'


def mail(**fields: object) -> Notification:
    given = {
        "subject": "Two steps left",
        "text": "Continue: https://portal.example/start/abc/",
        "html": HTML,
        "state": MailState.SENT,
        "sent_at": timezone.now(),
    }
    row: Notification = NotificationFactory.create(**given | fields)
    return row


def page(client: Client, row: Notification) -> str:
    return client.get(reverse("admin:importers_notification_change", args=[row.pk])).content.decode()


def test_the_text_is_shown_with_links_to_click(as_staff: Client) -> None:
    text = page(as_staff, mail(text=f"Continue: {settings.PUBLIC_URL}/start/abc/."))
    assert "Two steps left" in text
    assert f'<a href="{settings.PUBLIC_URL}/start/abc/">{settings.PUBLIC_URL}/start/abc/</a>.' in text


@pytest.mark.parametrize(
    "written",
    [
        "https://evil.example/a",
        "evil.example",
        "www.evil.example",
        "a@evil.example",
        "{}.evil.example/a",
        "{}@evil.example",
    ],
)
def test_what_importers_wrote_leads_nowhere(as_staff: Client, written: str) -> None:
    text = page(as_staff, mail(text=written.format(settings.PUBLIC_URL), html=""))
    shown = text.partition('<div class="pa-mail">')[2].partition("</div>")[0]
    assert "evil.example" in shown
    assert "<a" not in shown


def test_markup_beside_a_link_stays_text(as_staff: Client) -> None:
    text = page(as_staff, mail(text=f'<b>{settings.PUBLIC_URL}/a/"><i>', html=""))
    shown = text.partition('<div class="pa-mail">')[2].partition("</div>")[0]
    assert shown == f'&lt;b&gt;<a href="{settings.PUBLIC_URL}/a/">{settings.PUBLIC_URL}/a/</a>&quot;&gt;&lt;i&gt;'


def test_the_layout_is_in_a_sandbox_that_runs_nothing(as_staff: Client) -> None:
    text = page(as_staff, mail())
    frame = re.search(r"<iframe[^>]*>", text)
    assert frame is not None
    sandbox = re.search(r'sandbox="([^"]*)"', frame.group())
    assert sandbox is not None
    assert set(sandbox.group(1).split()) == {"allow-popups", "allow-popups-to-escape-sandbox"}
    assert 'src="' not in frame.group()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in frame.group()
    assert "&lt;head&gt;&lt;base target=&quot;_blank&quot;&gt;" in frame.group()


def test_no_other_host_may_send_anything_into_the_frame(as_staff: Client) -> None:
    policy = as_staff.get(reverse("admin:importers_notification_change", args=[mail().pk]))["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "http:" not in policy.replace("https://", "")


def test_text_that_looks_like_markup_stays_text(as_staff: Client) -> None:
    assert "<img src=x" not in page(as_staff, mail(text="<img src=x onerror=alert(1)>", html=""))


def test_a_mail_that_is_not_written_yet_says_so(as_staff: Client) -> None:
    row = mail(state=MailState.PENDING, sent_at=None, subject="", text="", html="")
    assert "written at the moment it is sent" in page(as_staff, row)


def test_where_it_stands_is_told(as_staff: Client) -> None:
    row = mail(state=MailState.FAILED, sent_at=None, attempts=8, answer="550 no such mailbox")
    text = page(as_staff, row)
    assert "550 no such mailbox" in text
    assert "<dt>Attempts</dt><dd>8</dd>" in text


@pytest.mark.parametrize("kept", [True, False])
def test_a_sign_in_code_is_read_only_where_mails_are_kept(kept: bool, as_staff: Client, settings: Settings) -> None:
    settings.MAILS_KEPT = kept
    row = mail(
        kind=MailKind.ACCOUNT,
        subject="Your code: ABC-DEF",
        text="ABC-DEF",
        html="<p>ABC-DEF</p>",
        importer=None,
    )
    assert ("ABC-DEF" in page(as_staff, row)) is kept
    assert ("ABC-DEF" in as_staff.get(LIST).content.decode()) is kept
    found = as_staff.get(LIST + "?q=ABC-DEF").context["cl"].result_list
    assert ([m.pk for m in found] == [row.pk]) is kept
    assert [m.pk for m in as_staff.get(f"{LIST}?q={row.to_email}").context["cl"].result_list] == [row.pk]


def test_where_mails_are_kept_it_says_how_to_try_a_link(as_staff: Client, settings: Settings) -> None:
    settings.MAILS_KEPT = True
    assert "private window" in page(as_staff, mail())
    settings.MAILS_KEPT = False
    assert "private window" not in page(as_staff, mail())


def test_filters_and_the_mails_of_one_importer(as_staff: Client) -> None:
    importer = ImporterFactory.create()
    row = mail(importer=importer, kind=MailKind.READY)
    mail(state=MailState.FAILED, sent_at=None)
    for query in (f"importer={importer.pk}", "kind__exact=ready", "state__exact=sent"):
        assert [m.pk for m in as_staff.get(f"{LIST}?{query}").context["cl"].result_list] == [row.pk], query


def test_failed_mails_are_tried_again(as_staff: Client) -> None:
    failed = mail(state=MailState.FAILED, sent_at=None, attempts=8, text="", html="")
    sent = mail()
    code = mail(state=MailState.FAILED, sent_at=None, kind=MailKind.ACCOUNT, importer=None)
    data = {"action": "try_again", "_selected_action": [failed.pk, sent.pk, code.pk]}
    answer = as_staff.post(LIST, data, follow=True).content.decode()
    assert "1 mail is tried again." in answer
    assert "2 mails stay as they are" in answer
    for row, state in ((failed, MailState.PENDING), (sent, MailState.SENT), (code, MailState.FAILED)):
        row.refresh_from_db()
        assert row.state == state
    assert failed.attempts == 0


@pytest.mark.parametrize("rows", [3, 30])
def test_the_number_of_queries_does_not_grow(
    rows: int, as_staff: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(rows):
        mail(created_at=timezone.now() - timedelta(days=n))
    as_staff.get(LIST)  # once an hour it is written down that the session is in use
    with django_assert_max_num_queries(7):
        as_staff.get(LIST)
