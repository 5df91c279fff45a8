"""The bytes that a terminal sends for a key, without any newer keyboard protocol."""

from __future__ import annotations

ESC = "\x1b"

KEYS = {
    "enter": "\r",
    "escape": ESC,
    "tab": "\t",
    "shift+tab": f"{ESC}[Z",
    "space": " ",
    "backspace": "\x7f",
    "delete": f"{ESC}[3~",
    "up": f"{ESC}[A",
    "down": f"{ESC}[B",
    "right": f"{ESC}[C",
    "left": f"{ESC}[D",
    "home": f"{ESC}[H",
    "end": f"{ESC}[F",
    "pageup": f"{ESC}[5~",
    "pagedown": f"{ESC}[6~",
    "f5": f"{ESC}[15~",
    "f8": f"{ESC}[19~",
    "f9": f"{ESC}[20~",
}


def encoded(key: str) -> bytes:
    """The bytes of a key by its name. Raises `ValueError` for an unknown name."""
    if key in KEYS:
        return KEYS[key].encode()
    if key.startswith("ctrl+") and len(key) == 6:
        return bytes([ord(key[-1].upper()) & 0x1F])
    if key.startswith("shift+") and len(key) == 7:
        return key[-1].upper().encode()
    if len(key) == 1:
        return key.encode()
    raise ValueError(f"no key is called {key!r}; there are {', '.join(KEYS)}, ctrl+x and shift+x")
