"""Chinese numerals in dates: 二〇二三年十二月二十三日."""

import re

import pandas as pd

_DIGITS = {sign: str(value) for value, sign in enumerate("零一二三四五六七八九")} | {"〇": "0", "○": "0"}
_RUN = re.compile("([〇○零一二三四五六七八九十]+)(?=[年月日号时点分秒季])")
_WEEKDAY = r"\s*[(]?(?:星期|周)[一二三四五六日天][)]?"
_CONCERNED = "[〇○零一二三四五六七八九十元周期]"


def dates_in_digits(texts: pd.Series) -> pd.Series:
    """Return the texts with numerals before 年, 月, 日 ... as digits, and without days of the week."""
    chosen = texts.str.contains(_CONCERNED, regex=True).to_numpy(bool)
    if not chosen.any():
        return texts
    bare = texts[chosen].str.replace(_WEEKDAY, "", regex=True).str.replace("年元月", "年1月", regex=False)
    result = texts.copy()
    result[chosen] = bare.map(lambda text: _RUN.sub(lambda run: digits_of(run[1]), text))
    return result


def digits_of(numerals: str) -> str:
    """Return numerals as digits: sign by sign ("二〇二三"), or tens and units ("二十三"); as they are where neither."""
    tens, ten, units = numerals.partition("十")
    if not ten:
        return "".join(_DIGITS[sign] for sign in numerals)
    if len(tens) > 1 or len(units) > 1 or "十" in units:
        return numerals
    return str(int(_DIGITS.get(tens, "1")) * 10 + int(_DIGITS.get(units, "0")))
