"""Dates written in words, with ordinals, weekdays or quarters, rewritten so that ``strptime`` reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from advisor.profiling.reading.rewriting import Step, rewritten

TRIED = 40
"""Judgement: so many cells show what all are written with."""
FITTING = 0.9
"""Share of these cells in which a notation must stand. Judgement: some cells of real dates are mistyped."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One habit of writing dates.

    Attributes:
        shown_by: stands in cells that are written so.
        steps: which rewrite them.
        anywhere: it is enough that a cell shows it, as only some months differ between languages.
    """

    shown_by: str
    steps: tuple[Step, ...]
    anywhere: bool = False


_MONTHS = (
    ("Jan", "januari|januar|jänner|janvier|janv|enero|ene|gennaio|gen|janeiro|stycznia|ledna|января|янв|ocak"),
    (
        "Feb",
        "februari|februar|februario|feber|février|fevrier|févr|fév|febrero|febbraio|fevereiro|fev|lutego|února|февраля|фев|şubat",
    ),
    ("Mar", "märz|mrz|mär|maart|mrt|mars|marzo|março|marco|marca|března|марта|мар|mart"),
    ("Apr", "avril|avr|abril|abr|aprile|kwietnia|dubna|апреля|апр|nisan"),
    ("May", "mai|mei|mayo|maggio|mag|maio|maja|května|мая|mayıs"),
    ("Jun", "juni|juin|junio|giugno|giu|junho|czerwca|června|июня|июн|haziran"),
    ("Jul", "juli|juillet|juil|julio|luglio|lug|julho|lipca|července|июля|июл|temmuz"),
    ("Aug", "augustus|août|aout|agosto|ago|sierpnia|srpna|августа|авг|ağustos"),
    ("Sep", "septembre|septiembre|settembre|setembro|set|września|září|сентября|сен|eylül"),
    ("Oct", "oktober|okt|octobre|octubre|ottobre|ott|outubro|out|października|října|октября|окт|ekim"),
    ("Nov", "novembre|noviembre|novembro|listopada|listopadu|ноября|ноя|kasım"),
    (
        "Dec",
        "dezember|dez|december|décembre|decembre|déc|diciembre|dicembre|dic|dezembro|grudnia|prosince|декабря|дек|aralık",
    ),
)
_WORD = r"[^\W\d_]{2,14}"
_FOREIGN_MONTH = "|".join(words for _, words in _MONTHS)
_QUARTERS = tuple(
    step
    for quarter, month in enumerate(("01", "04", "07", "10"), start=1)
    for step in (
        (rf"^(\d{{4}})[\s/-]*[Qq]{quarter}$", rf"\1-{month}"),
        (rf"^(?:[QqT]{quarter}|{quarter}[Qq])[\s/-]*(\d{{4}})$", rf"\1-{month}"),
        (rf"^(?:[QqT]{quarter}|{quarter}[Qq])[\s/'’-]*([0-6]\d)$", rf"20\1-{month}"),
        (rf"^(?:[QqT]{quarter}|{quarter}[Qq])[\s/'’-]*([7-9]\d)$", rf"19\1-{month}"),
        (rf"(?i)^{quarter}\.?\s?(?:quartal|quarter|trimestre|trim|kwartał)\.?\s(\d{{4}})$", rf"\1-{month}"),
        (rf"(?i)^(\d{{4}})[\s/-]*{quarter}\.?\s?(?:quartal|quarter|trimestre|trim|kwartał)\.?$", rf"\1-{month}"),
    )
)
_ZONES = "UTC|GMT|Z|CES?T|E[SD]T|C[SD]T|M[SD]T|P[SD]T|[JK]ST|BST|IST|MSK|AES?T|AEDT"
_ERAS = (
    *(
        (rf"^{letter}(\d{{1,2}})[./年](\d{{1,2}})[./月](\d{{1,2}})日?$", rf"{era}\1年\2月\3日")
        for letter, era in (("R", "令和"), ("H", "平成"))
    ),
    ("元年", "1年"),
    (r"月$", "月1日"),
    *(
        (rf"^{era}0?{year}年0?(\d{{1,2}})月0?(\d{{1,2}})日?$", rf"{start + year}-\1-\2")
        for era, start, last in (("令和", 2018, 40), ("平成", 1988, 31))
        for year in range(1, last + 1)
    ),
)
"""By definition of the Japanese calendar: year 1 of an era is the one after its start here."""
EDITS = (
    Edit(
        rf"^{_WORD}\.?,?\s+(?:\d{{1,2}}\.?[\s-](?:de )?{_WORD}|{_WORD}\.?\s+\d{{1,2}}\b|\d+[-/.]\d+[-/.]\d)",
        ((r"^[^\d\s.,]{2,12}\.?,?\s+([^\s])", r"\1"),),
    ),
    Edit(r"\d.*\([^\W\d_]{1,4}\.?\)", ((r"\s?\([^\d\s()]{1,5}\)", ""),)),
    Edit(
        rf"(?i)\b(?:{_FOREIGN_MONTH})\b\.?[,/-]?\s*\d|\d\.?[\s/-](?:de )?(?:{_FOREIGN_MONTH})\b",
        (
            *((rf"(?i)(^|[\s\d./-])(?:{words})\.?([\s/-]|$)", rf"\1{month}\2") for month, words in _MONTHS),
            (r"(?i)\s(?:de|del|di)\s", " "),
            (r"\s(?:г|года|r|roku)\.?$", ""),
            (r"([A-Za-z]{3})[a-zé]*\.?\s(\d{4})", r"\1 \2"),
        ),
        anywhere=True,
    ),
    Edit(r"^\d{1,2}\.\s[A-Za-z]", ((r"^(\d{1,2})\.\s", r"\1 "),)),
    Edit(r"\d(?:st|nd|rd|th)\b", ((r"(\d)(?:st|nd|rd|th)\b", r"\1"),)),
    Edit(
        r"^[A-Z][a-z]{2}\s+\d{1,2}\s\d{2}:\d{2}:\d{2}\s(?:[A-Z]{3,4}\s)?\d{4}$",
        ((r"^([A-Za-z]{3})\s+(\d{1,2})\s(\S+)\s(?:[A-Z]{3,4}\s)?(\d{4})$", r"\2 \1 \4 \3"),),
    ),
    Edit(r"\d[A-Za-z/]\d{4}:\d{2}:|[A-Za-z/]\d{4}:\d{2}:", ((r"(\d{4}):(\d{2}:\d{2})", r"\1 \2"),)),
    Edit(
        rf"[\dMm.]\s?(?:{_ZONES})(?:[+-]\d{{1,2}})?$",
        ((rf"\s?(?:{_ZONES})(?:[+-]\d{{1,2}}(?::?\d\d)?)?$", ""),),
    ),
    Edit(r"(?i)\d\s?[ap]\.\s?m\.?$", ((r"(?i)\s?a\.\s?m\.?$", " AM"), (r"(?i)\s?p\.\s?m\.?$", " PM"))),
    Edit(r"^\d{4}-\d{2}-\d{2}[ T]\d{2}$", ((r"[ T](\d{2})$", r" \1:00"),)),
    Edit(r":\d{2}[.,]\d+$", ((r"(:\d{2})[.,](\d{1,6})\d*$", r"\1.\2"),)),
    Edit(
        r"\d[時时시]\s?\d{1,2}[分분]",
        (
            (r"(\d{1,2})[時时시]\s?(\d{1,2})[分분]\s?(\d{1,2})[秒초]$", r"\1:\2:\3"),
            (r"(\d{1,2})[時时시]\s?(\d{1,2})[分분]$", r"\1:\2"),
        ),
    ),
    Edit(r"^\d{4}\s?[年년]", ((r"^(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]", r"\1-\2-\3"),)),
    Edit(r"^\d{4}\s?[年년]\s?\d{1,2}\s?[月월]$", ((r"^(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]$", r"\1-\2"),)),
    Edit(r"^\d{1,2}\s?[hH時时]\s?\d{2}分?$", ((r"^(\d{1,2})\s?[hH時时]\s?(\d{2})分?$", r"\1:\2"),)),
    Edit(
        r"^\d{4}\.\s?\d{1,2}\.\s?\d{1,2}\.(?:\s|$)|^\d{4}\.\s\d{1,2}\.\s\d",
        ((r"^(\d{4})\.\s?(\d{1,2})\.\s?(\d{1,2})\.?", r"\1-\2-\3"),),
    ),
    Edit(r"오[전후]\s\d", ((r"오전\s(\d[\d:]*)", r"\1 AM"), (r"오후\s(\d[\d:]*)", r"\1 PM"))),
    Edit(
        r"(?i)^\d{4}[\s/-]*Q[1-4]$|^(?:[QT][1-4]|[1-4]Q)[\s/'’-]*(?:\d{2}){1,2}$|"
        r"^(?:\d{4}[\s/-]*)?[1-4]\.?\s?(?:quartal|quarter|trimestre|trim|kwartał)\.?(?:\s\d{4})?$",
        _QUARTERS,
    ),
    Edit(r"^\d{4}[-\s]?W\d{2}$", ((r"^(\d{4})[-\s]?W(\d{2})$", r"\1-W\2-1"),)),
    Edit(
        r"(?i)^(?:KW|CW|week|woche|sem\.?|uge|vecka)\s?\d{1,2}[\s/.-]+\d{4}$",
        (
            (r"(?i)^(?:KW|CW|week|woche|sem\.?|uge|vecka)\s?(\d)[\s/.-]+(\d{4})$", r"\2-W0\1-1"),
            (r"(?i)^(?:KW|CW|week|woche|sem\.?|uge|vecka)\s?(\d{2})[\s/.-]+(\d{4})$", r"\2-W\1-1"),
        ),
    ),
    Edit(r"^\d{4}\s?M\d{2}$", ((r"^(\d{4})\s?M(\d{2})$", r"\1-\2"),)),
    Edit(r"^(?:令和|平成)[\d元]|^[RH]\d{1,2}[./年]\d{1,2}[./月]\d", _ERAS),
    Edit(r"^\d{8}T\d{6}$", ((r"^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)$", r"\1-\2-\3 \4:\5:\6"),)),
)
"""In the order in which they are applied."""


def steps_for(cells: Sequence[str]) -> tuple[Step, ...]:
    """Return the steps that bring cells into a form that ``strptime`` can read; none when they need none.

    >>> cells = ["Q3 2021"], ["5 de marzo de 2020"]
    >>> [rewritten(one[0], steps_for(one)) for one in cells]
    ['2021-07', '5 Mar 2020']
    """
    few = list(cells[:: max(1, len(cells) // TRIED)])
    steps: list[Step] = []
    for edit in EDITS:
        shown = sum(re.search(edit.shown_by, cell) is not None for cell in few)
        if shown >= (1 if edit.anywhere else FITTING * len(few)) and few:
            steps += edit.steps
            few = [rewritten(cell, edit.steps) for cell in few]
    return tuple(steps)
