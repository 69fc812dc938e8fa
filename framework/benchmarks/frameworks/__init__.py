"""The same applications in each framework; see `interface.py`."""
