"""An independent judge: may this request be answered by this schema?

Derives the answer from the documents alone, in another language than the
program's and with dnspython's cryptography, and names what speaks against it
by the ids of docs/checks.md.  It is written from the pages in docs/, the RFCs
and the practice statement, and shares no line with the program.
"""
import base64
import itertools
from dataclasses import replace

import dns.dnssec
import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

import resolver
from documents import DAY
from keys import (KSK, REVOKE, SEP, ZSK, rdata_of, same, tag_of, verify)
from register import digest
from strength import is_rsa, is_weak, parameters, share_a_prime

FAR = 2**31  # RFC 4034 3.1.5: what 32 bits of a serial number tell apart
DEPRECATED = {1, 3, 5, 6, 7, 12}  # RFC 8624 3.1: MUST NOT, NOT RECOMMENDED
OF_ECDSA = {13, 14}


def rrset_of(zone, keys, ttl):
    rrset = dns.rrset.RRset(dns.name.from_text(zone), dns.rdataclass.IN,
                            dns.rdatatype.DNSKEY)
    for key in keys:
        rrset.add(rdata_of(key), ttl)
    return rrset


def signature_holds(zone, bundle, signature, key):
    """Cryptography, and the fields that a validator goes by but for times."""
    name = dns.name.from_text(zone)
    if (key.protocol != 3 or not key.flags & ZSK or signature.covered != "DNSKEY" or signature.labels != len(name) - 1 or
            dns.name.from_text(signature.signer) != name or
            signature.tag != tag_of(key) or
            signature.algorithm != key.algorithm):
        return False
    rrsig = dns.rdata.from_text(
        dns.rdataclass.IN, dns.rdatatype.RRSIG,
        f"DNSKEY {signature.algorithm} {signature.labels} "
        f"{signature.original_ttl} {signature.expiration % 2**32} "
        f"{signature.inception % 2**32} {signature.tag} {signature.signer} "
        + base64.b64encode(signature.data).decode())
    if signature.expiration < signature.inception:
        return verify(key, signature, bundle.keys, zone)
    try:
        dns.dnssec.validate_rrsig(
            rrset_of(zone, bundle.keys, signature.original_ttl), rrsig,
            {name: rrset_of(zone, [key], key.ttl)}, now=signature.inception)
    except (dns.exception.DNSException, ValueError):
        return False
    return True


def signers(bundle, signature):
    """Keys that the signature says it is by."""
    return [k for k in bundle.keys
            if (k.identifier, tag_of(k), k.algorithm) ==
            (signature.identifier, signature.tag, signature.algorithm)]


def unrevoked(key):
    return replace(key, flags=key.flags & ~REVOKE)


def zsks_of(bundle):
    return [k for k in bundle.keys if not k.flags & SEP]



def is_counted(kind, key):
    """By which num_keys_per_bundle counts: all, an algorithm, or its keys with
    a modulus of so many bits."""
    if isinstance(kind, tuple):
        return key.algorithm == kind[0] and parameters(key)[2] == kind[1]
    return kind in (None, key.algorithm)


class Judge:
    """previous and its file's octets: None for a first request.  known: what
    the register has; None without one."""

    def __init__(self, settings, schema, request, previous, octets, known):
        self.settings, self.request = settings, request
        self.previous, self.octets, self.known = previous, octets, known
        self.slots, self.found = settings.schema(schema), set()

    def against(self, identifier, wrong, switch=None):
        if wrong and switch not in self.settings.off:
            self.found.add(identifier)

    def verdict(self):
        """The ids of the first stage that refuses; see docs/checks.md."""
        if any(not b.keys or not b.signatures for d in (
                self.request, self.previous) if d for b in d.bundles):
            return {"UNREADABLE"}  # docs/ksr.rnc
        for rule in (self.domain, self.ids, self.register, self.keys,
                     self.names, self.possession, self.counts, self.order,
                     self.numbers, self.algorithms, self.times, self.strength,
                     self.clashes, self.zsk_safety, self.chain, self.schedule,
                     self.followers):
            rule()
        if not self.found:
            self.response_keys()
        return self.found

    # --- What the request is.

    def bundles(self):
        return self.request.bundles

    def all_keys(self):
        return [k for b in self.bundles() for k in b.keys]

    def distinct(self):
        return list({(k.algorithm, k.public): k
                     for k in self.all_keys()}.values())

    def domain(self):
        self.against("KSR-DOMAIN", dns.name.from_text(self.request.domain) !=
                     dns.name.from_text(self.settings.zone))

    def ids(self):
        earlier = {b.id for b in self.previous.bundles} if self.previous \
            else set()
        if self.known:
            earlier |= self.known.bundles
        ids = [b.id for b in self.bundles()]
        self.against("KSR-BUNDLE-UNIQUE", len(set(ids)) < len(ids) or
                     earlier & set(ids))
        self.against("KSR-ID", self.request.id in (
            self.known.requests if self.known else ()) or
            self.previous and self.request.id == self.previous.id)

    def register(self):
        begins = self.bundles()[0].inception
        known = self.known or Known()
        if dns.name.from_text(self.request.domain) != \
                dns.name.from_text(self.settings.zone):
            known = Known()  # of another zone it has nothing
        self.against("KSR-ONCE", begins <= known.last_slot)
        mine = self.octets and digest(self.octets)
        self.against("KSR-CHAIN-PREVIOUS", known.used_before(begins) != mine)
        # A response that nobody knows was made no longer ahead than allowed.
        self.against("KSR-POLICY-CLOCK", self.previous and
                     self.previous.id not in known.requests and
                     self.settings.now < self.previous.bundles[0].inception -
                     self.settings.horizon_days * DAY)

    def keys(self):
        declared = self.request.zsk.algorithms
        known, names = {}, {}
        for key in self.all_keys():
            self.against("KSR-BUNDLE-KEYS",
                         known.setdefault(key.identifier, key) != key)
            self.against("KSR-BUNDLE-KEYS", names.setdefault(
                (key.algorithm, key.public), key.identifier) != key.identifier)
            self.against("KSR-BUNDLE-KEYS", key.flags != ZSK or
                         key.protocol != 3 or key.tag != tag_of(key))
            number, family, size, exponent = parameters(key)
            alike = [d for d in declared if d[:3] == (number, family, size)]
            self.against("KSR-BUNDLE-KEYS", not alike,
                         "keys_match_zsk_policy")
            self.against("KSR-BUNDLE-KEYS", is_rsa(number) and not any(
                d[0] == number and d[3] == exponent for d in declared),
                "rsa_exponent_match_zsk_policy")
        for bundle in self.bundles():
            pairs = [(k.algorithm, k.public) for k in bundle.keys]
            self.against("KSR-BUNDLE-KEYS", len(set(pairs)) < len(pairs) or
                         len({k.identifier for k in bundle.keys}) < len(pairs))

    def names(self):
        ksks = [k.key for k in self.settings.ksks.values()]
        earlier = [unrevoked(k) for b in self.previous.bundles
                   for k in b.keys if k.flags & SEP] if self.previous else []
        for key in self.all_keys():
            self.against("KSR-ZSK-NOT-KSK", any(
                key.identifier == k.identifier or key.public == k.public
                for k in ksks))
            self.against("KSR-ZSK-NOT-KSK", any(
                key.public == k.public or key.identifier == k.identifier
                for k in earlier))

    def possession(self):
        for bundle in self.bundles():
            proved = []
            for s in bundle.signatures:
                by = signers(bundle, s)
                good = len(by) == 1 and s.original_ttl == by[0].ttl and \
                    signature_holds(self.request.domain, bundle, s, by[0])
                self.against("KSR-BUNDLE-POP", not good or by[0] in proved,
                             "validate_signatures")
                proved += by if good else []
            self.against("KSR-BUNDLE-POP", any(
                k not in proved for k in bundle.keys), "validate_signatures")

    def counts(self):
        s = self.settings
        self.against("KSR-BUNDLE-COUNT", len(self.bundles()) != s.count,
                     "check_bundle_count")
        self.against("KSR-BUNDLE-COUNT", self.previous and
                     len(self.previous.bundles) != s.previous_count,
                     "check_bundle_count")

    def order(self):
        there = self.request.order
        self.against("KSR-BUNDLE-ORDER", "check_bundle_order" in
                     self.settings.on and there and there != sorted(there))

    def numbers(self):
        s, switch = self.settings, "check_keys_match_ksk_operator_policy"
        per, distinct = s.per_bundle, s.distinct
        if not isinstance(per, dict):
            per, distinct = {None: per}, {None: distinct}
        for kind, wanted in per.items():
            def counted(keys):
                return [k for k in keys if is_counted(kind, k)]

            self.against("KSR-POLICY-KEYS", any(
                len(counted(b.keys)) != n
                for b, n in zip(self.bundles(), wanted)), switch)
            self.against("KSR-POLICY-KEYS", len(counted(self.distinct())) !=
                         distinct[kind], switch)
        self.against("KSR-POLICY-KEYS", any(
            not any(is_counted(kind, k) for kind in per)
            for k in self.all_keys()), switch)
        self.against("KSR-POLICY-KEYS", any(
            k.ttl != (s.request_ttl or s.ttl) for k in self.all_keys()),
            switch)

    def is_approved(self, entry):
        number, family, size, exponent = entry
        s = self.settings
        return self.is_algorithm(number) and (not is_rsa(number) or (
            size in s.sizes and exponent in s.exponents))

    def is_algorithm(self, number):
        s = self.settings
        return number not in DEPRECATED and number in s.algorithms and \
            (number not in OF_ECDSA or s.ecdsa)

    def algorithms(self):
        declared = self.request.zsk.algorithms
        used = {parameters(k) for k in self.all_keys()}
        self.against("KSR-POLICY-REPEATED", len(set(declared)) <
                     len(declared), "check_declarations_once")
        self.against("KSR-POLICY-ALG", not all(
            map(self.is_approved, set(declared) | used)))
        signing = {s.algorithm for b in self.bundles() for s in b.signatures}
        self.against("KSR-POLICY-ALG", ({u[0] for u in used} | signing) -
                     {d[0] for d in declared},
                     "signature_algorithms_match_zsk_policy")
        self.against("KSR-POLICY-ALG",
                     any(not self.is_algorithm(a) for a in signing))

    # --- Times.

    def times(self):
        s, own, bundles = self.settings, self.request.zsk, self.bundles()
        for b in bundles:
            valid = b.expiration - b.inception
            self.against("KSR-POLICY-SIG-VALIDITY",
                         not s.min_validity <= valid <= s.max_validity)
            self.against("KSR-POLICY-SIG-VALIDITY", not
                         own.min_validity <= valid <= own.max_validity,
                         "signature_validity_match_zsk_policy")
            self.against("KSR-POLICY-SIG-HORIZON", b.expiration > s.now +
                         s.horizon_days * DAY or b.expiration <= s.now,
                         "signature_check_expire_horizon")
            self.against("KSR-POLICY-SIG-HORIZON", any(
                abs(t - s.now) >= FAR for t in (b.inception, b.expiration)))
        for a, b in zip(bundles, bundles[1:]):
            apart = b.inception - a.inception
            self.against("KSR-POLICY-BUNDLE-INTERVAL", apart <= 0)
            self.against("KSR-POLICY-BUNDLE-INTERVAL", not
                         s.min_interval <= apart <= s.max_interval,
                         "check_bundle_intervals")
            self.overlap("KSR-POLICY-SIG-OVERLAP", "check_bundle_overlap",
                         a, b)
        length = bundles[-1].inception - bundles[0].inception
        self.against("KSR-BUNDLE-CYCLE-DURATION", not
                     s.min_cycle <= length <= s.max_cycle,
                     "check_cycle_length")

    def overlap(self, identifier, switch, a, b):
        s, own = self.settings, self.request.zsk
        overlap = a.expiration - b.inception
        self.against(identifier, not s.min_overlap <= overlap <= s.max_overlap
                     or not own.min_overlap <= overlap <= own.max_overlap,
                     switch)

    # --- Keys by themselves and together.

    def strength(self):
        keys = self.all_keys()
        earlier = [k for b in self.previous.bundles for k in b.keys] \
            if self.previous else []
        self.against("KSR-KEY-VALID", any(
            is_weak(k.algorithm, k.public) for k in keys))
        self.against("KSR-KEY-VALID", share_a_prime(keys + earlier))

    def clashes(self):
        """By tag and algorithm, a known KSK also as it will be once revoked."""
        earlier = [k for b in self.previous.bundles for k in b.keys] \
            if self.previous else []
        ksks = [k.key for k in self.settings.ksks.values()]
        at_hand = [k for k in earlier if k.flags & SEP]
        forms = ksks + [replace(k, flags=f) for k in at_hand
                        for f in (KSK, KSK | REVOKE)]
        zsks = self.distinct() + [k for k in earlier if not k.flags & SEP]
        # Tags of the keys as they stand; KSKs among themselves too.
        for a, b in itertools.combinations(zsks + forms, 2):
            self.against("KSR-TAG-CLASH", not same(a, b) and
                         a.algorithm == b.algorithm and
                         tag_of(a) == tag_of(b))

    def response_keys(self):
        """What a response would have beside the request's ZSKs."""
        s = self.settings
        names = set().union(*(p.publish | p.sign | p.revoke
                              for p in self.slots))
        ksks = [s.ksks[n] for n in names]
        for ksk in ksks:
            number, _, size, exponent = parameters(ksk.key)
            self.against("KSR-POLICY-ALG", is_rsa(number) and (
                size not in s.sizes + (ksk.size,) or
                exponent not in s.exponents))
            self.against("KSR-KEY-VALID", is_weak(
                ksk.key.algorithm, ksk.key.public))
        earlier = [k for b in self.previous.bundles for k in b.keys] \
            if self.previous else []
        self.against("KSR-KEY-VALID", share_a_prime(
            self.all_keys() + earlier + [k.key for k in ksks]))
        forms = [replace(k.key, flags=f) for k in ksks
                 for f in (KSK, KSK | REVOKE)]
        for a, b in itertools.combinations(self.distinct() + forms, 2):
            self.against("KSR-TAG-CLASH", not same(a, b) and
                         a.algorithm == b.algorithm and
                         tag_of(a) == tag_of(b))

    # --- What caches hold.

    def zsk_safety(self):
        """RFC 7583 3.2.1: at each moment of the request, and for each
        algorithm, a ZSK that caches have had and that stays."""
        begins = self.bundles()[0].inception
        windows = [(b.inception, zsks_of(b)) for b in (
            self.previous.bundles if self.previous else [])
            if b.inception < begins]
        windows += [(b.inception, zsks_of(b)) for b in self.bundles()]
        for algorithm in {k.algorithm for _, keys in windows for k in keys}:
            presence = [(t, {k.public for k in keys
                             if k.algorithm == algorithm})
                        for t, keys in windows]
            own, wait = self.request.zsk, max(
                self.request.zsk.publish, self.settings.ttl)
            hasty = uncovered(presence, wait, 0, begins)
            leaving = uncovered(presence, wait, own.retire, begins)
            self.against("KSR-POLICY-SAFETY",
                         any(b > begins for _, b in hasty),
                         "check_keys_publish_safety")
            self.against("KSR-POLICY-SAFETY", leaving != hasty,
                         "check_keys_retire_safety")

    # --- The response before.

    def chain(self):
        if self.previous is None:
            return
        last, first = self.previous.bundles[-1], self.bundles()[0]
        starts = [b.inception for b in self.previous.bundles]
        self.against("KSR-CHAIN-KEYS", self.previous.order and
                     self.previous.order != sorted(self.previous.order),
                     "check_chain_keys")
        self.against("KSR-CHAIN-KEYS", len(set(starts)) < len(starts),
                     "check_chain_keys")
        for bundle in self.previous.bundles:
            self.against("KSR-CHAIN-KEYS", not self.is_sound(bundle),
                         "check_chain_keys")

        def zsks(bundle):
            return {(k.identifier, k.flags, k.algorithm, k.public)
                    for k in zsks_of(bundle)}
        self.against("KSR-CHAIN-KEYS", zsks(last) != {
            (k.identifier, k.flags, k.algorithm, k.public)
            for k in first.keys}, "check_chain_keys")
        self.overlap("KSR-CHAIN-OVERLAP", "check_chain_overlap", last, first)

    def is_sound(self, bundle):
        pairs = [(k.algorithm, k.public) for k in bundle.keys]
        if not bundle.signatures or len(set(pairs)) < len(pairs) or any(
                k.tag != tag_of(k) for k in bundle.keys):
            return False
        seen = set()
        for s in bundle.signatures:
            by = signers(bundle, s)
            if len(by) != 1 or s in seen or not any(
                    same(by[0], k.key) and
                    by[0].identifier == k.key.identifier
                    for k in self.settings.ksks.values()) or \
                    (s.inception, s.expiration) != \
                    (bundle.inception, bundle.expiration) or \
                    s.ttl != s.original_ttl or \
                    any(k.ttl != s.original_ttl for k in bundle.keys) or \
                    not signature_holds(self.previous.domain, bundle, s,
                                        by[0]):
                return False
            seen.add(s)
        return True

    # --- The schema.

    def schedule(self):
        s, name = self.settings, "SKR-SCHEDULE"
        self.against(name, len(self.slots) != len(self.bundles()))
        for slot, bundle in zip(self.slots, self.bundles()):
            signs = slot.sign - slot.revoke
            self.against(name, not signs or slot.revoke - slot.sign)
            for key in slot.publish | slot.sign | slot.revoke:
                ksk = s.ksks[key]
                self.against(name, ksk.valid_from is not None and
                             bundle.inception < ksk.valid_from)
                if key in slot.revoke or ksk.valid_until is None:
                    continue
                self.against(name, bundle.inception >= ksk.valid_until)
                self.against(name, bundle.expiration > ksk.valid_until,
                             "check_valid_until")
            of_zsks = {k.algorithm for k in bundle.keys}
            there = of_zsks | {s.ksks[k].key.algorithm
                               for k in slot.unrevoked()}
            of_signatures = {s.ksks[k].key.algorithm for k in slot.sign}
            signing = {s.ksks[k].key.algorithm for k in signs}
            self.against(name, there - of_signatures or signing - of_zsks)

    def rrsets_before(self):
        rrsets = []
        for b in self.previous.bundles if self.previous else []:
            here = {self.name_of(k): k for k in b.keys if k.flags & SEP}
            signing = {name for name, k in here.items()
                       if any(s.tag == k.tag for s in b.signatures)}
            revoked = {n for n, k in here.items() if k.flags & REVOKE}
            rrsets.append(resolver.Rrset(
                b.inception, b.expiration,
                b.signatures[0].original_ttl if b.signatures
                else self.settings.ttl, frozenset(set(here) - revoked),
                frozenset(signing - revoked), frozenset(revoked),
                frozenset(signing & revoked)))
        return rrsets

    def revoked_ever(self):
        """KSKs that were revoked in what the zone used, by the register."""
        begins = self.bundles()[0].inception
        return [k for r in (self.known.documents if self.known else ())
                for b in r.bundles if b.inception < begins
                for k in b.keys if k.flags & SEP and k.flags & REVOKE]

    def published_before(self, begins):
        """Names of KSKs that the zone had published by then, by the
        register."""
        return {self.name_of(k)
                for r in (self.known.documents if self.known else ())
                for b in r.bundles if b.inception < begins
                for k in b.keys if k.flags & SEP and not k.flags & REVOKE}

    def name_of(self, key):
        """By the configuration; a KSK that it does not have, by itself."""
        return next((name for name, ksk in self.settings.ksks.items()
                     if same(key, ksk.key)), key.public)

    def rrsets_after(self):
        return [resolver.Rrset(
            b.inception, b.expiration, self.settings.ttl, p.unrevoked(),
            p.sign - p.revoke, p.revoke, p.sign & p.revoke)
            for p, b in zip(self.slots, self.bundles())]

    def followers(self):
        s = self.settings
        before, after = self.rrsets_before(), self.rrsets_after()
        self.ksk_safety(before, after)
        if len(self.slots) != len(self.bundles()):
            return  # SKR-SCHEDULE says so
        self.against("SKR-REVOKED", resolver.comes_back(
            before, after, {self.name_of(k) for k in self.revoked_ever()}))
        if s.trust == "rfc5011":
            self.against("SKR-TRUST", resolver.somebody_signs_alone(
                before, after, s.min_overlap))
            self.against("SKR-FOLLOWERS", resolver.nobody_follows(
                before, after, s.min_overlap))
        else:
            new = resolver.timeline(
                before, after, s.min_overlap)[-len(after):]
            self.against("SKR-TRUST", resolver.ds_unmet(s.ksks, s.lag, new))
            self.against("SKR-FOLLOWERS", resolver.no_ds_followed(
                s.ksks, s.lag, before, after, s.min_overlap))

    def ksk_safety(self, before, after):
        """A KSK signs after publish_safety, and once it has signed it stays
        for retire_safety, unless no follower can trust it yet."""
        rrsets = before + after
        known = self.published_before(before[0].inception) if before else set()
        hold_down = max(resolver.HOLD_DOWN, self.settings.ttl)
        for name in self.settings.ksks:
            since, signed, stopped = None, False, None
            first, missed = None, self.settings.trust != "rfc5011" or \
                name in known
            for i, r in enumerate(rrsets):
                if i > 0 and name in rrsets[i - 1].published:
                    missed = missed or first is None or \
                        r.inception - first >= hold_down
                elif i > 0 and name in r.published and first is None:
                    first = r.inception
                there = name in r.published | r.revoked
                signs = name in r.signs
                if there and since is None:
                    since = float("-inf") if i == 0 else r.inception
                since = since if there else None
                if i >= len(before):
                    self.against(
                        "KSR-POLICY-SAFETY", signs and not signed and
                        r.inception - since < self.settings.publish,
                        "check_keys_publish_safety")
                if signed and not signs and stopped is None:
                    stopped = r.inception
                if signs:
                    signed, stopped = True, None
                if i >= len(before):
                    self.against(
                        "KSR-POLICY-SAFETY", stopped is not None and
                        not there and missed and
                        r.inception - stopped < self.settings.retire,
                        "check_keys_retire_safety")


def uncovered(presence, wait, retire, begins):
    """The stretches of time in which the algorithm is there and no key of it
    can sign.  presence: from when on which keys are there.  A key signs once
    it was there for wait, and, if it is the request that lets it go, until
    retire before it leaves."""
    edges = [t for t, _ in presence] + [float("inf")]
    can = []
    for key in set().union(*(keys for _, keys in presence)):
        here = [key in keys for _, keys in presence] + [False]
        for i, there in enumerate(here):
            if not there or i > 0 and here[i - 1]:
                continue
            end = here.index(False, i)
            founds = i == 0 or not presence[i - 1][1]
            closes = end == len(presence) or not presence[end][1]
            since = float("-inf") if i == 0 else edges[i]
            can.append((since + (0 if founds else wait), edges[end] - (
                0 if closes or edges[end] < begins else retire)))
    moments = sorted(set(edges) | {begins} | {t for c in can for t in c})
    gaps = []
    for a, b in zip(moments, moments[1:]):
        there = [keys for t, keys in presence if t <= a]
        if there and there[-1] and not any(
                since <= a and b <= until for since, until in can):
            gaps.append((a, b))
    return joined(gaps)


def joined(stretches):
    """Stretches that meet, as one."""
    whole = []
    for a, b in stretches:
        if whole and whole[-1][1] == a:
            whole[-1] = (whole[-1][0], b)
        else:
            whole.append((a, b))
    return whole


class Known:
    """What a register says: the requests and bundles that were signed, and
    responses by when they are used."""

    def __init__(self):
        self.requests, self.bundles, self.responses = set(), set(), []
        self.documents = []
        self.last_slot = float("-inf")

    def add(self, response, octets, active=False):
        self.requests.add(response.id)
        self.documents.append(response)
        self.bundles |= {b.id for b in response.bundles}
        starts = [b.inception for b in response.bundles]
        self.last_slot = max(self.last_slot, max(starts))
        self.responses.append((min(starts), active, digest(octets)))

    def used_before(self, begins):
        """Of the newest time before it; of those the active one."""
        return max((r for r in self.responses if r[0] < begins),
                   default=(0, 0, None))[2]
