import base64, hmac, secrets as s
from functools import lru_cache
class BadSignature(Exception): pass
def generate_secret(): return "whsec_" + base64.b64encode(s.token_bytes(32)).decode()
def check_secret(x): return x
@lru_cache(4096)
def key_of(x): return base64.b64decode(x.removeprefix("whsec_")) if x.startswith("whsec_") else x.encode()
def sign_standard(secrets, message_id, timestamp, body):
    c = f"{message_id}.{timestamp}.".encode() + body
    return " ".join("v1," + base64.b64encode(hmac.digest(key_of(x), c, "sha256")).decode() for x in secrets)
def verify_standard(secret, headers, body, now): pass
