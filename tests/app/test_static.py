"""The face: one direction-free stylesheet, colours in one place, and nothing from elsewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CSS = sorted((ROOT / "static" / "css").rglob("*.css"))
SHEETS = ("index", "booth", "desk", "patterns")
TEMPLATES = sorted(ROOT.glob("*/templates/**/*.html"))
OURS = [
    *CSS,
    *sorted((ROOT / "static" / "js").rglob("*.js")),
    *sorted((ROOT / "static" / "img").rglob("*.svg")),
    *sorted((ROOT / "app" / "templates").rglob("*.html")),
]

SIDES = "left|right|top|bottom"
PHYSICAL = re.compile(
    r"(?:^|[;{\s])("
    r"(?:margin|padding|scroll-margin|scroll-padding)-(?:left|right)"
    r"|border-(?:left|right)(?:-\w+)*"
    r"|border-(?:top|bottom)-(?:left|right)-radius"
    r"|left|right"
    r")\s*:"
    r"|(?:text-align|float|clear|caption-side)\s*:\s*(?:left|right)\b",
    re.MULTILINE,
)
# Four values go round clockwise: the second is the right and the fourth the left, and unequal ones do not mirror.
SHORTHAND = re.compile(r"(?:^|[;{\s])(margin|padding|inset)\s*:\s*([^;}]+)", re.MULTILINE)
COLOUR = re.compile(
    r"#[0-9a-fA-F]{3,8}\b|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch)\(\s*[\d.]"
    r"|:\s*[^;{}]*(?<![\w-])(?:white|black|red|green|blue|grey|gray|gold|silver|orange|yellow|teal|navy|maroon)(?![\w-])"
)
ELSEWHERE = re.compile(r"""(?:https?:)?//[\w-]+(?:\.[\w-]+)+""")
NAMES = ("http://www.w3.org",)  # names of languages in markup, which nobody fetches


def bare(text: str) -> str:
    """A stylesheet without its comments and without what is in quotes."""
    return re.sub(r'/\*.*?\*/|"[^"\n]*"|url\([^)]*\)', " ", text, flags=re.DOTALL)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def values(text: str) -> list[str]:
    """The parts of a shorthand, calc(…) and var(…) whole."""
    return re.findall(r"(?:[^\s()]+(?:\((?:[^()]|\([^()]*\))*\))?)+", text.replace("!important", "").strip())


def test_there_are_stylesheets_to_look_at() -> None:
    assert len(CSS) > 20


@pytest.mark.parametrize("path", CSS, ids=name)
def test_no_style_knows_left_from_right(path: Path) -> None:
    assert not [found[0].strip() for found in PHYSICAL.finditer(bare(path.read_text(encoding="utf-8")))]


@pytest.mark.parametrize("path", CSS, ids=name)
def test_no_shorthand_hides_a_left_and_a_right(path: Path) -> None:
    for found in SHORTHAND.finditer(bare(path.read_text(encoding="utf-8"))):
        sides = values(found[2])
        assert len(sides) < 4 or sides[1] == sides[3], found[0].strip()


@pytest.mark.parametrize("path", [path for path in CSS if path.name not in {"tokens.css", "fonts.css"}], ids=name)
def test_every_colour_stands_in_the_tokens(path: Path) -> None:
    text = bare(path.read_text(encoding="utf-8"))
    assert not [found[0].strip() for found in COLOUR.finditer(text)]


@pytest.mark.parametrize("path", OURS, ids=name)
def test_nothing_is_fetched_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = [match[0] for match in ELSEWHERE.finditer(text) if not match[0].startswith(NAMES)]
    assert not found


def imported(sheet: str) -> list[str]:
    """The style files that a sheet joins."""
    text = (ROOT / "static" / "css" / f"{sheet}.css").read_text(encoding="utf-8")
    return re.findall(r'@import url\("([^"]+)"\)', text)


def named(sheet: str) -> set[str]:
    """The classes that the components of a sheet know."""
    whole = "\n".join(bare((ROOT / "static" / "css" / path).read_text(encoding="utf-8")) for path in imported(sheet))
    return set(re.findall(r"\.([a-zA-Z][\w-]*)", whole))


def worn(template: str) -> set[str]:
    """The classes in a template, or in a part of one."""
    written = " ".join(re.findall(r'class="([^"]*)"', template))
    return set(re.sub(r"{[{%].*?[%}]}", " ", written).split())


def called(template: str) -> set[tuple[str, str]]:
    """The macros of other files that a template calls: file and name."""
    found = set()
    for file, names in re.findall(r'{% from "([^"]+)" import ([^%]+?)(?: with context)? %}', template):
        for one in names.split(","):
            name, _as, alias = one.strip().partition(" as ")
            if re.search(rf"\b{alias or name}\(", template):
                found.add((file, name))
    for file, alias in re.findall(r'{% import "([^"]+)" as (\w+)', template):
        found |= {(file, name) for name in re.findall(rf"\b{alias}\.(\w+)\(", template)}
    return found


MACRO = re.compile(r"{%-? *macro (\w+)\(.*?{%-? *endmacro *-?%}", re.DOTALL)


def test_every_component_is_part_of_one_sheet() -> None:
    joined = [path for sheet in SHEETS for path in imported(sheet)]
    assert len(joined) == len(set(joined))
    folder = ROOT / "static" / "css"
    assert {str(path.relative_to(folder)) for path in CSS} == set(joined) | {f"{sheet}.css" for sheet in SHEETS}


@pytest.mark.parametrize("sheet", [sheet for sheet in SHEETS if sheet != "index"])
def test_a_page_loads_the_sheet_of_what_it_shows(sheet: str) -> None:
    own = named(sheet) - named("index")
    assert own
    texts = {path: path.read_text(encoding="utf-8") for path in TEMPLATES}
    macros = {
        (str(path).partition("/templates/")[2], found[1])
        for path, text in texts.items()
        for found in MACRO.finditer(text)
        if worn(found[0]) & own
    }
    for path, text in texts.items():
        if not text.startswith("{% extends"):
            continue  # a part of pages, which load the sheet
        shown = (worn(text) & own) | {macro for _file, macro in called(text) & macros}
        assert not shown or f'sheet("{sheet}")' in text, f"{name(path)} shows {sorted(shown)} without the sheet {sheet}"


def test_every_token_that_is_used_exists() -> None:
    whole = "\n".join(path.read_text(encoding="utf-8") for path in CSS)
    templates = "\n".join(path.read_text(encoding="utf-8") for path in OURS if path.suffix == ".html")
    used = set(re.findall(r"var\((--[\w-]+)\s*\)", whole))
    defined = set(re.findall(r"(--[\w-]+)\s*:", whole + templates))
    assert not used - defined


def test_light_and_dark_know_the_same_colours() -> None:
    text = (ROOT / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
    device = re.search(r':root:not\(\[data-theme="light"\]\)\s*{([^}]*)}', text)
    chosen = re.search(r':root\[data-theme="dark"\]\s*{([^}]*)}', text)
    assert device
    assert chosen
    assert device[1].split() == chosen[1].split(), "dark by the device and dark by choice are the same"


def test_whoever_asks_for_less_movement_gets_it() -> None:
    assert any("prefers-reduced-motion" in path.read_text(encoding="utf-8") for path in CSS)
