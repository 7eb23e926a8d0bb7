"""Files that a tenant uploads: KPI points and market prices, as CSV. All of a file is loaded, or none of it.

`text` makes UTF-8 of what arrives, `sheet` splits it into cells, `styles` finds out how times and numbers are written,
`table` types and checks them by `cells`, `store` keeps the rows and lets them be undone.
"""
