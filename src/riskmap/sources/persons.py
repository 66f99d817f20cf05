"""The person-data firewall: personal columns stop at the door, personal numbers in free text are masked."""

import re

import numpy as np
import pandas as pd

PERSONAL_COLUMNS = re.compile(
    r"^(?:.*(?:身份证|手机|电话|联系方式|车牌|号牌|银行卡|微信|护照|驾驶证|户籍|住址).*"
    r"|(?:.*(?:嫌疑人|当事人|受害人|报案人|民警|联系人|法人|法定代表人))?姓名|嫌疑人|当事人|受害人|报案人|联系人|法定代表人|出生日期|性别|民族|年龄"
    r"|(?:(?:suspect|victim|offender|officer|person|complainant|contact|patient)[ _-]*)?(?:full|first|last|sur|given)"
    r"[ _-]*name"
    r"|(?:suspect|victim|offender|officer|person|complainant|contact|patient)(?:[ _-]*(?:name|id|sex|age|race))?"
    r"|.*(?:phone|mobile|passport|e-?mail|ssn|social security|licen[cs]e[ _-]?plate|plate[ _-]?n(?:o|umber)).*"
    r"|.*(?:date[ _-]*of[ _-]*birth|dob|id[ _-]?card|national[ _-]?id|bank[ _-]?(?:card|account)).*"
    r"|sex|gender|race|ethnicity)$",
    re.IGNORECASE,
)
IDENTITY_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9Xx](?![0-9A-Za-z])"
)
MOBILE_NUMBER = re.compile(r"(?<![0-9A-Za-z.-])(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}(?![0-9A-Za-z.])")
LIKE_IDENTITY = r"[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9Xx]"
LIKE_MOBILE = r"|1[3-9]\d[- ]?\d{4}[- ]?\d{4}"
"""The same without a look at the neighbours, which the fast search does not know."""
CHECK_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
CHECK_DIGITS = "10X98765432"
"""GB 11643-1999: the weighted sum of the first 17 digits modulo 11 names the eighteenth."""
MASK = "***"


def personal_columns(names: list[str]) -> list[str]:
    """Return the names under which a table would hold personal data."""
    return [name for name in names if PERSONAL_COLUMNS.match(name.strip())]


def has_valid_check_digit(number: str) -> bool:
    """Return whether an 18-digit identity number's last digit is right."""
    digits = np.frombuffer(number[:17].encode(), dtype="uint8") - 48
    return CHECK_DIGITS[int(digits @ CHECK_WEIGHTS) % 11] == number[17].upper()


def mask_text(text: str, *, mobiles: bool = True) -> str:
    """Return `text` with identity numbers (valid check digit) and mobile numbers replaced by `***`."""
    masked = IDENTITY_NUMBER.sub(lambda found: MASK if has_valid_check_digit(found[0]) else found[0], text)
    return MOBILE_NUMBER.sub(MASK, masked) if mobiles else masked


def mask_column(texts: pd.Series, *, mobiles: bool = True) -> pd.Series:
    """Return the texts masked; only those with eleven digits in a row or nearly so are looked at one by one."""
    candidates = texts.str.contains(LIKE_IDENTITY + (LIKE_MOBILE if mobiles else ""), regex=True, na=False)
    if not candidates.any():
        return texts
    distinct = {text: mask_text(text, mobiles=mobiles) for text in texts[candidates].unique()}
    return texts.where(~candidates, texts.map(distinct)).astype(texts.dtype)
