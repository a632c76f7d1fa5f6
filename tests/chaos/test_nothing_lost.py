"""Everything fails, and every mail arrives.

`make test` runs the short form, `make chaos` the long one; CHAOS_SEED repeats what was done, as far as chance goes."""

import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from django.utils import timezone

from importers.models import ErrandKind
from tests.chaos.account import Account, message_ids, reckon
from tests.chaos.due import fill, schedule
from tests.chaos.mail_server import BadServer, Plan, Refusal, Trouble, people, serving
from tests.chaos.mischief import Mischief
from tests.chaos.processes import BEATS, WORKERS, Portal, portal, until
from tests.deployment.test_settings import PRODUCTION

pytestmark = [pytest.mark.processes, pytest.mark.django_db]  # only for the tables of the tests' database

IMPORTERS = int(os.environ.get("CHAOS_IMPORTERS", "150"))
DEEDS = int(os.environ.get("CHAOS_DEEDS", "7"))
SEED = int(os.environ.get("CHAOS_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
IS_SHORT = IMPORTERS < 1000
SLOWEST = 0.4 if IS_SHORT else 0.3  # seconds for an answer; few mails must take long enough for all that is to happen
AWAY = 1.5 if IS_SHORT else 3.0
MISCHIEF_UNTIL = 0.7  # of the mails: what happens last must still find some
LIMIT_SECONDS = 60.0 + 0.5 * IMPORTERS  # for delivering; much more than it takes
PATIENCE = 1
# Nothing but what an operator can set.
SETTINGS = {
    "EMAIL_TIMEOUT": str(PATIENCE),
    "MAIL_LEASE": "8",
    "MAIL_FIRST_PAUSE": "1",
    "SWEEP_EVERY": "2",
    "REMINDERS_EVERY": "5",
}
OPEN = "SELECT count(*) FROM importers_notification WHERE state IN ('pending', 'sending')"
ROWS = "SELECT state, mail::text, to_email FROM importers_notification WHERE kind = 'reminder'"
TRIES = "SELECT count(*), count(*) FILTER (WHERE ended_at IS NULL) FROM importers_mailattempt"
ERRANDS = """
    SELECT contact_email, kind FROM importers_errand JOIN importers_importerofrecord i ON i.id = importer_id
"""
TOLD = {Refusal.NO_SUCH_MAILBOX: ErrandKind.DEAD_MAILBOX, Refusal.UNWANTED: ErrandKind.MAIL_REFUSED}


@dataclass
class Run:
    portal: Portal
    server: BadServer
    mischief: Mischief
    seconds: float = 0.0

    @property
    def account(self) -> Account:
        return reckon(self.server.taken, self.mischief.killed, PATIENCE)


@pytest.fixture
def run(tmp_path: Path, process_env: dict[str, str]) -> Iterator[Run]:
    chance = random.Random(SEED)  # noqa: S311 - to be repeated
    server = BadServer(SLOWEST, random.Random(chance.random()))  # noqa: S311
    with ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="ace-chaos-", ignore_cleanup_errors=True))
        folder = Path(name).resolve()
        folder.chmod(0o711)
        stack.enter_context(serving(server))
        settings = PRODUCTION | SETTINGS | {"EMAIL_URL": server.url, "LOG_LEVEL": "INFO"}
        made = stack.enter_context(portal(folder, tmp_path, settings))
        made.copy_tables(process_env["DATABASE_URL"])
        yield Run(made, server, Mischief(made, server, chance, AWAY))
        server.write_log(tmp_path / "taken.jsonl")
    assert made.left_over() == []


def test_every_mail_arrives_once_and_twice_only_where_nobody_could_know(run: Run) -> None:
    """Two workers and two beats deliver what is due to importers, while at random workers are killed and told to stop,
    Redis is wiped and restarted, PostgreSQL restarted and crashed, and the mail server refuses, falls silent and hangs
    up before and after it has taken a mail.

    At the end every mail was taken in, but for those refused for good, which have failed and are with staff. A mail
    came twice, under the same Message-ID, only where no sender could know that it had come: its worker process was
    killed after the server had taken it and before the commit (at most one for each process killed), or the server had
    taken it and never said so. The second is not the portal's doing and is counted apart."""
    at = fill(run.portal, IMPORTERS, timezone.now())
    recipients = {email for (email,) in run.portal.rows("SELECT contact_email FROM importers_importerofrecord")}
    run.server.plan = Plan.of(recipients, run.mischief.chance)
    refused = dict(run.server.plan.refused)
    run.portal.workers = [run.portal.start_worker() for _ in range(WORKERS)]
    run.portal.beats = [run.portal.start_beat() for _ in range(BEATS)]
    schedule(run.portal, IMPORTERS, at)
    deliver_in_spite_of_all(run, len(recipients))
    run.portal.stop()
    tell(run, len(recipients))
    everybody_heard_or_is_with_staff(run, recipients, refused)
    nothing_came_twice_without_a_reason(run)
    assert run.mischief.done.keys() == run.mischief.deeds().keys()
    assert run.server.met.keys() == {*Trouble, *Refusal}


def deliver_in_spite_of_all(run: Run, mails: int) -> None:
    begin = time.monotonic()
    mischief, server = run.mischief, run.server
    moments = sorted(mischief.chance.uniform(0.03, MISCHIEF_UNTIL) * mails for _ in range(DEEDS))
    for moment, deed in zip(moments, mischief.deck(DEEDS), strict=True):
        enough = partial(has_taken, server, moment)
        until(enough, LIMIT_SECONDS, f"{moment:.0f} mails are there", run.portal.look_after)
        mischief.do(deed)
    is_over = partial(nothing_waits, run.portal)
    until(is_over, LIMIT_SECONDS, "every row is in a final state", run.portal.look_after)
    run.seconds = time.monotonic() - begin
    assert run.seconds < LIMIT_SECONDS


def has_taken(server: BadServer, mails: float) -> bool:
    return people(server.taken) >= mails


def nothing_waits(portal: Portal) -> bool:
    return portal.rows(OPEN) == [(0,)]


def everybody_heard_or_is_with_staff(run: Run, recipients: set[str], refused: dict[str, Refusal]) -> None:
    rows = run.portal.rows(ROWS)
    assert len(rows) == IMPORTERS
    taken = {(one.mail, one.to) for one in run.server.taken}
    assert taken == {(mail, to) for state, mail, to in rows if state == "sent"}, "what was sent is what was taken in"
    by_state = {state: {to for found, _mail, to in rows if found == state} for state, _mail, _to in rows}
    assert by_state == {"sent": recipients - refused.keys(), "failed": refused.keys()}
    assert set(run.portal.rows(ERRANDS)) == {(to, TOLD[refusal]) for to, refusal in refused.items()}
    [(tries, open_tries)] = run.portal.rows(TRIES)
    assert open_tries == 0, f"of {tries} tries"


def nothing_came_twice_without_a_reason(run: Run) -> None:
    assert run.account.unexplained == []
    assert len(run.account.by_kill) <= len(run.mischief.killed)
    assert set(message_ids(run.server.taken).values()) == {1}


def tell(run: Run, mails: int) -> None:
    account, mischief, server = run.account, run.mischief, run.server
    [(tries, _open)] = run.portal.rows(TRIES)
    states = Counter(state for state, _mail, _to in run.portal.rows(ROWS))
    rows = ", ".join(f"{count:,} {state}" for state, count in sorted(states.items()))
    repeated = (
        f"{account.repeated} came again: {len(account.by_kill)} since their worker had died "
        f"({len(mischief.killed)} processes were killed), {len(account.by_server)} since the server never answered, "
        f"{len(account.unexplained)} for no reason"
    )
    lines = [
        f"chaos, seed {SEED}: {IMPORTERS:,} importers, {mails:,} mails, {run.seconds:.0f} s; rows: {rows}",
        f"  {tries:,} tries; {people(server.taken):,} people got their mail; {repeated}",
        *(f"  {count:4} {what}" for what, count in sorted(mischief.done.items())),
        *(f"  {count:4} × {what.value}" for what, count in sorted(server.met.items(), key=lambda item: item[0].value)),
        f"  {len(run.portal.given_up):4} workers that ended by themselves and were started again",
        f"  PostgreSQL away for {max(mischief.database_away, default=0):.1f} s at most",
    ]
    print("\n" + "\n".join(lines))  # noqa: T201 - the figures
