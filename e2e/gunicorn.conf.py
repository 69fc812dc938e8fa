"""How Gunicorn serves an app for the browser tests: two processes, so that they share nothing."""

workers = 2
threads = 4
graceful_timeout = 3  # seconds
accesslog = "-"
control_socket_disable = True
