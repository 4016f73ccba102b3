"""Word lists and small grammars that make new mentions: ``training/lexicon.toml``, or a file like it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from random import Random
from typing import Any

from phoihop.data.errors import PhoihopError

_SLOT = re.compile(r"\{(\w+)\}")
_MARKED = re.compile(r"([^\[\]]*)\[([^\[\]]+)\]")
_NUMBER = "n"


@dataclass(frozen=True)
class Phrase:
    """Marks side by side that may be rewritten together.

    Attributes:
        labels: of the marks, in order.
        ways: each the unmarked words before a mark and the mark's own, in turn; ``"="`` leaves a mark's words.
        at_start: only where a line or a sentence begins.
        not_before: not where one of the marks begins with one of these words, in small letters.
    """

    labels: tuple[str, ...]
    ways: tuple[tuple[str, ...], ...]
    at_start: bool = False
    not_before: frozenset[str] = frozenset()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Phrase:
        """From a ``[[phrases]]`` table; its ways are written like ``[Thủ tướng] {country} [{foreign}]``."""
        labels = tuple(str(data["labels"]).split())
        ways = []
        for way in _words(data["ways"]):
            found = _MARKED.findall(way)
            if len(found) != len(labels) or not way.endswith("]"):
                raise TypeError(
                    f"the phrase {way!r} must have {len(labels)} marks in brackets, the last at its end"
                )
            ways.append(tuple(part.strip() for pair in found for part in pair))
        words = frozenset(w.casefold() for w in _words(data.get("not_before", [])))
        return cls(labels, tuple(ways), bool(data.get("at_start", False)), words)


@dataclass(frozen=True)
class Lexicon:
    """What may stand in for a mention.

    ``mentions`` has a list of templates for each label, with slots like ``{place}``; ``slots`` has what
    may fill a slot (``{n}`` is a number), ``parts`` the slots whose words may also be exchanged where
    they stand in a text, ``noise`` lines of page furniture, ``phrases`` what neighbouring marks become.
    """

    slots: Mapping[str, Sequence[str]]
    mentions: Mapping[str, Sequence[str]]
    parts: Sequence[str] = ()
    noise: Sequence[str] = ()
    phrases: Sequence[Phrase] = ()

    @classmethod
    def load(cls, name: str | Path = "default") -> Lexicon:
        """Read the lexicon that comes along (``default``) or a TOML file of the same shape.

        Raises:
            PhoihopError: the file cannot be read, or a template names a slot that is not there.
        """
        if name == "default":
            text = resources.files("phoihop.training").joinpath("lexicon.toml").read_text(encoding="utf-8")
        else:
            try:
                text = Path(name).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "not UTF-8"
                raise PhoihopError(
                    f"{name}: cannot be read ({reason}); give a TOML file of mentions"
                ) from None
        try:
            data = tomllib.loads(text)
            slots = {key: _words(value) for key, value in data.get("slots", {}).items()}
            mentions = {key: _words(value) for key, value in data.get("mentions", {}).items()}
            phrases = [Phrase.from_dict(one) for one in data.get("phrases", [])]
            parts, noise = (_words(data.get(key, [])) for key in ("parts", "noise"))
            found = cls(slots, mentions, parts, noise, phrases)
        except (tomllib.TOMLDecodeError, AttributeError, KeyError, TypeError) as error:
            raise PhoihopError(f"{name}: no lexicon: {error}") from None
        found._check(str(name))
        return found

    def _check(self, name: str) -> None:
        templates = [one for found in self.mentions.values() for one in found]
        templates += [part for phrase in self.phrases for way in phrase.ways for part in way]
        used = [*self.parts, *(slot for one in templates for slot in _SLOT.findall(one))]
        for slot in used:
            if slot != _NUMBER and not self.slots.get(slot):
                raise PhoihopError(f"{name}: slot {slot!r} is used but not listed under [slots]")

    def templates(self, label: str, head: str) -> list[str]:
        """Templates of a label that begin with this word, whatever its case."""
        return [t for t in self.mentions.get(label, ()) if t.split()[0].casefold() == head]

    def composed(self, label: str) -> bool:
        """Whether mentions of a label are made of slots alone, like names of people, which share no words."""
        return all(t.startswith("{") for t in self.mentions.get(label, (" ",)))

    def fill(self, template: str, random: Random) -> str:
        """A template with a word in every slot."""

        def word(match: re.Match[str]) -> str:
            slot = match[1]
            return str(random.randint(1, 999)) if slot == _NUMBER else random.choice(self.slots[slot])

        while _SLOT.search(template):
            template = _SLOT.sub(word, template)
        return template


def _words(value: object) -> list[str]:
    """A list of strings as it stands; one string is a list parted by semicolons."""
    if isinstance(value, str):
        return [w for part in value.split(";") if (w := " ".join(part.split()))]
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        return value
    raise TypeError(f"expected a list of strings, not {value!r:.60}")
