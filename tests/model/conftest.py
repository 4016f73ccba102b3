"""Sub-words learnt from invented sentences."""

from __future__ import annotations

import pytest

from phoihop.model.tokenise import SubwordTokenizer
from phoihop.training.raw.vocabulary import learn_vocabulary

SENTENCES = (
    "Sáng 12/3, Ủy ban nhân dân xã Cẩm Lý và Đồn Biên phòng Bản Ngà ký quy chế phối hợp giai đoạn 2021-2025.",
    "Thượng tá Đinh Công Luận, Chính ủy Trung đoàn 88; bà Hồ Thị Mến, Chủ tịch Hội Phụ nữ huyện Thạch Khê.",
    "Đại tá, bác sĩ Lù A Páo nói: “Mưa lớn kéo dài, đường lầy, đoàn xe phải quay lại hai lần.”",
    "HỘI NGHỊ SƠ KẾT NĂM ĐẦU: trao 3.500 suất quà (mỗi suất 500.000 đồng) cho bà con vùng lũ!",
)


@pytest.fixture(scope="session")
def subwords() -> SubwordTokenizer:
    """A vocabulary so small that most words are several sub-words and many characters unknown."""
    return learn_vocabulary(SENTENCES * 3, 260, 2)
