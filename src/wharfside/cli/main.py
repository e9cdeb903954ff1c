"""The command line. Each command is imported when it is called, so that `--help` answers at once."""

from __future__ import annotations

from cyclopts import App

app = App(
    name="wharfside",
    help="Amazon ECR that anyone can run: the ECR API and an OCI registry in one program.",
    help_epilogue="Start with: wharfside serve",
    version_flags=["--version"],
)
app.command("wharfside.cli.serve:serve", name="serve")
app.command("wharfside.cli.env:env", name="env")
app.command("wharfside.cli.login:login", name="login")


def main() -> None:
    """Run the command that the arguments name."""
    app()
