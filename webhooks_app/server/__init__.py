"""Between the web server and Flask: checks before a request gets a thread.

`door` reads bodies within their time and size limits, then hands the request to Flask in a thread.
`hosts` refuses names that are not ours; `request` is Flask's request with our limits.
"""
