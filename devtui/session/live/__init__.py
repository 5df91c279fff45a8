"""Tell the open pages in browsers what was saved."""
