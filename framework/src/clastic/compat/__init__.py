"""Members that exist only for apps written for Clastic 26: mixins and aliases, a module a package.

A class of the framework inherits the mixin with its members, so a mixin uses ``self`` only, and
imports what it needs from the framework when it is called.
"""
