import numpy as np
import pandas as pd
import pytest

from riskmap.sources.personal_numbers import are_personal
from riskmap.sources.persons import MASK, mask_column, mask_frame, mask_text, personal_columns

# The example of GB 11643-1999, annex: check digit X.
IDENTITY = "11010519491231002X"
SEED = 20240107


def identity_number(rng: np.random.Generator) -> str:
    """A number of the standard's form, its check digit by the slow, obvious loop."""
    year, month, day = rng.integers(1940, 2010), rng.integers(1, 13), rng.integers(1, 29)
    body = f"{rng.choice([11, 32, 51, 53, 62])}{rng.integers(1, 30):02d}{rng.integers(1, 30):02d}"
    body += f"{year}{month:02d}{day:02d}{rng.integers(0, 1000):03d}"
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def card_number(rng: np.random.Generator) -> str:
    """A UnionPay, Visa or Mastercard number with Luhn's check digit, by the slow, obvious loop."""
    start, length = [("62", 16), ("62", 19), ("4", 16), ("53", 16)][rng.integers(0, 4)]
    body = start + "".join(map(str, rng.integers(0, 10, length - 1 - len(start))))
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(body))]
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return body + str(-total % 10)


def mobile_number(rng: np.random.Generator) -> str:
    return f"1{rng.integers(3, 10)}{rng.integers(0, 10**9):09d}"


def plate(rng: np.random.Generator) -> str:
    letters = list("ABCDEFGHJKLMNPQRSTUVWXYZ")
    form = rng.integers(0, 3)
    body = f"{rng.integers(0, 10**5):05d}"
    if form == 1:
        body = "D" + body
    if form == 2:
        body = body[:2] + str(rng.choice(letters)) + body[3:]
    return str(rng.choice(list("川渝云贵京沪"))) + str(rng.choice(letters)) + str(rng.choice(["", "·", " "])) + body


def parted(number: str, sizes: tuple[int, ...], sign: str) -> str:
    """The number in groups, as people read it out."""
    ends = np.cumsum(sizes)
    return sign.join([number[start:end] for start, end in zip([0, *ends], [*ends, None], strict=True)])


def full_width(text: str) -> str:
    return text.translate({sign: sign + 0xFEE0 for sign in range(0x21, 0x7F)})


SENTENCES = [
    "嫌疑人{}在逃。",
    "经查，（{}）系常客；",
    "联系{}，李某",
    "身份证：{}",
    "ID{} seen at the depot.",
    "Tel:{}",
    "The driver, {}, was told to leave.",
    "call {}.",
    "“{}”",
    "见{}/备注",
]


def corpus(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Sentences with one personal number each; `bare` is the number without signs."""
    makers = [identity_number, card_number, mobile_number, plate]
    rows = []
    for row in range(n):
        kind = row % 4
        number = makers[kind](rng)
        bare = number.replace("·", "").replace(" ", "")
        written = number
        style = rng.integers(0, 4)
        sign = str(rng.choice([" ", "-", "　", "－"]))
        if style == 1 and kind != 3:
            written = parted(number, [(6, 8), (4, 4, 4), (3, 4)][kind], sign)
        if style == 2:
            written = full_width(number)
        sentence = SENTENCES[rng.integers(0, len(SENTENCES))]
        if kind == 3 and sentence.startswith("ID"):
            sentence = SENTENCES[0]
        rows.append({"text": sentence.format(written), "bare": bare, "sentence": sentence})
    return pd.DataFrame(rows)


def test_ten_thousand_hidden_numbers_have_no_survivor() -> None:
    table = corpus(np.random.default_rng(SEED), 10_000)
    masked = mask_column(table["text"].astype("str"))
    expected = [sentence.format(MASK) for sentence in table["sentence"]]
    assert [text for text, wanted in zip(masked, expected, strict=True) if text != wanted] == []


def case_ids(rng: np.random.Generator, n: int) -> pd.Series:
    """Ids that look like personal numbers: county, date and serial, with and without letters; wrong check digits."""
    ids = []
    for row in range(n):
        county = f"51{rng.integers(1, 20):02d}{rng.integers(0, 30):02d}"
        day = f"20{rng.integers(15, 25)}{rng.integers(1, 13):02d}{rng.integers(1, 29):02d}"
        if row % 4 == 0:
            ids.append(f"A{county}{day}{rng.integers(0, 10**4):04d}")
        elif row % 4 == 1:
            ids.append(f"{county}{day}{rng.integers(0, 10**5):05d}")
        elif row % 4 == 2:
            right = identity_number(rng)
            ids.append(right[:17] + str((int(right[17].replace("X", "10")) + 3) % 10))
        else:
            ids.append(f"AJ1{rng.integers(3, 10)}{rng.integers(0, 10**9):09d}")
    return pd.Series(ids, dtype="str")


@pytest.mark.parametrize("ids", [True, False])
def test_false_alarms_on_case_ids_are_under_one_in_a_thousand(ids: bool) -> None:
    texts = case_ids(np.random.default_rng(SEED), 10_000)
    assert (mask_column(texts, ids=ids) != texts).mean() < 0.001


def test_a_numbering_of_eighteen_digits_keeps_its_ids_and_an_identity_number_among_them_is_masked() -> None:
    # One in eleven of these serial numbers has a right check digit by chance; 110105 1949 has no other like it.
    numbering = [f"51010720240105{serial:04d}" for serial in range(100, 1100)]
    assert 80 < int(are_personal(pd.Series(numbering)).sum()) < 100
    masked = mask_column(pd.Series([*numbering, IDENTITY], dtype="str"), ids=True)
    assert masked.tolist() == [*numbering, MASK]


def test_serials_of_eleven_digits_stay_as_ids_and_not_in_text() -> None:
    serials = pd.Series(["13912345678", "13912345679"], dtype="str")
    assert mask_column(serials, ids=True).tolist() == serials.tolist()
    assert mask_column(serials).tolist() == [MASK, MASK]


def test_check_digit_of_the_standards_example() -> None:
    assert are_personal(pd.Series([IDENTITY, "11010519491231002x", "110105194912310021"])).tolist() == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("code", "personal"),
    [
        ("110105491231002", True),  # the same person before 1999
        ("110105491331002", False),  # no thirteenth month
        ("510107240105123", False),  # 24 is a year of case numbers
        ("990105491231002", False),  # no such province
        ("4111111111111111", True),  # Visa's number for trials
        ("4111111111111112", False),  # Luhn's sum is 31
        ("5555555555554444", True),  # Mastercard's number for trials
        ("1111111111111117", False),  # no such issuer
        ("11010519490229002X", False),  # 1949 was no leap year
    ],
)
def test_personal_codes_are_told_by_their_parts(code: str, personal: bool) -> None:
    assert are_personal(pd.Series([code])).tolist() == [personal]


@pytest.mark.parametrize(
    "name", ["姓名", "嫌疑人姓名", "身份证号", "手机号码", "车牌号", "Suspect Name", "Phone", "Date of birth"]
)
def test_personal_columns_are_known_by_name(name: str) -> None:
    assert personal_columns([name]) == [name]


def test_names_of_places_and_things_are_not_personal() -> None:
    names = [
        "name",
        "企业名称",
        "厂名",
        "Location",
        "LSOA name",
        "Reported by",
        "LocationName",
        "Crime ID",
        "地址区划代码",
    ]
    assert personal_columns(names) == []


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"见{IDENTITY}，电话13912345678。", "见***，电话***。"),
        (f"{IDENTITY}-13912345678", "***-***"),
        ("+86 139-1234-5678 called", "*** called"),
        ("0086 139.1234.5678, 1391 234 5678", "***, ***"),
        ("tel-13912345678.0", "tel-***.0"),
        ("川A12345与川A·12345、川 AD12345、川A1234学", "***与***、***、***"),
        ("旧号110105491231002。", "旧号***。"),
        ("卡6222 0212 3456 7890 128", "卡***"),
        ("\u200b110105_1949-1231\u00a0002X", "\u200b***"),
    ],
)
def test_numbers_in_free_text_are_masked(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "110105194912310021",
        "A13912345678B",
        "139123456789",
        "20230305123",
        "13912345678.5",
        "2024-13912345678",
        "0.110105194912310",
        "18512345 3389012",
        "川A区12号",
        "新A型",
        "2024-01-02 10:00 .. 2024-01-05 12:00",
    ],
)
def test_numbers_that_only_look_like_it_stay(text: str) -> None:
    assert mask_text(text) == text


def test_blank_texts_and_their_index_stay() -> None:
    texts = pd.Series(["", None, "13912345678"], index=[5, 6, 7], dtype="str")
    masked = mask_column(texts)
    assert masked.index.tolist() == [5, 6, 7]
    assert masked.isna().tolist() == [False, True, False]
    assert masked[7] == MASK
    assert texts[7] == "13912345678"


def test_a_table_is_scanned_whole_before_it_leaves() -> None:
    table = pd.DataFrame(
        {
            "case_id": ["13912345678", "A2"],
            "note": ["电话13912345678", None],
            "kind": pd.Categorical(["川A12345", "x"]),
            "手机": ["1", "2"],
            "count": [1, 2],
        }
    )
    clean, counts = mask_frame(table)
    assert counts == {"手机": 2, "note": 1, "kind": 1}
    assert clean["note"].tolist()[0] == "电话***"
    assert clean["note"].isna().tolist() == [False, True]
    assert clean["kind"].tolist() == [MASK, "x"]
    assert clean["case_id"].tolist() == ["13912345678", "A2"]
    assert table["note"][0] == "电话13912345678"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "被告人",
            "违法行为人",
            "涉案人员",
            "当事人信息",
            "嫌疑人2",
            "XM",
            "XYR_XM",
            "SFZH",
            "绰号",
            "家庭地址",
            "邮箱",
        ),
        *("Suspect1", "suspect_2_name", "arrestee", "Defendant Name", "IMEI", "手机IMEI号"),
    ],
)
def test_more_names_of_personal_columns_are_known(name: str) -> None:
    assert personal_columns([name]) == [name]


@pytest.mark.parametrize(
    "name",
    [
        "涉案人数",
        "涉案人员数量",
        "案号",
        "地址",
        "项目",
        "XMBH",
        "suspects_count",
        "报告单位",
        "证人数",
        "time",
        "报告人数",
    ],
)
def test_columns_about_no_single_person_stay(name: str) -> None:
    assert personal_columns([name]) == []


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("川A 123 45 逃逸", "*** 逃逸"),
        ("川 A 123 45；", "***；"),
        ("川A D 123 45。", "***。"),
        ("微信13912345678abc", "微信***"),
        ("微信号：wx_12345", "微信号：***"),
        ("QQ:12345678", "QQ:***"),
        ("WJ京1234A在场", "***在场"),
        ("WJ川 0001X", "***"),
    ],
)
def test_plates_with_blanks_police_plates_and_accounts_are_masked(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "text", ["川A和川B两地", "WeChat payment", "微信支付2次", "川A 12 吨", "WJ2024-0012", "重 12 345 公斤"]
)
def test_texts_that_only_look_alike_stay(text: str) -> None:
    assert mask_text(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("WJ01-12345", "***"),
        ("WJ·01 1234X", "***"),
        ("车牌WJ22-00123的吉普", "车牌***的吉普"),
        ("ｗｊ０１－１２３４５，停在路口", "***，停在路口"),
        ("wj 31·1234x。", "***。"),
        ("WJ14-消0012 和 WJ22边12345", "*** 和 ***"),
    ],
)
def test_old_armed_police_plates_without_a_province_sign_are_masked(text: str, masked: str) -> None:
    assert mask_text(text) == masked
    assert mask_column(pd.Series([f"见{text}"], dtype="str")).tolist() == [f"见{masked}"]


LOOK_ALIKES = (
    "WJ{year}-{serial:04d}", "WJ{year}-{serial:05d}", "WJ-{year}-{serial:05d}", "WJ{short}-{serial:05d}",
    "WJ{short} {serial:05d}", "WJ{short}{serial:05d}", "WJ{year}{serial:04d}", "WJ-{short}-{serial:05d}",
    "WJ{short}-{serial:06d}", "WJ{short}-{serial:04d}", "WJ{short}-{serial:05d}-2", "AWJ{short}-{serial:05d}",
    "WJ{high}-{serial:05d}", "wj{short}·{serial:04d}x",
)  # fmt: skip


@pytest.mark.parametrize("ids", [True, False])
def test_false_alarms_on_case_ids_like_old_armed_police_plates_are_under_one_in_a_thousand(ids: bool) -> None:
    rng = np.random.default_rng(SEED)
    found = []
    for form in LOOK_ALIKES:
        for _ in range(1000):
            short = int(rng.integers(14, 27))
            numbers = {"year": 2000 + short, "short": short, "high": int(rng.integers(40, 99))}
            found.append(form.format(serial=int(rng.integers(1, 9999)), **numbers))
    texts = pd.Series(found, dtype="str").sample(frac=1, random_state=SEED, ignore_index=True)
    changed = texts[mask_column(texts, ids=ids) != texts]
    assert len(changed) / len(texts) < 0.001, changed.head().tolist()


def test_few_old_armed_police_plates_of_a_column_are_masked_and_a_numbering_stays() -> None:
    few = pd.Series([f"WJ24-{serial:05d}" for serial in range(9)], dtype="str")
    assert set(mask_column(few)) == {"***"}
    many = pd.Series([f"WJ24-{serial:05d}" for serial in range(10)], dtype="str")
    assert mask_column(many).equals(many)
    assert mask_column(few, ids=True).equals(few)
