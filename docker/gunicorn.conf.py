"""How Gunicorn serves an app in a container: processes with threads, and a clean end on SIGTERM.

``WEB_CONCURRENCY`` is the number of processes (default: 2), ``THREADS`` how many requests each
answers at a time (default: 8).
"""

import os
import select

from gunicorn.workers.gthread import ThreadWorker


class DrainingWorker(ThreadWorker):
    """Takes up the connections that wait when it is told to end, and lets no more queue up.

    The kernel goes on completing connections as long as the socket listens. Left in its queue they
    would be reset at the end, after the client has sent a request that nobody read.
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
preload_app = True  # nobody can connect before the app is there to answer
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("THREADS", "8"))
worker_class = DrainingWorker
graceful_timeout = 2  # seconds for requests to finish; a stop must end within three
keepalive = 1  # seconds
worker_tmp_dir = "/dev/shm"  # the root file system is read-only
control_socket_disable = True
accesslog = "-"
