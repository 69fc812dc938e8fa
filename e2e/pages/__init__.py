"""Page objects of the apps: the tests use pages only through them."""
