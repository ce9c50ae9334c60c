"""The API as an OpenAPI 3.1 document, made from the operations that views declare.

`document` puts it together: `paths` from the URL map, `schemas` from the Structs, `event_webhooks`
from the catalogue of event types. The result is committed as `docs/openapi.json` and served.
"""
