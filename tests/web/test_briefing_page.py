"""The briefing page, run as a reader's session runs it."""

from fabricated import build_study, write_plan
from streamlit.testing.v1 import AppTest

from riskmap.briefing.comment import read_comment
from riskmap.study import REPOSITORY, load_study
from riskmap.surface.publish import current_id

LIMIT_S = 300  # ten slides are drawn, on machines that do other things meanwhile


def open_page(monkeypatch, home, **parameters):
    monkeypatch.setenv("RISKMAP_HOME", str(home))
    session = AppTest.from_file(str(REPOSITORY / "pages" / "briefing.py"), default_timeout=LIMIT_S)
    for key, value in parameters.items():
        session.query_params[key] = value
    session.run()
    assert not session.exception, session.exception
    return session


def words(session):
    return " ".join([element.proto.body for element in session.get("html")] + [note.value for note in session.info])


def test_the_page_offers_files_and_slides_and_keeps_the_comment(monkeypatch, tmp_path):
    study = build_study(tmp_path)
    write_plan(study)
    session = open_page(monkeypatch, tmp_path, lang="zh")
    assert "SIMULATED / 模拟数据" in words(session)
    labels = [button.proto.label for button in session.get("download_button")]
    assert labels[:4] == ["下载 PowerPoint", "下载 PDF 16:9", "下载 PDF A4", "下载 PNG"]
    assert len(labels) == 4 + 10
    assert len(session.get("image")) == 10
    session.text_area[0].set_value("请关注珊瑚县 <b>")
    session.button[0].click().run()
    assert not session.exception
    assert read_comment(study, current_id(load_study("ocean", tmp_path))) == "请关注珊瑚县 <b>"
    assert "意见已随快照保存" in words(session)


def test_the_page_says_what_to_do_where_there_is_nothing(monkeypatch, bare_home, tmp_path):
    assert "riskmap run ocean" in words(open_page(monkeypatch, bare_home, lang="en"))
    assert "riskmap demo" in words(open_page(monkeypatch, tmp_path, lang="en"))
