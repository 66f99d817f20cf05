"""The person-data firewall: personal columns stop at the door, personal numbers in free text are masked."""

import re
import unicodedata

import numpy as np
import pandas as pd

from riskmap.sources.personal_numbers import FILTERS, NOT_IN_IDS, are_personal, find_numbers, numbered_plates

_PEOPLE = (
    "(?:suspect|arrestee|accused|defendant|detainee|perpetrator|victim|witness|offender|officer|person|complainant"
)
_PEOPLE += "|contact|patient|driver|sender|recipient)"
_PEOPLE_ZH = "嫌疑人|当事人|受害人|被害人|报案人|联系人|法定代表人|驾驶员|司机|户主|车主|寄件人|收件人|被告人?|被执行人"
_PEOPLE_ZH += "|违法行为人|违法人员|涉案人员?|涉毒人员|吸毒人员|抓获人员|证人"
_INITIALS = "xm|sfzh|sfzhm|sjh|sjhm|lxdh|csrq|hjdz|hjd|jtzz|jtdz|xzz|cph|cphm|hphm"
"""Pinyin initials by which databases call 姓名, 身份证号, 手机号, 联系电话, 出生日期, 户籍地址, 家庭住址, 车牌号."""
PERSONAL_COLUMNS = re.compile(
    r"^(?:.*(?:身份证|手机|电话|联系方式|车牌|号牌|银行卡|微信|护照|驾驶证|户籍|住址|家庭地址|邮箱|电子邮件|绰号|别名|曾用名).*"
    rf"|.*(?:身分证|姓名).*|.*(?:{_PEOPLE_ZH})(?:名称?|名字|信息|情况|资料)?[0-9一二三四五]*"
    rf"|出生日期|性别|民族|年龄|(?:.*_)?(?:{_INITIALS})[0-9]*"
    rf"|(?:{_PEOPLE}[ _-]*)?(?:full|first|last|sur|given)[ _-]*name"
    rf"|{_PEOPLE}[ _-]*[0-9]*(?:[ _-]*(?:name|id|sex|age|race|info|details))?[ _-]*[0-9]*|names? of (?:the )?{_PEOPLE}"
    r"|.*(?:phone|mobile|passport|e-?mail|ssn|social security|licen[cs]e[ _-]?plate|plate[ _-]?n(?:o|umber)).*"
    r"|.*(?:date[ _-]*of[ _-]*birth|dob|id[ _-]?card|national[ _-]?id|bank[ _-]?(?:card|account)|nickname).*"
    r"|(?:.*[ _-])?im(?:ei|si)(?:[ _-].*|[0-9号码]*)"
    r"|sex|gender|race|ethnicity)$",
    re.IGNORECASE,
)
IN_A_NUMBERING = 10
"""With so many of a kind the share of right check digits tells serial numbers (one in ten) from personal ones (all)."""
MASK = "***"
_FILTER = "|".join(f"(?:{pattern})" for pattern in FILTERS.values())
_FILTER_OF_IDS = "|".join(f"(?:{pattern})" for name, pattern in FILTERS.items() if name not in NOT_IN_IDS)
"""All of them at once: a column is looked through one time only."""
ID_ENDINGS = ("id", "code", "编号", "编码", "代码", "案号", "单号")


def personal_columns(names: list[str]) -> list[str]:
    """Return the names under which a table would hold personal data.

    Blanks inside Chinese names, remarks in brackets, the position behind a repeated name and the levels of a nested
    record (`suspect.name`) hide nothing.
    """
    return [name for name in names if any(PERSONAL_COLUMNS.match(part) for part in _spellings(name))]


def _spellings(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", name).strip()
    without_remarks = re.sub(r"\s*\([^)]*\)", "", plain)
    whole = [plain, without_remarks, re.sub(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])", "", without_remarks)]
    levels = without_remarks.split(".")
    # The upper levels say whose the lowest is: suspect.id, person.address.street.
    return [*whole, *levels]


def mask_lines(lines: pd.Series, names: list[str]) -> pd.Series:
    """Return lines that could not be taken apart as they may be kept.

    Parameters
    ----------
    names
        The columns of the table. Where one of them is personal, nobody knows which part of a line belongs to it, so
        nothing of the line is kept.
    """
    if lines.empty:
        return lines
    return lines.mask(lines != "", MASK) if personal_columns(names) else mask_column(lines)


def mask_text(text: str, *, mobiles: bool = True) -> str:
    """Return `text` with the numbers that name a person replaced by `***`."""
    return _masked([text], mobiles=mobiles)[0]


def mask_column(texts: pd.Series, *, ids: bool = False) -> pd.Series:
    """Return the texts with the numbers that name a person replaced by `***`.

    Parameters
    ----------
    texts
        One text a row, of dtype str.
    ids
        Whether the column holds ids of records. Mobile numbers are not looked for there, and codes that are part of a
        numbering (ten or more that begin alike, most of them with a wrong check digit) stay.
    """
    found = texts.str.contains(_FILTER_OF_IDS if ids else _FILTER, regex=True, na=False).to_numpy(bool)
    if not found.any():
        return texts
    distinct = pd.Series(texts[found].unique(), dtype="str")
    masked = distinct if ids else distinct.mask(distinct.str.match(r"^1[3-9][0-9]{9}$"), MASK)
    codes = masked.str.match(r"^(?:[0-9]{15,19}|[0-9]{17}[Xx])$").to_numpy(bool)
    others = ~codes & (masked != MASK).to_numpy(bool) & ~numbered_plates(masked, IN_A_NUMBERING).to_numpy(bool)
    masked = masked.mask(codes, _masked_codes(masked[codes], ids=ids).reindex(masked.index))
    masked[others] = _masked(masked[others].tolist(), mobiles=not ids)
    changed = (masked != distinct).to_numpy(bool)
    if not changed.any():
        return texts
    table = dict(zip(distinct[changed], masked[changed], strict=True))
    return texts.where(~texts.isin(list(table)), texts.map(table)).astype(texts.dtype)


def _masked(texts: list[str], *, mobiles: bool) -> list[str]:
    result = []
    for text, spans in zip(texts, find_numbers(texts, mobiles=mobiles), strict=True):
        parts, at = [], 0
        for start, end in spans:
            if end > at:
                # Spans that overlap are one mask.
                parts += [text[at:start], MASK] if start >= at else []
                at = end
        result.append("".join([*parts, text[at:]]))
    return result


def _masked_codes(codes: pd.Series, *, ids: bool) -> pd.Series:
    personal = are_personal(codes)
    if ids and personal.any():
        personal &= ~_are_numbered(codes, personal)
    return codes.mask(personal, MASK)


def _are_numbered(codes: pd.Series, personal: np.ndarray) -> np.ndarray:
    """Return which codes belong to a numbering: of those alike, the check digits are right by chance only.

    Alike are identity numbers of one county and year of birth, and other codes of one length and leading digit.
    """
    lengths = codes.str.len()
    alike = codes.str.slice(0, 1).mask(lengths == 18, codes.str.slice(0, 10)) + "/" + lengths.astype("str")
    groups = pd.Series(personal, index=codes.index).groupby(alike)
    return ((groups.transform("size") >= IN_A_NUMBERING) & (groups.transform("mean") <= 0.5)).to_numpy(bool)


def mask_frame(table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return `table` without personal columns and numbers, and how many cells of which column were changed.

    The last look before anything leaves the house. Columns are read as ids by the end of their names.
    """
    dropped = personal_columns([str(name) for name in table.columns])
    clean = table.drop(columns=dropped)
    counts = {name: int(table[name].notna().sum()) for name in dropped}
    for name in clean.columns[clean.dtypes.astype("str").isin(["str", "object", "string", "category"])]:
        told = clean[name].map(lambda value: isinstance(value, str)).to_numpy(bool)
        texts = clean[name][told].astype("str")
        masked = mask_column(texts, ids=str(name).casefold().endswith(ID_ENDINGS))
        n = int((masked != texts).sum())
        if n:
            counts[str(name)] = n
            values = clean[name].astype("object").where(~told, masked.reindex(clean.index).astype("object"))
            clean[name] = values if table[name].dtype == "object" else values.astype("str")
    return clean, counts
