"""How Sphinx builds these pages; ``make docs`` calls it."""

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

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


def draw_pictures(app: Any) -> None:
    """Run the code of the page that makes its own pictures."""
    page = Path(app.srcdir, "deciding.md").read_text("utf-8")
    folder = Path(app.srcdir, "_build", "pictures")
    folder.mkdir(parents=True, exist_ok=True)
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    Path(folder, "app.py").write_text("\n\n".join(blocks), "utf-8")
    command = [sys.executable, "app.py"]
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=True)


def setup(app: Any) -> None:
    """Draw the pictures before the pages are read."""
    app.connect("builder-inited", draw_pictures)
