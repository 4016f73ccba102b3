"""Raw text for learning without annotation: reading, weighting by domain, turning into ids."""

from __future__ import annotations

import io
import json
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from phoihop.data.errors import PhoihopError
from phoihop.model.normalise import normalise_text
from phoihop.model.tokenise import SubwordTokenizer
from phoihop.model.words import split_words

KINDS = {".txt", ".jsonl", ".zst"}
# Words that tell the genre: rank, Party and state bodies, joint documents.
_DOMAIN = re.compile(
    r"(?:thiếu|trung|thượng|đại) (?:tướng|tá)|chính ủy|quân khu|bộ tư lệnh|bộ chỉ huy|bộ chqs|quân ủy|tham mưu"
    r"|tỉnh ủy|thành ủy|quận ủy|huyện ủy|đảng ủy|bí thư|ban thường vụ|ban tuyên giáo|ban dân vận|chủ nhiệm"
    r"|ủy ban nhân dân|ubnd|hđnd|bộ trưởng|thứ trưởng|tổng cục|giám đốc công an|mttq|mặt trận tổ quốc"
    r"|phối hợp|ký kết|quy chế|thỏa thuận|biên bản ghi nhớ",
    re.IGNORECASE,
)


def domain_share(text: str) -> float:
    """Genre words per hundred words: 0 for sport or gossip, 3 and more for the genre's news."""
    return 100.0 * len(_DOMAIN.findall(text)) / max(50, text.count(" ") + 1)


def raw_files(paths: Iterable[str | Path]) -> list[Path]:
    """The files of raw text that paths name: themselves, or those in a folder and below it, sorted.

    Raises:
        PhoihopError: a path is missing or of no known kind, or a folder holds none.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            files = [p for p in sorted(path.rglob("*")) if p.suffix in KINDS and p.is_file()]
            if not files:
                raise PhoihopError(f"{path}: no .txt, .jsonl or .jsonl.zst file in this folder")
            found += files
        elif not path.is_file():
            raise PhoihopError(f"{path}: no such file; give text files, JSONL files or folders of them")
        elif path.suffix not in KINDS:
            raise PhoihopError(f"{path}: no .txt, .jsonl or .jsonl.zst file; convert it to one of these")
        else:
            found.append(path)
    return found


def read_raw(paths: Iterable[str | Path]) -> Iterator[str]:
    """Documents of text files (one each) and JSONL files (``{"text": …}`` a line; ``.zst`` read as well).

    Raises:
        PhoihopError: a path is missing, of no known kind or unreadable, or a line is no such object.
    """
    for path in raw_files(paths):
        yield from _documents(path)


def _documents(path: Path) -> Iterator[str]:
    try:
        if path.suffix == ".txt":
            yield path.read_text(encoding="utf-8")
        else:
            yield from _read_jsonl(path)
    except UnicodeDecodeError:
        raise PhoihopError(f"{path}: not UTF-8; convert the file") from None
    except OSError as error:
        raise PhoihopError(f"{path}: cannot be read ({error.strerror or error})") from None


def _read_jsonl(path: Path) -> Iterator[str]:
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        try:
            text = json.loads(line)["text"]
        except (ValueError, KeyError, TypeError):
            text = None
        if not isinstance(text, str):
            raise PhoihopError(f'{path}:{number}: expected a JSON object with a string "text"')
        yield text


def _lines(path: Path) -> Iterator[str]:
    if path.suffix != ".zst":
        with path.open(encoding="utf-8") as stream:
            yield from stream
        return
    import zstandard

    with path.open("rb") as raw:
        reader = zstandard.ZstdDecompressor(max_window_size=2**28).stream_reader(raw)
        try:
            yield from io.TextIOWrapper(reader, encoding="utf-8")
        except zstandard.ZstdError as error:
            raise PhoihopError(f"{path}: not a whole .zst file ({error}); copy it again") from None


def sample_documents(
    paths: Sequence[str | Path], words: int, seed: int, other_text: float = 0.15
) -> list[str]:
    """Normalised documents, genre news first, about ``words`` words in all.

    Each document is kept with a probability that rises with its ``domain_share`` from ``other_text``
    (none) to 1 (two genre words in a hundred); the order is shuffled with ``seed``.  How many documents
    that left is printed.
    """
    generator = random.Random(seed)
    kept: list[str] = []
    read = 0
    for text in read_raw(paths):
        read += 1
        text = normalise_text(text)
        if generator.random() < min(1.0, other_text + 0.5 * domain_share(text)):
            kept.append(text)
    generator.shuffle(kept)
    total, taken = 0, []
    for text in kept:
        if total >= words:
            break
        taken.append(text)
        total += text.count(" ") + 1
    print(f"{len(taken)} of {read} documents, {total} words", flush=True)
    return taken


def encode_documents(texts: Iterable[str], tokenizer: SubwordTokenizer) -> NDArray[np.uint16]:
    """All texts as one row of token ids, each line of each text closed by ``</s>``, as fine-tuning reads
    them with ``line_breaks``."""
    rows: list[NDArray[np.uint16]] = []
    end = np.array([tokenizer.end_id], dtype=np.uint16)
    for text in texts:
        for line in text.split("\n"):
            words = [line[a:b] for a, b in split_words(line).tolist()]
            if words:
                rows += [tokenizer.encode(words).ids.astype(np.uint16), end]
    return np.concatenate(rows) if rows else np.zeros(0, dtype=np.uint16)
