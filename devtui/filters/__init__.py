"""Find rows: the words of a filter, regexes in linear time, and rules that hide rows."""
