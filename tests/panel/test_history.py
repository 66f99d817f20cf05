"""Features of the past against a slow, obvious loop over records."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.panel.counts import Counts
from riskmap.panel.history import decayed_change, decayed_mean, lagged_count, periods_since, windowed_mean


def slow(counts, n_cells, origin, measure, periods):
    """One origin at a time, one record at a time."""
    values = []
    for cell in range(n_cells):
        total = weight = 0.0
        for period in range(origin):
            age = origin - 1 - period
            share = {"decay": 0.5 ** (age / periods), "mean": age < periods, "lag": age == periods - 1}[measure]
            known = counts.completeness[age] if age < len(counts.completeness) else 1.0
            weight += share * counts.reported[period] * (known if measure != "lag" else 1.0)
        for c, p, u, y in zip(counts.cell, counts.occurred, counts.usable, counts.count, strict=True):
            age = origin - 1 - p
            if c == cell and u <= origin and age >= 0:
                total += (
                    y * {"decay": 0.5 ** (age / periods), "mean": age < periods, "lag": age == periods - 1}[measure]
                )
        values.append(total / weight if weight > 0 else np.nan)
    return np.array(values)


@st.composite
def some_counts(draw):
    size, n_cells = 9, 3
    records = draw(
        st.lists(
            st.tuples(
                st.integers(0, n_cells - 1),
                st.integers(0, size - 1),
                st.integers(1, 4),
                st.sampled_from([-1, 1, 2, 5]),
            ),
            max_size=25,
        )
    )
    cell, occurred, delay, count = (
        (np.array(part) for part in zip(*records, strict=True)) if records else [np.empty(0)] * 4
    )
    reported = np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    return Counts(
        cell.astype(np.int32),
        occurred.astype(np.int32),
        (occurred + delay).astype(np.int32),
        count.astype(np.float32),
        reported,
        np.array(draw(st.sampled_from([[1.0], [0.5, 0.8], [0.1, 0.2, 0.9]]))),
    )


@given(some_counts(), st.sampled_from([1, 2, 4]), st.integers(0, 5), st.integers(1, 4))
@settings(max_examples=150, deadline=None)
def test_every_measure_equals_a_loop_over_records(counts, periods, start, length):
    origins = range(start, start + length)
    for name, fast in (("decay", decayed_mean), ("mean", windowed_mean), ("lag", lagged_count)):
        block = fast(counts, 3, origins, periods)
        for row, origin in enumerate(origins):
            expected = slow(counts, 3, origin, name, periods)
            assert block[row] == pytest.approx(expected, abs=1e-4, nan_ok=True), (name, origin)


def test_an_unknown_period_is_not_a_quiet_one():
    # two cases in period 0, period 1 not reported: the mean per reported period stays 2, the lag is unknown
    counts = Counts(
        np.array([0], np.int32),
        np.array([0], np.int32),
        np.array([1], np.int32),
        np.array([2.0], np.float32),
        np.array([True, False]),
    )
    assert windowed_mean(counts, 1, range(2, 3), 2)[0, 0] == 2.0
    assert decayed_mean(counts, 1, range(2, 3), 1)[0, 0] == 2.0
    assert np.isnan(lagged_count(counts, 1, range(2, 3), 1)[0, 0])


@given(some_counts(), st.sampled_from([1, 3, 20]), st.integers(0, 5), st.integers(1, 4))
def test_time_since_the_last_record_matches_the_loop(counts, most, start, length):
    origins = range(start, start + length)
    fast = periods_since(counts, 3, origins, most)
    for row, origin in enumerate(origins):
        for cell in range(3):
            known = [
                int(p)
                for c, p, u, y in zip(counts.cell, counts.occurred, counts.usable, counts.count, strict=True)
                if c == cell and u <= origin and p < origin and y > 0
            ]
            assert fast[row, cell] == min(origin - 1 - max(known), most) if known else fast[row, cell] == most


def monthly(totals):
    """One cell with `totals` of the months, each known at once."""
    month = np.arange(len(totals), dtype=np.int32)
    count = np.asarray(totals, dtype=np.float32)
    return Counts(np.zeros_like(month), month, month + 1, count, np.ones(len(month), dtype=bool))


def test_a_change_is_believed_the_more_the_more_was_recorded():
    at = range(36, 37)
    few, many = (decayed_change(monthly([n] * 30 + [2 * n] * 6), 1, at, 2, 24)[0, 0] for n in (1, 1000))
    usual, lately = (decayed_mean(monthly([1000] * 30 + [2000] * 6), 1, at, h)[0, 0] for h in (24, 2))
    assert 0 < few < many / 2
    assert many == pytest.approx(np.log(lately / usual), abs=0.01)
    fallen = decayed_change(monthly([1000] * 30 + [0] * 6), 1, at, 2, 24)[0, 0]
    assert fallen < -1


def test_no_change_is_said_where_nothing_was_recorded_or_nothing_changed():
    at = range(20, 21)
    assert decayed_change(monthly([0] * 20), 1, at, 2, 24)[0, 0] == 0
    assert decayed_change(monthly([7] * 20), 1, at, 2, 24)[0, 0] == pytest.approx(0, abs=1e-6)
