"""Exit with 0 if the app in this container serves its first page, otherwise with 1."""

import sys
from http.client import HTTPConnection, HTTPException

TIMEOUT_SECONDS = 3


def main() -> int:
    connection = HTTPConnection("127.0.0.1", 8000, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/", headers={"User-Agent": "healthcheck"})
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        print(f"The app does not respond: {error!r}")
        return 1
    print(f"The app responds with status {status}.")
    return 0 if status < 400 else 1


if __name__ == "__main__":
    sys.exit(main())
