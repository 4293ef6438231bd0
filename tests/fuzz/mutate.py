"""Profiles made of others by chance: other values, names, units, stacks and string tables.

    mutant = Mutants(seed).of(body)     bytes in, bytes out, both inflated

What pprof itself prints in an order of chance is left out: two rows of one name.
"""
import random

NAMES = """main.(*T).Do|main.Map[go.shape.int]|main.Map[...].func1|runtime.mallocgc|main.init.0|main.glob..func1
a/b.c.(*D[go.shape.struct { X int }]).e|type:.eq.main.T|go:buildid|main.f-fm|main.(*A).b(...)|main.F[int,string]
gopkg.in/yaml%2ev3.(*parser).parse|x.y[a].z[b].w|main.T.m·f|日本.語|a b c|x||<unknown>|[libc.so.6]|_cgo_topofstack
std::vector<int>::push_back|operator new(unsigned long)|ns::f(int, char)::{lambda()#1}::operator()|operator<
java.lang.String.<init>|com.example.Foo$Bar.baz|foo::bar<T>::baz::h0123456789abcdef|(anonymous namespace)::g
f<a>(b)<c>|void f<int>(int)|A::operator()(int) const|operator->|int main(int, char**)""".replace("\n", "|").split("|")
UNITS = ("bytes count nanoseconds microseconds ms seconds kb MB samples minutes hours GCU mgcu widgets Bytes us".split()
         + [""])
VALUES = {
    "small": lambda r: r.randrange(200), "zero": lambda r: r.choice((0, 0, 0, 5)),
    "large": lambda r: r.randrange(1 << 44), "equal": lambda r: r.choice((1024, 2048, 512 << 10, 1 << 20)),
    "negative": lambda r: r.choice((-1, 1)) * int(2 ** (r.random() * 40)),
    "any": lambda r: int(2 ** (r.random() * r.choice((12, 24, 36, 48))))}
# Numbers of the fields of profile.proto.
TYPE, SAMPLE, MAPPING, LOCATION, FUNCTION, STRING = 1, 2, 3, 4, 5, 6
NAME, SYSTEM_NAME, START_LINE = 2, 3, 5


def get_varint(b, i):
    n = shift = 0
    while True:
        n |= (b[i] & 127) << shift
        shift += 7
        i += 1
        if b[i - 1] < 128:
            return n, i


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def fields(b):
    """[(number, int or bytes)] of a message."""
    i, out = 0, []
    while i < len(b):
        key, i = get_varint(b, i)
        v, i = get_varint(b, i)
        if key & 7 == 2:
            v, i = b[i:i + v], i + v
        out.append((key >> 3, v))
    return out


def message(of):
    return b"".join(varint(n << 3) + varint(v) if isinstance(v, int) else varint(n << 3 | 2) + varint(len(v)) + v
                    for n, v in of)


def numbers(of, number):
    """A repeated integer, packed or not."""
    out = []
    for n, v in of:
        if n == number and isinstance(v, int):
            out.append(v)
        elif n == number:
            i = 0
            while i < len(v):
                x, i = get_varint(v, i)
                out.append(x)
    return out


class Mutants:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def of(self, body):
        r, old = self.random, fields(body)
        # A binary that is on this machine pprof would look names up in.
        self.strings = [b"/gone" + v if v.startswith(b"/") else v for n, v in old if n == STRING]
        self.names, self.units = len(self.strings), len(self.strings) + len(NAMES)
        self.again = self.units + len(UNITS)
        self.locations = [numbers(fields(v), 1)[0] for n, v in old if n == LOCATION]
        self.value = VALUES.get(r.choice([*VALUES, "kept", "kept"]))
        self.kept, self.renamed = r.choice((1, 1, .5, .1, .02)), r.choice((0, 0, .02, .3))
        self.nameless, self.unmapped, self.doubled, self.reordered, self.retyped = (
            r.choice((0, 0, share)) for share in (.02, .05, .1, .1, 1))
        change = {TYPE: self.type, SAMPLE: self.sample, LOCATION: self.location, FUNCTION: self.function}
        new = [(n, x) for n, v in old if n != STRING for x in (change[n](v) if n in change else [v])]
        strings = self.strings + [s.encode() for s in NAMES + UNITS] + (self.strings if self.doubled else [])
        return message(new + [(STRING, s) for s in strings])

    def chance(self, share):
        return self.random.random() < share

    def type(self, v):
        unit = self.units + self.random.randrange(len(UNITS))
        return [message([(n, unit if n == 2 else x) for n, x in fields(v)]) if self.chance(self.retyped) else v]

    def sample(self, v):
        if not self.chance(self.kept):
            return []
        old = fields(v)
        stack, values = numbers(old, 1), numbers(old, 2)
        if self.value:
            values = [self.value(self.random) for _ in values]
        if self.chance(.02):
            stack = [self.random.choice(self.locations) for _ in range(self.random.randrange(6))]
        return [message([(1, b"".join(map(varint, stack))), (2, b"".join(map(varint, values)))]
                        + [x for x in old if x[0] == 3])]

    def location(self, v):
        of = fields(v)
        if self.chance(self.unmapped):
            of = [x for x in of if x[0] != 2]
        if self.chance(self.nameless):
            of = [x for x in of if x[0] != 4]
        elif self.chance(self.reordered):
            of = of[::-1]
        return [message(of)]

    def function(self, v):
        of = fields(v)
        if self.chance(self.doubled):  # the same name from another place of the table
            of = [(n, self.again + x if n == SYSTEM_NAME and x < self.names else x) for n, x in of]
        if self.chance(self.renamed):
            name = self.names + self.random.randrange(len(NAMES))
            of = [(n, name if n in (NAME, SYSTEM_NAME) else x) for n, x in of if n != START_LINE]
        if self.chance(self.nameless):
            of = [x for x in of if x[0] not in (NAME, SYSTEM_NAME, START_LINE)]
        return [message(of)]
