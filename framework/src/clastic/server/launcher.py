"""Starts a child process: a script, which is run with nothing of Clastic or the program imported.

It imports ``child`` from beside it, by the full name of that module: so the program finds the very
one that its process has begun with.
"""

import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec

NAME = "clastic.server.child"

if __name__ == "__main__":
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "child.py")
    loader = SourceFileLoader(NAME, path)
    child = sys.modules[NAME] = module_from_spec(ModuleSpec(NAME, loader, origin=path))
    loader.exec_module(child)
    child.main()
