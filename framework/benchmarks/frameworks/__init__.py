"""The measured frameworks, each in a module with the interface `interface.Framework`."""
