"""Services that the portal was told about: whether they answer as they must. No message is sent to anybody."""

import asyncio
import contextlib
import importlib.util
import ssl
from collections.abc import Awaitable, Callable
from urllib.parse import unquote, urlsplit

import aiosmtplib
import httpx2

from app import attachments, clock
from app.accounts.oidc import Provider, Refused, Unreachable
from app.check.common import PATIENCE, Finding, reason
from app.i18n import gettext as _
from app.settings import Settings


async def services(settings: Settings) -> list[Finding]:
    """Every service, all at once."""
    probes = (_smtp, _short_messages, _identity, _clamav, _bucket, _redis)
    found = await asyncio.gather(*(_guarded(probe, settings) for probe in probes))
    return [finding for finding in found if finding is not None]


async def _guarded(probe: Callable[[Settings], Awaitable[Finding | None]], settings: Settings) -> Finding | None:
    """What a probe finds; a failure that nobody foresaw is a finding, too."""
    try:
        async with asyncio.timeout(3 * PATIENCE):
            return await probe(settings)
    except Exception as error:  # noqa: BLE001 - libraries raise what they like, and the other findings still count
        return Finding("problem", probe.__name__.strip("_"), f"{type(error).__name__}: {error}")


async def _smtp(settings: Settings) -> Finding | None:
    if not settings.smtp_url:
        if settings.environment == "production":
            advice = _("No mail leaves the portal: nobody can confirm an account. Set SAWTUNA_SMTP_URL.")
            return Finding("problem", _("Mail"), advice)
        return Finding("ok", _("Mail stays in the development mailbox"))
    server = urlsplit(settings.smtp_url)
    title = _("Mail server %(host)s", host=server.hostname or "")
    if server.scheme not in {"smtp", "smtps"} or not server.hostname:
        return Finding("problem", title, _("SAWTUNA_SMTP_URL begins with smtp:// or smtps:// and names a host."))
    secure = server.scheme == "smtps"
    client = aiosmtplib.SMTP(
        hostname=server.hostname, port=server.port, use_tls=secure, start_tls=False, timeout=PATIENCE
    )
    try:
        await client.connect()
        await client.ehlo()
        encrypted = secure or client.supports_extension("starttls")
        with contextlib.suppress(aiosmtplib.SMTPException):
            await client.quit()
    except (aiosmtplib.SMTPException, OSError) as error:
        client.close()
        return Finding("problem", title, _("It does not answer: %(reason)s", reason=error))
    local = server.hostname in {"localhost", "127.0.0.1", "::1"}
    if not encrypted and not local:
        return Finding("warning", title, _("It offers no STARTTLS: mails and the password travel readable."))
    return Finding("ok", title)


async def _clamav(settings: Settings) -> Finding | None:
    if not settings.clamav:
        return Finding("ok", _("No virus scanner is set"))
    title = _("ClamAV at %(address)s", address=settings.clamav)
    try:
        await attachments.ping(settings.clamav)
    except (OSError, ValueError, TimeoutError) as error:
        advice = _("It does not answer, so no file can be attached: %(reason)s", reason=reason(error))
        return Finding("problem", title, advice)
    return Finding("ok", title)


async def _bucket(settings: Settings) -> Finding | None:
    if not settings.s3_endpoint:
        return None
    title = _("Store %(address)s", address=settings.s3_endpoint)
    if not (settings.s3_bucket and settings.s3_key and settings.s3_secret.get_secret_value()):
        return Finding("problem", title, _("Set SAWTUNA_S3_BUCKET, SAWTUNA_S3_KEY and SAWTUNA_S3_SECRET, too."))
    if importlib.util.find_spec("boto3") is None:
        return Finding("problem", title, _("The package for it is missing: install sawtuna[s3]."))
    try:
        await attachments.S3Store(settings).reach()
    except Exception as error:  # noqa: BLE001 - botocore's errors are classes made at run time
        advice = _("The bucket cannot be reached, so no file can be attached: %(reason)s", reason=reason(error))
        return Finding("problem", title, advice)
    return Finding("ok", title)


async def _redis(settings: Settings) -> Finding | None:
    if not settings.redis_url:
        return None
    server = urlsplit(settings.redis_url)
    title = _("Redis at %(host)s", host=server.hostname or "")
    if importlib.util.find_spec("redis") is None:
        return Finding("problem", title, _("The package for it is missing: install sawtuna[redis]."))
    try:
        async with asyncio.timeout(PATIENCE):
            await _redis_ping(settings.redis_url)
    except (OSError, TimeoutError, EOFError, ValueError) as error:
        return Finding("problem", title, _("It does not answer: %(reason)s", reason=reason(error)))
    return Finding("ok", title)


async def _redis_ping(address: str) -> None:
    """AUTH when there is a password, then PING, in Redis' own protocol."""
    server = urlsplit(address)
    encrypted = ssl.create_default_context() if server.scheme == "rediss" else None
    reader, writer = await asyncio.open_connection(server.hostname, server.port or 6379, ssl=encrypted)
    try:
        commands = [["PING"]]
        if server.password:
            user = [unquote(server.username)] if server.username else []
            commands.insert(0, ["AUTH", *user, unquote(server.password)])
        for command in commands:
            parts = [part.encode() for part in command]
            writer.write(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts))
            await writer.drain()
            answer = (await reader.readline()).decode("utf-8", "replace").strip()
            if not answer.startswith("+"):
                raise OSError(answer.lstrip("-") or "closed")
    finally:
        writer.transport.abort()


async def _short_messages(settings: Settings) -> Finding | None:
    """That the gateway is there: it is greeted with OPTIONS, which sends nothing."""
    if not settings.sms_url:
        return None
    title = _("Gateway for short messages at %(host)s", host=urlsplit(settings.sms_url).hostname or "")
    try:
        async with httpx2.AsyncClient(timeout=PATIENCE, follow_redirects=False) as client:
            answer = await client.options(settings.sms_url)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return Finding("problem", title, _("It does not answer: %(reason)s", reason=reason(error)))
    if answer.status_code >= 500:
        return Finding("problem", title, _("It answers with a fault: %(reason)s", reason=answer.status_code))
    if not settings.sms_token.get_secret_value():
        return Finding("warning", title, _("No SAWTUNA_SMS_TOKEN is set: anybody who reaches the gateway can use it."))
    return Finding("ok", title)


async def _identity(settings: Settings) -> Finding | None:
    """That the identity provider describes itself, under the very name it was given."""
    if not settings.oidc_issuer:
        return None
    title = _("Identity provider %(issuer)s", issuer=settings.oidc_issuer)
    if not settings.oidc_client_id:
        return Finding("problem", title, _("SAWTUNA_OIDC_CLIENT_ID is missing, so nobody can sign in there."))
    try:
        await Provider(settings).address(state="check", nonce="check", verifier="c" * 43, now=clock.now())
    except Unreachable as error:
        return Finding("problem", title, _("It does not answer: %(reason)s", reason=reason(error)))
    except Refused as error:
        advice = _(
            "It does not describe itself as it should: %(reason)s. Is the issuer spelled exactly?", reason=reason(error)
        )
        return Finding("problem", title, advice)
    return Finding("ok", title)
