"""Templates of pages, and what is kept of them compiled."""

from pathlib import Path

import jinja2
import pytest

from assets import pages
from assets.pages import template_of


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pages, "COMPILED", tmp_path / "compiled")
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    (tmp_path / "compiled").mkdir()
    file = tmp_path / "page.j2"
    file.write_text("<p>{{ words | twice }}</p>\n", encoding="utf-8")
    return file


def shown(template: Path) -> str:
    return template_of(template, twice=lambda text: text * 2).render(words="<a>")


def test_values_are_escaped_and_an_unknown_name_is_an_error(template: Path) -> None:
    assert shown(template) == "<p>&lt;a&gt;&lt;a&gt;</p>\n"
    with pytest.raises(jinja2.UndefinedError):
        template_of(template, twice=str).render()


def test_a_compiled_template_is_kept_and_made_anew_where_it_is_damaged(template: Path) -> None:
    page = shown(template)
    (kept,) = (template.parent / "compiled").iterdir()
    whole = kept.read_bytes()
    for length in (0, 3, 20, 40, 60, len(whole) // 2):
        kept.write_bytes(whole[:length])
        assert shown(template) == page, length


def test_where_nothing_may_be_kept_the_page_is_the_same(template: Path) -> None:
    page = shown(template)
    for kept in (template.parent / "compiled").iterdir():
        kept.unlink()
    (template.parent / "compiled").rmdir()
    assert shown(template) == page


def test_another_template_of_the_same_name_is_not_taken_for_it(template: Path) -> None:
    shown(template)
    template.write_text("{{ words | twice }}!", encoding="utf-8")
    assert shown(template) == "&lt;a&gt;&lt;a&gt;!"
