"""Sentence borders, by examples: `|` stands where a sentence begins."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoihop.model.normalise import normalise_text
from phoihop.model.sentences import cut_points, sentence_starts
from phoihop.model.words import split_words

EXAMPLES = {
    "plain": "Mưa to.| Đường ngập nước!| Ai cũng lo?| Không ai đi đâu…| Chợ vắng.",
    "numbers begin sentences": "Buổi họp đã xong.| 35 người ở lại.",
    "newlines": "XÃ MỎ CÀY HỌP MẶT ĐẦU XUÂN\n|Sáng nay, trời nắng\n\n|Ảnh: Lê Tư",
    "newline after a comma": "Có mặt các ông Tư,\n|Năm và Sáu.",
    "lower case goes on": "Nước lên. rồi lại xuống.| Mọi người mừng.",
    "glued": "Việc này kéo dài từ năm trước.|Ông Tám nói vậy.|Bà Chín gật đầu.",
    "glued after a name": "Đoàn đến bến Ba Thê.|Trời vừa sáng.",
    "glued after a year": "Quy chế hết hạn năm 2031.|Hai bên ký lại.",
    "glued after ellipsis": "Gạo, muối, dầu...|Bà con nhận đủ…|Ai cũng vui.",
    "glued after a quote": "“Xong rồi.”|Ông Tám cười.",
    "glued codes": "Theo mục 12.QĐ và biển 64C.HT của xã.",
    "city": "Đoàn từ TP. Vị Đông về Tp. Cái Nước, qua TP.Sa Lý và tp. Mỹ Thới.",
    "district": "Nhà ở Q. 8, P. 5 và P. Bình Khê, Q.Tân Hạ, H. Cái Nhum, X. Vàm Láng, TX. Gò Lũy, TT. Ba Sao.",
    "small district": "Nhà ở q. 8, p. Bình Khê, x. Vàm Láng, h. Cái Nhum.",
    "degrees": "GS.TS. Lý Kha, PGS.TS Tạ Văn Mỹ, Th.S Hồ Đậu, ThS. Vũ Ca, TS. Mã Lương và BS.CKII. Từ Ân cùng dự.",
    "small degrees": "Có gs.ts. Lý Kha, ths. Vũ Ca, bs. Từ Ân.",
    "colonel": "Đ/c. Tám và Đ.c. Chín, Tr. tá Phan Mạ đến.",
    "initials": "Ông Trần Văn B. Đại biểu xã, bà Lê T. Hạnh và N. V. A. Tú khai báo.",
    "foreign initials": "Tổng thống V. Cu-rin gặp J. K. Mô-rít.",
    "dates": "Từ 12.3.2031 đến 30.4.2031, hoặc ngày 5. 9. 2031, xe chạy.| Sau đó nghỉ.",
    "thousands": "Trao 3.500 suất quà, 12.000.000 đồng.| Xong lúc 9h.| Đoàn về.",
    "units of measure": "Dốc cao 900 m.| Xe chở 3 t.| Đoàn nghỉ.| Giá 50.000 đ.| Rẻ quá.",
    "list items": "1. Mở lớp học.| Dạy chữ.\n|2. Sửa cầu.\n|a. Trồng rừng.\n|II. Kết quả\n|2.1. Về người",
    "lettered items": "A. Phần chung\n|1.Mở đầu\n|- Dân góp công; xã góp gạo;\n|+ Ông Tư trông nom.",
    "leading ellipsis": "... Rồi trời sáng.\n|… Ông về.",
    "semicolons": "Có các ông: Hồ Tư, xã trưởng; Lý Năm, ấp trưởng; Tạ Sáu; và bà Bảy.| Họ bàn việc.",
    "quotes": "Ông nói: “Đường xấu lắm.| Phải sửa ngay.”| Rồi ông về.",
    "straight quotes": 'Ông đứng dậy.| "Đường xấu lắm", ông nói.| Rồi ông về.',
    "straight quote ends": 'Ông nói: "Đường xấu lắm."| Bà gật đầu.| "Phải sửa."',
    "says who": "“Tốt lắm!” - ông Tám nói.| “Đi chứ?” – bà Bảy hỏi, “đi ngay!” rồi cười.",
    "brackets": "Cầu đã xong (nhờ dân góp công.)| Xe qua được.| (Tin từ xã)",
    "ellipsis": "Gạo, muối, dầu... được chở lên.| Rồi... im lặng.| Ai… cũng chờ.",
    "and so on": "Có gạo, muối, v.v.| Bà con nhận đủ.",
    "interrobang": "Thật sao?!| Không tin được!!!| Hết.",
    "roman numerals": "Đại hội lần thứ V.| Kết thúc quý I.| Sang quý II.| Làm ở Quân khu V.| Hết nhiệm kỳ X.| Nghỉ.",
    "roads": "Xe qua quốc lộ 1A.| Đoàn đến lớp 9B.| Trời tối.",
    "web": "Theo trang tin.xa.vn và thư gửi tam@xa.vn, xe đã đi.| Hết.",
    "dashes": "Mở đầu buổi họp.| – Ông Tám, trưởng ấp.| - Bà Bảy.",
    "closing marks alone": "Xong việc.)| Rồi thôi.",
    "only marks": "...",
}  # fmt: skip


def starts(text: str) -> list[int]:
    """Characters at which sentences begin."""
    words = split_words(text)
    return words[sentence_starts(text, words), 0].tolist()


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples(name: str) -> None:
    marked = EXAMPLES[name]
    text = marked.replace("|", "")
    assert normalise_text(text) == text, "examples are normalised texts"
    got = starts(text)
    shown = "".join("|" * (i in got[1:]) + c for i, c in enumerate(text))
    assert shown == marked.replace("| ", " |")  # the examples have the mark before the blank


@given(st.text(alphabet=[*"abĐÔ. .!?…;,\"'“”()-–1 9\n"], max_size=60))
def test_starts_rise_from_the_first_word(text: str) -> None:
    words = split_words(text)
    found = sentence_starts(text, words).tolist()
    assert found == sorted(set(found)) and found[:1] == [0] * bool(len(words))
    # After a newline a sentence always begins, and nothing begins one but a newline or a terminator.
    for i in range(1, len(words)):
        gap = text[words[i - 1, 1] : words[i, 0]]
        if "\n" in gap:
            assert i in found
        elif i in found:
            before = text[words[found[found.index(i) - 1], 0] : words[i, 0]]
            assert any(c in before for c in ".!?…")


@given(st.lists(st.sampled_from(["a", ";", ",", "b"]), min_size=1, max_size=80), st.integers(1, 12))
def test_cut_points_keep_the_limit(pieces: list[str], limit: int) -> None:
    text = " ".join(pieces)
    words = split_words(text)
    cuts = cut_points(text, words, 0, len(words), limit)
    bounds = [0, *cuts, len(words)]
    assert all(0 < b - a <= limit for a, b in pairwise(bounds))
    for a, b in zip(bounds[:-2], cuts, strict=True):
        half = pieces[a + limit // 2 : a + limit]
        wanted = ";" if ";" in half else "," if "," in half else half[-1]
        assert pieces[b - 1] == wanted and wanted not in pieces[b : a + limit] * (wanted in ";,")
        if wanted not in ";,":
            assert b - a == limit
