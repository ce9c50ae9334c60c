"""Writes the typed part of the client from `docs/openapi.json`: `make client`.

`document` reads the document, `types` turns schemas into Python types, `models`, `inputs` and
`resources` make one module each.
"""
