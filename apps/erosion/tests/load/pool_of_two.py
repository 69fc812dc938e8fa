"""Create erosion with at most two database connections in each process."""

from functools import partial

import erosion


def create_app():
    erosion.Storage = partial(erosion.Storage, pool_size=2)
    return erosion.create_app()
