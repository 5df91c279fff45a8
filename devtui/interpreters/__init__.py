"""Which Python runs the app, if devtui is installed in an environment of its own.

The program chooses it before it imports anything else, so these modules import nothing that takes
time.
"""
