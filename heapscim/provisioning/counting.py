"""How numbers of things are said."""


def counted(number: int, noun: str) -> str:
    """A number with its noun, such as ``1 change`` or ``2,000 changes``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
