"""Settings: every one documented, safe without thinking, and a production portal that refuses what is unsafe."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from app import settings_doc
from app.settings import LEAST_SECRET, Settings
from tests.app.portal import SECRET, settings_for

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "settings.md"
SAFE = {"environment": "production", "secret_key": SECRET, "base_url": "https://voice.example"}


def mistakes(folder: Path, **chosen: object) -> str:
    """What the portal says about settings that it refuses."""
    with pytest.raises(ValidationError) as caught:
        settings_for(folder, **chosen)
    return " ".join(str(item["msg"]) for item in caught.value.errors())


def test_every_setting_says_in_the_model_what_it_is_for() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, f"{name} has no description"
        assert field.description[-1] in ".)", f"{name}: a description is a sentence"


def test_the_document_is_what_the_settings_say() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == settings_doc.text(), "run `python -m app.settings_doc`"


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_an_operator_finds_every_setting_in_the_document(name: str) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert f"SAWTUNA_{name.upper()}" in text
    description = Settings.model_fields[name].description or ""
    assert " ".join(description.split()) in " ".join(text.replace("\\", "").split())


def test_a_portal_starts_without_any_setting(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    assert settings.environment == "development"
    assert not settings.is_postgres
    assert settings.base_url.startswith("http://127.0.0.1")


def test_a_production_portal_with_sound_settings_starts(tmp_path: Path) -> None:
    assert settings_for(tmp_path, **SAFE).is_secure


def test_production_refuses_a_missing_secret(tmp_path: Path) -> None:
    assert "SAWTUNA_SECRET_KEY" in mistakes(tmp_path, **SAFE | {"secret_key": ""})


@pytest.mark.parametrize("environment", ["development", "production"])
def test_a_short_secret_is_refused_everywhere(tmp_path: Path, environment: str) -> None:
    short = SECRET[: LEAST_SECRET - 1]
    assert "SAWTUNA_SECRET_KEY" in mistakes(tmp_path, **SAFE | {"environment": environment, "secret_key": short})


@pytest.mark.parametrize("secret", ["a" * 64, "change-me" * 8, "0123" * 16, " " * 40])
def test_production_refuses_a_secret_that_is_not_random(tmp_path: Path, secret: str) -> None:
    assert "SAWTUNA_SECRET_KEY" in mistakes(tmp_path, **SAFE | {"secret_key": secret})


def test_production_refuses_an_address_without_https(tmp_path: Path) -> None:
    assert "SAWTUNA_BASE_URL" in mistakes(tmp_path, **SAFE | {"base_url": "http://voice.example"})


@pytest.mark.parametrize("address", ["voice.example", "ftp://voice.example", "//voice.example", ""])
def test_an_address_must_be_a_web_address(tmp_path: Path, address: str) -> None:
    assert "https://" in mistakes(tmp_path, base_url=address)


@pytest.mark.parametrize("address", ["https://", "https://voice.example/portal", "https://voice.example?x=1"])
def test_an_address_that_nobody_can_reach_the_portal_under_is_refused(tmp_path: Path, address: str) -> None:
    assert mistakes(tmp_path, base_url=address)


def test_all_mistakes_of_production_are_named_at_once(tmp_path: Path) -> None:
    said = mistakes(tmp_path, environment="production", base_url="http://voice.example")
    assert "SAWTUNA_SECRET_KEY" in said
    assert "SAWTUNA_BASE_URL" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time_zone", "Mars/Phobos"),
        ("trusted_proxies", ["not an address"]),
        ("database_url", "mysql://somewhere/else"),
        ("smtp_url", "mail.example"),
    ],
)
def test_a_value_that_cannot_work_is_refused_before_the_portal_starts(tmp_path: Path, name: str, value: object) -> None:
    assert mistakes(tmp_path, **{name: value})


@pytest.mark.parametrize("field", ["mail_from", "operator_name_ar", "operator_name_en"])
def test_names_that_go_into_headers_are_one_line(tmp_path: Path, field: str) -> None:
    assert "one line" in mistakes(tmp_path, **{field: "Portal\r\nBcc: everybody@example.org"})


def test_the_address_ends_without_a_slash(tmp_path: Path) -> None:
    assert settings_for(tmp_path, base_url="https://voice.example/").base_url == "https://voice.example"


def test_a_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = settings_for(tmp_path).key
    assert settings_for(tmp_path).key == first
    assert len(first) >= LEAST_SECRET
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0


def test_two_portals_do_not_have_the_same_secret(tmp_path: Path) -> None:
    assert settings_for(tmp_path / "one").key != settings_for(tmp_path / "two").key


def test_a_secret_that_was_only_half_written_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "secret.key").touch()
    try:
        key = settings_for(tmp_path).key
    except (ValueError, RuntimeError, OSError):
        return
    assert len(key) >= LEAST_SECRET


@pytest.mark.parametrize("name", ["secret_key", "s3_secret", "metrics_token", "database_url", "smtp_url", "redis_url"])
def test_passwords_do_not_show_when_settings_are_printed(tmp_path: Path, name: str) -> None:
    value = {
        "database_url": "postgres://portal:hidden-from-logs-0123456789@db.example/portal",
        "smtp_url": "smtp://portal:hidden-from-logs-0123456789@mail.example",
        "redis_url": "redis://:hidden-from-logs-0123456789@redis.example",
    }.get(name, "hidden-from-logs-0123456789-abcdef")
    assert "hidden-from-logs" not in repr(settings_for(tmp_path, **{name: value}))


def test_settings_do_not_change_while_the_portal_runs(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with pytest.raises(ValidationError):
        settings.demo = True
