"""Values whose types PostgreSQL learns from the driver alone, by each driver."""
import datetime, enum, ipaddress, uuid, zoneinfo
import psycopg, psycopg2, psycopg2.extras
from psycopg.types.json import Jsonb
from psycopg.types.numeric import Int4

class Level(enum.IntEnum):
    HIGH = 3

class Seconds(float):
    pass

DAY, MOMENT = datetime.date(2026, 1, 2), datetime.datetime(2026, 7, 2, 3, 4, 5, 6)
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
SPANS = [datetime.timedelta(1, 5, 7), datetime.timedelta(0, -5), datetime.timedelta(0)]
SINGLE = [DAY, MOMENT, MOMENT.replace(tzinfo=BERLIN), MOMENT.time(), uuid.UUID(int=7), *SPANS,
          b"\0'", memoryview(b"\1\2")]
ARRAYS = [[DAY], [MOMENT], [uuid.UUID(int=7), None], [b"\0"], [SPANS[0]]]
# For these the type is written in the statement, because the drivers differ.
CAST = [("float8", float("nan")), ("float8", float("inf")), ("float8", float("-inf")),
        ("float8", Seconds(1.5)), ("int", Level.HIGH), ("text[]", []), ("text[]", [None])]

def prepare():
    psycopg2.extras.register_uuid()

def main():
    document = {"name": "it's", "lines": ["a\n\"b\"", None, True, 1.5]}
    address = ipaddress.ip_address("10.0.0.1")
    own = {psycopg: (psycopg.Binary(b"\0"), Jsonb(document), Int4(-2147483648), address),
           psycopg2: (psycopg2.Binary(b"\0"), psycopg2.extras.Json(document), -5, "10.0.0.1")}
    found = []
    for library, (binary, json, number, host) in own.items():
        cast = [*CAST, ("bytea", binary), ("jsonb", json), ("int", number), ("inet", host)]
        with library.connect(host="127.0.0.1", port=port, user="devtui", dbname="postgres") as db:
            cursor = db.cursor()
            for values in (SINGLE, ARRAYS):
                places = ", ".join(["pg_typeof(%s), %s"] * len(values))
                cursor.execute(f"select concat_ws('|', %s - interval '1 day', {places})",
                               [DAY, *(it for value in values for it in (value, value))])
                found.append(cursor.fetchone()[0])
            places = ", ".join(f"%s::{kind}" for kind, _ in cast)
            cursor.execute(f"select concat_ws('|', {places})", [value for _, value in cast])
            found.append(cursor.fetchone()[0])
    return found
