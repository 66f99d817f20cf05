"""What can become of a row that is not taken as it is: the rule's name, the fate, and the sentence for the analyst."""

from dataclasses import dataclass

from riskmap.language import Text

REPAIRED, WARNED, QUARANTINED, REJECTED = "repaired", "warned", "quarantined", "rejected"


@dataclass(frozen=True)
class Rule:
    """`template` may use {column}, {original} and {repaired}."""

    fate: str
    template: str


RULES: dict[str, Rule] = {
    "field_count": Rule(REJECTED, "The row has more or fewer fields than the header: {original}."),
    "totals_row": Rule(REJECTED, "The row is a total of other rows ({original}), not a record."),
    "date_blank": Rule(QUARANTINED, "The date in column {column} is blank."),
    "date_unreadable": Rule(QUARANTINED, "The date {original} in column {column} cannot be read without a guess."),
    "date_before_1990": Rule(QUARANTINED, "The date {original} in column {column} lies before 1990."),
    "date_future": Rule(QUARANTINED, "The date {original} in column {column} lies in the future."),
    "interval_reversed": Rule(QUARANTINED, "The interval ends before it begins: {original}."),
    "interval_exceeds_period": Rule(
        QUARANTINED, "The date {original} covers more than one period of this area, so no period can be named."
    ),
    "known_before_event": Rule(QUARANTINED, "The record was registered ({original}) before the event happened."),
    "no_location": Rule(QUARANTINED, "The row has no location: {original}."),
    "place_unreadable": Rule(QUARANTINED, "The coordinates {original} cannot be read."),
    "outside_area": Rule(QUARANTINED, "The place {original} lies more than 5 km outside the area."),
    "lat_lon_swapped": Rule(REPAIRED, "Longitude and latitude were swapped: {original} became {repaired}."),
    "geometry_repaired": Rule(REPAIRED, "The outline crossed itself and was repaired; its area changed by under 1 %."),
    "geometry_invalid": Rule(QUARANTINED, "The outline is not valid and cannot be repaired within 1 % of its area."),
    "geometry_missing": Rule(QUARANTINED, "The row has no geometry."),
    "value_unknown": Rule(QUARANTINED, "The value {original} in column {column} is none that the table knows."),
    "value_missing": Rule(QUARANTINED, "The column {column} is blank and must not be."),
    "number_unreadable": Rule(
        QUARANTINED, "{original} in column {column} is no number that can be read without a guess."
    ),
    "number_negative": Rule(QUARANTINED, "{original} in column {column} is negative and must not be."),
    "number_zero": Rule(QUARANTINED, "{original} in column {column} must be above zero."),
    "id_scientific": Rule(QUARANTINED, "The id {original} was cut by a spreadsheet (scientific notation)."),
    "duplicate_same": Rule(
        REPAIRED, "The id {original} came more than once with the same content; it is counted once."
    ),
    "duplicate_conflict": Rule(
        QUARANTINED, "The id {original} came more than once with different content (column {column})."
    ),
    "cancel_takes_place": Rule(
        REPAIRED, "The cancelling row has no location; it takes that of the row {original} it cancels."
    ),
    "personal_number_masked": Rule(
        REPAIRED, "A personal number in column {column} was masked before anything was written."
    ),
    "cell_invalid": Rule(QUARANTINED, "{original} is no H3 cell of this area's resolution."),
}


def message(rule: str, column: str, original: str, repaired: str) -> Text:
    """Return the sentence for one row."""
    return Text(RULES[rule].template, {"column": column, "original": original or '""', "repaired": repaired})
