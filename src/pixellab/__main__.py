"""``python -m pixellab`` is the command ``pixellab``."""

from pixellab.entrypoints.cli.main import main

if __name__ == "__main__":
    main()
