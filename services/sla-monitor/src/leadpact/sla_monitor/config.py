"""What the sla-monitor is told by its environment."""

from pydantic import SecretStr

from leadpact.kit.service import ServiceSettings


class SlaMonitorSettings(ServiceSettings):
    """Where mail goes.

    `mail_host`, `mail_port`: the SMTP server, no host = mail waits. `mail_from`: our address. `mail_user` and
    `mail_password` where the server wants them; TLS is used whenever it offers it, always with `mail_tls`.
    """

    mail_host: str = ""
    mail_port: int = 25
    mail_from: str = "leadpact@localhost"
    mail_user: str | None = None
    mail_password: SecretStr | None = None
    mail_tls: bool = False
