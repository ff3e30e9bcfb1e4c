"""Warnings and alarms by SMTP: plain text to our own people, under an id that follows from the effect.

A mail that is sent again after a crash carries the same Message-ID, by which servers and readers know it (rule 42).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime

import aiosmtplib

from leadpact.kit.clock import Clock
from leadpact.kit.errors import Undeliverable
from leadpact.sla_monitor.config import SlaMonitorSettings

_FOR_GOOD = 500  # SMTP's replies from here on; those before are for now


@dataclass(frozen=True, slots=True)
class Mail:
    """Sends effects of the kind `mail`; what the server or the way to it refuses is raised as `SMTPException`, and as
    `Undeliverable` where the server refuses the recipient for good. A sender, a login or a text that it refuses is for
    us to mend, so that such mail waits."""

    settings: SlaMonitorSettings
    clock: Clock

    async def __call__(self, effect: str, payload: Mapping[str, str]) -> None:
        """Send one mail; done when the server has taken it."""
        settings = self.settings
        password = settings.mail_password
        try:
            await aiosmtplib.send(
                self._message(effect, payload),
                hostname=settings.mail_host,
                port=settings.mail_port,
                username=settings.mail_user,
                password=password.get_secret_value() if password else None,
                start_tls=True if settings.mail_tls else None,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = {each.code for each in error.recipients}
            if min(codes) < _FOR_GOOD:
                raise
            raise Undeliverable(
                f"the mail server refuses the recipient: {', '.join(map(str, sorted(codes)))}"
            ) from error

    def _message(self, effect: str, payload: Mapping[str, str]) -> EmailMessage:
        message = EmailMessage()
        message["Message-ID"] = f"<{effect}@{self.settings.mail_from.rpartition('@')[2]}>"
        message["Date"] = format_datetime(self.clock.wall())
        message["From"] = self.settings.mail_from
        message["To"] = payload["to"]
        message["Subject"] = payload["subject"]
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(payload["text"])
        return message
