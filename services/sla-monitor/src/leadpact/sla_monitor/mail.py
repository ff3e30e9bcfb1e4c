"""Warnings and alarms by SMTP: plain text to our own people, under an id that follows from the effect.

A mail that is sent again after a crash carries the same Message-ID, by which servers and readers know it (rule 42).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime

import aiosmtplib

from leadpact.kit.clock import Clock
from leadpact.sla_monitor.config import SlaMonitorSettings


@dataclass(frozen=True, slots=True)
class Mail:
    """Sends effects of the kind `mail`; whatever the server or the way to it refuses is raised as `SMTPException`."""

    settings: SlaMonitorSettings
    clock: Clock

    async def __call__(self, effect: str, payload: Mapping[str, str]) -> None:
        """Send one mail; done when the server has taken it."""
        settings = self.settings
        password = settings.mail_password
        await aiosmtplib.send(
            self._message(effect, payload),
            hostname=settings.mail_host,
            port=settings.mail_port,
            username=settings.mail_user,
            password=password.get_secret_value() if password else None,
            start_tls=True if settings.mail_tls else None,
        )

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
