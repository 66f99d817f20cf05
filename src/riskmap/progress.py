"""How long work tells what it is doing, without knowing who listens (a terminal, a page, a log)."""

from collections.abc import Callable

from riskmap.language import Text

Report = Callable[[Text, float | None], None]
"""Called with the stage's name and, where known, the share of it that is done (0 to 1)."""


def silent(stage: Text, share: float | None = None) -> None:
    """Tell nobody."""
