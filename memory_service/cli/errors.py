"""What ends a command with one line on standard error and exit status 1."""

from __future__ import annotations


class CommandFailed(Exception):
    """The command could not do what was asked; the message is one line for people."""
