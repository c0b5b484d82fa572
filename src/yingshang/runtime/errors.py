"""The one base of everything that the person at the terminal can mend."""


class Told(RuntimeError):
    """Something to be mended by whoever gave the command; its message is shown without a traceback."""
