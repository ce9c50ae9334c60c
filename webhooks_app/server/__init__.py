"""Between the web server and Flask: what must be decided before a request gets a thread.

`door` reads bodies in time and within their bounds, then hands the request to Flask in a thread.
`hosts` refuses names that are not ours; `request` is Flask's request with our bounds.
"""
