"""``python -m phoihop``: the command line."""

from phoihop.app.cli import main

if __name__ == "__main__":
    main()
