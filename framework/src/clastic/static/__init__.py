"""Files from disk: a folder of them as an application, or one of them as a route."""

from clastic.static.application import StaticApplication, StaticFileRoute

__all__ = ["StaticApplication", "StaticFileRoute"]
