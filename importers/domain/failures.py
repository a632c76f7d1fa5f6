"""What is known to go wrong in ACE, what to do then, and the mail that gets help (DOMAIN 4, 5 and 6).

Texts to the broker are translated into the reader's language; those to CBP stay English. No mail asks for or holds bank
details; `%(number)s` is filled with the whole importer number only where its own people read it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from importers.domain.errors import gettext_noop as _
from importers.domain.facts import ACHStatus


class Desk(StrEnum):
    """Who helps. CBP's own desks have their addresses in `CBP_DESKS`."""

    BROKER = "broker"
    ACE_SUPPORT = "ace-support"
    ACH_REFUNDS = "ach-refunds"
    BONDS = "bonds"


@dataclass(frozen=True, slots=True)
class CbpDesk:
    """`name` is what CBP calls it; `extension` what to ask for on the phone."""

    name: str
    email: str
    phone: str = ""
    extension: str = ""


CBP_DESKS: Mapping[Desk, CbpDesk] = {
    Desk.ACE_SUPPORT: CbpDesk("ACE Support", "ace.support@cbp.dhs.gov", "+1 866-530-4172"),
    Desk.ACH_REFUNDS: CbpDesk("ACH Refund Support", "gmb.achrefundsupport@cbp.dhs.gov", "+1 317-298-1200", "1178"),
    Desk.BONDS: CbpDesk("Bond Questions", "bondquestions@cbp.dhs.gov"),
}


class Place(StrEnum):
    """Where somebody can get stuck, and so which page lists the failure."""

    ASKING = "asking"  # whether there is an account
    APPLYING = "applying"
    IN_ACCOUNT = "in-account"  # in an account that is there
    ACH_TAB = "ach-tab"
    FORM_4811 = "form-4811"


PLACES: Mapping[str, Place] = {  # by step
    "existing-account": Place.ASKING,
    "ace-account": Place.APPLYING,
    "ach-refund": Place.ACH_TAB,
    "form-4811": Place.FORM_4811,
}


@dataclass(frozen=True, slots=True)
class Mail:
    """Each paragraph a text of its own; [in brackets] stands what only the sender knows."""

    to: Desk
    subject: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    key: str
    places: tuple[Place, ...]
    title: str
    remedy: str
    mail: Mail
    source: str
    also: Desk | None = None


OFFICER = "The responsible officer is %(person)s."
NO_BANK_DETAILS = "We do not send bank details by e-mail."

FAILURES: tuple[Failure, ...] = (
    Failure(
        "account-unknown",
        (Place.ASKING,),
        _("Nobody knows whether there is an account"),
        _("Ask whoever handled U.S. customs before you, and the brokers you used before. If nobody knows, ACE "
          "Support can see whether the number is linked to an account. Do not apply before you know: a number can "
          "be linked to one account only."),
        Mail(
            Desk.ACE_SUPPORT,
            "ACE account: is our importer number linked? %(company)s",
            (
                ("Please tell us whether importer number %(number)s of %(company)s is linked to an ACE Portal "
                 "account."),
                "If it is, who is the Trade Account Owner, and how can we reach that person?",
                OFFICER,
            ),
        ),
        "CBP, Managing your ACE Portal account: an identifier lives in one account only",
    ),
    Failure(
        "no-code",
        (Place.APPLYING,),
        _("No code arrives"),
        _("Look in the spam folder. CBP mails the code to the e-mail on Form 5106 and nowhere else, and their "
          "form says nothing when that is an old address, or ours. Stop there and write to us: we read the form "
          "and correct it. Then start again from step 1."),
        Mail(
            Desk.BROKER,
            _("%(company)s: no code from CBP"),
            (
                _("We applied for the ACE account of %(company)s, importer number ending %(last4)s. No code has "
                  "come to %(email)s, not in the spam folder either."),
                _("Please look up which e-mail stands on Form 5106, correct it if it is another one, and tell us "
                  "when we can try again."),
            ),
        ),
        "Broker and vendor guides to QRC 5228-1025: Form 5106 holds another e-mail, and the form seems to succeed",
    ),
    Failure(
        "code-ran-out",
        (Place.APPLYING,),
        _("The code has run out"),
        _("Start again from step 1 with the inbox open, and CBP mails a new code. It happens when somebody else "
          "has to fetch the code: sit together, or stay on the phone. If it happens twice, write to us, and we go "
          "through it with you on the phone."),
        Mail(
            Desk.BROKER,
            _("%(company)s: CBP's code ran out"),
            (
                _("We applied for the ACE account of %(company)s, importer number ending %(last4)s, but the code "
                  "ran out before we had typed it."),
                _("Can you call and go through it with us? It suits us best on [day and time]. %(officer)s has "
                  "the phone number %(phone)s."),
            ),
        ),
        "Broker's guide, March 2026: the code is valid for 10 minutes",
    ),
    Failure(
        "name-not-accepted",
        (Place.APPLYING,),
        _("The company name is not accepted"),
        _("It is written differently on Form 5106: a full stop, or “o” instead of “ø”, is enough. Copy it letter "
          "by letter as it stands on your checklist. If that is what you did, ask us for the name on file."),
        Mail(
            Desk.BROKER,
            _("%(company)s: ACE does not accept the company name"),
            (
                _("ACE does not accept the company name “%(company)s” with the importer number ending %(last4)s."),
                _("Please send us the name exactly as it stands on Form 5106. If the form is wrong, please "
                  "correct it and tell us when we can try again."),
            ),
        ),
        "CBP's checks in the automated ACE application, as rendered by brokers: number and name match one Form 5106",
    ),
    Failure(
        "number-not-accepted",
        (Place.APPLYING,),
        _("The importer number is not accepted"),
        _("Type it with its hyphens, in the shape that stands on your checklist: NN-NNNNNNN for an EIN, without "
          "the two characters that may follow; YYDDPP-NNNNN for a number that CBP assigned; NNN-NN-NNNN for a "
          "Social Security number. If it is still refused, there may be no Form 5106 on file: write to us. CBP "
          "answers too:"),
        Mail(
            Desk.BROKER,
            _("%(company)s: ACE does not accept the importer number"),
            (
                _("ACE does not accept our importer number ending %(last4)s, although we typed it as it stands on "
                  "the checklist."),
                _("Please look up whether CBP has a Form 5106 for it and how the number is written there, and "
                  "send the form in if it is missing."),
            ),
        ),
        "Broker guides to QRC 5228-1025: wrong mask, suffix, or no Form 5106",
        also=Desk.BONDS,
    ),
    Failure(
        "email-used",
        (Place.APPLYING,),
        _("The e-mail is already used"),
        _("That person uses ACE already: they sign in to ACE and add this importer to their account. Or name "
          "another officer on your checklist: then we put the new e-mail on Form 5106 before you apply again."),
        Mail(
            Desk.BROKER,
            _("%(company)s: the e-mail is already used in ACE"),
            (
                _("ACE says that %(email)s is already used, so we cannot apply for the account of %(company)s, "
                  "importer number ending %(last4)s."),
                _("What do you advise: that we add the company to that person's ACE account, or that we name "
                  "another officer, whose e-mail you then put on Form 5106?"),
            ),
        ),
        "CBP's checks in the automated ACE application, as rendered by brokers: not already an ACE trade user",
    ),
    Failure(
        "already-linked",
        (Place.APPLYING,),
        _("The number is already linked, or “Duplicate Tax ID”"),
        _("The company has an ACE account. Do not apply again: ask in the company, and the brokers you used "
          "before, who the owner is. If nobody knows, or that person has left, ACE Support can say who it is and "
          "move the number. Then correct your answer to the question whether you already use ACE."),
        Mail(
            Desk.ACE_SUPPORT,
            "ACE account: importer number already linked, %(company)s",
            (
                ("We applied for an ACE Portal account for %(company)s. ACE answered that importer number "
                 "%(number)s is already linked to an account."),
                ("Who is the Trade Account Owner, and how can we reach that person? If the owner has left or "
                 "cannot be reached, what do you need from us to move the number to an account of our own?"),
                OFFICER,
            ),
        ),
        "CBP, Managing your ACE Portal account: an identifier lives in one account only",
    ),
    Failure(
        "owner-left",
        (Place.APPLYING, Place.IN_ACCOUNT),
        _("The old Trade Account Owner has left"),
        _("ACE Support names a new one. It should be the responsible officer, with the e-mail that stands on Form "
          "5106."),
        Mail(
            Desk.ACE_SUPPORT,
            "ACE account: new Trade Account Owner, %(company)s",
            (
                ("The Trade Account Owner of the ACE Portal account of %(company)s, importer number %(number)s, "
                 "has left the company: [name and e-mail of the former owner, if you know them]."),
                "Please make the responsible officer the new Trade Account Owner, and tell us what you need from us.",
                OFFICER,
            ),
        ),
        "CBP, Managing your ACE Portal account",
    ),
    Failure(
        "tab-missing",
        (Place.APPLYING, Place.IN_ACCOUNT, Place.ACH_TAB),
        _("There is no tab ACH Refund Authorization"),
        _("Usually you lack the right to it. The Trade Account Owner has every tab: let that person do it. Or the "
          "owner gives you the right in ACE: Tools, User Access, your name, Roles, Importer, ACH refund tab, Full "
          "Access (Read-Only shows the tab only). Are you the owner, and it is missing all the same? Then write "
          "to ACE Support."),
        Mail(
            Desk.ACE_SUPPORT,
            "ACE Portal: the tab ACH Refund Authorization is missing, %(company)s",
            (
                ("I am the Trade Account Owner of the ACE Portal account of %(company)s, importer number "
                 "%(number)s. In the importer account there is no tab ACH Refund Authorization."),
                "Please tell us what is missing, or give the account the tab.",
                OFFICER,
            ),
        ),
        "CBP webinar notes and vendor guide to QRC 5292-1225: a missing tab usually means missing rights",
    ),
    Failure(
        "nothing-shown",
        (Place.ACH_TAB,),
        _("The tab shows no bank details"),
        _("Have you pressed Submit yet? If not, go on with step 5: nothing is on file. If you have, check that "
          "you stand on the right importer number and suffix, and that you are signed in as the Trade Account "
          "Owner: a tab without rights looks just as empty. Press Get Info/Refresh once more and wait for the "
          "page to load. Still nothing? Then write to ACE Support."),
        Mail(
            Desk.ACE_SUPPORT,
            "ACH Refund Authorization: nothing shown after Submit, %(company)s",
            (
                ("On the tab ACH Refund Authorization of %(company)s, importer number %(number)s, we used Add ACH "
                 "Info and pressed Submit on [date]. After Get Info/Refresh no bank details are shown. I am "
                 "signed in as [Trade Account Owner or other user]."),
                "Please tell us whether a refund account is on file for this number, and what to do if it is not.",
                NO_BANK_DETAILS,
            ),
        ),
        "Broker notice: empty for want of rights looks the same as nothing on file; per number and suffix",
    ),
    Failure(
        "routing-refused",
        (Place.ACH_TAB,),
        _("ACE refuses the routing number"),
        _("It must be the bank's routing number for ACH: nine digits, not the one for wires, and neither an IBAN "
          "nor a BIC. If the bank has confirmed it and ACE still refuses, write to CBP's desk for ACH refunds. "
          "Leave the number itself out of the mail."),
        Mail(
            Desk.ACH_REFUNDS,
            "ACH Refund Authorization: routing number refused, %(company)s",
            (
                ("On the tab ACH Refund Authorization of %(company)s, importer number %(number)s, ACE refuses our "
                 "bank's routing number with this message: [the message, word for word]."),
                "The bank has confirmed that it is its routing number for ACH. Please tell us what to do.",
                NO_BANK_DETAILS,
            ),
        ),
        "Broker notice with CBP's wording: routing-number errors go to GMB.ACHREFUNDSUPPORT",
    ),
    Failure(
        "ach-error",
        (Place.ACH_TAB,),
        _("ACE shows another error message"),
        _("Write the message down word for word. Sign out of ACE, sign in again and try once more. If it comes "
          "back, write to ACE Support."),
        Mail(
            Desk.ACE_SUPPORT,
            "ACH Refund Authorization: error message, %(company)s",
            (
                ("On the tab ACH Refund Authorization of %(company)s, importer number %(number)s, we get this "
                 "error after pressing [Get Info/Refresh, Add ACH Info or Submit]: [the message, word for word]."),
                "Please tell us what to do.",
                NO_BANK_DETAILS,
            ),
        ),
        "Broker notice with CBP's wording: errors in the tab go to ACE Support",
    ),
    Failure(
        "notify-party-not-found",
        (Place.FORM_4811,),
        _("Add Notify Party cannot be found"),
        _("Only the Trade Account Owner has it: make sure that you are signed in as that person. Where it stands "
          "has changed, so we print no path. Call us, and we look together; ACE Support knows the way too."),
        Mail(
            Desk.ACE_SUPPORT,
            "ACE Portal: where do we add a notify party? %(company)s",
            (
                ("I am the Trade Account Owner of the ACE Portal account of %(company)s, importer number "
                 "%(number)s. I cannot find where to add a notify party (CBP Form 4811)."),
                "Please tell us where it stands now, or what right is missing.",
                OFFICER,
            ),
        ),
        "Brokers and law firms place it differently (DOMAIN 6)",
    ),
    Failure(
        "broker-number-missing",
        (Place.FORM_4811,),
        _("Our importer number is missing on this page"),
        _("You cannot name us without it. Write to us: then we put it here, and you go on."),
        Mail(
            Desk.BROKER,
            _("%(company)s: your importer number for Form 4811"),
            (
                _("We are about to name you on Form 4811 for %(company)s, importer number ending %(last4)s, but "
                  "your own importer number does not stand on the page."),
                _("Please put it there, or call %(officer)s, %(phone)s."),
            ),
        ),
        "CSMS 62234804: the form must show the agent's number",
    ),
)  # fmt: skip

FAILURE_BY_KEY: Mapping[str, Failure] = {failure.key: failure for failure in FAILURES}

# What to read first, by what was seen on the tab.
AFTER_THE_TAB: Mapping[ACHStatus, tuple[str, ...]] = {
    ACHStatus.NONE: ("nothing-shown",),
    ACHStatus.NO_TAB: ("tab-missing",),
    ACHStatus.ERROR: ("routing-refused", "ach-error"),
}


def failures_at(place: Place) -> Iterator[Failure]:
    return (failure for failure in FAILURES if place in failure.places)
