"""Invented place names, in Chinese and in English.

Two rare characters make a name; none of the pairs is the name of a real province, prefecture or county.
"""

import numpy as np

_FIRST = {
    "霁": "Ji",
    "岫": "Xiu",
    "翎": "Ling",
    "砚": "Yan",
    "沐": "Mu",
    "筠": "Yun",
    "溯": "Su",
    "珩": "Heng",
    "栎": "Li",
    "璟": "Jing",
    "晞": "Xi",
    "澹": "Dan",
    "蘅": "Heng",
    "桐": "Tong",
    "鹭": "Lu",
    "槿": "Jin",
    "枫": "Feng",
    "黛": "Dai",
}
_SECOND = {
    "汀": "ting",
    "浔": "xun",
    "墟": "xu",
    "畔": "pan",
    "垌": "dong",
    "隰": "xi",
    "岬": "jia",
    "湍": "tuan",
    "堰": "yan",
    "峁": "mao",
    "垭": "ya",
    "泖": "mao",
    "坳": "ao",
    "磡": "kan",
    "埠": "bu",
    "浥": "yi",
}
PROVINCE_ZH, PROVINCE_EN = "岫澜省", "Xiulan Province"


def invent_names(random: np.random.Generator, number: int) -> tuple[list[str], list[str]]:
    """Return `number` different names, Chinese and English; no two are the same in either language."""
    pairs = [(one + two, _FIRST[one] + _SECOND[two]) for one in _FIRST for two in _SECOND]
    first_of_sound = {english: chinese for chinese, english in reversed(pairs)}
    order = random.permutation(len(first_of_sound))
    english_names = sorted(first_of_sound)
    if number > len(english_names):
        raise ValueError(f"{number} names were asked for; the syllables make {len(english_names)}")
    chosen = [english_names[i] for i in order[:number]]
    return [first_of_sound[english] for english in chosen], chosen
