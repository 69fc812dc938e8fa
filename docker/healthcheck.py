"""Check the health of the app in this container: ``healthcheck.py live`` or ``... ready``.

The exit status is 0 if the check passes, otherwise 1. ``live`` fails if the app does not respond;
then a restart may help. ``ready`` also fails while the app cannot use what it depends on, such as
its database.
"""

import sys
from http.client import HTTPConnection, HTTPException

TIMEOUT_SECONDS = 4  # more than the app waits for its checks


def main() -> int:
    connection = HTTPConnection("127.0.0.1", 8000, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", f"/_health/{sys.argv[1]}")
        response = connection.getresponse()
        body = response.read().decode()
    except (OSError, HTTPException) as error:
        print(f"The app does not respond: {error!r}")
        return 1
    print(f"The app responds with status {response.status}: {body}")
    return 0 if response.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
