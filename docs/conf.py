"""How Sphinx builds the documentation: `nox -s docs`."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "generated")]

from whitebit_ext import __version__  # noqa: E402  # from the tree, which is on the path only now

project = "whitebit-oauth"
copyright = "whitebit-oauth contributors"  # Sphinx's name
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
html_theme = "furo"
html_title = f"whitebit-oauth {__version__}"
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_extra_path = ["llms.txt"]

myst_heading_anchors = 4
myst_enable_extensions = ["attrs_inline"]

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_use_ivar = True
# Docstrings are plain text: `a name` is code.
default_role = "code"

nitpicky = True
# Of the reference, which is made of annotations and docstrings, only links in the text are checked:
# types of other libraries, and of modules that are not public, have no page.
nitpick_ignore_regex = [(r"py:.*", r".*")]
# `User` and `Clock` are names of the library and of the sandbox.
suppress_warnings = ["ref.python"]
