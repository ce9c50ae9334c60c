class Window:
    INITIAL = 8
    __slots__=("size","in_flight","maximum")
    def __init__(self, maximum=128): self.size=8; self.in_flight=0; self.maximum=maximum
    @property
    def free(self): return max(0,self.size-self.in_flight)
    def acquire(self): self.in_flight+=1
    def release(self): self.in_flight-=1
    def succeeded(self): self.size=min(self.maximum,self.size+1)
    def failed(self): self.size=1
