import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.domain.people import REASONS, compare_names

SAME = [
    ("Jens Anton Rahbek", "jens anton RAHBEK"),
    ("Jens Anton Rahbek", "  Jens \u00a0Anton\tRahbek\n"),
    ("Jens Anton Rahbek", "Rahbek, Jens Anton"),
    ("Jens Anton Rahbek", "RAHBEK,JENS ANTON"),
    ("Jens Anton Rahbek", "Jens\u200b Anton Rahbek"),
    ("Jens Rahbek", "Ｊｅｎｓ Ｒａｈｂｅｋ"),
    ("Jens Rahbek", "Jens Rahbek."),
    ("Jens Rahbek", "“Jens” Rahbek"),
    ("J.A. Rahbek", "J. A. Rahbek"),
    ("J.A.Rahbek", "J A Rahbek"),
    ("Søren Ågård", "Soeren Aagaard"),
    ("Søren Ågård", "Soren Agard"),
    ("Søren Ågård", "Sören Ågård"),
    ("Ole Bjørnegård", "Ole Bjornegaard"),
    ("Ole Jæger", "Ole Jaeger"),
    ("Ole Jæger", "Ole Jäger"),
    ("Müller, Hans", "Hans Mueller"),
    ("Hans Müller", "Hans Muller"),
    ("Łukasz Kowal", "Lukasz Kowal"),
    ("Karl Weiß", "KARL WEISS"),
    ("Þóra Ðall", "Thora Dall"),
    ("José Nuñez", "Jose\u0301 Nunez"),
    ("Novak Đoković", "Novak Djokovic"),
    ("Ali IŞIK", "Ali Işık"),
    ("Ǿrsted Hans", "Orsted Hans"),
    ("Pat O'Brien", "Pat O’Brien"),
    ("Pat O'Brien", "Pat OBRIEN"),
    ("Pat O'Brien", "Pat O´Brien"),
    ("Anne-Marie Holm", "Anne‑Marie Holm"),
    ("Anne-Marie Holm", "Anne - Marie Holm"),
    ("Dr. Jens Rahbek", "Jens Rahbek"),
    ("Dr.Jens Rahbek", "Jens Rahbek"),
    ("Prof. Dr. Jens Rahbek", "Rahbek, Jens"),
    ("Rahbek, Dr. Jens", "Jens Rahbek"),
    ("Dipl.-Ing. Hans Müller", "Hans Müller"),
    ("Ing. Hans Lee", "Hans Lee"),
    ("Mag. Eva Huber", "Eva Huber"),
    ("cand.merc. Jens Rahbek", "Jens Rahbek"),
    ("cand. merc. Jens Rahbek", "Jens Rahbek"),
    ("Jens Rahbek, cand.polyt.", "Jens Rahbek"),
    ("Ph.d. Jens Rahbek", "Jens Rahbek, PhD"),
    ("Jens Rahbek, MBA", "Jens Rahbek"),
    ("Jens Rahbek M.A.", "Jens Rahbek"),
    ("Rahbek, Jens, Dr.", "Jens Rahbek"),
    ("Mr Jens Rahbek", "Mr. Jens Rahbek"),
    ("Fru Mette Sørensen", "Mette Sørensen"),
    ("Frøken Mette Sørensen", "Mette Sørensen"),
    ("Civilingeniør Jens Rahbek", "Jens Rahbek"),
    ("DIREKTOER Jens Rahbek", "Direktør Jens Rahbek"),
    ("Hr. Rahbek", "Rahbek"),
    ("Sr. Juan García", "Juan García"),
    ("Jens Rahbek, Jr.", "Jens Rahbek Junior"),
    ("Rahbek Jr., Jens", "Jens Rahbek Jr"),
    ("Rahbek, Jens, Jr.", "Jens Rahbek Jr"),
    ("Jens Rahbek Jr., MBA", "Dr. Jens Rahbek, Jr."),
    ("John Rahbek III", "John Rahbek 3rd"),
    ("Peter Senior", "Senior, Peter"),
    ("Dr. Peter Senior", "Peter Senior"),
    ("Ludwig van der Berg", "van der Berg, Ludwig"),
    ("Ludwig van der Berg", "Berg, Ludwig van der"),
    ("Ludwig van der Berg", "LUDWIG VAN DER BERG"),
    ("María José García López", "García López, María José"),
    ("Anne Møller Andersen", "Møller Andersen, Anne"),
    ("Jack Ma", "Ma, Jack"),
    ("Ing Lee", "Lee, Ing"),
    ("Md Rahman", "Rahman, Md"),
    ("Иван Петров", "Петров, иван"),
    ("Йорг Иванов", "И\u0306орг Иванов"),
    ("山田 太郎", "山田　太郎"),
    ("राम कुमार", "राम  कुमार"),
    ("Rahbek", "RAHBEK"),
    ("Rahbek,", "Rahbek"),
    ("", ""),
    ("", " . "),
]
VARIANT = [
    ("Jens Rahbek", "Jens Anton Rahbek", "middle_name"),
    ("Rahbek, Jens", "Jens Anton Rahbek", "middle_name"),
    ("Jens Rahbek", "Jens A. Rahbek", "middle_name"),
    ("Jens Anton Rahbek", "Jens Anton Emil Rahbek", "middle_name"),
    ("Jens Emil Rahbek", "Jens Anton Emil Rahbek", "middle_name"),
    ("Jens Alex. Rahbek", "Jens Alexander Rahbek", "middle_name"),
    ("Anne Møller Andersen", "Anne Andersen", "middle_name"),
    ("Søren Kierkegård", "Soeren Aabye Kierkegaard", "middle_name"),
    ("Jens (JAR) Rahbek", "Jens Rahbek", "middle_name"),
    ("Jens A. Rahbek", "Jens Anton Rahbek", "initials"),
    ("J. A. Rahbek", "Jens Anton Rahbek", "initials"),
    ("J.A. Rahbek", "Rahbek, Jens Anton", "initials"),
    ("J. Rahbek", "Jens Anton Rahbek", "initials"),
    ("J. Rahbek", "Jens Rahbek", "initials"),
    ("J. Anton Rahbek", "Jens A. Rahbek", "initials"),
    ("J. Rahbek", "Jens-Anton Rahbek", "initials"),
    ("J. A. Rahbek", "Jens-Anton Rahbek", "initials"),
    ("J.-A. Rahbek", "Jens-Anton Rahbek", "initials"),
    ("Ø. Holm", "Øystein Holm", "initials"),
    ("Å. Holm", "Aage Holm", "initials"),
    ("Aa. Holm", "Åge Holm", "initials"),
    ("Chr. Jensen", "Christian Jensen", "initials"),
    ("Jens Chr. Rahbek", "Jens Christian Rahbek", "initials"),
    ("И. Петров", "Иван Петров", "initials"),
    ("Jens-Anton Rahbek", "Jens Anton Rahbek", "hyphenation"),
    ("Anne-Marie Jensen", "Annemarie Jensen", "hyphenation"),
    ("Anne Marie Jensen", "Annemarie Jensen", "hyphenation"),
    ("Anne-Marie Møller-Andersen", "Anne Marie Møller Andersen", "hyphenation"),
    ("Anne Møller-Andersen", "Anne Møller Andersen", "hyphenation"),
    ("García-López, María", "María García López", "hyphenation"),
    ("Ludwig van der Berg", "Ludwig Vanderberg", "hyphenation"),
    ("Ann Mc Donald", "Ann McDonald", "hyphenation"),
]
DIFFERENT = [
    ("Jens Rahbek", "Jens Hansen", "surname"),
    ("Jens Rahbek", "Mette Hansen", "surname"),
    ("Jens Rahbek", "Peter Rahbek", "given_name"),
    ("J. Rahbek", "Peter Rahbek", "given_name"),
    ("J. A. Rahbek", "Jens Peter Rahbek", "given_name"),
    ("Jens Anton Rahbek", "Jens Peter Rahbek", "given_name"),
    ("Anton Rahbek", "Jens Anton Rahbek", "given_name"),
    ("Rahbek", "Jens Rahbek", "given_name"),
    ("Anne-Marie Jensen", "Anne Jensen", "given_name"),
    ("Anne-Marie Jensen", "Marie Jensen", "given_name"),
    ("Jan Holm", "Jane Holm", "given_name"),
    ("Ann Holm", "Anna Holm", "given_name"),
    ("Michael Holm", "Michal Holm", "given_name"),
    ("Bo Rahbek", "Bent Ole Rahbek", "given_name"),
    ("Jens Rahbek", "Jens R.", "surname"),
    ("Hans Muller", "Hans Mueller", "surname"),
    ("Jens Andersen", "Jens Anderson", "surname"),
    ("Ludwig van der Berg", "Ludwig Berg", "surname"),
    ("María García López", "María García", "surname"),
    ("Anne Møller-Andersen", "Anne Andersen", "surname"),
    ("Jo Anderson", "Joan Derson", "surname"),
    ("Rahbek Jens Anton", "Jens Anton Rahbek", "order"),
    ("Thomas James", "James Thomas", "order"),
    ("Jens, Rahbek", "Jens Rahbek", "order"),
    ("Jens Rahbek Jr.", "Jens Rahbek", "generation"),
    ("Jens Rahbek Jr.", "Jens Rahbek Sr.", "generation"),
    ("Jens Rahbek II", "Jens Rahbek III", "generation"),
    ("Jens & Anne Rahbek", "Jens Rahbek", "several_people"),
    ("Jens Rahbek / Anne Rahbek", "Jens Rahbek", "several_people"),
    ("Jens R\u0430hbek", "Jens Rahbek", "surname"),
    ("Иван Петров", "Ivan Petrov", "surname"),
    ("山田 太郎", "山田 次郎", "surname"),
    ("Jack Ma", "Jack", "surname"),
    ("", "Jens Rahbek", "surname"),
    ("x" * 1001, "Jens Rahbek", "too_long"),
    ("a " * 400 + "b", "a " * 400 + "c", "too_long"),
]
PAIRS = [*SAME, *((a, b) for a, b, _ in VARIANT), *((a, b) for a, b, _ in DIFFERENT)]


def misread(expected: str, rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str, str]]:
    """The pairs of a table that come out otherwise, with what came out."""
    results = [(a, b, reason, compare_names(a, b)) for a, b, reason in rows]
    return [(a, b, r.value, r.reason) for a, b, reason, r in results if (r.value, r.reason) != (expected, reason)]


def test_same_person() -> None:
    assert misread("same", [(a, b, "") for a, b in SAME]) == []
    assert not any(compare_names(a, b).sentence for a, b in SAME)


def test_same_person_written_differently() -> None:
    assert misread("variant", VARIANT) == []


def test_another_person() -> None:
    assert misread("different", DIFFERENT) == []
    assert all(compare_names(a, b).sentence == REASONS[reason] for a, b, reason in DIFFERENT)


WAYS_OF_WRITING = (
    str.upper,
    str.lower,
    str.swapcase,
    lambda name: name.replace(" ", " \u00a0 "),
    lambda name: f" {name}\n",
    lambda name: unicodedata.normalize("NFD", name),
    lambda name: unicodedata.normalize("NFKD", name),
)


def test_neither_order_nor_case_spacing_or_normal_form_makes_a_difference() -> None:
    for a, b in [(a, b) for a, b in PAIRS if len(a) < 500]:
        expected = compare_names(a, b)
        assert compare_names(b, a) == expected, (a, b)
        for write in WAYS_OF_WRITING:
            assert compare_names(write(a), b) == expected, (a, b, write)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("x " * 10**6, "y " * 10**6),
        ("." * 10**6, "-" * 10**6),
        ("a " * 11 + "b", "a " * 5 + "c b"),
        ("a-a " * 6, "aa " * 12),
        ("åøäöüđ" * 30, "åøäöüđ" * 30 + "x"),
        ("…" * 999, "-" * 999),
    ],
)
def test_a_long_name_takes_no_long_time(a: str, b: str) -> None:
    start = time.process_time()
    compare_names(a, b)
    assert time.process_time() - start < 1


LETTERS = "abcxyzABCXYZæøåäöüßłðþéñçÆØÅÄÖÜẞŁÐÞÉÑÇıİſǿœđ\u0308\u030aабвБйЙёαςΩ山田ᄒ한हि\u200d"
WORD = st.one_of(
    st.sampled_from(
        ["Jens", "Anton", "Søren", "Jose\u0301", "Åge", "Anne-Marie", "O'Brien", "J.", "van", "der", "Jr.", "Dr.", "Æ"]
    ),
    st.text(LETTERS, min_size=1, max_size=8),
)
NAME = st.lists(WORD, max_size=5).map(" ".join)


@given(st.one_of(NAME, st.text(LETTERS + " ,.-'&/()\n\u00b4\u00a8½²", max_size=20)))
def test_a_name_is_the_same_as_itself(name: str) -> None:
    assert compare_names(name, name).value == "same"


@given(NAME, NAME)
def test_symmetry(a: str, b: str) -> None:
    assert compare_names(a, b) == compare_names(b, a)


@given(NAME, NAME)
def test_writing_makes_no_difference(a: str, b: str) -> None:
    expected = compare_names(a, b)
    assert compare_names(unicodedata.normalize("NFD", a), f"  {b.replace(' ', '   ')} ") == expected
    assert compare_names(a.casefold(), b) == expected


@given(*[st.text("abcdefgh", min_size=2, max_size=6)] * 4, st.sampled_from(["", " Anton", " A.", "-Anton"]))
def test_another_first_name_and_another_surname_is_another_person(
    first: str, last: str, other_first: str, other_last: str, middle: str
) -> None:
    if first[0] != other_first[0] and last[0] != other_last[0]:
        result = compare_names(f"{first}{middle} x{last}", f"{other_first}{middle} y{other_last}")
        assert result.value == "different"
