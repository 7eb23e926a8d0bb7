"""What the sources tell by webhooks: checked and split where it comes in, applied by a resident worker.

signatures → events (stored by the API) → worker → batches → loading, states → the raw tables of a sync.
"""
