"""What a reminder may say and what not, in both languages; each line is one text."""

from pathlib import Path

import pytest

from importers.domain.mail_lint import ALIKE, HURRY, LINK, LOUD, NUMBERS, SECRET, Rule, lint
from importers.domain.mail_text import parse_shipped

HOSTS = ("portal.example", "alpi.dk")
TEMPLATES = Path(__file__).resolve().parents[3] / "templates/emails"

REFUSED = {
    HURRY: (
        "This is urgent.",
        "Urgently needed: your answer",
        "Please act now.",
        "Your last chance to be paid",
        "FINAL notice".lower(),
        "Answer immediately.",
        "Do it right away.",
        "Answer as soon as possible.",
        "Finish before it is too late.",
        "Only two days left",
        "Only {days_left}",
        "Answer within 24 hours.",
        "Your access expires today.",
        "You lose your refund.",
        "Your account will be closed.",
        "Don't wait.",
        "Det haster.",
        "Svar straks.",
        "Gør det med det samme.",
        "Svar hurtigst muligt.",
        "Svar snarest.",
        "Sidste chance for at få pengene",
        "Endelig påmindelse",
        "Bliv færdig, inden det er for sent.",
        "Kun to dage tilbage",
        "Kun {days_left}",
        "Svar inden for 24 timer.",
        "I mister refusionen.",
        "Kontoen bliver lukket.",
        "Skynd dig.",
        "Vent ikke.",
        "Det er en rykker.",
        "Respond today.",
        "Answer in 24 hours.",
        "The link will expire.",
        "This is the final deadline.",
        "Tomorrow is the last day.",
        "Gør det nu.",
        "Gør det i dag.",
        "Svar inden 24 timer.",
        "Svar senest i dag.",
        "I morgen er sidste dag.",
        "Refusionen bortfalder.",
        "Kontoen lukkes.",
        "Der kommer et rykkergebyr.",
        "Det er en advarsel.",
        "It is ur\u200bgent.",  # a zero-width space in it
    ),
    LOUD: ("Answer now!!", "IMPORTANT news", "VIGTIGT om toldrefusion", "Husk det ! !", "This is U R G E N T today"),
    ALIKE: ("Please s\u0435nd it", "This is ᴜʀɢᴇɴᴛ", "Αnswer us"),
    LINK: (
        "See https://evil.example/start/",
        "See http://portal.example.evil.example/",
        "See https://portal.example@evil.example/",
        "See https://evil.example\\@portal.example/",
        "See //evil.example/x",
        "Go to www.cbp.gov",
        "Gå ind på ace.cbp.dhs.gov",
        "bit.ly/abc",
        "Write to refunds@evil.example",
        "mailto:refunds@evil.example",
        "mailto:refunds@evil.example,help@alpi.dk",
        "mailto:help@alpi.dk?cc=refunds@evil.example&bcc=help@alpi.dk",
        "javascript:alert(1)",
        "https://{firm}/start/",
        "https://portal.example:8443/",
        "https://evil。example/",
        "ftp://portal.example/file",
        "Se http://127.0.0.1/",
        "See http://[ for more",
        "Se [http://alpi.dk] her",
        "hxxp://evil[.]example",
        "See evil[.]example",
        "Open 1.2.3.4",
        "Open 192.168.1.1/login",
        "sms:+4512345678",
        "skype:evil?call",
        "whatsapp:evil",
    ),
    SECRET: (
        "Send us your password.",
        "What is your code?",
        "Include your account number.",
        "Fill in your bank details.",
        "Send your account number.",
        "Let Anna know the code.",
        "Reply with the six digits.",
        "Oplys kontonr.",
        "Koden sendes til os.",
        "Læs koden op.",
        "Hvad er koden?",
        "Reply with your ACE password.",
        "Tell us the code that CBP mails to you.",
        "Do not wait, give us your bank details.",
        "Do not wait: send us your password",
        "We need your account number.",
        "We ask you for your routing number.",
        "Send us the following:\n- company name\n- password",
        "Log in to ACE and send us the code.",
        "Confirm your social security number.",
        "Send os jeres adgangskode.",
        "Svar med koden fra CBP.",
        "Oplys kontonummer.",
        "Vi skal bruge jeres bankoplysninger.",
        "Vi beder om jeres kontonummer.",
        "Ring og fortæl os koden.",
        "Indtast dit personnummer.",
        "Bekræft med MitID.",
    ),
    NUMBERS: ("Pay it to DK5000400440116243.", "Your number is 219-09-9123."),
}
ALLOWED = (
    "Our date is {deadline}. You can finish later too, but refunds wait until you do.",
    "Vores frist er {deadline}. Det er sent, men ikke for sent.",
    "Late is not lost. It is not too late.",
    "The date is 21 April. Questions? Write to us: we answer.",
    "The code that CBP mails you is for CBP's form only.",
    "It takes about two hours. The last step is short.",
    "Fristen er sidst på måneden; gør det, når det passer jer.",
    "Trin: {step}. Kontakt: {contact_name}, tel:{phone}. Kl. 10:30.",
    "It is not urgent. Det haster ikke.",
    "We never ask for bank numbers, passwords or codes from CBP.",
    "Vi beder aldrig om bankoplysninger, adgangskoder eller koder fra CBP.",
    "Type the bank details in ACE, never in a mail.",
    "Send ikke adgangskoder til nogen.",
    "Do not send us passwords.",
    "The link opens your checklist after a code that we mail to you.",
    "Linket åbner din tjekliste, når du har tastet en kode, som vi sender til dig på mail.",
    "CBP mails a code that you type in ACE.",
    "Tell us your postal code. Skriv jeres postnummer og filer code.",
    "Se https://portal.example/guide/ for more.",
    "Write to jar@alpi.dk or call +45 9928 7817.",
    "ACE, ACH, CBP, DDP, EIN and HTSUS are short for something.",
    "Tak! Vi glæder os, f.eks. til at høre fra jer.",
    "{importer}: {steps_left} left. You reach {contact_name} at {phone}.",
)


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, texts in REFUSED.items() for text in texts])
def test_what_no_mail_of_ours_may_say_is_found_with_its_reason(rule: Rule, text: str) -> None:
    found = [one.rule for one in lint(text, hosts=HOSTS)]
    assert rule in found
    assert rule.why
    assert rule.instead


@pytest.mark.parametrize("text", ALLOWED)
def test_what_is_plain_and_honest_is_let_through(text: str) -> None:
    assert lint(text, hosts=HOSTS) == []


def test_the_words_themselves_are_named() -> None:
    [found] = lint("The refund is there. Please act now.", hosts=HOSTS)
    assert found.words == "act now"


SHIPPED = sorted(TEMPLATES.glob("*/words/*/*.txt"))


def test_there_are_shipped_texts() -> None:
    assert len(SHIPPED) == 24


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: "/".join(path.parts[-4:]))
def test_the_shipped_texts_hold_to_it_themselves(path: Path) -> None:
    subject, body = parse_shipped(path.read_text())
    assert lint(subject, hosts=()) == []
    assert lint(body, hosts=()) == []
