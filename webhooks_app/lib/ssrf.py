import socket, ipaddress
from dataclasses import dataclass
@dataclass(frozen=True)
class Guard:
    allowed: tuple = ()
    @classmethod
    def parse(cls, cidrs): return cls(tuple(ipaddress.ip_network(c) for c in cidrs))
    def refusal(self, address):
        ip = ipaddress.ip_address(address.split("%")[0])
        if any(ip in n for n in self.allowed if n.version == ip.version): return None
        return None if ip.is_global and not ip.is_multicast else "private network"
class RefusedAddress(OSError):
    def __init__(self, address, reason):
        super().__init__(f"{address}: {reason}"); self.address=address; self.reason=reason
def socket_factory(guard):
    def make(info):
        family, type_, proto, _, addr = info
        if (r := guard.refusal(addr[0])): raise RefusedAddress(addr[0], r)
        s = socket.socket(family, type_, proto); s.setblocking(False); s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1); return s
    return make
def refusal_in(exc):
    if isinstance(exc, RefusedAddress): return exc
    for e in (exc.__cause__, getattr(exc, "os_error", None), *getattr(exc, "exceptions", ())):
        if e is not None and e is not exc and (f := refusal_in(e)): return f
    return None
