"""Mail on a real SMTP server: what arrives, under which id, and what a refusal does."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import aiosmtplib
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import SecretStr

from leadpact.kit.errors import Undeliverable
from leadpact.sla_monitor.config import SlaMonitorSettings
from leadpact.sla_monitor.mail import Mail
from leadpact.testkit.clock import ManualClock

NOW = datetime(2026, 3, 3, 15, tzinfo=UTC)
WARNING = {"to": "ann@us.example", "subject": "Lead 1: first response is due soon", "text": "50 % is gone, Zoë."}


class Post:
    """An SMTP server on a free port that keeps what it takes, and refuses whom it is told to."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.refused: dict[str, str] = {}
        self.senders = "250 OK"
        self.port = 0

    async def handle_MAIL(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]) -> str:  # noqa: N802 - aiosmtpd's name
        envelope.mail_from = address
        return self.senders

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]) -> str:  # noqa: N802 - aiosmtpd's name
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        return "250 OK"


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    post = Post()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(post), "127.0.0.1", 0)
    post.port = server.sockets[0].getsockname()[1]
    yield post
    server.close()
    await server.wait_closed()


def mail(post: Post, **more: object) -> Mail:
    settings = SlaMonitorSettings(
        kafka="127.0.0.1:1",
        postgres=SecretStr("postgresql://127.0.0.1:1/none"),
        master_key=SecretStr("00" * 32),
        mail_host="127.0.0.1",
        mail_port=post.port,
        mail_from="leadpact@us.example",
        **more,  # type: ignore[arg-type]  # a test names only what matters to it
    )
    return Mail(settings, ManualClock(NOW))


async def test_a_mail_arrives_as_it_was_decided(post: Post) -> None:
    await mail(post)("effect-1", WARNING)
    (taken,) = post.taken
    assert (taken["To"], taken["From"], taken["Subject"]) == (
        "ann@us.example",
        "leadpact@us.example",
        WARNING["subject"],
    )
    assert taken.get_content().strip() == WARNING["text"]
    assert taken["Auto-Submitted"] == "auto-generated"
    assert taken["Date"].datetime == NOW


async def test_r42_the_same_effect_has_the_same_message_id(post: Post) -> None:
    for effect in ("effect-1", "effect-1", "effect-2"):
        await mail(post)(effect, WARNING)
    first, again, other = (message["Message-ID"] for message in post.taken)
    assert first == again == "<effect-1@us.example>"
    assert other != first


@pytest.mark.parametrize(
    ("answer", "error"),
    [("450 mailbox busy", aiosmtplib.SMTPRecipientsRefused), ("550 no such mailbox", Undeliverable)],
)
async def test_r42_a_recipient_refused_for_now_is_tried_again_and_one_refused_for_good_is_not(
    post: Post, answer: str, error: type[Exception]
) -> None:
    post.refused["ann@us.example"] = answer
    with pytest.raises(error) as raised:
        await mail(post)("effect-1", WARNING)
    assert post.taken == []
    assert error is not Undeliverable or "ann@" not in str(raised.value)


async def test_r42_a_sender_that_is_refused_is_ours_to_mend_and_the_mail_waits(post: Post) -> None:
    post.senders = "550 not from here"
    with pytest.raises(aiosmtplib.SMTPSenderRefused):
        await mail(post)("effect-1", WARNING)


async def test_a_server_without_tls_is_not_trusted_where_tls_is_asked_for(post: Post) -> None:
    with pytest.raises(aiosmtplib.SMTPException):
        await mail(post, mail_tls=True)("effect-1", WARNING)
    assert post.taken == []
