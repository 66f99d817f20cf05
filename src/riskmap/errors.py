"""What can go wrong, said so that a person can act on it, in English and in Chinese."""

from riskmap.language import Text


class RiskmapError(Exception):
    """An end with a reason: one readable paragraph, never a traceback.

    Parameters
    ----------
    template
        English sentence with `{name}` placeholders: the argument, the rule, what arrived, where, the way out.
        It is also the key of its translation in `locale/`.
    values
        What fills the placeholders.
    """

    def __init__(self, template: str, /, **values: object) -> None:
        self.text = Text(template, values)
        super().__init__(self.text.en)

    def in_language(self, language: str) -> str:
        """Return the paragraph in `language` (`zh` or `en`)."""
        return self.text.in_language(language)


class StudyError(RiskmapError):
    """The area's settings do not hold together, or the area is not there."""


class SourceError(RiskmapError):
    """A file cannot be taken in; `rule` is the short name that receipts carry."""

    def __init__(self, rule: str, template: str, /, **values: object) -> None:
        self.rule = rule
        super().__init__(template, **values)


class RecipeError(RiskmapError):
    """A recipe is not of the form that recipes have."""


class TableError(RiskmapError):
    """A table breaks its schema at a stage's door."""


class SnapshotError(RiskmapError):
    """A snapshot is missing, incomplete or not what its manifest says."""


class BusyError(RiskmapError):
    """Somebody else holds the lease on this area."""


class GridError(RiskmapError):
    """Cells, neighbours or weights cannot be made from what arrived."""


class PanelError(RiskmapError):
    """Counts and features cannot be made from what arrived."""


class ModelError(RiskmapError):
    """A model cannot be fitted, trusted or loaded."""


class DecisionError(RiskmapError):
    """A list cannot be drawn up from what arrived."""


class BriefingError(RiskmapError):
    """A briefing cannot be put together from what arrived."""
