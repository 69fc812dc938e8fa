"""Build HTML pages from elements whose text is escaped."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from clastic.pages import element, html_page, join, paragraphs, scrollable, source_listing


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
        pytest.param(join("<", None, Markup("<b>")), "&lt;<b>", id="joined"),
        pytest.param(element("b", "\ud800"), "<b>\ufffd</b>", id="a lone surrogate"),
    ],
)
def test_elements_are_escaped(made, html):
    assert made == html


@pytest.mark.parametrize("tag", ["br", "img", "input", "link", "meta"])
def test_void_elements_have_no_end_tag(tag):
    assert element(tag, id="x") == f'<{tag} id="x">\n'


@pytest.mark.parametrize("tag", ["b", "code", "span", "table"])
def test_inline_elements_are_not_followed_by_a_line_break(tag):
    assert element(tag) == f"<{tag}></{tag}>"


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cn", "Co")))


@given(TEXT, TEXT)
def test_text_and_attributes_are_read_back_unchanged(text, title):
    read = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: read.append(dict(attributes)["title"])
    parser.handle_data = read.append
    parser.feed(element("b", text, title=title))
    parser.close()
    assert (read[0], "".join(read[1:])) == (title, text)


def test_a_source_listing_highlights_the_current_line():
    html = source_listing([(9, "a = 1"), (10, "b = <c>")], 10, (4, 7))
    assert html == (
        '<pre class="source">'
        '<span><span class="number">9</span><span>a = 1</span></span>'
        '<span class="current"><span class="number">10</span>'
        "<span>b = <mark>&lt;c&gt;</mark></span></span></pre>\n"
    )


def test_a_page_is_a_complete_document():
    page = html_page("<Title>", "a<b", None, element("p", "c"))
    assert page.startswith('<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n')
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">\n' in page
    assert "<title>&lt;Title&gt;</title>\n" in page
    assert page.endswith("<body>\n<main>a&lt;b<p>c</p>\n</main>\n</body>\n</html>\n")


def test_a_page_has_one_stylesheet_or_links_to_one():
    link = element("link", rel="stylesheet", href="common.css")
    assert html_page("Title", "text").count("<style>") == 1
    page = html_page("Title", "text", style=None, head=link)
    assert "<style" not in page
    assert f"<title>Title</title>\n{link}</head>" in page


def test_selectors_of_a_stylesheet_are_not_escaped():
    page = html_page("Title", style=Markup("td > table { margin: 0; }\n"))
    assert "<style>\ntd > table { margin: 0; }\n</style>\n" in page


def test_a_page_keeps_its_own_main_element():
    page = html_page("Title", element("nav", "links"), element("main", "text", id="content"))
    assert '<body>\n<nav>links</nav>\n<main id="content">text</main>\n</body>' in page


def test_paragraphs_are_separated_by_empty_lines():
    assert paragraphs("One <b>,\nstill one.\n\n\n\nTwo.\n\n") == (
        "<p>One &lt;b&gt;,\nstill one.</p>\n<p>Two.</p>\n"
    )
    assert paragraphs("") == ""


def test_a_scrollable_region_has_a_name_and_can_be_focused():
    assert scrollable("a<b", "Rows & columns") == (
        '<div class="scrollable" role="region" aria-label="Rows &amp; columns" tabindex="0">'
        "a&lt;b</div>\n"
    )
