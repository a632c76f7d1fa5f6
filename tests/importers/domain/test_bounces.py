"""Reports as mail servers send them."""

import time
from email import message_from_string
from uuid import UUID

import pytest

from importers.domain.bounces import (
    LARGEST_MAIL,
    LARGEST_PART,
    MOST_RECIPIENTS,
    Bounce,
    Outcome,
    is_gone,
    names_another_cause,
    our_id,
    read_report,
)

HOST = "portal.example.com"
MAIL = UUID("0f0e0d0c-0b0a-4908-8706-050403020100")

REPORT = """\
From: MAILER-DAEMON@mail.example.com
To: onboarding@example.com
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.com
Arrival-Date: Tue, 6 Apr 2027 09:00:00 +0200 (CEST)

{group}
--B
{original}
--B--
"""
RETURNED = f"Content-Type: message/rfc822\n\nMessage-ID: <{MAIL}@{HOST}>\nSubject: x\n\nText\n"
HEADERS = f"Content-Type: text/rfc822-headers\n\nSubject: x\nMessage-Id: <{MAIL}@{HOST}>\n"
OTHERS = "Content-Type: message/rfc822\n\nMessage-ID: <abc@elsewhere.example>\n\nText\n"
POSTFIX = """\
Final-Recipient: rfc822; mette@nordlys.example
Original-Recipient: rfc822;Mette@nordlys.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.nordlys.example
Diagnostic-Code: smtp; 550 5.1.1 <mette@nordlys.example>: Recipient address
    rejected: User unknown
"""
EXCHANGE = """\
Final-Recipient: rfc822;mette@nordlys.example
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
"""
FULL = "Final-Recipient: rfc822; mette@nordlys.example\nAction: failed\nStatus: 5.2.2 (mailbox full)\n"
SPAM = "Final-Recipient: rfc822; mette@nordlys.example\nAction: failed\nStatus: 5.7.1\n"
GENERAL = """\
Final-Recipient: rfc822; mette@nordlys.example
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp; 550 5.1.1 no such user
"""
GAVE_UP = "Final-Recipient: rfc822; mette@nordlys.example\nAction: failed\nStatus: 4.4.1\n"
DELAYED = "Final-Recipient: rfc822; mette@nordlys.example\nAction: delayed\nStatus: 4.4.1\n"
DELIVERED = "Final-Recipient: rfc822; mette@nordlys.example\nAction: delivered\nStatus: 2.0.0\n"


def read(group: str, original: str = RETURNED) -> list[Bounce]:
    return read_report(REPORT.format(group=group, original=original).encode(), HOST)


@pytest.mark.parametrize(
    ("group", "outcome"),
    [
        (POSTFIX, Outcome.GONE),
        (EXCHANGE, Outcome.GONE),
        (GENERAL, Outcome.GONE),
        (FULL, Outcome.REFUSED),
        (SPAM, Outcome.REFUSED),
        (GAVE_UP, Outcome.LATE),
        (DELAYED, Outcome.LATE),
    ],
)
def test_what_a_report_says(group: str, outcome: Outcome) -> None:
    (bounce,) = read(group)
    assert (bounce.outcome, bounce.mail) == (outcome, MAIL)
    assert bounce.recipient.lower() == "mette@nordlys.example"


def test_the_servers_words_come_along_in_one_line() -> None:
    (bounce,) = read(POSTFIX)
    expected = "5.1.1 550 5.1.1 <mette@nordlys.example>: Recipient address rejected: User unknown"
    assert bounce.said == expected


def test_a_report_of_success_is_none() -> None:
    assert read(DELIVERED) == []


def test_two_recipients_are_two_bounces() -> None:
    other = FULL.replace("mette@", "lars@")
    assert [bounce.recipient for bounce in read(f"{SPAM}\n{other}")] == [
        "mette@nordlys.example",
        "lars@nordlys.example",
    ]


@pytest.mark.parametrize(("original", "mail"), [(RETURNED, MAIL), (HEADERS, MAIL), (OTHERS, None)])
def test_the_mail_is_known_by_the_id_of_the_returned_original(original: str, mail: UUID | None) -> None:
    (bounce,) = read(POSTFIX, original)
    assert bounce.mail == mail


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00",
        b"Subject: Out of office\n\nI am away. 550 5.1.1",
        REPORT.format(group="", original=RETURNED).encode(),
        b"Content-Type: message/delivery-status\n\n",
        b"Content-Type: multipart/report; boundary=B\n\n--B\nContent-Type: message/rfc822\n\n",
    ],
)
def test_what_is_no_report_is_passed_over(data: bytes) -> None:
    assert read_report(data, HOST) == []


def test_an_id_of_another_host_is_not_ours() -> None:
    assert our_id(f"<{MAIL}@{HOST.upper()}>", HOST) == MAIL
    assert our_id(f"<{MAIL}@evil.example>", HOST) is None


@pytest.mark.parametrize(
    ("answer", "gone", "another_cause"),
    [
        ("550 5.1.1 no such user", True, False),
        ("550 5.2.1 mailbox disabled", True, False),
        ("552 5.2.2 mailbox full", False, True),
        ("554 5.7.1 spam", False, True),
        ("550 no such user", False, False),
        ("550 15.1.15 x", False, False),
    ],
)
def test_a_code_says_whether_the_mailbox_is_gone(answer: str, gone: bool, another_cause: bool) -> None:
    assert (is_gone(answer), names_another_cause(answer)) == (gone, another_cause)


def test_the_sample_is_a_report() -> None:
    assert message_from_string(REPORT.format(group=POSTFIX, original=RETURNED)).is_multipart()


def test_nothing_that_a_stranger_writes_brings_control_characters_along() -> None:
    group = POSTFIX.replace("ette@", "e\x00tte@").replace("User unknown", "\x1b[2Jgone\x00")
    (bounce,) = read(group)
    assert (bounce.recipient.isprintable(), bounce.said.isprintable()) == (True, True)
    assert bounce.said.endswith("gone")


def test_a_recipient_counts_once_and_very_many_do_not() -> None:
    assert len(read(f"{SPAM}\n{SPAM.replace('mette', 'METTE')}\n{FULL}")) == 1
    assert len(read("\n".join(SPAM.replace("mette", f"m{number}") for number in range(200)))) == MOST_RECIPIENTS


def test_the_end_of_a_very_large_mail_is_not_looked_at() -> None:
    data = REPORT.format(group=POSTFIX, original=RETURNED).replace("--B--", "x" * LARGEST_MAIL + "\n--B--").encode()
    assert [bounce.mail for bounce in read_report(data, HOST)] == [MAIL]
    late = REPORT.format(group=POSTFIX, original=RETURNED).replace("I'm sorry", "x" * LARGEST_MAIL).encode()
    assert read_report(late, HOST) == []


def test_looking_for_our_id_takes_no_time_whatever_is_sent() -> None:
    begun = time.monotonic()
    for text in (f"<{MAIL}@" * 10_000, f"<{MAIL}@" + "x" * 5_000_000, "<" * 5_000_000):
        assert our_id(text, HOST) is None
    assert our_id(" " * LARGEST_PART + f"<{MAIL}@{HOST}>", HOST) is None
    assert time.monotonic() - begun < 1
