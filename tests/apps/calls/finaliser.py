"""A statement in a finaliser, between others."""
import gc, sqlite3

db = sqlite3.connect(":memory:", check_same_thread=False)

class Last:
    def __del__(self):
        db.execute("select 'last'")

def main():
    gc.set_threshold(5)
    for number in range(300):
        one = Last()
        one.itself = one
        db.execute("select ?", [number])
    del one
    gc.collect()
