"""The Postgres that everything stands on: how to reach it, start it, and keep its walls."""
