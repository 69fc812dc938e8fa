"""Run the command ``clastic`` as ``python -m clastic``."""

from clastic.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
