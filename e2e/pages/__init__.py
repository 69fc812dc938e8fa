"""What people see and do on the pages of the apps; the tests know nothing else of them."""
