"""The settings of Gunicorn in the load tests. The other settings are on the command line."""

import os

pythonpath = os.path.dirname(__file__)
worker_class = "gthread"
threads = 8
graceful_timeout = 5  # seconds
keepalive = 60  # seconds: long enough that only a killed worker breaks a connection
control_socket_disable = True


def post_worker_init(worker):
    worker.log.info("Ready worker with pid: %s", worker.pid)
