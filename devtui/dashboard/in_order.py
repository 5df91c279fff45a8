"""Keys that edit a line, taken in the order in which they were pressed.

Textual's inputs insert a character at once, but all other keys go round through the screen before
they are found to be bound. So of keys that arrive in one go, as over a slow connection, a backspace
came after what was typed behind it.
"""

from __future__ import annotations

from textual.binding import NoBinding
from textual.events import Key
from textual.widget import Widget
from textual.widgets import Input


async def done_at_once(widget: Widget, event: Key) -> bool:
    """Do what the widget itself has bound to the key; false where it has nothing to do now.

    So ctrl+c, which copies what is selected, goes on to the screen where nothing is.
    """
    try:
        bound = widget._bindings.get_bindings_for_key(event.key)
    except NoBinding:
        return False
    done = [await widget.app.run_action(binding.action, widget) for binding in bound]
    if any(done):
        event.stop()
        event.prevent_default()
    return any(done)


class OrderedInput(Input):
    """Textual's input, with its keys in order."""

    async def _on_key(self, event: Key) -> None:
        # Textual calls this, and then, where the default is not prevented, the one of its own.
        await done_at_once(self, event)
