"""A person's name as written on a form, read into words that can be compared."""

import re
import unicodedata
from dataclasses import dataclass
from itertools import product

from anyascii import anyascii

from importers.domain.text import unify


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


TITLES = _set(
    "mr mrs ms miss mx mister madam sir dame hr herr fru frk froken frau fraulein sr sra srta monsieur mme mlle "
    "dr drs doctor doktor prof professor cand phd drphil drjur drmed dring dipling civing lektor advokat "
    "direktor direktoer ingenior ingenioer civilingenior civilingenioer"
)
# Names too: a title only with its period ("Ing. Hans", but Ing Lee).
DOTTED_TITLES = _set("ing ir lic mag adv sig jur med merc polyt scient oecon polit phil dipl rer nat")
POSTNOMINALS = _set("phd mba msc bsc meng beng llm llb dds dvm cpa cfa esq esquire mph dba edd dphil mphil")
# Names or initials too: only behind a comma, or written with periods inside (Jack Ma, but Jack Lee, M.A.).
SHORT_POSTNOMINALS = _set("ma ba bs ms md jd hd pe rn")
DANISH_DEGREE = re.compile(r"cand(?:merc|jur|polyt|scient|oecon|polit|mag|ling|med|it|soc|pharm)[a-z]*")
GENERATIONS = {
    **dict.fromkeys(("jr", "junior"), "jr"),
    **dict.fromkeys(("sr", "senior"), "sr"),
    **dict.fromkeys(("ii", "2nd"), "ii"),
    **dict.fromkeys(("iii", "3rd"), "iii"),
    **dict.fromkeys(("iv", "4th"), "iv"),
}
PARTICLES = _set(
    "van von vom vande vander der den de del della dello di da do dos das du la le lo af av zu zum zur ter ten te "
    "el al bin ben ibn st mac mc"
)
# How these letters are spelled where they do not exist. anyascii gives the other one: the bare letter.
SPELLED_OUT = {"ø": "oe", "ö": "oe", "å": "aa", "ä": "ae", "ü": "ue", "đ": "dj"}
APOSTROPHES = re.compile("['\u2018\u2019\u02bb\u02bc\u02b9\u2032`]")
MANY_PEOPLE = re.compile("[&;+|/]")


@dataclass(frozen=True, slots=True)
class PersonName:
    """`words`: given names first, folded, a hyphenated name as one word. `generation`: jr, sr, ii ... or ""."""

    words: tuple[str, ...]
    generation: str = ""

    @property
    def surname_at(self) -> int:
        """Where the surname begins: the last word with its particles, but never the first of several words."""
        at = len(self.words) - 1
        while at > 1 and self.words[at - 1] in PARTICLES:
            at -= 1
        return max(at, 0)


def fold(text: str) -> str:
    """Without case, normal form, invisible characters, apostrophes and kinds of dash."""
    folded = unify(unify(text).casefold()).replace(" \u0301", "'")  # NFKC takes the accent used as apostrophe apart
    return " ".join(APOSTROPHES.sub("", folded).split())


def read_name(folded: str) -> PersonName:
    """Reads what `fold` gave: "Surname, Given" is put in order, titles are left out."""
    parts = [words for part in folded.split(",") if (words := _words(part))]
    parts = [part for part in parts if part is parts[0] or not _is_only_titles(part, alone=len(parts[0]) == 1)]
    for part in parts:
        while len(part) > 1 and _is_title(part[0]):
            del part[0]
    generation = _take_generation(parts)
    words = [word for part in (*parts[1:], *parts[:1]) for word in part]
    return PersonName(tuple(piece for word in words for piece in word.split(".") if piece), generation)


def spellings(word: str) -> set[str]:
    """The ASCII spellings of a Latin word: bare letters, and ø ö å ä ü đ also written as two letters.

    Letters of other scripts stay what they are, so that a Cyrillic look-alike is another letter.
    """
    if word.isascii():
        return {word}
    letters: list[str] = []
    for c in word:
        base = c if c in SPELLED_OUT else unicodedata.normalize("NFD", c)[0]
        if unicodedata.name(base, "").startswith("LATIN"):
            letters.append(base if base in SPELLED_OUT else anyascii(base).lower())
        elif not (_is_mark(c) and letters and unicodedata.name(letters[-1][0], "").startswith("LATIN")):
            letters.append(c)
    special = sorted(SPELLED_OUT.keys() & set(letters))
    ways = product(*(((c, anyascii(c)), (c, SPELLED_OUT[c])) for c in special))
    return {"".join(way.get(c, c) for c in letters) for way in map(dict, ways)}


def _is_mark(c: str) -> bool:
    return unicodedata.category(c).startswith("M")


def _words(part: str) -> list[str]:
    kept = "".join(c if c.isalnum() or c in ".-" or _is_mark(c) else " " for c in part)
    joined = re.sub(r"[\s.]*-[\s.-]*", "-", kept)
    return [word for raw in joined.split() for word in _pieces(raw.strip("-")) if word.strip(".")]


def _pieces(raw: str) -> list[str]:
    """ "ph.d." stays whole, "j.a.rahbek" is three words."""
    known = _is_title(raw) or _key(raw) in POSTNOMINALS | SHORT_POSTNOMINALS
    return [raw] if known else re.findall(r"[^.]+\.?", raw)


def _key(word: str) -> str:
    return word.replace(".", "").replace("-", "")


def _is_title(word: str) -> bool:
    key = _key(word)
    return (
        not TITLES.isdisjoint(spellings(key))
        or bool(DANISH_DEGREE.fullmatch(key))
        or (key in DOTTED_TITLES and "." in word)
    )


def _is_only_titles(part: list[str], *, alone: bool) -> bool:
    """What stands behind a comma: ", PhD", ", cand.merc."; behind a word `alone`, "Md" is a given name."""
    return all(
        (_is_title(word) and _key(word) not in GENERATIONS)
        or _key(word) in POSTNOMINALS
        or (_key(word) in SHORT_POSTNOMINALS and not alone)
        for word in part
    )


def _take_generation(parts: list[list[str]]) -> str:
    """Takes Jr., Sr., III and degrees off the ends; two words must be left, or Peter Senior had no surname."""
    generation = ""
    for part in parts:
        while sum(map(len, parts)) > 2 and (part is not parts[0] or len(part) > 1) and part:
            key = _key(part[-1])
            if key in GENERATIONS:
                generation = generation or GENERATIONS[key]
            elif not (key in POSTNOMINALS or DANISH_DEGREE.fullmatch(key) or _is_short_degree(part[-1])):
                break
            part.pop()
    return generation


def _is_short_degree(word: str) -> bool:
    return _key(word) in SHORT_POSTNOMINALS and "." in word.rstrip(".")
