"""What CAPE answers, and what each answer asks for.

CBP's own list (14 entry errors in its FAQ of 2026-04-15) could not be read whole: the table holds what was seen in the
sources named with each message, and whatever is not in it is shown as unknown, in CAPE's own words. The "E001…E403"
codes that one vendor lists match no other source and are left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from importers.domain.errors import Msgid, RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.free_text import looks_like_bank_details
from importers.domain.text import LONGEST_TEXT, one_line

LONGEST = 500
# Several errors of one entry stand in one cell, or in several rows.
APART = re.compile(r"\s*[;|\n\r]+\s*")
LONG_NUMBER = re.compile(r"\d(?:[\W_]{0,3}\d){4,}")
# A message may repeat whose the entry is: of a Social Security number nothing is kept.
SSN_SHAPED = re.compile(r"(?<![0-9A-Z])\d{3}-?\d{2}-?\d{4}(?![0-9A-Z])")


class ClaimStatus(StrEnum):
    """What became of one entry. `PENDING`: CAPE has it and has not decided."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    PENDING = "pending"


class Level(StrEnum):
    FILE = "file"
    ROW = "row"  # one row of the upload file
    ENTRY = "entry"
    LINE = "line"
    SYSTEM = "system"


class Actor(StrEnum):
    BROKER = "broker"
    FILER = "filer"  # the broker that filed the entry, when it is another
    IMPORTER = "importer"
    CBP = "cbp"
    COUNSEL = "counsel"


class Refile(StrEnum):
    """Whether filing the entry again helps."""

    NOW = "now"
    AFTER_FIX = "after_fix"
    WAIT = "wait"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Message:
    """`texts` are as CAPE writes them, upper case; the first is its name here."""

    texts: tuple[str, ...]
    level: Level
    actor: Actor
    refile: Refile
    meaning: Msgid
    remedy: Msgid
    source: str

    @property
    def name(self) -> str:
        return self.texts[0]


@dataclass(frozen=True, slots=True)
class Explained:
    """`message` is None when nobody has seen this text yet."""

    text: str
    message: Message | None

    @property
    def name(self) -> str:
        """What is grouped by: the known message without the details that ACE adds."""
        return self.message.name if self.message else self.text

    @property
    def forbids_acceptance(self) -> bool:
        """What only has to wait may have been accepted all the same."""
        return self.message is not None and self.message.refile is not Refile.WAIT


FIX_PAGE = "https://capeportalguide.com/blog/how-to-fix-cape-upload-errors-before-you-miss-the-phase-1-window/"
UPLOAD = "https://tariffrefundscalculator.com/sample/summary_report.html, CSMS 68340863"
RIM = "https://www.rimlogistics.com/cbp-responds-to-ncbfaa-cape-questions/"
UNKNOWN_MEANING = _("We have not seen this message of CAPE before.")
UNKNOWN_REMEDY = _("Read CAPE's own words, ask ACE support if they do not say enough, and tell us what helped.")

FILES = (
    Message(
        ("FILE EMPTY", "FILE IS EMPTY", "EMPTY FILE"), Level.FILE, Actor.BROKER, Refile.AFTER_FIX,
        _("There was no entry number in the file."),
        _("Make the file again and upload it."), UPLOAD,
    ),
    Message(
        ("EXCEEDS LIMIT", "EXCEEDS THE LIMIT", "EXCEEDS MAXIMUM"), Level.FILE, Actor.BROKER, Refile.AFTER_FIX,
        _("The file holds more than 9,999 entries."),
        _("Make the files again: they are split for you."), UPLOAD,
    ),
    Message(
        ("HEADER ROW MISSING", "HEADER ROW IS MISSING", "MISSING HEADER ROW"), Level.FILE, Actor.BROKER,
        Refile.AFTER_FIX,
        _("The first row is not “Entry Number”."),
        _("Check the file here, put the heading right, and upload it again."), UPLOAD,
    ),
    Message(
        ("NOT .CSV", "NOT A .CSV", "NOT A CSV", "INVALID FILE TYPE"), Level.FILE, Actor.BROKER, Refile.AFTER_FIX,
        _("The file is no CSV file."),
        _("Upload the CSV file as it was made here, without opening it in Excel."), UPLOAD,
    ),
    Message(
        ("NOT 11 ALPHANUMERIC", "MUST BE 11 ALPHANUMERIC", "11 ALPHANUMERIC"), Level.ROW, Actor.BROKER,
        Refile.AFTER_FIX,
        _("The entry number is not 11 letters and digits."),
        _("Compare the number with the entry summary (Form 7501, block 1), put it right, and file the entry again."),
        UPLOAD,
    ),
    Message(
        ("DUPLICATE ENTRY", "DUPLICATE ENTRY NUMBER", "DUPLICATE"), Level.ROW, Actor.BROKER, Refile.NEVER,
        _("The entry is in the file twice, or on a claim that was already accepted."),
        _("Leave it out. Look in ACE whether an earlier claim holds it, and load that claim's results here."),
        "importrefundcounsel, refundarrow",
    ),
)  # fmt: skip
ENTRIES = (
    Message(
        ("ACCOUNT MISMATCH", "IOR MUST MATCH"), Level.ROW, Actor.BROKER, Refile.AFTER_FIX,
        _("The importer number on the entry is not that of the account it was filed from, or the carrier is importer "
          "of record."),
        _("Compare the importer number on Form 7501 with the sub-account chosen in ACE; or let the broker that filed "
          "the entry claim it."),
        "https://redlib.dansworld.org/r/Tariffs/comments/1sxyvim/",
    ),
    Message(
        ("SUBMITTER NOT IOR", "SUBMITTER IS NOT THE IOR", "SUBMITTER NOT FILING BROKER", "NOT IOR/FILING BROKER",
         "NOT THE FILING BROKER"),
        Level.ROW, Actor.FILER, Refile.NEVER,
        _("Only the importer, or the broker whose filer code the entry number begins with, may claim it."),
        _("Ask the broker that filed the entry to claim it, or let the importer do so."),
        "CSMS 68340863",
    ),
    Message(
        ("ENTRY NOT IN ACE", "ENTRY NOT FOUND", "ENTRY SUMMARY NOT FOUND", "NOT ON FILE"), Level.ENTRY, Actor.BROKER,
        Refile.AFTER_FIX,
        _("ACE knows no entry with this number."),
        _("Compare the number with the entry summary (Form 7501, block 1). If it is right, leave the entry out."),
        "CSMS 68340863",
    ),
    Message(
        ("NO IEEPA HTS", "NO IEEPA"), Level.ENTRY, Actor.BROKER, Refile.NEVER,
        _("No line of the entry has an IEEPA number (9903.01 or 9903.02)."),
        _("Leave the entry out: there is nothing to refund. If the entry shows such a line, load a new ES-003 report."),
        "CSMS 68340863",
    ),
    Message(
        ("ENTRY ON DRAWBACK",), Level.ENTRY, Actor.COUNSEL, Refile.NEVER,
        _("The duty is claimed back as drawback."),
        _("CAPE does not take it in this phase. Decide with a customs lawyer which of the two ways to keep."),
        FIX_PAGE,
    ),
    Message(
        ("ENTRY SUMMARY FLAGGED FOR RECON", "FLAGGED FOR RECON"), Level.ENTRY, Actor.BROKER, Refile.NOW,
        _("The entry is flagged for reconciliation; until 29 June 2026 CAPE took none of those."),
        _("File it again: since 29 June 2026 it is taken if no reconciliation entry (type 09) was filed."),
        "CSMS 69035485",
    ),
    Message(
        ("ENTRY SUMMARY IS CANCELLED/REJECTED", "ENTRY SUMMARY IS CANCELLED", "ENTRY SUMMARY IS CANCELED",
         "ENTRY SUMMARY IS REJECTED", "ENTRY SUMMARY CANCELLED", "ENTRY SUMMARY REJECTED"),
        Level.ENTRY, Actor.BROKER, Refile.AFTER_FIX,
        _("ACE does not show the entry summary as accepted."),
        _("Put the entry summary right in ACE first, then file the entry again."),
        FIX_PAGE,
    ),
    Message(
        ("ENTRY SUMMARY IS IN FINAL LIQUIDATION STATUS", "FINAL LIQUIDATION"), Level.ENTRY, Actor.COUNSEL, Refile.WAIT,
        _("More than 80 days have passed since liquidation."),
        _("Within 180 days of liquidation a protest (Form 19) can be filed: decide with a customs lawyer. CAPE may "
          "take such entries in a later phase."),
        FIX_PAGE,
    ),
    Message(
        ("TYPE 08", "TYPE 09", "TYPE 47", "ENTRY TYPE NOT ALLOWED", "INVALID ENTRY TYPE"), Level.ENTRY, Actor.BROKER,
        Refile.NEVER,
        _("Entries of type 08, 09 and 47 are not covered."),
        _("Leave the entry out; CBP has another process for these."),
        "CSMS 68340863",
    ),
    Message(
        ("PROTEST ON ENTRY", "OPEN PROTEST", "SUSPENDED PROTEST"), Level.ENTRY, Actor.COUNSEL, Refile.AFTER_FIX,
        _("A protest on this entry is open or suspended."),
        _("Decide with a customs lawyer before the protest is withdrawn; only then can the entry be filed again."),
        "CSMS 68340863",
    ),
    Message(
        ("AD/CVD PENDING LIQUIDATION", "AD/CVD"), Level.ENTRY, Actor.CBP, Refile.WAIT,
        _("Antidumping or countervailing duty on the entry waits for instructions from the Department of Commerce."),
        _("Wait until it is liquidated, then file it again."),
        "CSMS 68340863",
    ),
    Message(
        ("ENTRY SUMMARY UNDER REVIEW", "UNDER REVIEW"), Level.ENTRY, Actor.CBP, Refile.WAIT,
        _("CBP is reviewing the entry. The sources disagree: some say that it is accepted all the same and paid "
          "later."),
        _("Wait and file it again. If it was accepted meanwhile, load that claim's results here."),
        "oiaglobal; a public tool for brokers",
    ),
    Message(
        ("STATEMENT PROCESSING NOT COMPLETE",), Level.ENTRY, Actor.CBP, Refile.WAIT,
        _("The payment of the duty is not final in ACE."),
        _("Wait until the statement is paid, then file it again."),
        "a public tool for brokers (unsure)",
    ),
)  # fmt: skip
LINES = (
    Message(
        ("GOODS VALUE AMOUNT NOT ALLOWED ON IEEPA HTS LINE", "GOODS VALUE AMOUNT NOT ALLOWED"), Level.LINE,
        Actor.BROKER, Refile.AFTER_FIX,
        _("The 9903 line shows a value of goods."),
        _("Correct it with a Post Summary Correction (reason H99) while that is possible, then file the entry again."),
        RIM,
    ),
    Message(
        ("GOODS VALUE AMOUNT MUST BE REPORTED ON THE CH 1-97", "GOODS VALUE AMOUNT MUST BE REPORTED"), Level.LINE,
        Actor.BROKER, Refile.NOW,
        _("CBP has removed this check."),
        _("File the entry again as it is."),
        "CSMS 69056483",
    ),
    Message(
        ("HTS RELATIONSHIP/SEQUENCE MISMATCH",), Level.LINE, Actor.BROKER, Refile.NOW,
        _("CBP has replaced this check by two others: INVALID HTS and HTS RELATIONSHIP MISMATCH."),
        _("File the entry again: it is accepted, or CAPE says which of the two it is."),
        "CSMS 69056483",
    ),
    Message(
        ("INVALID HTS",), Level.LINE, Actor.BROKER, Refile.AFTER_FIX,
        _("An HTS number was not valid on the date of its line."),
        _("Put the number right with a Post Summary Correction, then file the entry in a new file."),
        "CSMS 69056483",
    ),
    Message(
        ("HTS RELATIONSHIP MISMATCH",), Level.LINE, Actor.BROKER, Refile.AFTER_FIX,
        _("An HTS number that belongs with the 9903 number is missing."),
        _("Add it with a Post Summary Correction, then file the entry in a new file."),
        "CSMS 69056483",
    ),
    Message(
        ("UNABLE TO CALCULATE DUTY",), Level.LINE, Actor.BROKER, Refile.NOW,
        _("CAPE could not calculate the duty of a line; a second try sometimes works."),
        _("File it again. If it comes back the same, write to IEEPARefunds@cbp.dhs.gov."),
        RIM,
    ),
)  # fmt: skip
SYSTEM = (
    Message(
        ("JMS PROCESSING EXCEPTION", "JMS"), Level.SYSTEM, Actor.CBP, Refile.WAIT,
        _("CAPE was overloaded."),
        _("Wait an hour and look in ACE whether the claim is there before anything is filed again: a second claim "
          "would be a duplicate."),
        "https://es-003.com/cape-errors-guide",
    ),
    Message(
        ("NOT STARTED",), Level.SYSTEM, Actor.CBP, Refile.WAIT,
        _("The claim waits in CAPE's queue."),
        _("Wait an hour and look again. Upload nothing a second time."),
        "https://www.freightright.com/guideline/cape-error-code-cbp-ace-guide",
    ),
)  # fmt: skip
MESSAGES: tuple[Message, ...] = (*FILES, *ENTRIES, *LINES, *SYSTEM)
_BY_TEXT = {text: message for message in MESSAGES for text in message.texts}
# The longest first: "HTS RELATIONSHIP MISMATCH" before what is a part of it.
_WITHIN = re.compile(
    rf"(?<![A-Z0-9])(?:{'|'.join(map(re.escape, sorted(_BY_TEXT, key=len, reverse=True)))})(?![A-Z0-9])"
)

# The status texts seen, upper case, without "(S)" and what else is no letter. Only exactly these: what is like one of
# them may mean the opposite.
STATUSES: dict[str, ClaimStatus | None] = {
    "ACCEPTED": ClaimStatus.ACCEPTED,
    "ACCEPTED WITH ERROR": None,  # the claim: an entry of it is rejected if it has an error of its own
    "REJECTED": ClaimStatus.REJECTED,
    "REJECTED BY BATCH VALIDATION": ClaimStatus.REJECTED,
    "FAILED": ClaimStatus.REJECTED,
    "FAILED INITIAL VALIDATION": ClaimStatus.REJECTED,
    "FAILED BATCH VALIDATION": ClaimStatus.REJECTED,
    "ERROR": ClaimStatus.REJECTED,
    "PENDING": ClaimStatus.PENDING,
    "IN PROGRESS": ClaimStatus.PENDING,
    "IN PROCESS": ClaimStatus.PENDING,
    "PROCESSING": ClaimStatus.PENDING,
    "SUBMITTED": ClaimStatus.PENDING,
    "NOT STARTED": ClaimStatus.PENDING,
}
NO_ERROR = frozenset({"NONE", "N/A", "NA", "-", "–", "NO ERROR", "NO ERRORS", "ACCEPTED"})
# CAPE says of an entry that it is on an accepted claim already, by refusing it a second time.
TAKEN_ALREADY = "DUPLICATE"

NO_STATUS = _("The status is missing. Export the claim's results from ACE again.")
UNKNOWN_STATUS = _(
    "“%(status)s” is no status of CAPE that we know. The known ones are Accepted, Accepted with Error(s), Rejected, "
    "Failed initial validation, Rejected by batch validation and Pending. Correct it, or tell us what it means."
)
CONTRADICTION = _(
    "The entry is accepted, and yet has the error “%(error)s”. Look in ACE which of the two is true and correct the "
    "row."
)


def message_text(text: str) -> str:
    """As it is kept and compared: one line, upper case, at most 500 characters, "; " between several messages."""
    parts = (
        part for part in (_clean(part) for part in APART.split(text[:LONGEST_TEXT])) if part not in NO_ERROR | {""}
    )
    return _bounded(without_private_numbers("; ".join(parts)), LONGEST)


def without_private_numbers(text: str) -> str:
    """Whoever wrote the text was not asked for a Social Security number or bank details, and may have put them in."""
    text = SSN_SHAPED.sub("•••", text)
    suspect = len(text) > LONGEST_TEXT or looks_like_bank_details(text)
    return LONG_NUMBER.sub("•••", text) if suspect else text


def explain(text: str) -> list[Explained]:
    """Each message that `message_text` holds, in its order; none of an empty text."""
    return list(explain_kept(message_text(text)))


def claim_status(text: str, message: str) -> ClaimStatus:
    """What a status means for an entry with this message ("" for none, see `message_text`). Raises RuleViolation
    `status` or `contradiction`."""
    status = re.sub(r"[^A-Z]+", " ", re.sub(r"\(S\)|(?<=ERROR)S\b", "", _clean(text[:LONGEST_TEXT]))).strip()
    if not status:
        raise RuleViolation("status", NO_STATUS)
    if status not in STATUSES:
        raise RuleViolation("status", UNKNOWN_STATUS, status=_bounded(_clean(text[:LONGEST_TEXT]), 40))
    found = STATUSES[status]
    if found is None:
        return ClaimStatus.REJECTED if message else ClaimStatus.ACCEPTED
    if found is ClaimStatus.ACCEPTED and any(one.forbids_acceptance for one in explain_kept(message)):
        raise RuleViolation("contradiction", CONTRADICTION, error=_bounded(message, 80))
    return found


@lru_cache(maxsize=4096)
def explain_kept(text: str) -> tuple[Explained, ...]:
    """As `explain`, of a text that `message_text` has made."""
    return tuple(dict.fromkeys(_one(part) for part in APART.split(text) if part))


def _one(text: str) -> Explained:
    found = _BY_TEXT.get(text.rstrip(". ")) or _within(text)
    return Explained(text, found)


def _within(text: str) -> Message | None:
    names: Iterator[str] = (match[0] for match in _WITHIN.finditer(text))
    longest = max(names, key=len, default="")
    return _BY_TEXT.get(longest)


def _clean(text: str) -> str:
    return one_line(text).upper()


def _bounded(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
