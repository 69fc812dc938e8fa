"""Create erosion with at most two database connections in each process."""

import erosion


class PoolOfTwo(erosion.Storage):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, pool_size=2, **options)


def create_app():
    erosion.Storage = PoolOfTwo
    return erosion.create_app()
