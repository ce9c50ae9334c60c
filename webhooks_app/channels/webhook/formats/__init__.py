from dataclasses import dataclass
from datetime import datetime
from ..signatures import sign_standard
@dataclass(frozen=True, slots=True)
class EventView:
    id: str; type: str; occurred_at: datetime; organisation_id: str; subject_type: str|None; subject_id: str|None; data: bytes
class Std:
    name = "standard"
    def envelope(self, e):
        t = e.occurred_at.isoformat(timespec="milliseconds").replace("+00:00","Z")
        return b'{"type":"' + e.type.encode() + b'","timestamp":"' + t.encode() + b'","data":' + e.data + b'}'
    def headers(self, secrets, id, ts, body, type): return {"content-type":"application/json","webhook-id":id,"webhook-timestamp":str(ts),"webhook-signature":sign_standard(secrets,id,ts,body)}
FORMATS={"standard":Std()}
def wire_format(n): return FORMATS[n]
