"""What an import came to: the fates of its rows, the rows kept aside, the counts."""

import json

import numpy as np
import pandas as pd
import shapely

from riskmap.layers.checking import CheckedRows
from riskmap.layers.delivery import Delivery, row_ids
from riskmap.layers.findings import Findings
from riskmap.layers.mapping import OVERRULED, ROW_REFERENCE, Draft
from riskmap.layers.receipt import FATE_COLUMNS
from riskmap.layers.rules import QUARANTINED, REJECTED
from riskmap.schema import ID_COLUMN
from riskmap.sources.persons import mask_column

ENCODING = {"rule": "encoding_mixed", "fate": QUARANTINED}
TEXT = "riskmap_text"
"""The column of a quarantined row's content that holds a line which could not be taken apart."""
SHAPE = "geometry_wkt"
"""The column of a quarantined row's content that holds its shape."""


def count_rows(delivery: Delivery, checked: CheckedRows) -> dict[str, int]:
    """Return the receipt's counts, each counted for itself.

    The receipt holds only if read = not_selected + accepted + quarantined + rejected, so that a row lost on the way
    makes the import fail.
    """
    findings = checked.findings
    left_out = int(findings.left_out.sum())
    decoded_out = int(findings.out.sum()) - left_out
    return {
        "read": delivery.read,
        "rejected": delivery.rejected,
        "not_selected": delivery.not_selected + left_out,
        "quarantined": decoded_out + delivery.undecodable,
        "accepted": len(checked.stored) + checked.repeated,
        "repaired": findings.repaired_rows(),
        "net_count": checked.net_count,
    }


def row_fates(delivery: Delivery, findings: Findings) -> pd.DataFrame:
    """Return the rows of the receipt: findings with where each row stood, and the rows that are no records."""
    table = findings.table()
    where = delivery.rows.iloc[table["position"]].reset_index(drop=True)
    column = np.where(where["part"] != "", where["part"], _source_columns(delivery, where["sha256"], table["column"]))
    found = table.assign(column=column, file=where["file"], sheet=where["sheet"], row=where["row"])
    rejected = [
        draft.rejected.assign(file=draft.file, sheet=draft.sheet, column="", fate=REJECTED, repaired="")
        for draft in delivery.drafts
        if len(draft.rejected)
    ]
    undecodable = [
        draft.undecodable.assign(file=draft.file, sheet=draft.sheet, column="", repaired="", **ENCODING)
        for draft in delivery.drafts
        if len(draft.undecodable)
    ]
    return pd.concat([found, *rejected, *undecodable], ignore_index=True)[list(FATE_COLUMNS)]


def _source_columns(delivery: Delivery, sha256: pd.Series, columns: pd.Series) -> pd.Series:
    """Return the file's own names of columns, so that a person finds them in the file."""
    names = {}
    for draft in delivery.drafts:
        for target, sources in draft.sources.items():
            # One date column of the file gives both ends of an interval.
            for name in (f"{target}_from", f"{target}_to", target):
                names[f"{draft.sha256} {name}"] = " / ".join(sources)
    return (sha256 + " " + columns).map(names).fillna(columns)


def quarantined_rows(delivery: Delivery, findings: Findings, layer: str) -> pd.DataFrame:
    """Return the quarantined rows with what the source said in them, personal columns and numbers left out.

    A row's shape stands in its content as well-known text, WGS84.
    """
    table = findings.table()
    table = table[table["fate"] == QUARANTINED].drop_duplicates("position")
    where = delivery.rows.iloc[table["position"]]
    raw = _masked_rows(delivery, table["position"].to_numpy(), layer)
    if delivery.shapes is not None:
        raw = raw.assign(**{SHAPE: shapely.to_wkt(delivery.shapes[table["position"]], rounding_precision=7)}).fillna("")
    lines = raw.to_json(orient="records", lines=True, force_ascii=False).splitlines() if len(raw) else []
    frame = pd.DataFrame({name: where[name].to_numpy() for name in ("file", "sheet", "row")})
    columns = table["column"].reset_index(drop=True)
    frame["row_id"] = row_ids(where).to_numpy()
    frame["column"] = _source_columns(delivery, where["sha256"].reset_index(drop=True), columns)
    for name in ("rule", "original", "repaired"):
        frame[name] = table[name].to_numpy()
    frame["content"] = pd.Series(lines, dtype="str").to_numpy()
    undecodable = [_undecodable(draft) for draft in delivery.drafts if len(draft.undecodable)]
    whole = pd.concat([frame, *undecodable], ignore_index=True)
    return whole.astype({name: "int64" if name == "row" else "str" for name in whole.columns})


def _masked_rows(delivery: Delivery, positions: np.ndarray, layer: str) -> pd.DataFrame:
    """Return some of the source's rows with personal numbers masked, but for what is a number of the records' own."""
    ids = {name for draft in delivery.drafts for name in draft.sources.get(ID_COLUMN.get(layer, ""), [])}
    kept = [name for name in delivery.raw if name not in (ROW_REFERENCE, OVERRULED)]
    if not len(positions):
        return delivery.raw.loc[[], kept]
    rows = {}
    for name in kept:
        texts = delivery.raw[name].fillna("").astype("str")
        # Whether numbers are a numbering shows over the whole column only.
        rows[name] = mask_column(texts, ids=True).iloc[positions] if name in ids else mask_column(texts.iloc[positions])
    return pd.DataFrame(rows, index=delivery.raw.index[positions], columns=kept)


def _undecodable(draft: Draft) -> pd.DataFrame:
    """Return a file's rows in another encoding as quarantined ones; what they say is known as escapes only."""
    rows = draft.undecodable
    content = [json.dumps({TEXT: text}, ensure_ascii=False) for text in rows["original"]]
    place = {"file": draft.file, "sheet": draft.sheet, "column": "", "repaired": "", "rule": ENCODING["rule"]}
    return rows.assign(row_id=draft.file + ":" + rows["row"].astype("str"), content=content, **place)
