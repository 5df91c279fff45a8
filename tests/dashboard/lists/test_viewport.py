from __future__ import annotations

import pytest

from devtui.dashboard.lists.matches import Matches
from devtui.dashboard.lists.viewport import Viewport
from devtui.filters.query import Query
from devtui.session.store.ring import Ring


class Shown:
    """A ring with a view of it that is some lines high."""

    def __init__(self, capacity: int = 100, height: int = 5, follow: bool = True) -> None:
        self.ring: Ring[object] = Ring(capacity)
        self.height = height
        self.view = Viewport(Matches(self.ring, str), follow=follow)

    def add(self, *items: object) -> int:
        """Take in new items; returns which line is topmost now."""
        for item in items:
            self.ring.append(item)
        self.view.matches.catch_up()
        return self.fit()

    def fit(self) -> int:
        top = self.view.fit(self.height)
        self.view.scrolled(top, self.height)
        return top


@pytest.fixture
def shown() -> Shown:
    return Shown()


def test_without_any_item_there_is_no_cursor(shown: Shown) -> None:
    assert shown.fit() == 0
    assert (shown.view.cursor, shown.view.item, shown.view.unseen_count) == (0, None, 0)


def test_it_follows_the_newest(shown: Shown) -> None:
    assert shown.add(*range(3)) == 0
    assert shown.view.item == 2
    assert shown.add(*range(3, 20)) == 15
    assert (shown.view.item, shown.view.cursor, shown.view.unseen_count) == (19, 19, 0)


def test_above_the_last_line_it_stays_and_counts_what_comes(shown: Shown) -> None:
    shown.add(*range(20))
    shown.view.select(18)
    assert not shown.view.following
    assert shown.add(20, 21, 22) == 15
    assert (shown.view.item, shown.view.unseen_count) == (18, 3)


def test_the_last_line_can_be_selected_while_it_follows(shown: Shown) -> None:
    shown.add(*range(20))
    shown.view.select(99)
    assert shown.view.following
    assert shown.view.item == 19


def test_what_is_not_to_follow_begins_at_the_first() -> None:
    shown = Shown(follow=False)
    assert shown.add(*range(20)) == 0
    assert shown.view.item == 0


def test_the_items_in_view_stay_while_older_ones_go() -> None:
    shown = Shown(capacity=20)
    shown.add(*range(20))
    shown.view.stay()
    shown.view.select(12)
    shown.view.scrolled(10, 5)
    assert shown.add(20, 21, 22) == 7
    assert (shown.view.item, shown.view.cursor) == (12, 9)
    assert shown.add(*range(23, 60)) == 0
    assert shown.view.item == 40


def test_a_filter_takes_the_cursor_to_the_next_that_matches(shown: Shown) -> None:
    shown.add(*range(30))
    shown.view.select(11)
    shown.view.matches.search(Query("2"))
    shown.fit()
    assert shown.view.item == 12
    shown.view.matches.search(Query("nothing"))
    assert shown.fit() == 0
    assert shown.view.item is None
    shown.view.matches.search(Query(""))
    shown.fit()
    assert shown.view.item == 12


def test_other_items_are_shown_from_the_first(shown: Shown) -> None:
    shown.add(*range(30))
    shown.view.stay()
    other: Ring[object] = Ring(10)
    for item in "abcdefgh":
        other.append(item)
    shown.view.show(Matches(other, str))
    assert shown.fit() == 0
    assert shown.view.item == "a"


@pytest.mark.parametrize(
    ("cursor", "top", "height", "wanted"),
    [(7, 5, 5, 5), (3, 5, 5, 3), (9, 5, 5, 5), (10, 5, 5, 6), (10, 5, 0, 10), (0, 0, 0, 0)],
)
def test_the_cursor_comes_into_view_by_the_shortest_way(
    shown: Shown, cursor: int, top: int, height: int, wanted: int
) -> None:
    shown.add(*range(30))
    shown.view.select(cursor)
    assert shown.view.top_with_cursor(top, height) == wanted


@pytest.mark.parametrize(("cursor", "top"), [(4, 1), (3, 0), (9, 0)])
def test_a_cursor_in_view_stays_there_when_the_view_shrinks(
    shown: Shown, cursor: int, top: int
) -> None:
    shown.add(*range(20))
    shown.view.begin()
    shown.fit()
    shown.view.select(cursor)  # the last one of these is out of view
    shown.height = 4
    assert shown.fit() == top


def test_an_item_that_has_gone_is_none_until_the_next_look() -> None:
    shown = Shown(capacity=5)
    shown.add(*range(5))
    shown.view.select(0)
    for item in range(5, 8):
        shown.ring.append(item)
    assert shown.view.item is None
    assert shown.view.matches.item_at(4) == 4
    assert shown.view.matches.item_at(5) is None


@pytest.mark.parametrize("lines_of", [None, lambda index: 2])
def test_a_view_without_a_line_keeps_its_place_among_filtered_items(lines_of: None) -> None:
    """A tiny terminal leaves a list no room while it follows."""
    shown = Shown(height=0)
    shown.view.lines_of = lines_of
    shown.add("a", "b", "ab")
    shown.view.matches.search(Query("a"))
    assert shown.fit() == 1
    assert shown.view.item == "ab"


def test_an_item_that_moves_to_the_end_keeps_the_cursor(shown: Shown) -> None:
    shown.add(*"abcdefghij")
    shown.view.select(2)
    shown.fit()
    shown.ring.move_to_end(2)
    shown.ring.move_to_end(10)
    # Until the view takes it in, nothing moves.
    assert (shown.view.cursor, shown.view.item) == (2, "c")
    assert shown.add() == 5
    assert (shown.view.cursor, shown.view.item, len(shown.view.matches)) == (9, "c", 10)
    assert [shown.view.matches[at] for at in range(10)] == list("abdefghijc")


def test_a_filter_and_the_view_hold_while_items_move(shown: Shown) -> None:
    shown.add("ab", "b", "ac", "b", "ad", "b", "b", "b", "b")
    shown.view.matches.search(Query("a"))
    shown.view.select(1)
    shown.ring.move_to_end(0)
    shown.add()
    found = shown.view.matches
    assert [found[at] for at in range(len(found))] == ["ac", "ad", "ab"]
    assert (shown.view.cursor, shown.view.item) == (0, "ac")
    found.search(Query())
    assert [found[at] for at in range(len(found))].count("ab") == 1
    assert len(found) == 9


def test_no_row_in_view_is_counted_as_new(shown: Shown) -> None:
    shown.add(1, 2)
    shown.view.select(0)
    shown.add(3)
    assert (shown.view.following, shown.view.unseen_count) == (False, 0)
    shown.add(*range(4, 9))
    assert shown.view.unseen_count == 5
    shown.view.scrolled(2, 5)
    assert shown.view.unseen_count == 5
    shown.view.scrolled(3, 5)
    assert shown.view.unseen_count == 0
