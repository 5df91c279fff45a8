"""A warning from an adapter, below a statement."""
import datetime, sqlite3, warnings

def main():
    db = sqlite3.connect(":memory:")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sqlite3.register_adapter(complex, lambda value: warn(value))
        db.execute("select ?", (1j,))
    return [(warning.filename, warning.lineno) for warning in caught]

def warn(value):
    warnings.warn("adapted", stacklevel=2)
    return 1
