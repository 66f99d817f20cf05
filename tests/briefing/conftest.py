import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from fabricated import COMMENT, MAP_NUMBER, MARKING, build_study, write_evaluation, write_plan, write_samples

from riskmap.briefing.comment import write_comment
from riskmap.briefing.pack import Pack
from riskmap.briefing.pack_facts import gather_pack
from riskmap.surface.publish import read_surface


@pytest.fixture(scope="session")
def ocean(tmp_path_factory):
    """The invented area with three surfaces; nobody writes into it but its scale."""
    return build_study(tmp_path_factory.mktemp("ocean"))


@pytest.fixture(scope="session")
def briefed(tmp_path_factory):
    """The invented area with everything that a pack tells of: list, samples, evaluation, comment."""
    study = build_study(tmp_path_factory.mktemp("briefed"))
    write_plan(study)
    write_samples(study)
    write_evaluation(study)
    write_comment(study, read_surface(study).snapshot_id, COMMENT)
    return study


@pytest.fixture(scope="session")
def packs(briefed):
    """The pack in both languages; what is drawn once is kept for all tests."""
    facts = gather_pack(briefed, read_surface(briefed), marking=MARKING, map_number=MAP_NUMBER)
    return {language: Pack(facts, language) for language in ("zh", "en")}
