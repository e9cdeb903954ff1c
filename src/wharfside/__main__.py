"""`wharfside`, the command."""

from wharfside.cli.main import main

if __name__ == "__main__":
    main()

__all__ = ["main"]
