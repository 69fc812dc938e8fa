"""The settings of Gunicorn in a container: processes with threads, and a graceful stop on SIGTERM.

The environment variable ``WEB_CONCURRENCY`` is the number of processes (default: 2), ``THREADS``
the number of threads of each (default: 8).
"""

import os
import select

from gunicorn.workers.gthread import ThreadWorker


class DrainingWorker(ThreadWorker):
    """A worker that accepts all waiting connections before it stops, then closes the socket.

    The kernel completes connections as long as the socket listens. Connections that are still in
    its queue when the worker exits would be reset after the client has sent its request.
    """

    def set_accept_enabled(self, enabled):
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                while select.select([listener], [], [], 0)[0]:
                    self.accept(listener)
                listener.close()


wsgi_app = "wsgi:create_app()"
bind = "0.0.0.0:8000"
preload_app = True  # load the app before the socket accepts connections
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("THREADS", "8"))
worker_class = DrainingWorker
graceful_timeout = 2  # seconds for requests to finish; the whole stop must take at most three
keepalive = 1  # seconds
worker_tmp_dir = "/dev/shm"  # the root file system is read-only
control_socket_disable = True
accesslog = "-"
