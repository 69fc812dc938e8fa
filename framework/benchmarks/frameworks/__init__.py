"""One module for each framework that is measured, each with what `interface.Framework` asks."""
