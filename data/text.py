"""Files as text: read without touching a character, written without surprises, errors in one sentence."""

from __future__ import annotations

from pathlib import Path

from phoihop.data.errors import PhoihopError

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_text(path: str | Path) -> str:
    """The characters of a UTF-8 file, line ends as they are; offsets count from after a byte order mark.

    Raises:
        PhoihopError: the file is missing, a folder, unreadable, binary or not UTF-8.
    """
    path = Path(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise PhoihopError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    return decode(raw, str(path))


def decode(raw: bytes, where: str) -> str:
    """UTF-8 bytes as text, without the byte order mark; ``where`` names the source in errors.

    Raises:
        PhoihopError: the bytes are UTF-16, hold a NUL or are not UTF-8; byte positions count from 0.
    """
    if raw.startswith(_UTF16):
        raise PhoihopError(f"{where}: the text is UTF-16; save it as UTF-8")
    if (nul := raw.find(b"\0")) >= 0:
        raise PhoihopError(f"{where}: a binary file (NUL at byte {nul}); give plain text in UTF-8")
    start = len(_BOM) if raw.startswith(_BOM) else 0
    try:
        return raw[start:].decode("utf-8")
    except UnicodeDecodeError as error:
        at = start + error.start
        line = raw.count(b"\n", 0, at) + 1
        raise PhoihopError(
            f"{where}: not UTF-8 (0x{raw[at]:02x} at byte {at}, line {line}); save the text as UTF-8"
        ) from None


def write_text(path: str | Path, text: str) -> None:
    """Write UTF-8, line ends as they stand in ``text``.

    Raises:
        PhoihopError: the file cannot be written, or the text holds half a surrogate pair.
    """
    try:
        raw = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise PhoihopError(
            f"{path}: character {error.start} is half a surrogate pair (U+{ord(text[error.start]):04X}), "
            "which no file can hold; mend the text where it comes from"
        ) from None
    try:
        Path(path).write_bytes(raw)
    except OSError as error:
        raise PhoihopError(
            f"{path}: cannot be written ({error.strerror}); check the folder, its rights and the space left"
        ) from None


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Line and column of a character, both from 1; a line ends with its line feed."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1
