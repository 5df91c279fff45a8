"""`python -m devtui`."""

from devtui.cli import main

if __name__ == "__main__":
    main()
