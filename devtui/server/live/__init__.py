"""Give the pages of the app the script that follows saves, and hand its connection over."""
