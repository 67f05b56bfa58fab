"""Which encoding the bytes of a text file are in."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from advisor.errors import DataError

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_CP1252_FREE = frozenset(b"\x81\x8d\x8f\x90\x9d")
"""Bytes that Windows-1252 leaves undefined."""

_EAST_ASIAN = (
    ("cp949", r"[가-힣]", (0xB0, 0xC8)),
    ("gb18030", r"[一-龥]", (0xB0, 0xD7)),
    ("cp932", r"[ぁ-んァ-ヶ一-龠々ー]", (0x82, 0x98)),
    ("big5", r"[一-龥]", (0xA4, 0xC6)),
)
"""By definition: encodings, the signs of their script, and between which first bytes the common ones lie, which are the
syllables of KS X 1001, level 1 of GB 2312, kana and level 1 of JIS X 0208, level 1 of Big5."""
_BESIDE = re.compile(r"[^\x00-\x7f]{2,}|(?<![A-Za-z])[^\x00-\x7f](?![A-Za-z])")
AS_CP1252 = "advisor-as-cp1252"
_LEAST_MIXED = 3
"""Lines with letters beyond ASCII that are UTF-8, from which on others are of another encoding. Judgement: one or two
may be UTF-8 by chance."""
_MIXED = 0.2
"""Share of these lines, likewise. Judgement: a fifth is no chance."""
_MOSTLY = 0.9
"""Share of the signs outside ASCII that must be of the script, and that must stand apart from Latin letters or beside
another such sign, before a multi-byte encoding is believed. Judgement: scripts share signs; an umlaut stands alone
among Latin letters. The same share of the words must be read by a Latin alphabet."""
_COMMON = 0.75
"""Share of them that must be common ones. Judgement: names hold rare signs; a wrong encoding yields few others."""

_VOWELS = {
    "Cyrillic": "аеёиоуыэюяіїє",
    "Greek": "αεηιουωάέήίόύώϊϋΐΰ",
    "Hebrew": "אהויע",
    "Arabic": "اويىةآأإئؤء",
    "Thai": "ะาำิีึืฺุูเแโใไๅ็่้๊๋์ัออว",
}
"""Letters and signs without which a word has few letters; in Hebrew and Arabic, those that stand for vowels."""
_FINAL = "ςךםןףץ"
"""Letters that stand at the end of words alone."""
_FREQUENT = {
    "Cyrillic": "оеаинтсрвл",
    "Greek": "αοιετσςνηρυ",
    "Hebrew": "יוהלאמרתשנב",
    "Arabic": "اليمونرتبةعد",
    "Thai": "านรกอเงมยลวดทสิีั่้",
}
"""Letters that make up some two thirds of a text."""
_ALPHABETS = (
    ("cp1251", "Cyrillic", re.compile(r"[Ѐ-ӿ]")),
    ("koi8-r", "Cyrillic", re.compile(r"[Ѐ-ӿ]")),
    ("cp866", "Cyrillic", re.compile(r"[Ѐ-ӿ]")),
    ("cp1253", "Greek", re.compile(r"[Ͱ-Ͽ]")),
    ("cp1255", "Hebrew", re.compile(r"[\u0590-\u05ff]")),
    ("cp1256", "Arabic", re.compile(r"[\u0600-\u06ff]")),
    ("cp874", "Thai", re.compile(r"[\u0e00-\u0e7f]")),
)
"""Encodings of one byte for alphabets other than the Latin one."""
_LATIN = ("cp1252", "cp1250", "cp1254", "cp1257", "iso8859-2", "cp850", "cp852", "mac-roman")
"""Encodings of one byte for the Latin alphabet, the likeliest first."""
_SIGNS = "‘“”„‚–—…•€™²³°µ"
"""What stands beside words in Windows-1252."""
_LETTERS = {
    "German": "äöüß",
    "French": "àâæçéèêëîïôœùûüÿ",
    "Spanish, Catalan": "áéíóúüñçàèòïºª",
    "Portuguese": "áâãàçéêíóôõúüºª",
    "Italian": "àèéìíòóù",
    "Dutch": "áéèëïíóöüú",
    "Swedish, Finnish": "åäöé",
    "Danish, Norwegian": "æøåéóò",
    "Icelandic": "áðéíóúýþæö",
    "Polish": "ąćęłńóśźż",
    "Czech, Slovak": "áäčďéěíĺľňóôŕřšťúůýž",
    "Hungarian": "áéíóöőúüű",
    "Slovenian, Croatian": "čćđšž",
    "Romanian": "ăâîşţ",
    "Turkish": "çğıöşüâîi",
    "Lithuanian": "ąčęėįšųūž",
    "Latvian": "āčēģīķļņšūž",
    "Estonian": "äöõüšž",
}
"""Letters beyond ASCII in the alphabets of languages."""
_LEAST_WORDS = 3
"""Judgement: fewer words are read by any alphabet."""
_CONSONANTS = 4
"""Judgement: longer runs of consonants are rare in any language."""
_AHEAD = 1.1
"""How much better than the next best an encoding must read the words. Judgement: one word of a dozen may be a name from
elsewhere."""
_DISTINCT = 4
"""Different signs of the script that must occur. Judgement: two accented letters in a row make one, as in größe."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding and how sure it is.

    Attributes:
        name: for Python's codecs.
        said: a sentence for the reader; None for plain UTF-8.
        damaged: some bytes are not of this encoding and become replacement characters.
        mixed: UTF-8, in which bytes that are none are read as Windows-1252.
    """

    name: str
    said: str | None = None
    damaged: bool = False
    mixed: bool = False

    @property
    def errors(self) -> str:
        """What becomes of bytes that are not of this encoding, for Python's codecs."""
        return AS_CP1252 if self.mixed else "replace" if self.damaged else "strict"

    @property
    def is_utf8(self) -> bool:
        """Whether the bytes are UTF-8 as they stand."""
        return self.name in {"utf-8", "utf-8-sig"} and not self.damaged and not self.mixed


def detect_encoding(head: bytes, name: str, given: str | None = None, *, complete: bool = False) -> Encoding:
    """Return the encoding of a file from its first bytes.

    Args:
        head: the first bytes; the last character may be cut unless they are ``complete``.
        name: of the file, for messages.
        given: what the user said.
        complete: the first bytes are all.

    Raises:
        DataError: the bytes are no text.
    """
    if given is not None:
        return Encoding(given)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return Encoding(encoding)
    if b"\x00" in head:
        return _with_nulls(head, name)
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if complete or error.start < len(head) - 4:
            return _legacy(head, name)
    return Encoding("utf-8")


def legacy_encoding(name: str, data: bytes) -> Encoding:
    """Return what a file is read as whose head is UTF-8 and whose later bytes, ``data``, are not."""
    return (
        _damaged_utf8(data)
        or _mixed_utf8(data)
        or Encoding("cp1252", f"{name} is not UTF-8 throughout; it was read as Windows-1252 (--encoding).")
    )


def _damaged_utf8(data: bytes) -> Encoding | None:
    """Return UTF-8 when most letters beyond ASCII are of it and a few bytes are not."""
    text = data.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    good = sum(ord(letter) > 127 for letter in text) - bad
    if good < _MOSTLY * (good + bad):
        return None
    said = f"{bad} bytes are not UTF-8, of which the file otherwise is; they were replaced by signs (--encoding)."
    return Encoding("utf-8", said, damaged=True)


def _mixed_utf8(data: bytes) -> Encoding | None:
    """Return UTF-8 for some lines and Windows-1252 for others, as in files that were put together; None for one only.

    Letters of Windows-1252 that make up UTF-8 by chance, as ``Ã¼`` does, stand side by side in no language.
    """
    lines = [line for line in data.split(b"\n") if not line.isascii()]
    good = sum(_decoded(line, "utf-8") is not None for line in lines)
    if good < max(_LEAST_MIXED, _MIXED * len(lines)) or good == len(lines):
        return None
    others = len(lines) - good
    said = f"{others} lines are not UTF-8, of which the others are; they were read as Windows-1252 (--encoding)."
    return Encoding("utf-8", said, mixed=True)


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that are not UTF-8 as Windows-1252."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


codecs.register_error(AS_CP1252, _as_cp1252)


def _with_nulls(head: bytes, name: str) -> Encoding:
    """UTF-16 without its mark has a NUL in every second byte of Latin text; a few NULs are damage."""
    even, odd = head[0::2].count(0) / max(len(head[0::2]), 1), head[1::2].count(0) / max(len(head[1::2]), 1)
    if odd > 0.3 > 5 * even:
        return Encoding("utf-16-le", "The file does not say that it is UTF-16 (little endian); its zero bytes do.")
    if even > 0.3 > 5 * odd:
        return Encoding("utf-16-be", "The file does not say that it is UTF-16 (big endian); its zero bytes do.")
    if head.count(0) > 0.01 * len(head) or not _printable(head.replace(b"\x00", b"")):
        raise DataError(f"{name}: is a binary file; give CSV, TSV, Parquet or JSON lines")
    return detect_encoding(head.replace(b"\x00", b""), name)


def _legacy(head: bytes, name: str) -> Encoding:
    if not _printable(head):
        raise DataError(f"{name}: is a binary file; give CSV, TSV, Parquet or JSON lines")
    damaged = _damaged_utf8(head)
    if damaged is not None:
        return damaged
    lines = head[: head.rfind(b"\n") + 1 or None]
    found = _east_asian(lines) or _other_alphabet(lines) or _other_latin(lines)
    if found is not None:
        return Encoding(found, f"The file is not UTF-8; it was read as {found} (--encoding).")
    mixed = _mixed_utf8(lines)
    if mixed is not None:
        return mixed
    if _CP1252_FREE & set(head):
        return Encoding("latin-1", "The file is not UTF-8; it was read as Latin-1 (--encoding).")
    return Encoding(
        "cp1252", "The file is not UTF-8; it was read as Windows-1252, of which Latin-1 is a part (--encoding)."
    )


def _east_asian(lines: bytes) -> str | None:
    """Return the encoding of several bytes a sign in which the lines hold common signs, side by side."""
    for encoding, script, (low, high) in _EAST_ASIAN:
        text = _decoded(lines, encoding)
        if text is None:
            continue
        foreign = [sign for sign in text if sign > "\x7f" and _is_letter(sign)]
        beside = [sign for run in _BESIDE.findall(text) for sign in run if _is_letter(sign)]
        signs = re.findall(script, "".join(foreign))
        common = sum(low <= sign.encode(encoding)[0] <= high for sign in signs)
        if (
            min(len(signs), len(beside)) >= _MOSTLY * len(foreign)
            and len(set(signs)) >= _DISTINCT
            and common >= _COMMON * len(signs)
        ):
            return encoding
    return None


def _is_letter(sign: str) -> bool:
    """Whether a sign is none of punctuation, symbols and blanks, which all scripts share."""
    return unicodedata.category(sign)[0] not in "PSZ"


def _other_alphabet(lines: bytes) -> str | None:
    """Return the encoding in which words that are foreign throughout read as words of its alphabet."""
    words = set(re.findall(rb"[A-Za-z\x80-\xff]{3,}", lines))
    foreign = [word for word in words if sum(byte > 127 for byte in word) >= _MOSTLY * len(word)]
    if len(foreign) < _LEAST_WORDS or len(foreign) < 0.5 * sum(not word.isascii() for word in words):
        return None
    shares = []
    for encoding, alphabet, script in _ALPHABETS:
        read = [_decoded(word, encoding) or "" for word in foreign]
        good = [word for word in read if word and len(script.findall(word)) == len(word) and _is_word(word, alphabet)]
        letters = "".join(good).lower()
        frequent = sum(letter in _FREQUENT[alphabet] for letter in letters) / max(len(letters), 1)
        shares.append((frequent * len(good) / len(foreign), encoding))
    (best, encoding), (second, _) = sorted(shares, reverse=True)[:2]
    return encoding if best > 0.3 and best >= _AHEAD * second else None


def _other_latin(lines: bytes) -> str | None:
    """Return an encoding other than that of Windows in Western Europe when one language alone reads the words in it."""
    words = [word for word in set(re.findall(rb"[A-Za-z\x80-\xff]{3,}", lines)) if not word.isascii()]
    words = [word for word in words if any(byte < 128 for byte in word)]
    if len(words) < 2:
        return None
    shares = [_read_by_one_language([_decoded(word, encoding) for word in words]) for encoding in _LATIN]
    best = max(range(len(_LATIN)), key=lambda place: (shares[place], -place))
    return _LATIN[best] if best and shares[best] > _MOSTLY and shares[best] >= _AHEAD * shares[0] else None


def _read_by_one_language(words: Sequence[str | None]) -> float:
    """Return the largest share of words whose letters beyond ASCII are all of one language, and cased as words are."""
    read = [word.replace("’", "").strip(_SIGNS) if word is not None else "\ufffd" for word in words]
    read = [word for word in read if not word.isascii()]
    beyond = [{letter for letter in word if letter > "\x7f"} for word in read]
    cased = list(map(_is_cased, read))
    return max(
        sum(
            kept and {letter.lower()[0] for letter in some} <= {*letters}
            for some, kept in zip(beyond, cased, strict=True)
        )
        for letters in _LETTERS.values()
    ) / max(len(read), 1)


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _is_word(word: str, alphabet: str) -> bool:
    """Whether a word has vowels among its letters and capitals where words have them."""
    vowels = _VOWELS[alphabet]
    runs = re.split(f"[{vowels}]", word.lower())
    final_within = any(letter in _FINAL for letter in word[:-1])
    return len(runs) > 1 and max(map(len, runs)) <= _CONSONANTS and _is_cased(word) and not final_within


def _is_cased(word: str) -> bool:
    return word in {word.lower(), word.upper()} or word[1:] == word[1:].lower()


def _printable(head: bytes) -> bool:
    return sum(byte >= 32 or byte in b"\t\r\n" for byte in head) >= 0.95 * len(head)
