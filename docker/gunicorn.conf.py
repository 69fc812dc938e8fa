"""The settings of Gunicorn in a container: processes with threads, and a graceful stop on SIGTERM.

The environment variable ``WEB_CONCURRENCY`` is the number of processes (default: 2), ``THREADS``
the number of threads of each (default: 8). A client has ``HEAD_SECONDS`` (default: 5) to send the
head of a request, and holds no thread in the meantime. From then on it has ``BODY_SECONDS``
(default: 8) to send the body.
"""

import os
import select
import selectors
import socket
import time
from functools import partial

from gunicorn.http.errors import NoMoreData
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import ThreadWorker

# From the connection, or the end of the response before, to the whole head.
HEAD_SECONDS = float(os.environ.get("HEAD_SECONDS", "5"))
# From the head to the whole body, also while the request waits for a thread.
BODY_SECONDS = float(os.environ.get("BODY_SECONDS", "8"))
LINGER_SECONDS = 2  # for a client to close, after the response
MAX_HEAD_BYTES = 65536  # a longer head is left to Gunicorn's own limits
HEAD_END = b"\r\n\r\n"


class DeadlineUnreader(SocketUnreader):
    """Reads from a socket until a deadline, after which the client counts as disconnected."""

    deadline = float("inf")

    def chunk(self, size_hint=None):
        """Return the next data; raise NoMoreData if none arrives in time."""
        before = self.sock.gettimeout()
        # Without time left, what has arrived already is still read.
        left = max(self.deadline - time.monotonic(), 0)
        self.sock.settimeout(left if before is None else min(left, before))
        try:
            return super().chunk(size_hint)
        except (TimeoutError, BlockingIOError):
            raise NoMoreData from None
        finally:
            self.sock.settimeout(before)


def receive(client):
    """Return what has arrived: ``None`` for nothing yet, no bytes at the end."""
    try:
        return client.recv(65536)
    except BlockingIOError:
        return None
    except OSError:
        return b""


class DrainingWorker(ThreadWorker):
    """A worker that slow clients cannot block, and that stops without a reset.

    It reads the heads of requests in its main loop, and passes a connection to a thread when the
    head is complete.

    Before it stops, it accepts all waiting connections, then closes the socket. The kernel
    completes connections as long as the socket listens. Connections that are still in its queue
    when the worker exits would be reset after the client has sent its request.
    """

    def enqueue_req(self, conn):
        """Read the head of the next request, then submit the connection to the threads."""
        conn.head = conn.parser.unreader.take_buffered() if conn.initialized else b""
        if HEAD_END in conn.head:
            self.submit(conn)
        else:
            self.wait_for_client(conn, HEAD_SECONDS, self.read_head)
            self.read_head(conn, conn.sock)

    def read_head(self, conn, client):
        """Read what has arrived; submit the connection if the head, or the client, ends there."""
        data = receive(client)
        if data is None:
            return
        conn.head += data
        if not data or HEAD_END in conn.head or len(conn.head) > MAX_HEAD_BYTES:
            self.stop_waiting(conn)
            self.submit(conn)

    def submit(self, conn):
        """Submit a connection to the threads."""
        conn.data_ready = True
        conn.body_deadline = time.monotonic() + BODY_SECONDS
        super().enqueue_req(conn)

    def finish_request(self, conn, future):
        """Close a finished connection without waiting for the client in the main loop.

        What the client is still sending is read for a moment, so that it can read the response.
        """
        # Gunicorn has closed the socket if the app failed in the middle of a response.
        is_closed = conn.sock.fileno() < 0
        if is_closed or future.cancelled() or future.exception() or future.result():
            super().finish_request(conn, future)
            return
        self.wait_for_client(conn, LINGER_SECONDS, self.linger)
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.close(conn)
        else:
            self.linger(conn, conn.sock)

    def linger(self, conn, client):
        """Drop what has arrived; close the connection if the client has."""
        if receive(client) == b"":
            self.close(conn)

    def close(self, conn):
        """Close a connection that waits for its client."""
        self.stop_waiting(conn)
        self.nr_conns -= 1
        conn.close()

    def wait_for_client(self, conn, seconds, callback):
        """Call back when something arrives; Gunicorn closes pending connections in the end."""
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + seconds
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(callback, conn))

    def stop_waiting(self, conn):
        """Undo `wait_for_client`."""
        self.poller.unregister(conn.sock)
        self.pending_conns.remove(conn)

    def handle(self, conn):
        """Serve a connection whose head has been read."""
        conn.sock.setblocking(True)
        if not conn.initialized:
            conn.init()
            conn.parser.unreader = DeadlineUnreader(conn.sock)
        conn.parser.unreader.unread(conn.head)
        conn.parser.unreader.deadline = conn.body_deadline
        return super().handle(conn)

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
