"""Is it the same person, and the same mailbox? What CBP holds is compared with the officer the importer named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from importers.domain.errors import gettext_noop as _
from importers.domain.mail_address import MailAddress, addresses_in
from importers.domain.person_name import MANY_PEOPLE, PersonName, fold, read_name, spellings


class Match(StrEnum):
    SAME = "same"
    VARIANT = "variant"
    DIFFERENT = "different"


# Why two values are not the same; the order is the order of telling when a name differs in several ways.
REASONS = {
    "initials": _("Given names are abbreviated in one of them."),
    "middle_name": _("A middle name is missing or abbreviated in one of them."),
    "hyphenation": _("A double name is hyphenated or joined in one of them only."),
    "surname": _("The surnames differ."),
    "given_name": _("The given names differ."),
    "order": _("The same names stand in another order. Put the surname last, or first with a comma."),
    "generation": _("Jr., Sr., II or III belongs to the person and stands in one of them only, or differs."),
    "several_people": _("One of them names more than one person."),
    "too_long": _("One of them is too long to be compared."),
    "no_address": _("One of them is no e-mail address."),
    "several_addresses": _("One of them holds more than one e-mail address."),
    "look_alike": _("They look alike, but some characters are not the same letters."),
    "plus_tag": _("They differ in the tag after the plus sign."),
    "dots": _("They differ in the dots before the @."),
    "mailbox": _("They are two mailboxes at the same domain."),
    "domain": _("The domains after the @ differ."),
    "address": _("They are two quite different addresses."),
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """`reason` is a key of REASONS, "" when the values are the same."""

    value: Match
    reason: str = ""

    @property
    def sentence(self) -> str:
        return REASONS[self.reason] if self.reason else ""


Words = Sequence[str]
SAME = Comparison(Match.SAME)
LONGEST, MOST_WORDS = 1000, 12
VOWELS = frozenset("aeiouy")
# How many words on each side may be one name: Anne-Marie, Anne Marie, Annemarie, and the same for three.
JOINS = ((1, 1), (1, 2), (2, 1), (1, 3), (3, 1))


def compare_names(a: str, b: str) -> Comparison:
    """Same, a variant (one person written differently), or different. Symmetric; a name is the same as itself.

    Only a comma turns the order around: "Rahbek Jens" is not "Jens Rahbek", as Thomas James is not James Thomas.
    An empty name is the same as an empty name: ask first whether there is one. A second surname that is left
    out (Spanish García López, García) makes another surname; a first one (Danish Møller Andersen, Andersen)
    counts as a middle name.
    """
    if max(len(a), len(b)) > LONGEST:
        return SAME if a == b else Comparison(Match.DIFFERENT, "too_long")
    folded_a, folded_b = fold(a), fold(b)
    if folded_a == folded_b:
        return SAME
    if MANY_PEOPLE.search(folded_a) or MANY_PEOPLE.search(folded_b):
        return Comparison(Match.DIFFERENT, "several_people")
    return _compare_read(read_name(folded_a), read_name(folded_b))


def _compare_read(a: PersonName, b: PersonName) -> Comparison:
    if a.generation != b.generation:
        return Comparison(Match.DIFFERENT, "generation")
    if len(a.words) == len(b.words) and all(map(_same_word, a.words, b.words)):
        return SAME
    if max(len(a.words), len(b.words)) > MOST_WORDS:
        return Comparison(Match.DIFFERENT, "too_long")
    surname = "surname"
    for given_a, given_b, how in _same_surname(a, b):
        surname = "given_name"
        if (found := _same_given(given_a, given_b)) is not None:
            return Comparison(Match.VARIANT, next(reason for reason in REASONS if reason in found | how))
    turned = sorted(map(_bare, a.words)) == sorted(map(_bare, b.words))
    return Comparison(Match.DIFFERENT, "order" if turned else surname)


def _same_surname(a: PersonName, b: PersonName) -> Iterator[tuple[Words, Words, set[str]]]:
    """The given names on both sides for each way in which the surnames agree, and how they do."""
    ends = [(a.surname_at, at) for at in range(b.surname_at, -1, -1)]
    ends += [(at, b.surname_at) for at in range(a.surname_at - 1, -1, -1)]
    for end_a, end_b in ends:
        surname_a, surname_b = a.words[end_a:], b.words[end_b:]
        if len(surname_a) == len(surname_b) and all(map(_same_word, surname_a, surname_b)):
            yield a.words[:end_a], b.words[:end_b], set()
        elif _same_joined(surname_a, surname_b):
            yield a.words[:end_a], b.words[:end_b], {"hyphenation"}


def _same_given(a: Words, b: Words) -> set[str] | None:
    if not a or not b:
        return None if a or b else set()
    one_way = _covers(a, b)
    return one_way if one_way is not None else _covers(b, a)


def _covers(full: Words, short: Words, *, first: bool = True) -> set[str] | None:
    """How `short` gives the names in `full`, which may hold more of them, but not before the first; or None."""
    if not short:
        return {"middle_name"} if full else set()
    for taken_full, taken_short in JOINS:
        how = _one_name(full[:taken_full], short[:taken_short], first=first)
        if how is not None:
            rest = _covers(full[taken_full:], short[taken_short:], first=False)
            if rest is not None:
                return how | rest
    if first or not full:
        return None
    rest = _covers(full[1:], short, first=False)
    return None if rest is None else rest | {"middle_name"}


def _one_name(a: Words, b: Words, *, first: bool) -> set[str] | None:
    if len(a) > len(b):
        a, b = b, a
    if len(a) != 1:
        return None
    if len(b) == 1 and _same_word(a[0], b[0]):
        return set()
    if _same_joined(a, b):
        return {"hyphenation"}
    whole, parts = a[0], a[0].split("-")
    others = b[0].split("-") if len(b) == 1 else b
    if len(parts) == len(others) and all(map(_same_or_initial, parts, others)):
        return {"initials"}
    if len(b) == 1 and _same_or_initial(whole, b[0]):
        return {"initials"}
    shortened = len(b) == 1 and not first and (_begins(a[0], b[0]) or _begins(b[0], a[0]))
    return {"middle_name"} if shortened else None


def _same_word(a: str, b: str) -> bool:
    return a == b or not spellings(a).isdisjoint(spellings(b))


def _same_or_initial(a: str, b: str) -> bool:
    return _same_word(a, b) or _is_initial(a, b) or _is_initial(b, a)


def _same_joined(a: Words, b: Words) -> bool:
    return _same_word("".join(a).replace("-", ""), "".join(b).replace("-", ""))


def _begins(short: str, full: str) -> bool:
    return any(f.startswith(s) for f in spellings(full) for s in spellings(short))


def _is_initial(short: str, full: str) -> bool:
    """J. for Jens, Chr. for Christian (no vowel), Aa. for Aage (a Danish letter spelled out)."""
    letters = _bare(short)
    one_letter = len(short) == 1 and short.upper() != short
    abbreviated = len(letters) <= 3 and VOWELS.isdisjoint(letters) and letters.isascii()
    return (one_letter or abbreviated or letters in {"aa", "ae", "oe"}) and _begins(short, full)


def _bare(word: str) -> str:
    return min(spellings(word), key=len)


def compare_emails(a: str, b: str) -> Comparison:
    """Same or different. What holds no address, or more than one, is different from everything, itself too."""
    if max(len(a), len(b)) > LONGEST:
        return Comparison(Match.DIFFERENT, "too_long")
    in_a, in_b = addresses_in(a), addresses_in(b)
    if not in_a or not in_b:
        return Comparison(Match.DIFFERENT, "no_address")
    if len(in_a) > 1 or len(in_b) > 1:
        return Comparison(Match.DIFFERENT, "several_addresses")
    return SAME if in_a == in_b else Comparison(Match.DIFFERENT, _why_other_mailbox(in_a[0], in_b[0]))


def _why_other_mailbox(a: MailAddress, b: MailAddress) -> str:
    if a.skeleton == b.skeleton:
        return "look_alike"
    if a.domain != b.domain:
        return "domain" if a.local == b.local else "address"
    if a.local.replace(".", "") == b.local.replace(".", ""):
        return "dots"
    tags_only = a.without_tag.replace(".", "") == b.without_tag.replace(".", "")
    return "plus_tag" if tags_only else "mailbox"
