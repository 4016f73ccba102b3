"""An invented mini corpus and small models for the tests of training."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is first imported, here and in children

import torch

from phoihop.data.document import Document
from phoihop.data.inline import parse
from phoihop.data.schema import Schema, default_schema
from phoihop.model.encoder import RecurrentEncoder
from phoihop.model.normalise import normalise_text
from phoihop.model.tokenise import SubwordTokenizer
from phoihop.training.config import TrainConfig
from phoihop.training.finetune import train
from phoihop.training.pretrain import save_encoder
from phoihop.training.raw.vocabulary import learn_vocabulary

# Sentence frames: nothing in them is from a newspaper.  Upper-case words in braces are filled in below.
SIGNING = (
    "[Ngày {DATE}](DATE#d1), tại nhà văn hóa xã, [{BODY1}](UNIT#u1 PARTY_TO=a1) và [{BODY2}](UNIT#u2 PARTY_TO=a1) "
    "đặt bút ký [{KIND}](AGREEMENT#a1 VALID_FOR=k1 SIGNED_ON=d1) về giữ rừng, thực hiện trong "
    "[giai đoạn {YEARS}](PERIOD#k1).",
    "Theo [{KIND}](AGREEMENT#a1 SIGNED_ON=d1 VALID_FOR=k1) ký [ngày {DATE}](DATE#d1), [{BODY1}](UNIT#u1 PARTY_TO=a1) "
    "cùng [{BODY2}](UNIT#u2 PARTY_TO=a1) mở lớp học bơi cho trẻ em vùng lũ ([{YEARS}](PERIOD#k1)).",
    "Mưa lớn kéo dài. Giữa buổi [{DATE}](DATE#d1), [{KIND}](AGREEMENT#a1 SIGNED_ON=d1 VALID_FOR=k1) giữa "
    "[{BODY1}](UNIT#u1 PARTY_TO=a1) với [{BODY2}](UNIT#u2 PARTY_TO=a1) được hai bên ký; văn bản có hiệu lực "
    "[từ năm {FROM} đến năm {TO}](PERIOD#k1).",
    "[{BODY1}](UNIT#u1 PARTY_TO=a1) gặp [{BODY2}](UNIT#u2 PARTY_TO=a1) để rà lại [{KIND}](AGREEMENT#a1 VALID_FOR=k1) "
    "[nhiệm kỳ {YEARS}](PERIOD#k1), một việc đã bàn hôm [{DATE}](DATE).",
)
PEOPLE = (
    "Dự lễ có [{RANK}](RANK#r1) [{NAME1}](PERSON#p1 HAS_RANK=r1 HOLDS=t1), [{POST1}](TITLE#t1 OF_UNIT=u3) "
    "[{BODY3}](UNIT#u3); bà [{NAME2}](PERSON#p2 HOLDS=t2), [{POST2}](TITLE#t2 OF_UNIT=u4) [{BODY4}](UNIT#u4).",
    "[{POST1}](TITLE#t1 OF_UNIT=u3) [{BODY3}](UNIT#u3), [{RANK}](RANK#r1) [{NAME1}](PERSON#p1 HAS_RANK=r1 HOLDS=t1) "
    "chủ trì buổi làm việc, thư ký là ông [{NAME2}](PERSON#p2 HOLDS=t2), [{POST2}](TITLE#t2 OF_UNIT=u4) "
    "[{BODY4}](UNIT#u4).",
    "Phát biểu trước bà con, [{NAME2}](PERSON#p2 HOLDS=t2) - [{POST2}](TITLE#t2 OF_UNIT=u4) [{BODY4}](UNIT#u4) - "
    "cảm ơn [{RANK}](RANK#r1) [{NAME1}](PERSON#p1 HAS_RANK=r1 HOLDS=t1,t3), [{POST1}](TITLE#t1) kiêm "
    "[{POST3}](TITLE#t3 OF_UNIT=u3) [{BODY3}](UNIT#u3).",
)
ORGANS = (
    "Việc chung giao cho [{ORGAN}](UNIT#u5 PART_OF=u6) thuộc [{BODY1}](UNIT#u6) theo dõi từng quý.",
    "Đầu mối là [{ORGAN}](UNIT#u5 PART_OF=u6), [{BODY2}](UNIT#u6); số máy trực đặt ở trạm gác.",
)
FILLERS = (
    "Trời đổ mưa nên buổi gặp dời vào trong nhà, bà con vẫn đến rất đông.",
    "Hai bên thống nhất góp xi măng làm lại cầu treo trước mùa nước lên.",
    "Sau bữa trưa, đoàn xe chở gạo và chăn ấm đi tiếp về phía núi.",
    "Không ai vắng mặt; biên bản được đọc lại hai lần rồi mới khép.",
    "Học sinh trường bên hát ba bài, tặng mỗi người một bông hoa giấy.",
)
NAMES = (
    "Đoàn Văn Thước", "Lường Thị Nhạn", "Hà Kim Tuế", "Phùng Bá Lẫm", "Cao Thị Diên", "Vi Đình Khoát",
    "Tạ Quang Sửu", "Mạc Thu Giang", "Khổng Minh Trác", "Ngô Thị Ánh Tuyền", "Lâm Chí Dũng", "Bế Văn Tòng",
)  # fmt: skip
RANKS = ("Đại tá", "Thượng tá", "Trung tá", "Thiếu tá", "Thiếu tướng")
POSTS = ("Chính ủy", "Phó Bí thư", "Chủ tịch", "Trưởng", "Tham mưu trưởng", "Ủy viên", "Phó Chủ nhiệm")
BODIES = (
    "Đồn Biên phòng Nà Hẩu", "Huyện ủy Thác Lài", "Lữ đoàn 917", "Hội Nông dân xã Bản Chiềng", "Sư đoàn 64",
    "UBND thị trấn Mường Sậu", "Trung đoàn Suối Bạc", "Đảng ủy Công ty Đá Vàng", "Hội Phụ nữ huyện Cát Lũng",
    "Ban Chỉ huy Quân sự Vĩnh Hồng",
)  # fmt: skip
ORGAN_NAMES = ("Phòng Hậu cần", "Ban Dân vận", "Tổ Công tác 3", "Cụm Kho 12")
KINDS = ("Quy chế phối hợp", "chương trình phối hợp", "biên bản ghi nhớ", "Kế hoạch phối hợp số 08-KH")

SMALL = {
    "encoder": "random", "epochs": "2", "batch_size": "4", "recurrent_size": "16", "relation_size": "16",
    "learning_rate": "5e-3", "encoder_learning_rate": "1e-3", "bf16": "no",
}  # fmt: skip


def invented(number: int) -> str:
    """The marked text of invented article ``number``."""

    def pick(items: tuple[str, ...], step: int, shift: int = 0) -> str:
        return items[(number * step + shift) % len(items)]

    first = 2015 + number % 9
    filled = {
        "DATE": f"{1 + number * 7 % 28}/{1 + number * 5 % 12}" + ("/2021" if number % 3 == 0 else ""),
        "YEARS": f"{first}-{first + 5}" if number % 2 else f"{first} – {first + 4}",
        "FROM": str(first),
        "TO": str(first + 3),
        "KIND": pick(KINDS, 3),
        "RANK": pick(RANKS, 2),
        "ORGAN": pick(ORGAN_NAMES, 1),
    }
    filled |= {f"BODY{i}": pick(BODIES, 3, 2 * i + i // 3) for i in range(1, 5)}
    filled |= {f"NAME{i}": pick(NAMES, 5, 3 * i) for i in (1, 2)}
    filled |= {f"POST{i}": pick(POSTS, 3, i) for i in (1, 2, 3)}
    parts = [SIGNING[number % 4], pick(FILLERS, 1), pick(PEOPLE, 1), pick(ORGANS, 1), pick(FILLERS, 2, 1)]
    if number % 3 == 1:
        parts[0], parts[2] = parts[2], parts[0]
    if number % 3 == 2:
        parts.pop()
    if number % 5 == 4:
        parts.pop(3)
    return (" " if number % 2 else "\n").join(parts).format(**filled)


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def marked() -> list[str]:
    """Twenty invented articles with their marks."""
    return [invented(n) for n in range(20)]


@pytest.fixture(scope="session")
def articles(marked: list[str]) -> list[Document]:
    """The same, parsed."""
    return [parse(text, id=f"a{n:02}") for n, text in enumerate(marked)]


@pytest.fixture(scope="session")
def tokenizer(articles: list[Document]) -> SubwordTokenizer:
    """Sub-words learnt from the articles."""
    return learn_vocabulary((normalise_text(d.text) for d in articles), 600, 2)


@pytest.fixture(scope="session")
def schema() -> Schema:
    """The default schema."""
    return default_schema()


@pytest.fixture(scope="session")
def settings() -> Callable[..., TrainConfig]:
    """Settings of a small, quick run; changes by name."""

    def load(**changes: Any) -> TrainConfig:
        return TrainConfig.load(None, SMALL | {k: str(v) for k, v in changes.items()})

    return load


@pytest.fixture(scope="session")
def small_encoder(tokenizer: SubwordTokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small encoder that has learnt nothing."""
    torch.manual_seed(0)
    encoder = RecurrentEncoder.for_tokenizer(tokenizer, embedding_size=24, shape_size=6, state_size=16)
    folder = tmp_path_factory.mktemp("encoder")
    save_encoder(encoder, tokenizer, folder, {})
    return folder


@pytest.fixture(scope="session")
def overfitted(
    articles: list[Document], settings: Callable[..., TrainConfig], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    """The folder and the figures of a run that learns the twenty articles by heart."""
    config = settings(
        epochs=18,
        recurrent_size=48,
        relation_size=48,
        dropout=0,
        relation_dropout=0,
        encoder_dropout=0,
        word_dropout=0,
    )
    folder = tmp_path_factory.mktemp("runs") / "overfitted"
    return folder, train(config, articles, articles, folder)


@pytest.fixture
def folder_of(tmp_path: Path) -> Callable[[list[str]], Path]:
    """Write marked texts as a folder of ``*.ann.md``."""

    def write(texts: list[str]) -> Path:
        folder = tmp_path / "articles"
        folder.mkdir()
        for n, text in enumerate(texts):
            (folder / f"a{n:02}.ann.md").write_text(text, encoding="utf-8")
        return folder

    return write
