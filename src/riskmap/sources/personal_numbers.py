"""Which runs of digits and letters name a person: identity numbers, bank cards, mobile numbers, vehicle plates.

Sources: GB 11643-1999 (identity numbers), GB/T 2260 (codes of provinces), ISO/IEC 7812-1 (cards), GA 36-2018 (plates).
"""

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

IDENTITY_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
CHECK_DIGITS = np.frombuffer(b"10X98765432", dtype="uint8") - 48
"""The weighted sum of the first 17 digits modulo 11 names the eighteenth; X is ten."""
PROVINCES = np.array([11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
                      53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83])  # fmt: skip
OLD_BIRTH_YEARS = (30, 99)
"""Fifteen digits were given until 1999. Nobody born before 1930 is looked for: 00-29 are the years of case numbers."""
SERIAL_YEARS = (1990, 2039)
"""Years that stand behind an area code in case numbers; a card number has them there once in a thousand."""
LENGTHS = (15, 16, 17, 18, 19)

_DIGIT, _GAP = "[0-9０-９]", "[ \\-_\t－＿\u3000\u00a0\u2000-\u2015\u2212]{0,3}"
_LETTERS_BEFORE = r"[Ii][Dd]|[Nn][Oo]|[Ee][Ll]|[Nn][Ee]|[Ll][Ee]|[Oo][Bb]|[Ll][Ll]"
"""How id, no, tel, phone, mobile, mob and call end: letters that may touch a number without being part of it."""
_PROVINCE_SIGNS = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
FILTERS = {
    "code": rf"(?:^|[^0-9A-Za-z]|{_LETTERS_BEFORE}){_DIGIT}(?:{_GAP}{_DIGIT}){{13}}{_GAP}[0-9０-９XxＸｘ]",
    "mobile": rf"[1１]{_GAP}[3-9３-９](?:[.．)）]?{_GAP}{_DIGIT}){{9}}",
    "plate": f"[{_PROVINCE_SIGNS}] ?[A-Za-zＡ-Ｚａ-ｚ]|[WwＷｗ][JjＪｊ] ?[{_PROVINCE_SIGNS}]",
    "old plate": "[WwＷｗ][JjＪｊ].?[0-3０-３][0-9０-９]",
    "account": "微信|[QqＱｑ][QqＱｑ]|[Ww][Ee][Cc][Hh][Aa][Tt]|[Ww][Ee][Ii][Xx][Ii][Nn]",
}
NOT_IN_IDS = ("mobile", "old plate", "account")
"""What a text must hold to be looked at one by one; wider than the rules below and free of what RE2 does not know."""

_EDGE = r"(?:(?<![0-9A-Za-z])|" + "|".join(f"(?<={end})" for end in _LETTERS_BEFORE.split("|")) + r")(?<!\d\.)"
_END = r"(?![0-9A-Za-z])(?!\.\d*[1-9])"
_SEP = r"[ -]{0,3}"
_CODES = [
    re.compile(rf"{_EDGE}(?=([1-9](?:{_SEP}\d){{{length - 2}}}{_SEP}{'[0-9Xx]' if length == 18 else '[0-9]'}){_END})")
    for length in LENGTHS
]
_GROUPS = (
    r"1[3-9]\d[ .-]{0,3}\d{4}[ .-]{0,3}\d{4}",
    r"1[3-9]\d\d[ -]{1,3}\d{3}[ -]{0,3}\d{4}",
    r"1[3-9]\d[ -]{1,3}\d{3}[ -]{1,3}\d{5}",
    r"1[3-9]\d[ -]{1,3}\d{5}[ -]{1,3}\d{3}",
    r"1[3-9]\d[ -]{1,3}\d\d(?:[ -]{1,3}\d\d){3}",
    r"1[ -][3-9](?:[ -]\d){9}",
)
_MOBILE = re.compile(
    rf"{_EDGE}(?<![0-9]-)(?:(?<![A-Z]-)|(?<=TEL-)|(?<=ONE-)|(?<=ILE-)|(?<=MOB-)|(?<=ELL-))"
    rf"(?:(?:\+|00)?86[)]?{_SEP})?(?:{'|'.join(_GROUPS)}){_END}"
)
_PLATE = re.compile(
    rf"[{_PROVINCE_SIGNS}] ?[A-HJ-NP-Z][ .·-]?(?=[A-Z0-9]*\d[A-Z0-9]*\d)"
    r"(?:[A-HJK][A-HJ-NP-Z0-9]\d{4}|\d{5}[A-HJK]|[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳领])(?![0-9A-Z])",
    re.IGNORECASE,
)
_SPACED_PLATE = re.compile(
    rf"[{_PROVINCE_SIGNS}] ?[A-HJ-NP-Z][ .·-]?(?:[A-HJK] ?(?=(?: ?\d){{5}}))?\d(?: ?\d){{4}}(?![0-9A-Z])", re.IGNORECASE
)
_ARMED_POLICE = re.compile(
    rf"(?<![0-9A-Z])WJ ?[{_PROVINCE_SIGNS}][ .·-]?\d{{3,4}}[A-Z0-9]{{1,2}}(?![0-9A-Z])", re.IGNORECASE
)
_OLD_ARMED_POLICE = re.compile(
    r"(?<![0-9A-Z])WJ[ .·]?(?:0[1-9]|[12]\d|3[0-4])"
    r"(?:[ .·-]{1,2}(?:\d{5}|\d{4}[A-Z])|[ .·-]{0,2}[边消警水电林金交通] ?\d{4,5})(?![0-9A-Z]|-[0-9])",
    re.IGNORECASE,
)
"""Plates given until 2012, a number of two digits for the province: WJ01-12345. Without the sign between them case
numbers look alike."""
_ACCOUNT = re.compile(
    r"(?:微信|qq|wechat|weixin)(?:账?号码?|id)?[ :为是=]{0,3}((?=[a-z_-]*\d)[a-z0-9_-]{5,20})", re.IGNORECASE
)
_PLAIN: dict[int, int] = (
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | dict.fromkeys([*range(0x2010, 0x2016), 0x2212, ord("_"), 0xFF3F], ord("-"))
    | dict.fromkeys([9, 0xA0, 0x3000, *range(0x2000, 0x2010)], ord(" "))
    | dict.fromkeys([ord(sign) for sign in "•・‧∙●"], ord("·"))
)
"""One sign for one sign, so that places found in the plain text are places in the original."""


def find_numbers(texts: list[str], *, mobiles: bool = True) -> list[list[tuple[int, int]]]:
    """Return for each text where personal numbers stand in it, as (start, end), sorted.

    Parameters
    ----------
    mobiles
        Whether mobile numbers, accounts and old plates of the armed police count; not among ids, where eleven digits in
        a row, or WJ24-00123, are a serial number.
    """
    plain = [text.translate(_PLAIN) for text in texts]
    spans: list[list[tuple[int, int]]] = [[] for _ in texts]
    candidates = list(_code_candidates(plain))
    personal = are_personal(pd.Series([code for *_, code in candidates], dtype="str"))
    for number in np.flatnonzero(personal):
        at, start, end, _ = candidates[number]
        spans[at].append((start, end))
        # Blanked, so that a mobile number tied to it by a hyphen is not taken for a part of a longer serial.
        plain[at] = plain[at][:start] + " " * (end - start) + plain[at][end:]
    for own, text in zip(spans, plain, strict=True):
        for pattern in (_PLATE, _SPACED_PLATE, _ARMED_POLICE, *((_MOBILE,) if mobiles else ())):
            own += [found.span() for found in pattern.finditer(text)]
        if mobiles:
            own += [found.span() for found in _OLD_ARMED_POLICE.finditer(text)]
            own += [found.span(1) for found in _ACCOUNT.finditer(text)]
    return [sorted(own) for own in spans]


def numbered_plates(texts: pd.Series, least: int) -> pd.Series:
    """Return which texts are nothing but an old plate of the armed police and one of `least` or more of one province.

    So many are the numbers of a year's cases, WJ24-00123, rather than vehicles that were seen.
    """
    plain = texts.str.translate(_PLAIN).str.strip().str.upper()
    plates = plain.str.fullmatch(_OLD_ARMED_POLICE.pattern.replace("(?<![0-9A-Z])", "")).astype("bool")
    provinces = plain.str.extract(r"^WJ[ .·]?(\d\d)")[0].fillna("")
    return plates & (plates.groupby(provinces).transform("sum") >= least)


def _code_candidates(texts: list[str]) -> Iterator[tuple[int, int, int, str]]:
    for number, text in enumerate(texts):
        for pattern in _CODES:
            for found in pattern.finditer(text):
                yield number, *found.span(1), re.sub("[ -]", "", found[1])


def are_personal(codes: pd.Series) -> np.ndarray:
    """Return which codes (15 to 19 digits, the eighteenth may be X) are identity numbers or bank cards."""
    personal = np.zeros(len(codes), dtype=bool)
    lengths = codes.str.len().to_numpy("int64")
    for length in LENGTHS:
        rows = np.flatnonzero(lengths == length)
        if len(rows):
            text = codes.iloc[rows].str.upper().to_numpy(object).astype(f"S{length}")
            signs = text.view("uint8").reshape(-1, length).astype("int16") - 48
            personal[rows] = _are_cards(signs) if length != 15 else _are_old_identities(signs)
            if length == 18:
                personal[rows] |= _are_identities(signs)
    return personal


def _are_identities(signs: np.ndarray) -> np.ndarray:
    """Check digit, province and birthday of 18 signs."""
    check = CHECK_DIGITS[(signs[:, :17] @ IDENTITY_WEIGHTS) % 11]
    year = _value(signs[:, 6:10])
    return (signs[:, 17] == check) & _in_china(signs) & (year >= 1900) & (year < 2100) & _is_day(year, signs[:, 10:14])


def _are_old_identities(signs: np.ndarray) -> np.ndarray:
    """Province and birthday; these numbers have no check digit."""
    year = _value(signs[:, 6:8])
    first, last = OLD_BIRTH_YEARS
    return _in_china(signs) & (year >= first) & (year <= last) & _is_day(1900 + year, signs[:, 8:12])


def _are_cards(signs: np.ndarray) -> np.ndarray:
    """Luhn's sum and the issuers of Chinese and foreign cards; an area code with a date behind it is a case number."""
    digits = np.where(signs > 9, 0, signs)
    doubled = digits.copy()
    doubled[:, -2::-2] *= 2
    luhn = (doubled - 9 * (doubled > 9)).sum(axis=1) % 10 == 0
    issuer, four = digits[:, 0], _value(digits[:, :4])
    known = (issuer == 4) | ((four >= 5000) & (four < 5900)) | ((four >= 6000) & (four < 6700)) | (four == 9558)
    known |= (four >= 3528) & (four < 3590)
    year = _value(digits[:, 6:10])
    # Eighteen digits with any birthday are an identity number, right or wrong; cards of that length are rare.
    first, last = (1900, 2099) if digits.shape[1] == 18 else SERIAL_YEARS
    dated = (year >= first) & (year <= last) & _is_day(year, digits[:, 10:14])
    return luhn & known & (signs[:, -1] <= 9) & ~(dated & _in_a_county(digits))


def _in_china(signs: np.ndarray) -> np.ndarray:
    return np.isin(_value(signs[:, :2]), PROVINCES)


def _in_a_county(signs: np.ndarray) -> np.ndarray:
    """Return where the first six digits have the form of a county's code (GB/T 2260)."""
    prefecture, county = _value(signs[:, 2:4]), _value(signs[:, 4:6])
    named = ((prefecture >= 1) & (prefecture <= 34)) | ((prefecture >= 51) & (prefecture <= 54)) | (prefecture == 90)
    return _in_china(signs) & named & ((county <= 35) | ((county >= 81) & (county <= 86)))


def _value(digits: np.ndarray) -> np.ndarray:
    return digits.astype("int64") @ 10 ** np.arange(digits.shape[1])[::-1]


def _is_day(year: np.ndarray, digits: np.ndarray) -> np.ndarray:
    month, day = _value(digits[:, :2]), _value(digits[:, 2:])
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    length = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])[np.where(month <= 12, month, 0)]
    return (day >= 1) & (day <= length + (leap & (month == 2)))
