"""Which body a short or abbreviated name stands for: each body gets the fullest name in the article."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from phoihop.model.records.mentions import Mention
from phoihop.model.records.names import (
    JOINERS,
    Words,
    first_letter,
    is_initials,
    is_vietnamese,
    plain,
    reach,
    same_words,
    words_of,
)
from phoihop.model.records.places import LEVEL_WORDS, Place, Places, is_place, places_in

_BRACKETS = re.compile(r"\(([^()]*)\)")
_STATES = ("nước", "cộng hòa", "vương quốc", "liên bang", "hợp chúng quốc", "chdcnd", "chnd")
# Words for kinds of company, which may be left out before a name, like `Trung ương` before a mass organisation.
_COMPANY = (
    r"(?:(?:tập đoàn|tổng công ty|công ty|cổ phần|cp|tnhh|một thành viên|mtv|hãng|ngân hàng|tmcp)(?: |$))+"
)
_KINDS = re.compile(rf"{_COMPANY}|trung ương (?=(?:hội|đoàn)\b)")
_NO_BRANDS = frozenset("tnhh mtv cp tmcp tp hcm tphcm hn vn".split())
# Organs that every body has: bare, they are those of the body spoken of, not one named elsewhere.
_INNER = frozenset(
    plain(name)
    for name in """
    đảng ủy|đảng bộ|chi bộ|chi ủy|đảng đoàn|ban cán sự|ban cán sự đảng|ban thường vụ|thường vụ|thường trực
    |ban chấp hành|bch|văn phòng|hội đồng|hội đồng quản trị|hđqt|công đoàn|phòng|ban|ban giám đốc|bộ
    """.split("|")
)
# Bodies that each country has one of; in Vietnamese news the bare name means that of Viet Nam.
_NATIONAL = re.compile(
    r"(?:chính phủ|quốc hội|quân ủy trung ương|bộ chính trị|ban bí thư|đảng cộng sản|trung ương đảng"
    r"|bộ (?!tư lệnh|chỉ huy|chqs|tham mưu)[\w ]+|quân đội nhân dân"
    r"|(?:tòa án|viện kiểm sát) nhân dân tối cao|tandtc|vksndtc)"
)
_HOME = ("việt", "nam")
_SENTENCE_END = re.compile(r"[.!?…;]\s|\n")


@dataclass(eq=False)
class Body:
    """One body under names that differ in case, initials and bracketed short forms only."""

    mentions: list[Mention] = field(default_factory=list)

    @cached_property
    def best(self) -> Mention:
        """The mention with the most words, brackets not counted; of several the first not all in capitals."""
        return max(self.mentions, key=lambda m: (_length(m.surface), not m.surface.isupper(), -m.start))

    @cached_property
    def words(self) -> Words:
        """The words of the best name without brackets."""
        return _base(self.best.surface)

    @cached_property
    def forms(self) -> list[Words]:
        """All ways in which the article writes the name."""
        return list(dict.fromkeys(form for m in self.mentions for form in _forms(m.surface)))

    @cached_property
    def is_inner(self) -> bool:
        """Whether this is the bare name of an organ that every body has."""
        return all(" ".join(form).lower() in _INNER for form in self.forms)

    @cached_property
    def places(self) -> frozenset[Place]:
        """The place at the end of each form of the name."""
        return frozenset(place for form in self.forms for place in places_in(form))


def _length(name: str) -> int:
    """How many words the name has; initials in a row are one (``TP. HCM``, ``TPHCM``)."""
    words = _base(name)
    return sum(not (is_initials(w) and at and is_initials(words[at - 1])) for at, w in enumerate(words))


def _base(name: str) -> Words:
    return words_of(_BRACKETS.sub(" ", name))


def _forms(name: str) -> list[Words]:
    """The name without brackets and with what they hold in the place of what it shortens."""
    base = _base(name)
    forms = [base]
    for bracket in _BRACKETS.finditer(name):
        alias = words_of(bracket[1])
        if not alias:
            continue
        head, tail = words_of(name[: bracket.start()]), _base(name[bracket.end() :])
        if not tail:  # `Tập đoàn Hàng hải Lam Sơn (LASCO)`: LASCO, Tập đoàn LASCO, Hãng LASCO
            forms += [(*head[:kept], *alias) for kept in range(min(3, len(head)))]
        forms += [
            (*head[:kept], *alias, *tail)
            for kept in range(len(head))
            if is_initials("".join(alias)) and same_words(alias, head[kept:])
        ]
    if re.match(_COMPANY, plain(" ".join(base))):
        # `Công ty cổ phần Sao Khuê SKC`, `Hãng hàng không Lamson Airways`: the brand alone will do
        brand = next((at for at in range(1, len(base)) if all(map(_is_brand, base[at:]))), len(base))
        forms.append(base[brand:])
    return [form for form in forms if form]


def _is_brand(word: str) -> bool:
    """Whether a word of a company's name is of its own making: initials, or no Vietnamese word."""
    own = is_initials(word) or (word.isalpha() and not is_vietnamese(word))
    return own and word.lower() not in _NO_BRANDS


def _kind_words(words: Words) -> int:
    """How many words at the beginning say what kind of body this is and may be left out."""
    kinds = _KINDS.match(" ".join(words).lower())
    return len(kinds[0].split()) if kinds else 0


def _is_place_words(words: Sequence[str]) -> bool:
    """Whether the words only say what kind of place or country the name behind them is."""
    text = " ".join(words).lower()
    return text in LEVEL_WORDS or any(state in text for state in _STATES)


def _is_shorter(short: Words, long: Words) -> bool:
    """Whether the first name may be the second with its end, or words of kind, left out."""
    for end in reach(short, long):
        if end < len(long):
            if long[end].lower() in JOINERS:
                continue  # `Ban Tuyên giáo` is another body than `Ban Tuyên giáo và Dân vận`
            return True
    if len(short) > 1:
        for cut in range(1, len(short)):
            tail = short[cut:]
            start = len(long) - len(tail)
            if not (tail[0][:1].isupper() and start > cut and same_words(tail, long[start:])):
                continue
            if any(end < start and _is_place_words(long[end:start]) for end in reach(short[:cut], long)):
                return True
    return any(same_words(short, long[kinds:]) for kinds in range(1, _kind_words(long) + 1))


def _is_foreign(short: Body, long: Body) -> bool:
    """Whether the first is a national body's bare name and the second says more than Viet Nam's or the Party's."""
    if not any(_NATIONAL.fullmatch(plain(" ".join(form))) for form in short.forms):
        return False
    ends = [tuple(w.lower() for w in f[e:]) for f in long.forms for s in short.forms for e in reach(s, f)]
    return not any(e[-2:] == _HOME or e[:2] == ("trung", "ương") or e in (("đảng",), ("tw",)) for e in ends)


def _is_central(body: Body) -> bool:
    """Whether the name says the centre or Viet Nam: no province's body is meant by it."""
    return any(
        "trung ương" in (text := plain(" ".join(form)))
        or text.endswith("việt nam")
        or {"tư", "tw"} & {*text.split()}
        for form in body.forms
    )


class Bodies:
    """The bodies of one article.

    Two mentions are one body where their names are the same but for case, tone placement, initials and
    bracketed short forms.  A name also stands for a longer one that it begins (``Quân khu`` for ``Quân
    khu 5``) where only one such body is in the article; see :meth:`meant`.

    Args:
        text: the article.
        mentions: of bodies, in reading order.
        unmarked: the article with a newline for each character of an entity.
    """

    def __init__(self, text: str, mentions: Iterable[Mention], unmarked: str) -> None:
        self._text = text
        self._body: dict[str, Body] = {}
        self._longer: dict[Body, list[Body]] = {}
        # By the first letters of all forms, the words of kind left out or not: only these need comparing.
        self._by_letter: dict[str, list[Body]] = {}
        by_surface: dict[str, Body] = {}
        for mention in mentions:
            key = plain(mention.surface)
            if key not in by_surface:
                by_surface[key] = self._same_as(_forms(mention.surface), by_surface)
            self._add(by_surface[key], mention)
        self.all = list(dict.fromkeys(by_surface.values()))
        self._places = Places(text, (form for body in self.all for form in body.forms), unmarked)

    def _same_as(self, forms: list[Words], by_surface: dict[str, Body]) -> Body:
        """The body so far that has one of the names, a new one if there is none."""
        known = dict.fromkeys(b for form in forms for b in self._by_letter.get(first_letter(form), ()))
        same = [b for b in known if any(same_words(f, g) for f in forms for g in b.forms)]
        body = same[0] if same else Body()
        for other in same[1:]:  # the name ties two that were apart so far
            for mention in other.mentions:
                self._add(body, mention)
            by_surface.update({key: body for key, b in by_surface.items() if b is other})
            for bodies in self._by_letter.values():
                bodies[:] = [b for b in bodies if b is not other]
        return body

    def _add(self, body: Body, mention: Mention) -> None:
        self._body[mention.id] = body
        body.mentions.append(mention)
        for name in ("best", "words", "forms", "is_inner", "places"):
            body.__dict__.pop(name, None)
        for form in _forms(mention.surface):
            for letter in {first_letter(form[kinds:]) for kinds in range(_kind_words(form) + 1)}:
                bodies = self._by_letter.setdefault(letter, [])
                if body not in bodies:
                    bodies.append(body)

    def _longer_than(self, body: Body) -> list[Body]:
        """The bodies whose names this one may leave something out of."""
        if body not in self._longer:
            near = dict.fromkeys(
                b for form in body.forms for b in self._by_letter.get(first_letter(form), ())
            )
            self._longer[body] = [
                b for b in near if b is not body and stands_for(body, b) and not _is_foreign(body, b)
            ]
        return self._longer[body]

    def of(self, mention: Mention) -> Body:
        """The body under the name that the mention gives it."""
        return self._body[mention.id]

    def meant(self, mention: Mention, beside: Iterable[Mention] = ()) -> Body:
        """The body with the fullest name that the mention stands for.

        Of several longer names: that of Viet Nam's body, else the last one in the same sentence before the
        mention; if there is none, the name stays as it is.

        A longer name that adds a place (``Tỉnh ủy Hải Đông``) does not count where the text speaks of another
        place of that level: the one in the same list of posts, else the one last named.

        Args:
            mention: of a body.
            beside: the other bodies of the same list of posts.
        """
        near = frozenset(place for other in beside for place in self.of(other).places)
        body = self.of(mention)
        passed = {body}
        while not body.is_inner:
            longer = [
                b
                for b in self._longer_than(body)
                if b not in passed and self._is_here(b, body, mention, near)
            ]
            longest = [b for b in longer if not any(c is not b and stands_for(b, c) for c in longer)]
            if len(longest) > 1:
                longest = self._likeliest(mention, body, longest)
            if len(longest) != 1:
                break
            body = longest[0]
            passed.add(body)
        return body

    def _is_here(self, longer: Body, body: Body, mention: Mention, near: frozenset[Place]) -> bool:
        """Whether the place that the longer name adds, if any, is the one spoken of."""
        added = {place for place in longer.places if place not in body.places}
        tails = {f[end:] for f in longer.forms for short in body.forms for end in reach(short, f)}
        added |= {(level, tail) for tail in tails if (level := self._places.level_of(tail))}
        for level, name in added:
            beside = [other for kind, other in near if kind == level]
            spoken_of = self._places.spoken_of(level, mention.start)
            here = beside or ([] if spoken_of is None else [spoken_of])
            if here and not any(is_place(name, other) for other in here):
                return False
        return not (added and _is_central(body))

    def _likeliest(self, mention: Mention, body: Body, choices: list[Body]) -> list[Body]:
        home = [
            b for b in choices if tuple(w.lower() for w in b.words) == (*map(str.lower, body.words), *_HOME)
        ]
        if home:
            return home
        before = [
            (m.start, b)
            for b in choices
            for m in b.mentions
            if m.end <= mention.start and not _SENTENCE_END.search(self._text, m.end, mention.start)
        ]
        return [max(before, key=lambda pair: pair[0])[1]] if before else []


def stands_for(short: Body, long: Body) -> bool:
    """Whether a name of the first body may be a shorter one of the second, the text apart."""
    full = [form for form in short.forms if same_words(form, short.words)]  # not what stands in brackets
    return any(_is_shorter(form, other) for form in full for other in long.forms)
