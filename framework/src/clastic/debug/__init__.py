"""Show errors to developers in detail, in every format of errors."""
