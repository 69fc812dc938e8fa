"""The settings of Gunicorn for the browser tests: two processes, which share no memory."""

workers = 2
threads = 4
graceful_timeout = 3  # seconds
accesslog = "-"
control_socket_disable = True
