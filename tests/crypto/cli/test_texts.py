"""Whoever reads Arabic is spoken to in Arabic, whole and correct, wherever the program says something."""

import re
from collections.abc import Callable, Iterator

import pytest
from babel.messages import Catalog
from typer.main import get_command

from crypto.cli import application, main, texts
from crypto.cli.program import localise
from crypto.cli.vote import _bare
from crypto.locale import extract
from crypto.verification import CHECKS
from tests.crypto.cli.shell import VECTORS

HEADER = (
    '"Plural-Forms: nplurals=6; plural='
    '(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);\\n"'
)
FORMS = {0: 0, 1: 1, 2: 2, 3: 3, 10: 3, 11: 4, 99: 4, 100: 5, 101: 5, 102: 5, 103: 3, 110: 3, 111: 4, 1000: 5}
"""Number -> which of the six Arabic forms it takes."""

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def source() -> Catalog:
    return extract.gather()


@pytest.fixture(scope="module")
def arabic() -> Catalog:
    return extract.read()


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    texts.use("en")


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    """Run the program as its users do; exit code, output and errors."""
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        assert isinstance(end.value.code, int)
        return end.value.code, *capsys.readouterr()

    return run


def commands(command: object, *above: str) -> Iterator[tuple[str, ...]]:
    yield above
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, *above, name)


def flat(text: str) -> str:
    """Words only: no line breaks, no frames."""
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", text).split())


def english_in(output: str, source: Catalog) -> list[str]:
    """Pieces of at least three words of English messages that stand in an output."""
    said = flat(output)
    pieces = {
        flat(piece)
        for message in source
        if message.id
        for form in ([message.id] if isinstance(message.id, str) else message.id)
        for piece in re.split(r"%\(\w+\)s|\n\n", form)
    }
    return sorted(
        piece for piece in pieces if piece.count(" ") >= 2 and not piece.startswith("sawtuna") and piece in said
    )


# The catalogue


def test_every_message_has_its_arabic_and_nothing_else_is_in_the_catalogue(source: Catalog, arabic: Catalog) -> None:
    assert extract.complaints(source, arabic) == []


def test_the_check_that_people_run_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    before = extract.ARABIC.read_bytes()
    assert extract.main(["--check"]) == 0
    assert capsys.readouterr().out == ""
    assert extract.ARABIC.read_bytes() == before


def test_every_kind_of_text_is_found(source: Catalog) -> None:
    for text in (
        *CHECKS.values(),
        "the proof does not hold",  # an error
        "the strong proofs are missing",  # a failure
        "this record ends at byte %(position)s, the earlier one went on to byte %(end)s",  # a template in a variable
        "Check that a key file can still be read and decrypts.",  # a docstring
        "How many trustees there are.",  # the help of an option
        "Options",
        ("%(n)s voter on the list", "%(n)s voters on the list"),
    ):
        assert source.get(text) is not None, text


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda book: book.delete("Tracker"), "missing: Tracker"),
        (lambda book: setattr(book.get("Tracker"), "string", ""), "missing: Tracker"),
        (lambda book: book.get("Tracker").flags.add("fuzzy"), "fuzzy: Tracker"),
        (lambda book: book.add("Nobody says this.", "لا أحد يقول هذا."), "obsolete: Nobody says this."),
        (
            lambda book: setattr(book.get("There is no file %(path)s."), "string", "لا ملف %(file)s."),
            "placeholders: There is no file %(path)s.: path became file",
        ),
        (
            lambda book: setattr(book.get("There is no file %(path)s."), "string", "لا ملف %(path)."),
            "placeholders: There is no file %(path)s.: path became ",
        ),
        (
            lambda book: setattr(book.get("%(n)s ballot counted"), "string", ("ورقة",) * 6),
            "placeholders: %(n)s ballot counted: n became ",
        ),
        (
            lambda book: setattr(book.get("%(n)s ballot counted"), "string", ("ورقة", "%(n)s")),
            "missing: %(n)s ballot counted (has 2 forms)",
        ),
    ],
)
def test_what_is_wrong_with_a_translation_is_named(
    source: Catalog, change: Callable[[Catalog], object], complaint: str
) -> None:
    book = extract.read()
    change(book)
    found = extract.complaints(source, book)
    assert set(found) == {complaint}


def test_rewriting_keeps_translations_drops_what_has_gone_and_leaves_room_for_what_is_new() -> None:
    book = extract.read()
    book.delete("Tracker")
    book.add("Nobody says this.", "لا أحد يقول هذا.")
    text = extract.rewritten(extract.gather(), book, "HEADER")
    assert text.startswith("HEADER\n\n")
    assert 'msgid "Tracker"\nmsgstr ""\n' in text
    assert "Nobody says this." not in text
    assert 'msgid "Voters on the list; about 87 % of them vote."\nmsgstr "عدد الناخبين' in text
    assert not re.search(r"^#: .*:\d", text, re.MULTILINE), "line numbers would change with every edit"
    files = [line.split()[1] for line in text.splitlines() if line.startswith("#: ")]
    assert files == sorted(files)


def test_the_arabic_plural_rule_is_the_right_one() -> None:
    assert HEADER in extract.ARABIC.read_text("utf-8")


def test_arabic_is_arabic_and_in_the_voice_of_the_house(arabic: Catalog) -> None:
    for message in arabic:
        if not message.id or message.id == ", ":
            continue
        for form in [message.string] if isinstance(message.string, str) else message.string:
            assert re.search("[\u0621-\u064a]", form), message.id
            assert not re.search(r"\b(تم|تمّ|يتم|تتم|الرجاء|يرجى|يُرجى|عزيزي)\b", form), form
            assert not re.search("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069“”?;]", form.replace("؟", "")), form


def test_commands_options_and_file_names_are_the_same_in_both_languages(source: Catalog, arabic: Catalog) -> None:
    latin = r"--[a-z][\w-]*|\b\w+\.(?:json|bel|record|csv)\b"
    for message in source:
        if isinstance(message.id, str) and message.id:
            translated = arabic.get(message.id).string
            assert sorted(re.findall(latin, message.id)) == sorted(re.findall(latin, translated)), message.id
            for line in message.id.splitlines():
                if line.startswith("  sawtuna "):
                    assert line in translated.splitlines(), line


# Numbers


@pytest.mark.parametrize(("number", "form"), FORMS.items())
def test_every_number_takes_its_arabic_form(source: Catalog, arabic: Catalog, number: int, form: int) -> None:
    texts.use("ar")
    plurals = [message for message in source if isinstance(message.id, tuple)]
    assert plurals
    for message in plurals:
        expected = arabic.get(message.id).string[form] % {"n": texts.count(number)}
        assert texts.ngettext(*message.id, number) == expected


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "لا ناخب في القائمة"),
        (1, "ناخب واحد في القائمة"),
        (2, "ناخبان في القائمة"),
        (3, "٣ ناخبين في القائمة"),
        (10, "١٠ ناخبين في القائمة"),
        (11, "١١ ناخبًا في القائمة"),
        (100, "١٠٠ ناخب في القائمة"),
        (101, "١٠١ ناخب في القائمة"),
        (102, "١٠٢ ناخب في القائمة"),
        (103, "١٠٣ ناخبين في القائمة"),
        (1847, "١٬٨٤٧ ناخبًا في القائمة"),
    ],
)
def test_voters_are_counted_as_an_arab_would_say_it(number: int, said: str) -> None:
    texts.use("ar")
    assert texts.ngettext("%(n)s voter on the list", "%(n)s voters on the list", number) == said


def test_numbers_that_are_read_have_arabic_indic_digits_in_arabic_only() -> None:
    texts.use("ar")
    assert texts.count(1847) == "١٬٨٤٧"
    assert texts.count(12.5) == "١٢٫٥"
    assert texts.percent(2, 3) == "٦٦٫٧٪"
    assert texts.percent(1, 0) == "–"
    texts.use("en")
    assert texts.count(1847) == "1,847"
    assert texts.percent(2, 3) == "66.7%"


# Which language


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "ar_IQ.UTF-8"}, "ar"),
        ({"LANG": "ar"}, "ar"),
        ({"LC_MESSAGES": "ar_IQ.UTF-8", "LANG": "en_GB.UTF-8"}, "ar"),
        ({"LC_ALL": "en_GB.UTF-8", "LC_MESSAGES": "ar_IQ.UTF-8", "LANG": "ar_IQ.UTF-8"}, "en"),
        ({"LANGUAGE": "ar:en", "LC_ALL": "en_GB.UTF-8"}, "ar"),
        ({"LANGUAGE": "en:ar", "LANG": "ar_IQ.UTF-8"}, "en"),
        ({"LANGUAGE": "", "LC_ALL": "", "LANG": "ar_IQ.UTF-8"}, "ar"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
    ],
)
def test_the_locale_decides_the_language(
    environment: dict[str, str], language: str, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert texts.from_environment(environment) == language
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    _code, out, _err = say("demo", "--help")
    assert ("الاستعمال:" in out) == (language == "ar")
    assert ("Usage:" in out) == (language == "en")


@pytest.mark.parametrize(
    "words",
    [("--lang", "ar", "demo", "--help"), ("demo", "--help", "--lang", "ar"), ("demo", "--lang=ar", "--help")],
)
def test_lang_is_stronger_than_the_locale_wherever_it_stands(
    words: tuple[str, ...], say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    assert "الاستعمال:" in say(*words)[1]


def test_english_can_be_asked_for_in_an_arabic_locale(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ar_IQ.UTF-8")
    assert "Usage:" in say("--lang", "en", "demo", "--help")[1]


def test_another_language_is_refused(say: Say) -> None:
    code, _out, err = say("--lang", "fr", "demo", "--help")
    assert code == 2
    assert "--lang: ar, en" in err


# What is said


@pytest.mark.parametrize(
    ("vector", "code"),
    [
        ("ed25519-3.3.0-basic", 0),
        ("ed25519-3.3.0-blank", 0),
        ("belenios2048-3.3.0-weights", 0),
        ("ed25519-3.3.0-mixnet", 2),
        ("tampered/ed25519-3.3.0-basic--dropped-event-raw", 1),
        ("tampered/ed25519-3.3.0-basic--bad-signature", 1),
        ("tampered/ed25519-3.3.0-basic--tar-trailing-zeros", 1),
        ("tampered/ed25519-3.3.0-threshold--extra-invalid-partial-decryption", 0),
    ],
)
def test_a_verification_is_reported_in_arabic(vector: str, code: int, say: Say, source: Catalog) -> None:
    ended, out, err = say("--lang", "ar", "verify", VECTORS / vector)
    assert ended == code
    for check, title in CHECKS.items():
        assert check == "previous.kept" or texts._(title) in out
        assert title not in out
    assert english_in(out + err, source) == []


def test_a_result_is_counted_in_arabic_indic_digits_and_proofs_in_latin_ones(say: Say) -> None:
    _code, out, _err = say("--lang", "ar", "verify", VECTORS / "ed25519-3.3.0-revotes")
    assert "حُسبت ٤ أوراق · ٥ ناخبين في القائمة · نسبة المشاركة ٨٠٫٠٪ · ٣ أوراق حلّت محلها أوراق لاحقة" in out
    assert re.search(r"A0 │ +٢ │ +٥٠٫٠٪ │", out)
    assert re.search(r"ballots.proofs +7  كل ورقة", out)


@pytest.mark.parametrize("words", list(commands(get_command(application()))), ids=" ".join)
def test_the_help_of_every_command_is_arabic(words: tuple[str, ...], say: Say, source: Catalog) -> None:
    code, out, err = say("--lang", "ar", *words, "--help")
    assert (code, err) == (0, "")
    assert english_in(out, source) == []
    for english in ("Usage", "Options", "Arguments", "Commands", "required", "default", "Show this"):
        assert english not in out
    command = get_command(application())
    localise(command)
    for word in words:
        command = command.commands[word]
    for text in (command.help, *(parameter.help for parameter in command.params)):
        for paragraph in text.split("\n\n"):
            assert flat(paragraph.replace("\\[", "[")) in flat(out)


def test_a_group_without_a_command_shows_its_help_and_no_error(say: Say) -> None:
    code, out, err = say("--lang", "ar", "trustee")
    assert code == 2
    assert "خطوات الأمناء" in out
    assert err == ""


def test_brackets_in_an_example_are_shown(say: Say) -> None:
    for language in ("ar", "en"):
        assert "   [[questions]] " in say("--lang", language, "election", "new", "--help")[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("verify", "--foo", "x"), "لا يوجد خيار --foo. انظر: sawtuna verify --help"),
        (("verify",), "ينقص path. انظر: sawtuna verify --help"),
        (("trustee", "check"), "ينقص --key. انظر: sawtuna trustee check --help"),
        (("verify", "--jobs", "many", "x"), "القيمة المعطاة للخيار --jobs غير ممكنة. انظر: sawtuna verify --help"),
        (("verify", "--jobs"), "الخيار --jobs لا يُستعمل هكذا. انظر: sawtuna --help"),
        (("verify", "x", "y"), "لم نفهم الأمر. انظر: sawtuna verify --help"),
        (("elect",), "لا يوجد أمر elect. انظر: sawtuna --help"),
        (("election", "begin"), "لا يوجد أمر begin. انظر: sawtuna election --help"),
        (("verify", "nothing.bel"), "لا يوجد ملف بهذا الاسم: nothing.bel"),
    ],
)
def test_a_mistake_on_the_command_line_is_explained_in_arabic(words: tuple[str, ...], said: str, say: Say) -> None:
    code, _out, err = say("--lang", "ar", *words)
    assert code == 2
    assert err == f"✘ خطأ  {said}\n"


def test_a_mistake_on_the_command_line_is_explained_in_english(say: Say) -> None:
    assert "path is missing. See: sawtuna verify --help" in say("verify")[2]
    assert "There is no option --foo." in say("verify", "--foo")[2]
    assert "There is no command elect." in say("elect")[2]


def test_cast_and_audit_can_be_answered_as_they_are_typed_on_an_arabic_keyboard() -> None:
    texts.use("ar")
    assert {_bare(word) for word in ("أدلِ", "أدل", "ادل", " ادل ")} == {_bare(texts._("cast"))}
    assert _bare("افحص") == _bare(texts._("audit"))
    assert _bare("Cast") == "cast"
    for word in ("cast", "audit"):
        assert texts._(word) in texts._("cast or audit")
