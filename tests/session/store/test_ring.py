"""The bounded sequence, against a plain list that forgets nothing."""

from __future__ import annotations

import gc
import weakref

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from devtui.session.store.ring import Ring


class RingModel(RuleBasedStateMachine):
    """Every item that was ever appended, and the number of the first that must still be there."""

    @initialize(capacity=st.integers(1, 5))
    def begin(self, capacity: int) -> None:
        self.ring: Ring[int] = Ring(capacity)
        self.items: list[int] = []
        self.first = 0

    # More than a compaction needs (64 items), in a single step.
    @rule(items=st.lists(st.integers(), max_size=5), times=st.sampled_from([1, 1, 30]))
    def append(self, items: list[int], times: int) -> None:
        for item in items * times:
            assert self.ring.append(item) == len(self.items)
            self.items.append(item)
        self.first = max(self.first, len(self.items) - self.ring.capacity)

    @rule()
    def clear(self) -> None:
        self.ring.clear()
        self.first = len(self.items)

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        ring, kept = self.ring, self.items[self.first :]
        assert list(ring) == kept
        assert len(ring) == len(kept)
        assert bool(ring) is bool(kept)
        assert (ring.first, ring.end, ring.dropped) == (self.first, len(self.items), self.first)
        assert [ring[number] for number in range(ring.first, ring.end)] == kept

    @invariant()
    def nothing_else_can_be_reached(self) -> None:
        for number in (-1, self.ring.first - 1, self.ring.end):
            with pytest.raises(IndexError):
                self.ring[number]


TestRing = RingModel.TestCase
TestRing.settings = settings(max_examples=50, stateful_step_count=20)


def test_what_is_forgotten_is_let_go_at_once() -> None:
    class Item:
        pass

    ring: Ring[Item] = Ring(2)
    items = [Item(), Item(), Item()]
    watched = [weakref.ref(item) for item in items]
    for item in items:
        ring.append(item)
    del item, items
    gc.collect()
    assert watched[0]() is None
    assert watched[2]() is not None
    ring.clear()
    gc.collect()
    assert watched[2]() is None


def test_a_ring_does_not_grow() -> None:
    ring: Ring[int] = Ring(10)
    for number in range(10_000):
        ring.append(number)
        assert len(ring.items) <= 10 + 64


@pytest.mark.parametrize("capacity", [0, -1])
def test_a_ring_without_room_is_refused(capacity: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        Ring(capacity)


def test_an_item_that_moves_gets_a_new_number_and_is_found_by_its_old_one() -> None:
    ring: Ring[str] = Ring(3)
    for item in "abc":
        ring.append(item)
    assert ring.move_to_end(1) == 3
    assert (list(ring), len(ring), ring.first, ring.end) == (["a", "c", "b"], 3, 0, 4)
    assert ring.move_to_end(0) == 4
    assert (list(ring), len(ring), ring.first) == (["c", "b", "a"], 3, 2)
    assert ring.move_to_end(3) == 5
    assert (ring.now(1), ring.now(1, end=5), ring.now(2)) == (5, 3, 2)
    ring.append("d")
    assert (list(ring), ring.first) == (["a", "b", "d"], 4)
    ring.clear()
    assert (len(ring), ring.first, ring.left) == (0, 7, set())
