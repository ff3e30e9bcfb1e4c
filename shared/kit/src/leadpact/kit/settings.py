"""What every process is told by its environment: `LEADPACT_…` variables, checked once at the start.

A service's settings extend `Settings`; a field `max_batch` is the variable `LEADPACT_MAX_BATCH`.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Self, TypeVar

from pydantic import SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from leadpact.kit import roles
from leadpact.kit.entrusted import Entrusted, read, write
from leadpact.kit.errors import SettingsError
from leadpact.kit.keys import INTAKE, MASTER_BYTES, derive_key

_PREFIX = "LEADPACT_"


class Settings(BaseSettings):
    """Addresses and secrets common to all processes.

    `kafka`: host:port, comma-separated. `postgres`: address of the database; a service connects as its own role, see
    `dsn`. `master_key`: 64 hexadecimal digits, or `master_key_file` holds them; a process that needs no more than a
    part of what follows from it gets `secrets_file`, see `kit.entrusted`. `clock`: the file of the business clock.
    `topic_prefix` keeps installations on one broker apart. `wrong_clocks`, for tests: the directory in which a file
    named after a process says by how many seconds its wall clock is wrong from its start on. `name`: what this
    process is called where several of its service run.
    """

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_ignore_empty=True, frozen=True, extra="ignore")

    name: str = ""
    kafka: str
    postgres: SecretStr
    master_key: SecretStr = SecretStr("")
    master_key_file: Path | None = None
    secrets_file: Path | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    topic_prefix: str = ""
    clock: Path | None = None
    wrong_clocks: Path | None = None

    @field_validator("master_key")
    @classmethod
    def _whole(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value():
            _key(value.get_secret_value())
        return value

    @field_validator("master_key_file")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        if value is not None:
            try:
                _key(value.read_text())
            except (OSError, UnicodeDecodeError) as error:
                message = f"{value} cannot be read"
                raise ValueError(message) from error
        return value

    @field_validator("secrets_file")
    @classmethod
    def _entrusted(cls, value: Path | None) -> Path | None:
        if value is not None:
            read(value)
        return value

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        given = (self.master_key.get_secret_value(), self.master_key_file, self.secrets_file)
        if sum(map(bool, given)) != 1:
            message = f"set one of {_PREFIX}MASTER_KEY and {_PREFIX}MASTER_KEY_FILE (or {_PREFIX}SECRETS_FILE)"
            raise ValueError(message)
        return self

    @property
    def master(self) -> bytes:
        """The master key, 32 bytes; raises `SettingsError` where only a part was entrusted."""
        if self.secrets_file is not None:
            raise SettingsError("this process was not given the master key")
        if self.master_key_file is not None:
            return _key(self.master_key_file.read_text())
        return _key(self.master_key.get_secret_value())

    def dsn(self, service: str) -> str:
        """The address of the database for the role of `service` (or of the vault); raises `SettingsError`."""
        address = self.postgres.get_secret_value()
        if (entrusted := self._given()) is None:
            return roles.dsn(address, service, roles.password(address, service, self.master))
        if service not in entrusted.passwords:
            raise SettingsError(f"this process was not given the password of {service}")
        return roles.dsn(address, service, entrusted.passwords[service])

    @property
    def intake_key(self) -> bytes:
        """What identities, contact data and secrets of sources are kept under, 32 bytes; raises `SettingsError`."""
        if (entrusted := self._given()) is None:
            return derive_key(self.master, INTAKE)
        if not entrusted.intake_key:
            raise SettingsError("this process was not given intake's key")
        return bytes.fromhex(entrusted.intake_key)

    def entrust(self, file: Path, schemas: Iterable[str], *, intake: bool) -> None:
        """Write what a process needs that works in these schemas, and with `intake` opens what intake seals."""
        address = self.postgres.get_secret_value()
        passwords = {schema: roles.password(address, schema, self.master) for schema in schemas}
        write(file, Entrusted(passwords, self.intake_key.hex() if intake else ""))

    def _given(self) -> Entrusted | None:
        return None if self.secrets_file is None else read(self.secrets_file)


S = TypeVar("S", bound=Settings)


def load(kind: type[S]) -> S:
    """Read settings from the environment; raises `SettingsError` that names every wrong variable and shows no value."""
    try:
        return kind.model_validate({})  # the sources of settings fill it
    except ValidationError as error:
        found = (
            f"{_PREFIX}{str(each['loc'][0]).upper()}: {each['msg']}" if each["loc"] else each["msg"]
            for each in error.errors(include_input=False, include_context=False)
        )
        raise SettingsError("; ".join(found)) from None


def _key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != MASTER_BYTES:
        message = f"{MASTER_BYTES * 2} hexadecimal digits are needed (openssl rand -hex {MASTER_BYTES})"
        raise ValueError(message)
    return key
