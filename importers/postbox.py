"""The connection to the mail server: opened once, used for many mails."""

import select
import smtplib
import threading
import time
from contextlib import suppress

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend

IDLE_SECONDS = 15.0
SURE_SECONDS = 2.0  # so long after an answer the server is taken to be there still
OK = 250
# The server has said no to this one mail; the connection is as good as before.
ABOUT_ONE_MAIL = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError)


class Postbox:
    """One for each worker process. Only before a mail is a lost connection opened again: once its sending has begun,
    another try is another attempt, and not for this class to make."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: EmailBackend | None = None
        self._mails = 0
        self._last = 0.0
        self._closing: threading.Timer | None = None

    def connect(self) -> None:
        """Raises what smtplib and the socket do when there is no server, or none that lets us in."""
        with self._lock:
            self._connected()

    def send(self, message: EmailMessage) -> None:
        with self._lock:
            backend = self._connected()
            if backend is None:
                message.send()
                return
            try:
                backend.send_messages([message])
            except ABOUT_ONE_MAIL:
                self._used()
                raise
            except BaseException:  # a time limit too: nobody knows what the server still wants to say
                self._hang_up()
                raise
            self._used()

    def close(self) -> None:
        with self._lock:
            self._close()

    def _connected(self) -> EmailBackend | None:
        """None where mail goes through something other than SMTP."""
        if self._open is not None and not (self._is_ours(self._open) and self._is_alive(self._open)):
            self._close()
        if self._open is None:
            backend = get_connection(timeout=settings.EMAIL_TIMEOUT)
            if not isinstance(backend, EmailBackend):
                return None
            backend.open()
            self._open, self._mails, self._last = backend, 0, time.monotonic()
            self._close_when_idle()
        return self._open

    def _is_ours(self, backend: EmailBackend) -> bool:
        return (backend.host, backend.port) == (settings.EMAIL_HOST, settings.EMAIL_PORT)

    def _is_alive(self, backend: EmailBackend) -> bool:
        """A server that has hung up, or said that it will, has left something to read."""
        smtp = backend.connection
        if smtp is None or smtp.sock is None:
            return False
        if time.monotonic() - self._last < SURE_SECONDS and not select.select([smtp.sock], [], [], 0)[0]:
            return True
        try:
            return bool(smtp.noop()[0] == OK)
        except (smtplib.SMTPException, OSError):
            return False

    def _used(self) -> None:
        self._mails += 1
        self._last = time.monotonic()
        if self._mails >= settings.MAILS_A_CONNECTION:
            self._close()

    def _hang_up(self) -> None:
        """Without another word, whose answer might not come."""
        if self._open is not None and self._open.connection is not None:
            self._open.connection.close()
            self._open.connection = None
        self._close()

    def _close(self) -> None:
        backend, self._open = self._open, None
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        if backend is not None:
            with suppress(smtplib.SMTPException, OSError):
                backend.close()

    def _close_when_idle(self) -> None:
        self._closing = threading.Timer(IDLE_SECONDS, self._look)
        self._closing.daemon = True
        self._closing.start()

    def _look(self) -> None:
        """In a thread of its own. A mail that is under way is left alone."""
        if not self._lock.acquire(blocking=False):
            self._close_when_idle()
            return
        try:
            if time.monotonic() - self._last >= IDLE_SECONDS:
                self._close()
            elif self._open is not None:
                self._close_when_idle()
        finally:
            self._lock.release()


postbox = Postbox()
