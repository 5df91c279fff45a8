"""Sequences of newer terminals, some of them written in two parts."""
import os
parts = (
    b"\x1b[>1u\x1b[?u\x1b[?2027$p\x1b[?2026h",
    b"\x1b[<",
    b"u\x1b[>4;1mA\x1b]52;c;eA==\x1b",
    b"\\\x1bP+q54\x1b",
    b"\\B\x1b]11;?\x07\x1b_Gi=1\x1b\\\x1b[?2026lC\x1b[=c\xe2\x94",
    b"\x80",
)
for part in parts:
    os.write(1, part)
