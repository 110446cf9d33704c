"""`python -m app.settings_doc` writes docs/settings.md from the settings themselves; a test keeps the two together."""

from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from app.settings import Settings

TARGET = Path(__file__).resolve().parent.parent / "docs" / "settings.md"

_HEAD = """# Settings

Each setting is an environment variable, or a line of a file `.env` in the folder from which `sawtuna` is started.
`sawtuna check` explains what is wrong with them. This page is written by `python -m app.settings_doc`.

| Variable | Default | Meaning |
|---|---|---|
"""


def text() -> str:
    """The whole page."""
    return _HEAD + "".join(_row(name, field) for name, field in Settings.model_fields.items())


def _row(name: str, field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True)
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    shown = "" if default in ("", []) else f"`{str(default).lower() if isinstance(default, bool) else default}`"
    return f"| `SAWTUNA_{name.upper()}` | {shown} | {field.description} |\n"


if __name__ == "__main__":
    TARGET.write_text(text(), "utf-8")
