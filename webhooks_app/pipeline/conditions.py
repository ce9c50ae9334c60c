from dataclasses import dataclass
@dataclass(frozen=True, slots=True)
class Condition:
    field: str; operator: str; value: object=None
def parse_conditions(raw): return tuple(Condition(**c) for c in raw)
def evaluate(c, m, e): return True
