"""What every browser test stands on: the browser, the programs it serves, what a failure leaves."""
