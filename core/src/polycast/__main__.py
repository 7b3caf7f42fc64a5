"""`python -m polycast` is the `polycast` command."""

from polycast.cli import main

if __name__ == "__main__":
    main()
