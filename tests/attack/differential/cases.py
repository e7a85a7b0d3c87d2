"""Cases: a configuration with a register, the response before, a request and
a schema, of which most are right but for one or two things.

A case is drawn from a seed, so that one that fails can be made again.
"""
import random
from dataclasses import dataclass, replace

from documents import DAY, Bundle, Document, Policy, write
from judge import Known
from keys import (ECDSAP256SHA256, ECDSAP384SHA384, KSK, REVOKE, RSASHA1,
                  RSASHA512, Curve, Rsa, clash, primes, sign, tag_of)
from register import Register
from settings import STANDARD, Ksk, Settings, Slot, slot, standard
from strength import parameters

START = 1798761600  # 2027-01-01T00:00:00


class Pool:
    """Key pairs by name."""

    def __init__(self):
        plain, p = primes()["plain"], primes()
        pairs = [Rsa(*plain[i:i + 2]) for i in range(0, 22, 2)]
        # The KSKs that the token has, by label.
        self.ksks = {"K1": pairs[0], "K2": pairs[1], "E1": Curve(3001),
                     "E2": Curve(3002), "S1": Rsa(*p["small"]),
                     "W1": Rsa(*p["near"])}
        self.stranger = pairs[2]
        self.rsa = pairs[3:11]
        self.curves = [Curve(4001 + i) for i in range(8)]
        self.twins = clash(256, 256)
        self.like_ksk, self.ksks["C1"] = clash(256, KSK)
        self.like_revoked, self.ksks["C2"] = clash(256, KSK | REVOKE)
        fit = [q for q in plain[22:] if q % 3 == 2]
        third, whole = p["third"][0], p["whole"][0]
        self.odd = {
            "small": Rsa(*p["small"]), "exponent": Rsa(*fit[:2], exponent=3),
            "near": Rsa(*p["near"]), "third": Rsa(3, third, phi=2 * third - 2),
            "even": Rsa(2, third, phi=third - 1),
            "whole": Rsa(1, whole, phi=whole - 1),
            "shared": Rsa(plain[6], fit[2]),  # with the first ZSK
            "sha512": Rsa(*plain[28:30], algorithm=RSASHA512),
            "sha1": Rsa(*plain[28:30], algorithm=RSASHA1),
            "curve": Curve(5001), "wide": Curve(5002, ECDSAP384SHA384)}


@dataclass
class Case:
    seed: int
    settings: Settings
    schema: str
    request: Document
    previous: Document  # or None
    register: Register  # or None
    known: Known  # the same, as the judge takes it
    before: str  # the schema of the previous response
    changes: list
    pairs: dict  # of ZSKs, by algorithm and public key

    def title(self):
        return (f"case {self.seed}: {self.schema} after {self.before}, "
                f"{self.settings.trust}, zone {self.settings.zone}"
                + "".join(", " + change for change in self.changes))


# Which ZSKs are in which slot: the first, those between, the last.
# "between" is a list of eight bundles less one, or what repeats.
SHAPES = {
    "usual": ["12"] + ["2"] * 7 + ["23"],
    "steady": ["1"] * 9,
    "two throughout": ["12"] * 9,
    "roll in slots 4 to 6": ["1"] * 3 + ["12"] * 2 + ["2"] * 4,
    "roll in slots 2 to 4": ["1"] + ["12"] * 3 + ["2"] * 5,
    "hasty roll": ["1"] * 4 + ["12"] + ["2"] * 4,
    "early leave": ["12"] * 4 + ["2"] * 5,
    "leaves before the end": ["12"] * 3 + ["2"] * 6,
    "two in slots 1 to 3": ["12"] * 3 + ["2"] * 5 + ["23"],
    "two rolls": ["12", "12", "2", "23", "23", "3", "34", "34", "4"],
    "three in one": ["12", "2", "2", "234", "2", "2", "2", "2", "23"],
    "comes back": ["12", "2", "2", "12", "12", "2", "2", "2", "23"],
    "no overlap": ["1"] * 5 + ["2"] * 4,
    "late": ["1"] * 8 + ["12"],
    "next is not there": ["12"] + ["2"] * 8,
    "no early": ["1"] + ["2"] * 7 + ["23"],
}


def declared(keys):
    """What a policy says of these keys."""
    return tuple(sorted({parameters(k) for k in keys}))


def prove(bundles, owners, zone):
    for bundle in bundles:
        bundle.signatures = [
            sign(owners[(k.algorithm, k.public)], k, bundle, zone)
            for k in bundle.keys]


def answer(pool, settings, document, slots):
    """The response to a request as the schema has it."""
    response = document.copy()
    response.kind, response.order = "Response", None
    for bundle, part in zip(response.bundles, slots):
        here = {}
        for name in sorted(part.publish | part.sign | part.revoke):
            label = settings.ksks[name].key.identifier
            here[name] = pool.ksks[label].key(
                label, settings.ttl,
                KSK | REVOKE if name in part.revoke else KSK)
        bundle.keys = [replace(k, ttl=settings.ttl) for k in bundle.keys]
        bundle.keys += here.values()
        bundle.signatures = [
            sign(pool.ksks[here[name].identifier], here[name], bundle,
                 settings.zone) for name in sorted(part.sign)]
    response.ksk = Policy(settings.publish, settings.retire,
                          settings.max_validity, settings.min_validity,
                          settings.max_overlap, settings.min_overlap,
                          declared(k.key for k in settings.ksks.values()))
    return response


class Maker:
    """Draws a case: first one that may be legal, then what is changed."""

    def __init__(self, pool, seed, odd):
        self.pool, self.seed, self.random = pool, seed, random.Random(seed)
        self.odd = odd  # the response before may be by no standard schema
        self.owners, self.after, self.changes = {}, [], []
        self.zsk_policy, self.order = {}, None
        self.declared = None
        self.draw_settings()
        self.draw_shape()
        self.draw_schemas()
        self.make_documents()
        self.make_register()

    def choose(self, *values):
        """The first one three times as often as all others."""
        return self.random.choice(
            (values[0],) * 3 * len(values[1:]) + values[1:])

    def draw_settings(self):
        r = self.random
        self.kind = r.choice(("rsa", "rsa", "rsa", "curve", "double"))
        labels = {"rsa": ("K1", "K2"), "curve": ("E1", "E2"),
                  "double": ("K1", "K2", "E1")}[self.kind]
        names = ("ksk_current", "ksk_next", "ksk_curve")
        zone = r.choice((".", ".", ".", "example.", "sub.example."))
        self.start = START + r.choice((0, 0, 0, 90, 3600, 9000)) * DAY
        self.settings = s = Settings(
            zone, self.start - self.choose(31, 5, 12, 60) * DAY, {
                name: Ksk(self.pool.ksks[label].key(label, flags=KSK))
                for name, label in zip(names, labels)},
            trust=r.choice(("rfc5011", "rfc5011", "parent-ds")),
            publish=self.choose(0, 5, 10, 20) * DAY,
            retire=self.choose(28, 0, 10, 60) * DAY)
        s.request_ttl = self.choose(0, 3600, 172800)
        s.ttl = self.choose(172800, 3600, 86400, 20 * DAY)
        if self.kind != "rsa":
            s.ecdsa = True
            s.algorithms = (13,) if self.kind == "curve" else (8, 13)
        if s.trust == "rfc5011":
            return
        for ksk in s.ksks.values():
            ksk.ds_published = self.start - 1000 * DAY
        if self.odd:
            s.lag = r.choice((1, 10, 20)) * DAY
        if self.random.random() < (0.6 if self.odd else 0.15):
            self.changes.append("DS days")
            s.ksks["ksk_next"].ds_published = self.random_day()
            if self.odd:  # as some slot begins, for some followers only
                s.ksks["ksk_next"].ds_published = self.start + \
                    10 * r.randrange(3) * DAY - r.choice((0, 1, 2)) * (
                        s.lag // 2)
        if self.random.random() < 0.1:
            self.changes.append("DS withdrawn")
            s.ksks["ksk_current"].ds_withdrawn = self.random_day()

    def random_day(self):
        return self.start + self.random.randrange(-120, 110) * DAY + \
            self.random.choice((0, 0, 0, 1, -1, 43200))

    def draw_shape(self):
        s, r = self.settings, self.random
        self.shape = r.choice(("usual",) * 12 + tuple(SHAPES))
        slots = list(SHAPES[self.shape])
        # Slots left out of the midst, or more of them.
        s.count = self.choose(9, 9, 9, 6, 7, 12)
        while len(slots) > s.count:
            del slots[-2]
        while len(slots) < s.count:
            slots.insert(-2, slots[-2])
        s.min_cycle += 10 * (s.count - 9) * DAY
        s.max_cycle += 10 * (s.count - 9) * DAY
        s.previous_count = self.choose(s.count, 6, 9)
        self.valid = self.choose(21, 15, 18) * DAY
        if self.valid != 21 * DAY:
            s.min_validity, s.min_overlap = self.valid, self.valid - 10 * DAY
            self.zsk_policy |= {"min_validity": self.valid,
                                "min_overlap": s.min_overlap}
        pairs = self.pool.curves if self.kind == "curve" else self.pool.rsa
        keys = [p.key(f"zsk-{i}", s.request_ttl or s.ttl)
                for i, p in enumerate(pairs)]
        also = self.pool.curves[0].key("zsk-curve", s.request_ttl or s.ttl)
        for pair in self.pool.rsa + self.pool.curves:
            self.owners[(pair.algorithm, pair.public)] = pair
        self.slots = [[keys[int(c)] for c in there] for there in slots]
        self.old = keys[0]
        s.per_bundle = [len(there) for there in self.slots]
        s.distinct = len(set("".join(slots)))
        if self.kind == "double":
            for there in self.slots:
                there.append(also)
            s.per_bundle = {8: s.per_bundle, 13: [1] * s.count}
            s.distinct = {8: s.distinct, 13: 1}
        self.count_by_size()

    def count_by_size(self):
        """One in six that have RSA keys counts them by their size, and one in
        four of these by one that they do not have."""
        s = self.settings
        if self.kind == "curve" or self.seed % 6:
            return
        size = (8, 2048)
        if self.seed % 24 == 0:
            size = (8, 3072)
            self.changes.append("another size")
        if self.kind == "rsa":
            s.per_bundle, s.distinct = {size: s.per_bundle}, {
                size: s.distinct}
        else:
            s.per_bundle = {size: s.per_bundle[8], 13: s.per_bundle[13]}
            s.distinct = {size: s.distinct[8], 13: s.distinct[13]}

    def draw_schemas(self):
        r, s = self.random, self.settings
        self.before = r.choice(["none"] + list(STANDARD))
        self.schema = r.choice(list(STANDARD))
        if self.before != "none" and r.random() < 0.8:
            self.schema = r.choice({
                "normal": ["normal", "pre-publish", "publish+"],
                "pre-publish": ["rollover", "publish+", "pre-publish"],
                "publish+": ["rollover", "publish+", "normal"],
                "rollover": ["revoke", "rollover+", "publish+"],
                "rollover+": ["revoke", "rollover+", "publish+"],
                "revoke": ["revoke+"], "revoke+": ["revoke+"],
            }[self.before])
        if self.kind == "double":
            # The curve's KSK beside the others in each slot.
            for name in STANDARD:
                s.schemas[name] = [Slot(
                    p.publish | {"ksk_curve"}, p.sign | {"ksk_curve"},
                    p.revoke) for p in standard(name, s.count)]
        if r.random() < 0.2:
            s.schemas["odd"] = self.odd_schema()
            self.schema = "odd"

    def odd_schema(self):
        """A standard one with a slot or two changed, or one of another
        length."""
        r, slots = self.random, list(self.settings.schema(self.schema))
        if r.random() < 0.15:
            del slots[-1]
        if r.random() < 0.1:
            slots.append(slots[-1])
        return self.changed(slots)

    def changed(self, slots):
        """With the parts of KSKs at random from some slot on."""
        r, names = self.random, sorted(self.settings.ksks)
        at = r.randrange(len(slots))
        for i in range(at, min(len(slots), at + r.choice((1, 2, 4, 9)))):
            sign = frozenset(r.sample(names, r.choice((1, 1, 1, 2))))
            revoke = frozenset(n for n in names if r.random() < 0.15)
            publish = frozenset(
                n for n in names if r.random() < 0.7) - revoke
            slots[i] = Slot(publish, sign, revoke)
        return slots

    def make_documents(self):
        s, r = self.settings, self.random
        self.domain, self.id = s.zone, f"request-{self.seed}"
        self.bundles = [Bundle(
            f"r{self.seed}-{i + 1}", self.start + 10 * i * DAY,
            self.start + 10 * i * DAY + self.valid, list(keys), [])
            for i, keys in enumerate(self.slots)]
        self.previous = None
        if self.before == "none":
            return
        first, n = self.slots[0], s.previous_count
        there = first[:1] if self.kind != "double" else [first[0], first[-1]]
        begin = self.start - 10 * n * DAY
        bundles = [Bundle(
            f"p{self.seed}-{i + 1}", begin + 10 * i * DAY,
            begin + 10 * i * DAY + self.valid,
            list([self.old] + there if i == 0 else
                 first if i == n - 1 else there), []) for i in range(n)]
        earlier = Document("Request", f"previous-{self.seed}", 1, s.zone,
                           Policy(algorithms=declared(first)), bundles)
        slots = standard(self.before.partition(",")[0], n)
        if self.kind == "double":
            slots = [Slot(p.publish | {"ksk_curve"}, p.sign | {"ksk_curve"},
                          p.revoke) for p in slots]
        if self.odd and self.random.random() < 0.7:
            slots = self.changed(slots)
            self.before += ", changed,"
        self.previous = answer(self.pool, s, earlier, slots)

    def make_register(self):
        """What is added to it is (response, when it was signed, active)."""
        self.signed = []
        if self.previous:
            self.signed.append(
                [self.previous, None, self.random.random() < 0.5])

    # --- What changes draw on.

    def bundle(self):
        return self.random.choice(self.bundles)

    def change_key(self, how):
        """One key of one bundle."""
        bundle = self.bundle()
        i = self.random.randrange(len(bundle.keys))
        bundle.keys[i] = how(bundle.keys[i])

    def last_zsk(self):
        return next(k for b in reversed(self.bundles) for k in reversed(b.keys)
                    if k.identifier != "zsk-curve")

    def exchange(self, old, new):
        for bundle in self.bundles:
            bundle.keys = [new if k == old else k for k in bundle.keys]

    def use(self, pair, name="zsk-other"):
        """The ZSK that comes last is this pair's."""
        self.owners[(pair.algorithm, pair.public)] = pair
        self.exchange(self.last_zsk(), pair.key(name, self.last_zsk().ttl))

    def change_signature(self, how):
        def change():
            bundle = self.bundle()
            if bundle.signatures:
                i = self.random.randrange(len(bundle.signatures))
                bundle.signatures[i] = how(bundle.signatures[i])
        self.after.append(change)

    def change_ksk(self, name, label):
        self.settings.ksks[name].key = self.pool.ksks[label].key(
            label, flags=KSK)
        self.make_documents()
        self.make_register()

    # --- The end.

    def finish(self):
        prove(self.bundles, self.owners, self.domain)
        for change in self.after:
            change()
        policy = Policy(**{"algorithms": self.declared or declared(
            k for b in self.bundles for k in b.keys)} | self.zsk_policy)
        request = Document("Request", self.id, 2, self.domain, policy,
                           self.bundles, order=self.order)
        register, known = None, None
        if self.signed:
            register, known = Register(self.settings.zone), Known()
        for response, octets, active in self.signed:
            octets = octets or write(response).encode()
            when = min(b.inception for b in response.bundles) - 31 * DAY
            register.add_response(when, response, octets)
            known.add(response, octets, active)
            if active:
                register.add_activated(when, response, octets)
        return Case(self.seed, self.settings, self.schema, request,
                    self.previous, register, known, self.before, self.changes,
                    self.owners)


def make(pool, seed, changes, odd=False):
    """changes: the functions that may spoil a case, each once a case."""
    maker = Maker(pool, seed, odd)
    n = maker.random.choice((0, 0, 0, 0, 1, 1, 1, 1, 1, 2))
    for change in maker.random.sample(changes, n):
        maker.changes.append(change.__name__)
        change(maker)
    return maker.finish()
