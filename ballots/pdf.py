"""The report of an election on paper, as a PDF: shaped Arabic, right to left, in the portal's own typeface.

fpdf2 lays out, HarfBuzz shapes. The faces are those that the pages use; browsers take them compressed and divided by
script, a PDF wants one whole font, so the parts are joined once and kept in the portal's cache.
"""

import hashlib
import io
import tempfile
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from fontTools.merge import Merger
from fontTools.merge import Options as MergeOptions
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import TextDirection, WrapMode, XPos, YPos

from app.html import STATIC
from app.i18n import either, format_date, format_datetime, format_number, format_share, reader
from app.i18n import gettext as _
from ballots.outcomes import Line, Outcome
from ballots.report import Report, verifying_says

FONTS = STATIC / "vendor" / "fonts"
FACES = {
    ("Plex", ""): ("plex-arabic-400", "plex-latin-400"),
    ("Plex", "B"): ("plex-arabic-600", "plex-latin-600"),
    ("Mono", ""): ("plex-mono-400",),
}
"""Face -> the parts that it is joined from."""

MARGIN, WIDTH = 18.0, 174.0
INK, SOFT, BRAND, TRACK, GREY = (19, 33, 31), (65, 81, 78), (11, 85, 96), (226, 231, 228), (111, 126, 121)
"""Colours of `tokens.css`, light, as a printer takes them."""


def of_report(report: Report, cache: Path) -> bytes:
    """The whole PDF, in the language of the reader. `cache` is a folder for the joined fonts."""
    page = _Page(report, cache)
    page.head()
    page.facts()
    for number, outcome in enumerate(report.outcomes, 1):
        page.outcome(number, outcome)
    page.trustees()
    page.how_to_verify()
    return bytes(page.output())


@lru_cache(maxsize=8)
def _face(parts: tuple[str, ...], cache: Path) -> Path:
    """A joined font as a file; its name tells what it was made from, so that an upgrade makes a new one."""
    data = [(FONTS / f"{part}.woff2").read_bytes() for part in parts]
    name = f"{'+'.join(parts)}-{hashlib.sha256(b''.join(data)).hexdigest()[:12]}.ttf"
    target = cache / name
    if target.exists():
        return target
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        plain = [_plain(bytes_of, Path(folder) / f"{at}.ttf") for at, bytes_of in enumerate(data)]
        beside = Path(folder) / name
        if len(plain) == 1:
            plain[0].replace(beside)
        else:
            # Hints of two programs cannot be joined; nobody needs them on paper.
            options = MergeOptions(drop_tables=["fpgm", "prep", "cvt ", "gasp"])
            Merger(options=options).merge([str(path) for path in plain]).save(beside)
        beside.replace(target)
    return target


def _plain(data: bytes, target: Path) -> Path:
    font = TTFont(io.BytesIO(data))
    font.flavor = None
    font.save(target)
    return target


class _Page(FPDF):
    """The report as it is being written, from the reading edge."""

    def __init__(self, report: Report, cache: Path) -> None:
        super().__init__(orientation="portrait", unit="mm", format="A4")
        self.report = report
        self.rtl = reader().direction == "rtl"
        for (family, style), parts in FACES.items():
            self.add_font(family, style, _face(parts, cache))
        self.set_margins(MARGIN, MARGIN)
        self.c_margin = 0
        self.set_auto_page_break(True, 22)
        self.set_title(report.title)
        self.set_lang("ar" if self.rtl else "en")
        self.set_creator("Sawtuna")
        self.set_creation_date(report.made_at)
        self.alias_nb_pages()
        self.add_page()

    @property
    def edge(self) -> str:
        """Alignment at the reading edge."""
        return "R" if self.rtl else "L"

    @property
    def far(self) -> str:
        """Alignment at the other edge."""
        return "L" if self.rtl else "R"

    def say(
        self,
        text: str,
        size: float = 10.5,
        *,
        style: str = "",
        colour: tuple[int, int, int] = INK,
        gap: float = 1.5,
        width: float = WIDTH,
        at: float = MARGIN,
    ) -> None:
        """A paragraph in the reader's direction."""
        self.shape()
        self.set_font("Plex", style, size)
        self.set_text_color(*colour)
        self.set_x(at)
        self.multi_cell(
            width, size * 0.6, text, align=self.edge, new_x=XPos.LMARGIN, new_y=YPos.NEXT, wrapmode=WrapMode.WORD
        )
        self.ln(gap)

    def code(self, text: str, size: float = 9, gap: float = 2.5) -> None:
        """What is copied or compared: mono, left to right, broken anywhere."""
        self.set_text_shaping(True, direction=TextDirection.LTR)
        self.set_font("Mono", "", size)
        self.set_text_color(*INK)
        self.set_x(MARGIN)
        self.multi_cell(
            WIDTH, size * 0.58, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT, wrapmode=WrapMode.CHAR
        )
        self.ln(gap)

    def shape(self) -> None:
        """Paragraphs run as the reader reads."""
        self.set_text_shaping(True, direction=TextDirection.RTL if self.rtl else TextDirection.LTR)

    def rule(self, colour: tuple[int, int, int] = TRACK, width: float = 0.3) -> None:
        """A line across the page."""
        self.set_draw_color(*colour)
        self.set_line_width(width)
        self.line(MARGIN, self.get_y(), MARGIN + WIDTH, self.get_y())
        self.ln(2)

    def heading(self, text: str) -> None:
        """A chapter, with enough room below it for its first lines."""
        if self.get_y() > self.h - 60:
            self.add_page()
        self.ln(3)
        self.rule(BRAND, 0.8)
        self.say(text, 14, style="B", gap=1)

    def footer(self) -> None:
        """Where this comes from, and the page."""
        self.set_y(-15)
        self.shape()
        self.set_font("Plex", "", 8.5)
        self.set_text_color(*SOFT)
        page = _("Page %(page)s", page=format_number(self.page_no()))
        self.set_x(MARGIN)
        self.cell(WIDTH / 4, 5, page, align=self.edge if not self.rtl else "L")
        self.set_text_shaping(True, direction=TextDirection.LTR)
        self.set_font("Mono", "", 8)
        self.set_x(MARGIN + WIDTH / 4)
        self.cell(WIDTH * 3 / 4, 5, self.report.address, align="R", link=self.report.address)

    def pair(self, words: str, value: str) -> None:
        """A fact: its name at the reading edge, its value beside it."""
        narrow, wide = WIDTH * 0.36, WIDTH * 0.62
        name_at, value_at = (MARGIN + WIDTH - narrow, MARGIN) if self.rtl else (MARGIN, MARGIN + WIDTH - wide)
        top = self.get_y()
        if top > self.h - 35:
            self.add_page()
            top = self.get_y()
        self.say(words, 10, colour=SOFT, width=narrow, at=name_at, gap=0)
        below = self.get_y()
        self.set_y(top)
        self.say(value, 10, width=wide, at=value_at, gap=0)
        self.set_y(max(below, self.get_y()) + 1.6)

    def head(self) -> None:
        """What this is."""
        row = self.report.election
        self.say(_("Report of an election"), 10, colour=BRAND, style="B", gap=1)
        self.say(self.report.title, 20, style="B", gap=2)
        if row.is_test:
            self.say(_("A trial: it decides nothing."), 11, style="B")
        if self.report.agency is not None:
            self.say(either(self.report.agency.name), 11, colour=SOFT)

    def facts(self) -> None:
        """When, who, how many."""
        row, figures = self.report.election, self.report.figures
        self.rule()
        if row.opens_at and row.closes_at:
            self.pair(_("Opened on"), format_datetime(row.opens_at))
            self.pair(_("Closed on"), format_datetime(row.closes_at))
        if row.tallied_at:
            self.pair(_("Result published"), format_datetime(row.tallied_at))
        self.pair(_("Registered voters"), format_number(figures.voters))
        self.pair(_("Ballots counted"), format_number(row.counted))
        self.pair(_("Turnout"), format_share(figures.share))
        self.pair(_("Ballots replaced by later ones"), format_number(figures.replaced))
        if row.weighted:
            self.pair(_("Weight of the counted ballots"), format_number(row.weight))
        self.rule()

    def outcome(self, number: int, outcome: Outcome) -> None:
        """A question with a bar and two numbers for every answer."""
        if len(self.report.outcomes) > 1:
            self.heading(_("Question %(number)s", number=format_number(number)))
            self.say(either(outcome.question.question), 12, style="B")
        else:
            self.heading(either(outcome.question.question))
        for line in outcome.ranked:
            self.answer(line, outcome)
        if outcome.blank is not None:
            self.bar_row(
                _("Blank ballots"), outcome.blank, outcome.blank_share, outcome.blank_share / outcome.axis, GREY
            )
        self.say(shares_say(outcome, is_weighted=self.report.election.weighted), 9, colour=SOFT, gap=2)

    def answer(self, line: Line, outcome: Outcome) -> None:
        """An answer; the one with most votes says so in words."""
        text = either(line.answer)
        if line.leads:
            most = _("most votes") if len(outcome.leaders) == 1 else _("equally many votes")
            text = f"{text} ({most})"
        self.bar_row(text, line.votes, line.share, line.share / outcome.axis, BRAND, "B" if line.leads else "")

    def bar_row(
        self, text: str, votes: int, share: float, length: float, colour: tuple[int, int, int], style: str = ""
    ) -> None:
        """Words at the reading edge, numbers at the other one, the bar below both."""
        if self.get_y() > self.h - 40:
            self.add_page()
        top, figures = self.get_y(), 44.0
        text_at, figures_at = (MARGIN + figures + 2, MARGIN) if self.rtl else (MARGIN, MARGIN + WIDTH - figures)
        self.say(text, 10.5, style=style, width=WIDTH - figures - 2, at=text_at, gap=0.6)
        below = self.get_y()
        self.set_y(top)
        self.shape()
        self.set_font("Plex", style, 10.5)
        self.set_text_color(*INK)
        self.set_x(figures_at)
        self.cell(figures, 6.3, f"{format_number(votes)}   {format_share(share)}", align=self.far)
        self.set_y(below)
        self.set_fill_color(*TRACK)
        self.rect(MARGIN, below, WIDTH, 3, style="F")
        self.set_fill_color(*colour)
        filled = WIDTH * min(1.0, max(0.0, length))
        self.rect(MARGIN + WIDTH - filled if self.rtl else MARGIN, below, filled, 3, style="F")
        self.set_y(below + 6.5)

    def trustees(self) -> None:
        """Who held the key."""
        held = self.report.holders
        self.heading(_("Who counted"))
        self.say(
            _(
                "%(size)s trustees held the key, and %(needed)s were needed. These opened their part of the sum:",
                size=format_number(held.size),
                needed=format_number(held.threshold),
            )
        )
        for one in held.trustees:
            if one.decrypted_at is not None:
                self.say(f"– {one.name}", gap=0)
        self.ln(2)

    def how_to_verify(self) -> None:
        """Everything that somebody with this paper needs to check it."""
        row = self.report.election
        self.heading(_("Do not take our word for it"))
        for sentence in verifying_says():
            self.say(sentence)
        self.say(_("Fingerprint of the election"), 9.5, style="B", gap=0)
        self.code(row.fingerprint)
        self.say(_("Fingerprint of the list of voters' codes"), 9.5, style="B", gap=0)
        self.code(row.credentials_fingerprint)
        self.say(_("Last event of the board (SHA-256)"), 9.5, style="B", gap=0)
        self.code(row.head)
        self.say(_("Commands"), 9.5, style="B", gap=0)
        self.code(f"sawtuna verify {row.uuid}.bel --require-strong\nbelenios-tool election verify --dir .", gap=3)
        self.say(_("This report was made on %(day)s.", day=_day(self.report.made_at)), 9, colour=SOFT)


def _day(moment: datetime) -> str:
    return format_date(moment)


def shares_say(outcome: Outcome, *, is_weighted: bool) -> str:
    """What the percentages are percentages of."""
    parts = [
        _(
            "Percentages are of the %(valid)s valid votes.",
            valid=format_number(outcome.valid),
        )
    ]
    if outcome.blank is not None:
        parts.append(
            _(
                "Blank ballots are not among them; they are told as a share of all %(total)s that were counted.",
                total=format_number(outcome.total),
            )
        )
    if outcome.question.max > 1:
        parts.append(_("A voter could choose several answers, so they may add up to more than a hundred."))
    if is_weighted:
        parts.append(_("Votes have weights here, and every number is a weight."))
    return " ".join(parts)
