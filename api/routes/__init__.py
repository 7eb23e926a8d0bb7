"""The hand-written routes; the marts' endpoints are made from their contracts (api/marts.py)."""
