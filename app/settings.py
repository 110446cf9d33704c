"""Every setting of the portal, read from the environment (`SAWTUNA_…`) or from a `.env` file.

Safe by default: what a ministry must decide is refused when missing in production, everything else has a value that
works on one machine. `docs/settings.md` lists them; a test keeps it true.
"""

import ipaddress
import os
import secrets
import tempfile
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LEAST_SECRET = 32


class Settings(BaseSettings):
    """The portal's settings; each field's description is its documentation."""

    model_config = SettingsConfigDict(
        env_prefix="SAWTUNA_", env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    environment: Literal["development", "production"] = Field(
        "development", description="“production” refuses unsafe values and hides the development mailbox."
    )
    demo: bool = Field(False, description="Say on every page that this is a demonstration without any authority.")
    data_dir: Path = Field(Path("data"), description="Folder of everything the portal writes: database, files, keys.")
    database_url: str = Field(
        "",
        repr=False,
        description="postgres://user:password@host:5432/name; empty means SQLite inside the data folder.",
    )
    database_pool: int = Field(10, ge=2, le=200, description="Most connections of one process to PostgreSQL.")
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="At least 32 characters, for keyed hashes (codes, register, unsubscribing) and sealed secrets: "
        "whoever loses it loses those. Empty: made once and kept in the data folder; production must set it.",
    )
    base_url: str = Field("http://127.0.0.1:8000", description="Address under which people reach the portal.")
    trusted_proxies: list[str] = Field(
        default_factory=list, description="Addresses of proxies whose X-Forwarded-… headers are believed, as JSON list."
    )
    operator_name_ar: str = Field("صوتنا", description="Name of the authority that runs the portal, in Arabic.")
    operator_name_en: str = Field("Sawtuna", description="The same in English.")
    emblem_url: str = Field("", description="Path of the authority's emblem under /static, or empty.")
    contact_email: str = Field("", description="Where people can write to, shown on every page.")
    contact_phone: str = Field("", description="Where people can call, shown on every page.")
    default_language: Literal["ar", "en"] = Field("ar", description="Language for who has chosen none.")
    time_zone: str = Field("Asia/Baghdad", description="Zone in which dates and working hours are meant.")
    hsts_subdomains: bool = Field(
        False, description="Tell browsers to use https for all subdomains of the host as well."
    )
    session_days: int = Field(14, ge=1, le=90, description="Days after which a person must sign in again.")
    mail_from: str = Field("sawtuna@localhost", description="Sender of all mails.")
    smtp_url: str = Field(
        "",
        repr=False,
        description="smtp://user:password@host:587 (STARTTLS) or smtps://…:465; empty keeps mails in the mailbox page.",
    )
    worker_in_web: bool = Field(True, description="Run jobs inside the web process; false when `sawtuna worker` runs.")
    max_upload_mb: int = Field(10, ge=1, le=200, description="Largest file that people may attach, in MiB.")
    clamav: str = Field("", description="host:port of a ClamAV daemon that looks at every upload; empty for none.")
    s3_endpoint: str = Field(
        "", description="Address of an S3-compatible store for files; empty keeps them in the data folder."
    )
    s3_bucket: str = Field("", description="Bucket in that store.")
    s3_key: str = Field("", description="Access key of that store.")
    s3_secret: SecretStr = Field(SecretStr(""), description="Secret key of that store.")
    redis_url: str = Field(
        "", repr=False, description="redis://host:6379/0 shares rate limits between machines; empty counts per process."
    )
    log_format: Literal["json", "text"] = Field("text", description="Form of the log: one JSON object a line, or text.")
    metrics_token: SecretStr = Field(
        SecretStr(""), description="Bearer token for /metrics; empty allows it from this machine only."
    )
    phone_region: str = Field(
        "IQ", pattern=r"^[A-Z]{2}$", description="Country whose phone numbers may be typed without its code."
    )
    sms_url: str = Field(
        "",
        repr=False,
        description="Address of a gateway for short messages, asked by POST with JSON {to, text, id}; empty: no short "
        "messages in production, the mailbox page in development.",
    )
    sms_token: SecretStr = Field(SecretStr(""), description="Bearer token for that gateway.")
    oidc_issuer: str = Field(
        "", description="Issuer of an identity provider (OpenID Connect) that people may sign in with; empty for none."
    )
    oidc_client_id: str = Field("", description="The portal's client id at that provider.")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="The portal's secret there.")
    oidc_name_ar: str = Field("الهوية الوطنية", description="How the provider is called on the page, in Arabic.")
    oidc_name_en: str = Field("National identity", description="The same in English.")
    national_number_digits: int = Field(12, ge=4, le=20, description="Digits of a number of the civil register.")
    register_url: str = Field(
        "",
        repr=False,
        description="Address of the civil register, asked by POST with JSON {number, birth_date} and answering "
        "{match, place}; empty: the register that was imported.",
    )
    register_token: SecretStr = Field(SecretStr(""), description="Bearer token for that service.")

    @field_validator("base_url")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        parts = urlsplit(value.rstrip("/"))
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("an address begins with https:// or http:// and names a host")
        if parts.path or parts.query or parts.fragment or parts.username:
            raise ValueError("the portal stands at the root of its host: nothing may follow the host and port")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and not value.startswith(("postgres://", "postgresql://")):
            raise ValueError("postgres://user:password@host:5432/name, or empty for SQLite")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _known_mail(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in {"smtp", "smtps"} or not urlsplit(value).hostname):
            raise ValueError("smtp://user:password@host:587 or smtps://user:password@host:465")
        return value

    @field_validator("sms_url", "oidc_issuer", "register_url")
    @classmethod
    def _known_service(cls, value: str, info: ValidationInfo) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment):
            raise ValueError("an address begins with https:// or http:// and names a host")
        if value and parts.scheme != "https" and info.data.get("environment") == "production":
            raise ValueError("an address must begin with https:// in production")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        for entry in value:
            try:
                ipaddress.ip_network(entry, strict=False)
            except ValueError:
                raise ValueError(f"“{entry}” is no address or network, such as 10.0.0.1 or 10.0.0.0/24") from None
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("a time zone has a name such as Asia/Baghdad") from None
        return value

    @field_validator("mail_from", "operator_name_ar", "operator_name_en")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if any(ord(letter) < 32 for letter in value):
            raise ValueError("one line of text")
        return value

    @field_validator("secret_key")
    @classmethod
    def _secret(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        key = value.get_secret_value()
        if key and len(key) < LEAST_SECRET:
            raise ValueError(f"SAWTUNA_SECRET_KEY needs at least {LEAST_SECRET} characters")
        if info.data.get("environment") == "production":
            if not key:
                raise ValueError("SAWTUNA_SECRET_KEY must be set in production; `openssl rand -base64 48` makes one")
            if len(set(key)) < 10:
                raise ValueError("SAWTUNA_SECRET_KEY is not random; `openssl rand -base64 48` makes one")
        return value

    @field_validator("base_url")
    @classmethod
    def _encrypted(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("environment") == "production" and not value.startswith("https://"):
            raise ValueError("SAWTUNA_BASE_URL must begin with https:// in production")
        return value

    @property
    def is_secure(self) -> bool:
        """Whether people reach the portal over https."""
        return self.base_url.startswith("https://")

    @property
    def sends_short_messages(self) -> bool:
        """Whether a short message reaches anybody: by a gateway, or in the mailbox of a development portal."""
        return bool(self.sms_url) or self.environment == "development"

    @property
    def has_provider(self) -> bool:
        """Whether people may sign in with another provider's identity."""
        return bool(self.oidc_issuer and self.oidc_client_id)

    @property
    def host(self) -> str:
        """Host name under which people reach the portal."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def has_name(self) -> bool:
        """Whether people reach the portal by a name; browsers make no passkeys for bare addresses."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return True
        return False

    @property
    def is_postgres(self) -> bool:
        """Whether the database is PostgreSQL."""
        return bool(self.database_url)

    @property
    def sqlite_path(self) -> Path:
        """File of the embedded database."""
        return self.data_dir / "sawtuna.sqlite3"

    @property
    def files_dir(self) -> Path:
        """Folder of attachments when they are kept on this machine."""
        return self.data_dir / "files"

    @cached_property
    def key(self) -> bytes:
        """The secret key: the one that was set, or one made once and kept in the data folder."""
        if given := self.secret_key.get_secret_value():
            return given.encode()
        path = self.data_dir / "secret.key"
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            # Written whole under another name first: a second process must not read half a key, nor anybody else any.
            descriptor, beside = tempfile.mkstemp(prefix=".secret.", dir=self.data_dir)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(48))
            try:
                path.hardlink_to(beside)
            except FileExistsError:
                pass  # another process was faster
            finally:
                Path(beside).unlink()
        key = path.read_bytes()
        if len(key) < LEAST_SECRET:
            raise ValueError(f"{path} is damaged; bring it back from a backup, or remove it to have a new one made")
        return key
