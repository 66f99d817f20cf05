"""What a model looks at, in words: groups of features, and what one model sees that another does not."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from riskmap.language import Text
from riskmap.panel.feature_words import describe_feature, feature_source


def group_features(names: Sequence[str]) -> list[tuple[Text, int]]:
    """Return the sources that the features are made from and how many are of each, the largest first."""
    words = dict(map(feature_source, names))
    counts = Counter(feature_source(name)[0] for name in names)
    return [(words[key], n) for key, n in counts.most_common()]


def feature_words(name: str, language: str) -> str:
    """Return a feature's meaning in words, with its bare name, which alone tells close relatives apart."""
    meaning = describe_feature(name).meaning.in_language(language)
    return name if meaning == name else f"{meaning} ({name})"


def features_apart(card: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return the features that only the first model looks at, and those that only the second does, in their order."""
    own, others = (list(one["model"]["feature_names"]) for one in (card, other))
    return [name for name in own if name not in others], [name for name in others if name not in own]
