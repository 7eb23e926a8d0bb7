"""The HTTP API: marts as endpoints, accounts, synchronisation. It reads what others made and computes nothing."""
