"""What can become of a row that is not taken as it is: the rule's name, the fate, and the sentence for the analyst."""

from collections.abc import Mapping
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
    "encoding_mixed": Rule(
        QUARANTINED, "The bytes of the row are not of the file's encoding, so its text is not known: {original}."
    ),
    "totals_row": Rule(REJECTED, "The row is a total of other rows ({original}), not a record."),
    "formula_uncomputed": Rule(
        QUARANTINED,
        "The cell in column {column} holds a formula whose value was never computed ({original}); open the workbook in "
        "Excel, save it and send it again.",
    ),
    "date_year_month": Rule(
        QUARANTINED,
        "The number {original} in column {column} may be January or October: a number keeps .10 as .1; write the "
        "month as text, like 2024-10.",
    ),
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
    "zone_prefix": Rule(
        REPAIRED, "The easting of {original} was read as {repaired}: the declared system names the zone."
    ),
    "zone_missing": Rule(QUARANTINED, "The easting of {original} carries no zone number, unlike others of the file."),
    "outside_area": Rule(QUARANTINED, "The place {original} lies more than 5 km outside the area."),
    "coordinates_coarse": Rule(
        WARNED,
        "The coordinates {original} have at most two decimals and tell the district only: no cell counts the row.",
    ),
    "booking_point": Rule(
        WARNED,
        "{repaired} records stand on the one point {original}, as at a police station: no cell counts them until an "
        "analyst rules that the place is real.",
    ),
    "area_ambiguous": Rule(QUARANTINED, "Several areas are called {original}; give the code, or parent/name."),
    "area_unknown": Rule(QUARANTINED, "No area has the code or name {original}, and the row has no coordinates."),
    "area_unchecked": Rule(WARNED, "No area has the code or name {original}; the coordinates stand for themselves."),
    "area_not_then": Rule(QUARANTINED, "The area {original} did not exist when it happened."),
    "area_name_resolved": Rule(REPAIRED, "The area {original} is the one with the code {repaired}."),
    "place_code_disagree": Rule(
        QUARANTINED, "Place and code disagree: {original} (the place lies over 1 km outside the area of that code)."
    ),
    "lat_lon_swapped": Rule(REPAIRED, "Longitude and latitude were swapped: {original} became {repaired}."),
    "geometry_repaired": Rule(REPAIRED, "The outline crossed itself and was repaired; its area changed by under 1 %."),
    "geometry_invalid": Rule(QUARANTINED, "The outline is not valid and cannot be repaired within 1 % of its area."),
    "geometry_kind": Rule(QUARANTINED, "The geometry is a {original}, which this layer does not hold."),
    "several_points": Rule(QUARANTINED, "The geometry holds {original} points; a record happened at one."),
    "outline_simplified": Rule(
        WARNED, "The file has over a million vertices; this outline was simplified, its area changed by under 1 %."
    ),
    "smaller_than_cell": Rule(
        WARNED, "The outline ({original} km2) is smaller than a cell of this area; it counts on at least one cell."
    ),
    "overlap_split": Rule(
        WARNED, "The catchment overlaps that of {original}; the people of both are shared out between them."
    ),
    "overlap_priority": Rule(
        WARNED, "The catchment overlaps that of {original}; the people of both count for the first of them."
    ),
    "population_above_county": Rule(
        WARNED, "More people are served than live in the counties that the catchment lies in: {original}."
    ),
    "unit_jump": Rule(
        QUARANTINED,
        "Unit? {original} in column {column} is over 300 times, or under a 300th of, what this plant usually has.",
    ),
    "flow_surge": Rule(
        WARNED,
        "The inflow is {original} times what this plant usually has: rain or snow-melt; the sample is flagged and does "
        "not enter the plant's level.",
    ),
    "grab_as_composite": Rule(
        REPAIRED, "The sample was taken within {original} minutes, so it is a grab sample and not a 24-h composite."
    ),
    "possible_dumping": Rule(
        WARNED,
        "Possible dumping or production: amphetamine is only {original} of methamphetamine in this sample, whose "
        "methamphetamine does not count as consumption.",
    ),
    "substance_named": Rule(REPAIRED, "The substance {original} is called {repaired} in this system."),
    "substance_unmapped": Rule(
        WARNED, "The substance {original} is not in the list of known ones; it was taken as it is, for you to map."
    ),
    "geometry_missing": Rule(QUARANTINED, "The row has no geometry."),
    "value_unknown": Rule(QUARANTINED, "The value {original} in column {column} is none that the table knows."),
    "value_missing": Rule(QUARANTINED, "The column {column} is blank and must not be."),
    "value_read": Rule(REPAIRED, "{original} in column {column} was read as {repaired}."),
    "number_unreadable": Rule(
        QUARANTINED, "{original} in column {column} is no number that can be read without a guess."
    ),
    "number_negative": Rule(QUARANTINED, "{original} in column {column} is negative and must not be."),
    "number_zero": Rule(QUARANTINED, "{original} in column {column} must be above zero."),
    "id_scientific": Rule(
        QUARANTINED,
        "The id {original} was stored as a number (scientific notation) and lost its last digits; send it as text.",
    ),
    "duplicate_same": Rule(
        REPAIRED, "The id {original} came more than once with the same content; it is counted once."
    ),
    "duplicate_conflict": Rule(
        QUARANTINED, "The id {original} came more than once with different content (column {column}: {repaired})."
    ),
    "cancel_takes_place": Rule(
        REPAIRED, "The cancelling row has no location; it takes that of the row {original} it cancels."
    ),
    "cancels_nothing": Rule(
        WARNED, "The row cancels {original}, which is not here; it is set off when that row arrives."
    ),
    "personal_number_masked": Rule(
        REPAIRED, "A personal number in column {column} was masked before anything was written."
    ),
    "reference_unknown": Rule(QUARANTINED, "The quarantine holds no row {original}; it was settled before."),
    "cell_invalid": Rule(QUARANTINED, "{original} is no H3 cell of this area's resolution."),
}

RULE_TITLES: Mapping[str, Text] = {
    "field_count": Text("too many or too few fields"),
    "encoding_mixed": Text("text in another encoding"),
    "totals_row": Text("a total, no record"),
    "formula_uncomputed": Text("formula never computed"),
    "date_year_month": Text("January or October"),
    "date_blank": Text("date blank"),
    "date_unreadable": Text("date cannot be read"),
    "date_before_1990": Text("date before 1990"),
    "date_future": Text("date in the future"),
    "interval_reversed": Text("interval ends before it begins"),
    "interval_exceeds_period": Text("date covers several periods"),
    "known_before_event": Text("registered before it happened"),
    "no_location": Text("no location"),
    "place_unreadable": Text("coordinates cannot be read"),
    "zone_prefix": Text("zone number in the easting"),
    "zone_missing": Text("zone number missing"),
    "outside_area": Text("outside the area"),
    "coordinates_coarse": Text("coordinates too coarse for a cell"),
    "booking_point": Text("possible booking point"),
    "area_ambiguous": Text("several areas of that name"),
    "area_unknown": Text("unknown area"),
    "area_unchecked": Text("unknown area, coordinates used"),
    "area_not_then": Text("area did not exist then"),
    "area_name_resolved": Text("area found by its name"),
    "place_code_disagree": Text("place and area code disagree"),
    "lat_lon_swapped": Text("longitude and latitude swapped"),
    "geometry_repaired": Text("outline repaired"),
    "geometry_invalid": Text("outline not valid"),
    "geometry_kind": Text("geometry of another kind"),
    "several_points": Text("several points"),
    "outline_simplified": Text("outline simplified"),
    "smaller_than_cell": Text("smaller than a cell"),
    "overlap_split": Text("catchments overlap, people shared out"),
    "overlap_priority": Text("catchments overlap, the first counts"),
    "population_above_county": Text("more people than the counties have"),
    "unit_jump": Text("unit doubtful"),
    "flow_surge": Text("inflow unusually high"),
    "grab_as_composite": Text("grab sample, not a composite"),
    "possible_dumping": Text("possible dumping or production"),
    "substance_named": Text("substance renamed"),
    "substance_unmapped": Text("substance not on the list"),
    "geometry_missing": Text("geometry missing"),
    "value_unknown": Text("unknown value"),
    "value_missing": Text("value missing"),
    "value_read": Text("read otherwise than it is written"),
    "number_unreadable": Text("number cannot be read"),
    "number_negative": Text("negative number"),
    "number_zero": Text("number not above zero"),
    "id_scientific": Text("id lost its last digits"),
    "duplicate_same": Text("repeated row"),
    "duplicate_conflict": Text("same id, different content"),
    "cancel_takes_place": Text("cancelling row takes the place of the cancelled"),
    "cancels_nothing": Text("cancels nothing that is here"),
    "personal_number_masked": Text("personal number masked"),
    "reference_unknown": Text("no such row in the quarantine"),
    "cell_invalid": Text("no cell of this resolution"),
}
"""What each rule is called where rows are listed by rule; its name stays what files and receipts hold."""


OVERRULABLE = ("unit_jump", "place_code_disagree", "known_before_event", "population_above_county")
"""Rules that compare a row with something that may itself be wrong: an analyst who has asked may overrule them."""


def message(rule: str, column: str, original: str, repaired: str) -> Text:
    """Return the sentence for one row."""
    return Text(RULES[rule].template, {"column": column, "original": original or Text("(blank)"), "repaired": repaired})
