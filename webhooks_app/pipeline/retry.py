from dataclasses import dataclass
@dataclass(frozen=True)
class RetryPolicy:
    name: str
    delays: tuple
P={"pivot":RetryPolicy("pivot",(60.,300.,1800.,7200.,43200.))}
def parse_policy(raw): return P[raw] if isinstance(raw,str) else RetryPolicy("custom",tuple(raw["delays"]))
def next_delay(policy,*,failures,failure,status,retry_after,rng):
    if failures>len(policy.delays): return None
    d=policy.delays[failures-1]; return max(d*(1+rng/10), retry_after or 0)
def parse_retry_after(v, now): return float(v) if v and v.isdigit() else None
