"""What a tenant decides for itself: rules, mappings, calendars, targets and objectives, each kind a list of rows.

`kinds.py` says what there is and what a row may be, `stored.py` keeps it with every version it had, `previews.py` tells
what a list would do to the tenant's data before it is kept.
"""
