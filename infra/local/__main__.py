"""The ``automations`` command."""

from __future__ import annotations

import signal

__all__ = ["main"]


def main() -> None:
    """Runs the command line."""
    # Its imports take a while. Until it handles Ctrl-C itself there is nothing to drain, and no traceback to show.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from infra.local.cli import main as run

    run()


if __name__ == "__main__":
    main()
