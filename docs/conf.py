"""Sphinx's configuration. `tools/docs` builds the pages; they need no network, neither to build nor to read."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

project = "Wharfside"
author = "the Wharfside contributors"
project_copyright = "the Wharfside contributors, Apache License 2.0"
version = release = version_of("wharfside")

extensions = ["myst_parser", "settings_table"]
exclude_patterns = ["_build"]
nitpicky = True
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "Wharfside"
