"""How Gunicorn serves erosion in the load tests; the rest is on its command line."""

import os

pythonpath = os.path.dirname(__file__)
worker_class = "gthread"
threads = 8
graceful_timeout = 5  # seconds
keepalive = 60  # seconds: only a worker that is killed breaks a connection
control_socket_disable = True


def post_worker_init(worker):
    worker.log.info("Ready worker with pid: %s", worker.pid)
