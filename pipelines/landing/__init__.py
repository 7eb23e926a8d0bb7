"""How a batch of rows becomes a package in the raw tables, with the cursors that belong to it.

`pipeline` decides the way: dlt with our sessions (`dlt_source`, `postgres`, `sessions`), one transaction for a small
batch (`small`), or none where there is no news (`news`). `rows` makes an item a row, `locks` says who may write.
dlt takes a second to import.
"""
