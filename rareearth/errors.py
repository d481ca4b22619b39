"""How the program says no: one line that says what was found, where, and what to do."""


class Refused(ValueError):
    """The input was refused; the message is one line for the user, never shown with a traceback."""

    def _render_traceback_(self) -> list[str]:
        """What Jupyter shows instead of a traceback."""
        return [f"{type(self).__name__}: {self}"]
