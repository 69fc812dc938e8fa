"""Wrap content in the HTML document of every page."""

from markupsafe import Markup

from clastic.pages import element, html_page, paragraphs, scrollable


def test_page_is_a_complete_document():
    page = html_page("<Title>", "a<b", None, element("p", "c"))
    assert page.startswith('<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n')
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">\n' in page
    assert "<title>&lt;Title&gt;</title>\n" in page
    assert page.endswith("<body>\n<main>a&lt;b<p>c</p>\n</main>\n</body>\n</html>\n")


def test_page_has_one_stylesheet_or_links_to_one():
    link = element("link", rel="stylesheet", href="common.css")
    assert html_page("Title", "text").count("<style>") == 1
    page = html_page("Title", "text", style=None, head=link)
    assert "<style" not in page
    assert f"<title>Title</title>\n{link}</head>" in page


def test_selectors_of_a_stylesheet_are_not_escaped():
    page = html_page("Title", style=Markup("td > table { margin: 0; }\n"))
    assert "<style>\ntd > table { margin: 0; }\n</style>\n" in page


def test_page_keeps_a_main_element_of_its_own():
    page = html_page("Title", element("nav", "links"), element("main", "text", id="content"))
    assert '<body>\n<nav>links</nav>\n<main id="content">text</main>\n</body>' in page


def test_paragraphs_are_separated_by_empty_lines():
    assert paragraphs("One <b>,\nstill one.\n\n\n\nTwo.\n\n") == (
        "<p>One &lt;b&gt;,\nstill one.</p>\n<p>Two.</p>\n"
    )
    assert paragraphs("") == ""


def test_scrollable_region_has_a_name_and_can_be_focused():
    assert scrollable("a<b", "Rows & columns") == (
        '<div class="scrollable" role="region" aria-label="Rows &amp; columns" tabindex="0">'
        "a&lt;b</div>\n"
    )
