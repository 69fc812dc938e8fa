"""The tools of the browser tests: the browser, served programs, and the results of failures."""
