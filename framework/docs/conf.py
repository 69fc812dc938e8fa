"""How Sphinx builds these pages; ``make docs`` calls it."""

from importlib import metadata

project = "Clastic"
author = "the Clastic authors"
release = metadata.version("clastic")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build", "examples", "README.md"]

# Directives stand between colons: a fence of backticks is code, which a test runs.
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_default_options = {"members": True}
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
default_role = "code"
python_maximum_signature_line_length = 80

html_theme = "furo"
html_title = f"Clastic {release}"
html_static_path = ["_static"]
html_css_files = ["clastic.css"]
html_copy_source = False
html_show_copyright = False
pygments_style = "friendly"
pygments_dark_style = "monokai"
