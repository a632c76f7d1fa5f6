"""The tests' own tools do what they say."""

import smtplib
import socket

import pytest
import redis
from pytest_socket import SocketConnectBlockedError

from tests.servers import Mailbox


def test_redis_is_real_and_empty(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left", "over")


def test_redis_forgets_between_tests(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0


def test_mail_server_keeps_what_it_gets(smtp_server: Mailbox) -> None:
    with smtplib.SMTP("127.0.0.1", smtp_server.port) as client:
        client.sendmail("a@example.com", ["b@example.com"], "Subject: Hello\n\nText")
    assert smtp_server.messages[0]["Subject"] == "Hello"
    assert smtp_server.recipients == [["b@example.com"]]


def test_other_hosts_cannot_be_reached() -> None:
    with socket.socket() as client, pytest.raises((SocketConnectBlockedError, UserWarning)):
        client.connect(("192.0.2.1", 80))
