"""The book in which the checks write what they found, row by row, while an import is worked through."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from riskmap.language import Text
from riskmap.layers.rules import OVERRULABLE, QUARANTINED, REPAIRED, RULES
from riskmap.sources.persons import mask_column

Said = pd.Series | str | Callable[[np.ndarray], pd.Series]
"""What is said of rows: one text for all, one for each, or what gives those of some rows (a mask) when asked."""
FINDING_COLUMNS = ("position", "column", "rule", "fate", "original", "repaired")


class Findings:
    """What the checks found about `n` rows, each named by its position.

    The first finding that takes a row out of the accepted ones stands; what later checks say about it is left away.

    Parameters
    ----------
    overruled
        For each row the rule that an analyst has overruled, "" for none; None where nobody has.
    """

    def __init__(self, n: int, overruled: pd.Series | None = None) -> None:
        self._overruled = None if overruled is None else overruled.to_numpy(object)
        self.out = np.zeros(n, dtype=bool)
        self._repaired = np.zeros(n, dtype=bool)
        self.left_out = np.zeros(n, dtype=bool)
        self.notes: list[Text] = []
        self._parts: list[pd.DataFrame] = []

    def add(
        self,
        rule: str,
        where: np.ndarray | pd.Series,
        column: str = "",
        original: Said = "",
        repaired: Said = "",
    ) -> None:
        """Write `rule` down for the rows `where`, unless they are out already."""
        chosen = np.asarray(where, dtype=bool) & ~self.out
        if self._overruled is not None and rule in OVERRULABLE:
            chosen &= self._overruled != rule
        if not chosen.any():
            return
        fate = RULES[rule].fate
        self._parts.append(
            pd.DataFrame(
                {
                    "position": np.flatnonzero(chosen),
                    "column": column,
                    "rule": rule,
                    "fate": fate,
                    "original": _chosen(original, chosen),
                    "repaired": _chosen(repaired, chosen),
                }
            )
        )
        if fate == QUARANTINED:
            self.out |= chosen

    def say(self, sentence: Text) -> None:
        """Write down what is true of the import as a whole, once."""
        if sentence.en not in [said.en for said in self.notes]:
            self.notes.append(sentence)

    def table(self) -> pd.DataFrame:
        """Return the findings that stand, by position, personal numbers masked."""
        if not self._parts:
            return pd.DataFrame(
                {name: pd.Series(dtype="int64" if name == "position" else "str") for name in FINDING_COLUMNS}
            )
        table = pd.concat(self._parts, ignore_index=True)
        table = table[(table["fate"] == QUARANTINED) | ~self.out[table["position"]]]
        ids = table["column"].str.endswith("_id").to_numpy(bool)
        for name in ("original", "repaired"):
            said = table[name].fillna("").astype("str")
            table[name] = mask_column(said[ids], ids=True).reindex(said.index).where(ids, mask_column(said[~ids]))
        return table.sort_values(["position", "rule"], kind="stable").reset_index(drop=True)

    def leave_out(self, rule: str) -> np.ndarray:
        """Take back what `rule` said and return the rows it was said of: they are not this area's, and no error."""
        left = np.zeros(len(self.out), dtype=bool)
        for part in self._parts:
            left[part.loc[part["rule"] == rule, "position"]] = True
        self._parts = [part[~left[part["position"]]] for part in self._parts]
        self.left_out |= left
        return left

    def repaired_rows(self) -> int:
        """Return how many accepted rows were repaired."""
        table = self.table()
        repaired = self._repaired & ~self.out
        repaired[table.loc[table["fate"] == REPAIRED, "position"]] = True
        return int((repaired & ~self.left_out).sum())

    def count_repaired(self, where: np.ndarray) -> None:
        """Count rows as repaired that are too many for a line each."""
        self._repaired |= np.asarray(where, dtype=bool) & ~self.out


class FindingsOf:
    """The same book, for the part `rows` (a mask) of the rows only."""

    def __init__(self, findings: Findings, rows: np.ndarray) -> None:
        self._findings, self._rows = findings, rows

    def add(
        self,
        rule: str,
        where: np.ndarray | pd.Series,
        column: str = "",
        original: Said = "",
        repaired: Said = "",
    ) -> None:
        """Write `rule` down as `Findings.add` does."""
        self._findings.add(rule, np.asarray(where, dtype=bool) & self._rows, column, original, repaired)

    def say(self, sentence: Text) -> None:
        """Write a sentence down as `Findings.say` does."""
        self._findings.say(sentence)

    def count_repaired(self, where: np.ndarray) -> None:
        """Count rows as `Findings.count_repaired` does."""
        self._findings.count_repaired(np.asarray(where, dtype=bool) & self._rows)


def _chosen(texts: Said, chosen: np.ndarray) -> object:
    if isinstance(texts, str):
        return texts
    return (texts[chosen] if isinstance(texts, pd.Series) else texts(chosen)).to_numpy(object)
