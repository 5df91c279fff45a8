"""The test suites of other people's libraries, with their calls recorded and without."""
