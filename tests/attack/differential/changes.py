"""What may be changed in a case: each function takes the maker of the case.

Most spoil one thing; some change it to another that is right, or right under
this configuration only.
"""
from dataclasses import replace

from documents import DAY, Bundle, Policy
from keys import KSK, REVOKE, sign, tag_of
from settings import Slot

SWITCHES = (
    "check_bundle_count", "validate_signatures", "keys_match_zsk_policy",
    "rsa_exponent_match_zsk_policy", "check_cycle_length",
    "check_bundle_overlap", "signature_algorithms_match_zsk_policy",
    "signature_validity_match_zsk_policy", "check_valid_until",
    "check_keys_match_ksk_operator_policy", "signature_check_expire_horizon",
    "check_bundle_intervals", "check_chain_keys", "check_chain_overlap",
    "check_keys_publish_safety", "check_keys_retire_safety",
    "check_declarations_once")


# Times.

def late(m):
    m.bundle().expiration += m.random.choice((-DAY, 1, -1, DAY))


def early(m):
    m.bundle().inception += m.random.choice((-DAY, 1, -1, DAY))


def hour_by_hour(m):
    """Within what the policies allow."""
    for b in m.bundles:
        by = m.random.randrange(-11, 12) * 3600
        b.inception, b.expiration = b.inception + by, b.expiration + by


def shifted(m):
    by = m.random.choice((-10, -2, -1, 1, 2, 10, 95)) * DAY
    for b in m.bundles:
        b.inception, b.expiration = b.inception + by, b.expiration + by


def far_away(m):
    m.bundles[-1].expiration += m.random.choice((2**31, 2**32))


def at_one_time(m):
    a, b = m.bundles[3:5]
    b.inception = a.inception


def backwards(m):
    b = m.bundle()
    b.expiration = b.inception - m.random.choice((0, DAY))


def wide_slots(m):
    for i, b in enumerate(m.bundles):
        by = i * m.random.choice((DAY // 2, DAY))
        b.inception, b.expiration = b.inception + by, b.expiration + by


def clock(m):
    m.settings.now += m.random.choice(
        (-400, -90, -70, -40, 35, 60, 110, 200)) * DAY
    if m.random.random() < 0.3:
        forgotten(m)


def horizon(m):
    m.settings.horizon_days = m.random.choice((120, 150, 365))


def out_of_order(m):
    order = list(range(len(m.bundles)))
    i = m.random.randrange(len(order) - 1)
    order[i], order[i + 1] = order[i + 1], order[i]
    m.order = order
    if m.random.random() < 0.5:
        m.settings.on.add("check_bundle_order")


# Bundles and ids.

def dropped(m):
    del m.bundles[m.random.randrange(len(m.bundles))]


def added(m):
    last = m.bundles[-1]
    m.bundles.append(Bundle("one-more", last.inception + 10 * DAY,
                            last.expiration + 10 * DAY, list(last.keys), []))


def repeated_id(m):
    m.bundles[1].id = m.random.choice((m.bundles[0], m.bundles[5])).id


def earlier_id(m):
    if m.previous:
        m.bundle().id = m.previous.bundles[-1].id


def earlier_request(m):
    if m.previous:
        m.id = m.previous.id


def domain(m):
    m.domain = m.random.choice(("com.", "example.", "example.net.", "."))


# What the register has.

def signed_already(m):
    """Another request for slots that begin or end with this one's."""
    if m.previous:
        other = m.previous.copy()
        other.id = "another"
        by = m.random.choice((90, 80, 170, 100)) * DAY
        for i, b in enumerate(other.bundles):
            b.id, b.inception, b.expiration = (
                f"another-{i}", b.inception + by, b.expiration + by)
        m.signed.append([other, b"another", False])


def forgotten(m):
    """The register knows the zone, the previous response it does not."""
    if m.previous:
        m.signed[0][:2] = m.random.choice((
            [m.previous, b"other octets"],
            [replace(m.previous, id="forgotten"), None]))


def begun_anew(m):
    m.previous = None


# Keys.

def flags(m):
    value = m.random.choice((0, 257, 385, 384, 128))
    m.change_key(lambda k: retagged(k, flags=value))


def retagged(key, **fields):
    key = replace(key, **fields)
    return replace(key, tag=tag_of(key))


def protocol(m):
    m.change_key(lambda k: retagged(k, protocol=2))


def ttl(m):
    value = m.random.choice((0, 60, 172799, 86400))
    m.change_key(lambda k: replace(k, ttl=value))


def all_ttls(m):
    value = m.random.choice((60, 86400, 172800))
    for b in m.bundles:
        b.keys = [replace(k, ttl=value) for k in b.keys]


def tag(m):
    m.after.append(lambda: m.change_key(
        lambda k: replace(k, tag=(k.tag + 1) % 65536)))


def called_like_ksk(m):
    old = m.last_zsk()
    label = m.random.choice(("ksk_current", "ksk_next"))
    m.exchange(old, replace(
        old, identifier=m.settings.ksks[label].key.identifier))


def one_name(m):
    m.exchange(m.last_zsk(), replace(
        m.last_zsk(), identifier=m.bundles[0].keys[0].identifier))


def another_name(m):
    b = m.bundle()
    b.keys[0] = replace(b.keys[0], identifier="other")


def twice_in_bundle(m):
    b = m.bundle()
    b.keys.append(m.random.choice((
        b.keys[0], replace(b.keys[0], identifier="other"))))


def is_ksk(m):
    m.use(m.random.choice([
        m.pool.ksks[k.key.identifier] for k in m.settings.ksks.values()]))


def stands_out(m):
    """A ZSK of another kind, approved or not."""
    kind = m.random.choice(sorted(m.pool.odd))
    m.changes[-1] = kind
    m.use(m.pool.odd[kind])
    s = m.settings
    if m.random.random() < 0.3:
        s.sizes, s.exponents = (1024, 2048), (3, 65537)
        s.ecdsa, s.algorithms = True, tuple({*s.algorithms, 13, 14, 10})


def twins(m):
    """Two ZSKs of one tag."""
    for name, pair in zip(("twin-1", "twin-2"), m.pool.twins):
        m.use(pair, name)
        if name == "twin-1":
            m.settings.distinct = m.settings.distinct
    slots = m.random.choice((m.bundles[:1], m.bundles[2:3], m.bundles))
    one = m.pool.twins[0]
    m.owners[(one.algorithm, one.public)] = one
    for b in slots:
        b.keys.append(one.key("twin-1", b.keys[0].ttl))


def like_a_ksk(m):
    m.change_ksk("ksk_next", "C1")
    m.use(m.pool.like_ksk)


def like_a_revoked_ksk(m):
    m.change_ksk("ksk_next", "C2")
    m.use(m.pool.like_revoked)


def undeclared(m):
    m.declared = ((8, "RSA", 2048, 3),)


def declared_twice(m):
    m.declared = tuple(m_parameters(m)) * 2


def more_declared(m):
    m.declared = tuple(m_parameters(m)) + m.random.choice((
        ((8, "RSA", 4096, 65537),), ((13, "ECDSA", 256, 0),),
        ((5, "RSA", 2048, 65537),)))


def m_parameters(m):
    from cases import declared as parameters_of
    return parameters_of(k for b in m.bundles for k in b.keys)


def uncounted(m):
    counts = m.settings.per_bundle
    if isinstance(counts, dict):
        counts = counts[_rsa(counts)]
    i = m.random.randrange(len(counts))
    counts[i] = m.random.choice((1, 2, 3))
    _distinguish(m, counts[i])


def _rsa(counts):
    """What the RSA keys are counted by."""
    return next(k for k in counts if k == 8 or isinstance(k, tuple))


def _distinguish(m, least):
    """A configuration that contradicts itself is no case: it is not read."""
    distinct = m.settings.distinct
    if isinstance(distinct, dict):
        kind = _rsa(distinct)
        distinct[kind] = max(distinct[kind], least)
    else:
        m.settings.distinct = max(distinct, least)


def undistinguished(m):
    if not isinstance(m.settings.distinct, dict):
        m.settings.distinct = m.random.choice((2, 3, 4))
        _distinguish(m, max(m.settings.per_bundle))


def weak_ksk(m):
    m.change_ksk(m.random.choice(("ksk_current", "ksk_next")), "W1")


def small_ksk(m):
    name = m.random.choice(("ksk_current", "ksk_next"))
    m.change_ksk(name, "S1")
    m.settings.ksks[name].size = m.random.choice((None, 1024))


# The request's own policy, and the operator's.

def narrow(m):
    days = m.random.choice((19, 20, 21, 22)) * DAY
    m.zsk_policy |= {"max_validity": days, "min_validity": days}


def own_overlap(m):
    m.zsk_policy["max_overlap"] = m.random.choice((10, 11)) * DAY


def own_least_overlap(m):
    m.zsk_policy["min_overlap"] = m.random.choice((11, 12, 5)) * DAY


def patient(m):
    m.zsk_policy["publish"] = m.random.choice((11, 15, 5, 20, 0)) * DAY


def lingering(m):
    m.zsk_policy["retire"] = m.random.choice((0, 11, 5, 20, 28)) * DAY


def strict(m):
    s = m.settings
    s.max_validity = m.random.choice((20, 21)) * DAY
    s.min_validity = min(s.min_validity, s.max_validity)
    s.max_overlap = m.random.choice((10, 11, 12)) * DAY
    s.min_overlap = min(s.min_overlap, s.max_overlap)


def even_slots(m):
    s = m.settings
    s.min_interval = s.max_interval = 10 * DAY
    s.min_cycle = s.max_cycle = 10 * (s.count - 1) * DAY


def switched_off(m):
    m.settings.off |= set(m.random.sample(SWITCHES, 5))


def all_off(m):
    m.settings.off |= set(SWITCHES)


def key_times(m):
    ksk = m.random.choice(list(m.settings.ksks.values()))
    ksk.valid_from = m.random.choice((None, m.random_day()))
    if ksk.valid_from is None:
        ksk.valid_until = m.random_day()


# Proofs of possession.

def unsigned(m):
    m.after.append(lambda: m.bundle().signatures.pop())


def corrupt(m):
    def how(s):
        data = bytearray(s.data)
        data[m.random.randrange(len(data))] ^= 1 << m.random.randrange(8)
        return replace(s, data=bytes(data))
    m.change_signature(how)


def signed_twice(m):
    def change():
        b = m.bundle()
        b.signatures.append(b.signatures[0])
    m.after.append(change)


def signature_field(m):
    name, value = m.random.choice((
        ("ttl", 60), ("original_ttl", 61), ("labels", 7), ("tag", 4711),
        ("signer", "com."), ("algorithm", 10), ("inception", 1000),
        ("expiration", 2000), ("identifier", "nobody")))
    m.changes[-1] = f"signature's {name}"
    m.change_signature(lambda s: replace(s, **{name: value}))


def from_another_bundle(m):
    def change():
        m.bundles[1].signatures = list(m.bundles[-1].signatures)
    m.after.append(change)


def by_a_stranger(m):
    def change():
        b = m.bundle()
        key = m.pool.stranger.key("stranger", b.keys[0].ttl)
        b.signatures.append(sign(m.pool.stranger, key, b, m.domain))
    m.after.append(change)


# The chain.

def foreign_zsk(m):
    b = m.bundles[0]
    b.keys[0] = m.pool.rsa[7].key("zsk-foreign", b.keys[0].ttl)


def previous_corrupt(m):
    if m.previous:
        b = m.random.choice(m.previous.bundles)
        s = b.signatures[0]
        b.signatures[0] = replace(s, data=s.data[:-1] + bytes(
            [s.data[-1] ^ 1]))


def previous_by_stranger(m):
    if m.previous:
        b = m.random.choice(m.previous.bundles)
        key = m.pool.stranger.key("K9", m.settings.ttl, flags=KSK)
        b.keys.append(key)
        b.signatures = [sign(m.pool.stranger, key, b, m.settings.zone)]


def previous_unsigned(m):
    if m.previous:
        m.random.choice(m.previous.bundles).signatures.pop()


def previous_dropped(m):
    if m.previous and len(m.previous.bundles) > 2:
        del m.previous.bundles[m.random.choice((1, 0, -1))]


def previous_key_tag(m):
    if m.previous:
        b = m.random.choice(m.previous.bundles)
        b.keys[0] = replace(b.keys[0], tag=(b.keys[0].tag + 1) % 65536)


def previous_times(m):
    if m.previous:
        b = m.random.choice(m.previous.bundles)
        b.expiration += m.random.choice((DAY, -DAY))


def previous_ttl(m):
    if m.previous:
        b = m.random.choice(m.previous.bundles)
        b.keys[0] = replace(b.keys[0], ttl=60)


def not_enabled(m):
    """ECDSA is approved and its switch is off."""
    m.use(m.pool.odd["curve"])
    m.settings.algorithms = tuple({*m.settings.algorithms, 13})
    m.settings.ecdsa = False


ODD = [not_enabled]
ALL = [f for name, f in sorted(globals().items())
       if callable(f) and getattr(f, "__module__", None) == __name__ and
       not name.startswith("_") and
       name not in ("retagged", "m_parameters", "not_enabled")]
