"""What written periods, days and ranks amount to: years, (day, month, year), an order of ranks."""

from __future__ import annotations

import re

from phoihop.model.normalise import normalise_text

Years = tuple[int | None, int | None]

_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
_SHORT_END = re.compile(r"(?<!\d)([12]\d{3})\s*[-–—/]\s*(\d{2})(?!\d|\s*[-/.]\s*\d)")
_OPEN_END = re.compile(r"\b(?:nay|trở đi|sau năm)\b|[-–—]\s*$")
_OPEN_START = re.compile(r"\b(?:đến|tới|trước)\b|^\s*[-–—]")
_FROM = re.compile(r"^\s*(?:\w+ (?:đoạn|kỳ) )?(?:từ|kể từ|sau)\b")

_NUMERIC_DAY = re.compile(r"(?<![\d/.-])(\d{1,2})\s*[/.-]\s*(\d{1,2})(?:\s*[/.-]\s*(\d{4}))?(?!\d)")
_WORDED_DAY = re.compile(r"(\d{1,2})\s*tháng\s*(\d{1,2})(?:\s*(?:[/.-]|năm)\s*(\d{4}))?")
_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_MONTH = re.compile(r"tháng\s*(\d{1,2})(?:\s*(?:[/.-]|năm)\s*(\d{4}))?")


def years_of(period: str) -> Years | None:
    """First and last year of a written period, ``None`` for an end that it leaves open.

    A single year without ``từ``, ``đến`` or the like is a period of that year alone.  ``None`` where
    no year is written.

    >>> years_of("giai đoạn 2023 – 2026"), years_of("đến năm 2030"), years_of("từ năm 2011 đến nay")
    ((2023, 2026), (None, 2030), (2011, None))
    """
    text = normalise_text(period).lower()
    if short := _SHORT_END.search(text):  # `2021-25`; `2021-12` is rather a month
        first, last = int(short[1]), int(short[1][:2] + short[2])
        if last > first and int(short[2]) > 12:
            return first, last
    years = [int(year) for year in _YEAR.findall(text)]
    if not years:
        return None
    if len(years) > 1:
        return min(years), max(years)
    year = years[0]
    after = text[text.index(str(year)) + 4 :]
    before = text[: text.index(str(year))]
    if _OPEN_END.search(after) or before.strip().endswith("sau năm"):
        return year, None
    if _FROM.match(text):
        if not _OPEN_START.search(before):
            return (year, year) if _OPEN_START.search(after) else (year, None)
        # `từ tháng 6 đến tháng 12-2022` lies in one year, `từ nay đến năm 2030` has no first one
        return (None, year) if re.search(r"\bnay\b", before) else (year, year)
    return (None, year) if _OPEN_START.search(before) else (year, year)


def day_of(date: str) -> tuple[int | None, int | None, int | None]:
    """(day, month, year) of a written date, ``None`` for each part that it does not write in digits.

    >>> day_of("ngày 2 tháng 9 năm 2020"), day_of("14-3"), day_of("tháng 9/2022")
    ((2, 9, 2020), (14, 3, None), (None, 9, 2022))
    """
    text = normalise_text(date).lower()
    if iso := _ISO_DAY.search(text):
        return int(iso[3]), int(iso[2]), int(iso[1])
    for pattern in (_WORDED_DAY, _NUMERIC_DAY):
        if written := pattern.search(text):
            if pattern is _NUMERIC_DAY and text[: written.start()].rstrip().endswith("tháng"):
                continue
            return int(written[1]), int(written[2]), int(written[3]) if written[3] else None
    if month := _MONTH.search(text):
        return None, int(month[1]), int(month[2]) if month[2] else None
    return None, None, None


_STEPS = {"thiếu": 1, "trung": 2, "thượng": 3, "đại": 4}
_CLASSES = {"sĩ": 10, "úy": 20, "tá": 30, "tướng": 40}
_FIXED = {
    "binh nhì": 1,
    "binh nhất": 2,
    "hạ sĩ": 11,
    "chuẩn úy": 20,
    "chuẩn tướng": 40,
    "chuẩn đô đốc": 41,
    "phó đô đốc": 42,
    "đô đốc": 43,
    "đại đô đốc": 44,
    "thống tướng": 45,
    "thống chế": 45,
    "nguyên soái": 45,
    "đại nguyên soái": 46,
}


def rank_order(rank: str) -> int:
    """A number that grows with the rank; 0 for what is none that is known, -1 for the bare ``tướng``.

    Vietnamese ranks of the army, police and navy and those that news gives to foreign officers; the
    service or branch behind the rank (``QNCN``, ``Hải quân``) does not count.

    >>> rank_order("Đại tá") < rank_order("Chuẩn Đô đốc Hải quân") < rank_order("thượng tướng")
    True
    """
    words = normalise_text(rank).lower().split()
    for length in (3, 2):
        fixed = _FIXED.get(" ".join(words[:length]))
        if fixed is not None:
            return fixed
    if words[:1] == ["tướng"]:
        return -1
    if len(words) > 1 and words[0] in _STEPS and words[1].replace("sỹ", "sĩ") in _CLASSES:
        return _CLASSES[words[1].replace("sỹ", "sĩ")] + _STEPS[words[0]]
    return 0
