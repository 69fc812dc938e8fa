"""The HTML that all pages of the framework are built from."""

import pytest
from markupsafe import Markup

from clastic.pages import element, html_page, join, source_listing


@pytest.mark.parametrize(
    ("made", "html"),
    [
        pytest.param(element("p", "a<b", None, 1), "<p>a&lt;b1</p>\n", id="content"),
        pytest.param(element("b", Markup("<i>")), "<b><i></b>", id="markup"),
        pytest.param(
            element("b", class_='"', aria_label="x"),
            '<b class="&#34;" aria-label="x"></b>',
            id="attributes",
        ),
        pytest.param(element("b", open=True, hidden=False, id=None), "<b open></b>", id="switches"),
        pytest.param(element("meta", charset="utf-8"), '<meta charset="utf-8">\n', id="no end tag"),
        pytest.param(join("<", None, Markup("<b>")), "&lt;<b>", id="joined"),
        pytest.param(element("b", "\ud800"), "<b>\ufffd</b>", id="a lone surrogate"),
    ],
)
def test_elements_are_escaped(made, html):
    assert made == html


def test_a_page_has_one_stylesheet_or_links_to_one():
    link = element("link", rel="stylesheet", href="common.css")
    assert html_page("Title", "text").count("<style>") == 1
    page = html_page("<Title>", "a<b", style=None, head=link)
    assert "<style" not in page
    assert f"<title>&lt;Title&gt;</title>\n{link}</head>" in page
    assert "<main>a&lt;b</main>" in page


def test_a_source_listing_highlights_the_current_line():
    html = source_listing([(9, "a = 1"), (10, "b = <c>")], 10, (4, 7))
    assert html == (
        '<pre class="source">'
        '<span><span class="number">9</span><span>a = 1</span></span>'
        '<span class="current"><span class="number">10</span>'
        "<span>b = <mark>&lt;c&gt;</mark></span></span></pre>\n"
    )
