"""The directive `settings-table`: every setting of a node, read from wharfside.config.Settings itself."""

import sys

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from wharfside.config import Settings


def default_of(name: str) -> str:
    """Return the default as one would write it, or nothing where there is none."""
    default = Settings.model_fields[name].get_default(call_default_factory=True)
    return "" if default in (None, {}, ()) else f"`{default}`".replace("True", "true").replace("False", "false")


def table() -> list[str]:
    """Return the lines of a MyST table."""
    lines = ["| setting | in the environment | default | meaning |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        lines.append(f"| `{name}` | `WHARFSIDE_{name.upper()}` | {default_of(name)} | {field.description} |")
    return lines


class SettingsTable(SphinxDirective):
    """Put the table where the directive stands."""

    def run(self) -> list[nodes.Node]:
        """Parse the table as a part of the page, which is read again when the settings change."""
        source = str(sys.modules[Settings.__module__].__file__)
        self.env.note_dependency(source)
        container = nodes.container()
        self.state.nested_parse(StringList(table(), source), self.content_offset, container)
        return container.children


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("settings-table", SettingsTable)
    return {"parallel_read_safe": True}
