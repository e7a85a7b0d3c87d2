"""The KSK operator's side: what a configuration says, and its YAML."""
import json
from dataclasses import dataclass, field, replace

from documents import DAY, Key, duration_text, time_text
from keys import ds_of

MNEMONICS = {8: "RSASHA256", 10: "RSASHA512", 13: "ECDSAP256SHA256",
             14: "ECDSAP384SHA384"}


@dataclass(frozen=True)
class Slot:
    """Names of KSKs: in the RRset unrevoked, signing, in it revoked."""
    publish: frozenset
    sign: frozenset
    revoke: frozenset = frozenset()

    def unrevoked(self):
        return (self.publish | self.sign) - self.revoke


def slot(publish, sign, revoke=""):
    """By initials: "o" is the old KSK, "n" the new one, "e" of another
    algorithm."""
    names = {"o": "ksk_current", "n": "ksk_next", "e": "ksk_curve"}
    return Slot(*(frozenset(names[c] for c in part)
                  for part in (publish, sign, revoke)))


# Of slot 1, of slots 2 to n - 1, of slot n: docs/configuration.md.
STANDARD = {
    "normal": (slot("o", "o"),) * 3,
    "pre-publish": (slot("o", "o"), slot("on", "o"), slot("on", "o")),
    "rollover": (slot("on", "o"), slot("on", "n"), slot("on", "n")),
    "revoke": (slot("on", "n"), slot("n", "on", "o"), slot("n", "n")),
    "publish+": (slot("on", "o"),) * 3,
    "rollover+": (slot("on", "n"),) * 3,
    "revoke+": (slot("n", "n"), slot("n", "on", "o"), slot("n", "n")),
}


def standard(name, n):
    first, middle, last = STANDARD[name]
    return [first] + [middle] * (n - 2) + [last] if n > 1 else [first]


@dataclass
class Ksk:
    key: Key  # with the label as its identifier
    valid_from: int = None
    valid_until: int = None
    ds_published: int = None
    ds_withdrawn: int = None
    size: int = 2048  # rsa_size, None if the configuration states none


@dataclass
class Settings:
    zone: str
    now: int
    ksks: dict  # name -> Ksk
    trust: str = "rfc5011"
    lag: int = DAY  # of the DS at the parent
    publish: int = 0
    retire: int = 28 * DAY
    max_validity: int = 21 * DAY
    min_validity: int = 21 * DAY
    max_overlap: int = 16 * DAY
    min_overlap: int = 9 * DAY
    ttl: int = 172800
    request_ttl: int = 0
    horizon_days: int = 180
    count: int = 9
    previous_count: int = 9
    # A list and a number; or by algorithm, or by algorithm and RSA bits.
    per_bundle: object = None
    distinct: object = 3
    min_cycle: int = 79 * DAY
    max_cycle: int = 81 * DAY
    min_interval: int = 9 * DAY
    max_interval: int = 11 * DAY
    algorithms: tuple = (8,)
    sizes: tuple = (2048,)
    exponents: tuple = (65537,)
    ecdsa: bool = False
    off: set = field(default_factory=set)  # switches that are false
    on: set = field(default_factory=set)  # those whose default is false
    schemas: dict = field(default_factory=dict)  # beside the standard ones

    def schema(self, name):
        """Slot by slot; a standard one has as many as requests should."""
        return self.schemas.get(name) or standard(name, self.count)


def _keys(settings):
    keys = {}
    for name, ksk in settings.ksks.items():
        entry = {"label": ksk.key.identifier,
                 "algorithm": MNEMONICS[ksk.key.algorithm],
                 "key_tag": ksk.key.tag,
                 "ds_sha256": ds_of(ksk.key, settings.zone)}
        if ksk.key.algorithm in (8, 10) and ksk.size:
            entry |= {"rsa_size": ksk.size, "rsa_exponent": 65537}
        for when in ("valid_from", "valid_until", "ds_published",
                     "ds_withdrawn"):
            if getattr(ksk, when) is not None:
                entry[when] = time_text(getattr(ksk, when))
        keys[name] = entry
    return keys


def _by_mnemonic(counts):
    if not isinstance(counts, dict):
        return counts
    return {f"{MNEMONICS[kind[0]]}:{kind[1]}" if isinstance(kind, tuple)
            else MNEMONICS[kind]: n for kind, n in counts.items()}


def _request_policy(s):
    policy = {
        "acceptable_domains": [s.zone], "num_bundles": s.count,
        "num_keys_per_bundle": _by_mnemonic(s.per_bundle),
        "num_different_keys_in_all_bundles": _by_mnemonic(s.distinct),
        "dns_ttl": s.request_ttl, "signature_horizon_days": s.horizon_days,
        "min_cycle_inception_length": duration_text(s.min_cycle),
        "max_cycle_inception_length": duration_text(s.max_cycle),
        "min_bundle_interval": duration_text(s.min_interval),
        "max_bundle_interval": duration_text(s.max_interval),
        "approved_algorithms": [MNEMONICS[a] for a in s.algorithms],
        "rsa_approved_key_sizes": list(s.sizes),
        "rsa_approved_exponents": list(s.exponents),
        "enable_unsupported_ecdsa": s.ecdsa}
    policy |= {switch: False for switch in sorted(s.off)}
    policy |= {switch: True for switch in sorted(s.on)}
    return policy


def _schemas(settings):
    return {name: {number + 1: {
        part: names for part, names in (
            ("publish", sorted(slot.publish)), ("sign", sorted(slot.sign)),
            ("revoke", sorted(slot.revoke))) if names}
        for number, slot in enumerate(slots)}
        for name, slots in settings.schemas.items()}


def _yaml(value):
    """The flow style of YAML, which JSON is but for what has no quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_yaml(v)}"
                               for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    if isinstance(value, str) and value in (".",) or isinstance(value, bool):
        return json.dumps(value)
    return str(value)


# What no other signer's configuration has.
OUR_SWITCHES = {"check_bundle_count", "check_bundle_order",
                "check_valid_until", "check_declarations_once"}


def write(settings, token, ours=True):
    """token: the folder of the SoftHSM token that has all KSKs.  ours: with
    what the root's own signer does not know."""
    s = settings
    if not ours:
        s = replace(s, off=s.off - OUR_SWITCHES, on=set(), schemas={
            name: s.schema(name) for name in {**STANDARD, **s.schemas}})
    parts = {
        "rehearsal": True, "trust": s.trust,
        "hsm": {"softhsm": {
            "module": "/usr/lib/softhsm/libsofthsm2.so", "pin": 123456,
            "env": {"SOFTHSM2_CONF": f"{token}/softhsm2.conf"}}},
        "keys": _keys(s), "request_policy": _request_policy(s),
        "response_policy": {"num_bundles": s.previous_count},
        "ksk_policy": {
            "signers_name": s.zone, "publish_safety": duration_text(s.publish),
            "retire_safety": duration_text(s.retire),
            "max_signature_validity": duration_text(s.max_validity),
            "min_signature_validity": duration_text(s.min_validity),
            "max_validity_overlap": duration_text(s.max_overlap),
            "min_validity_overlap": duration_text(s.min_overlap),
            "ttl": s.ttl}}
    if not ours:
        del parts["rehearsal"], parts["trust"]
        for key in parts["keys"].values():
            key.setdefault("description", key["label"])
            key.setdefault("valid_from", time_text(0))
    if s.trust == "parent-ds":
        parts["parent_ds"] = {"ttl": s.lag - 3600, "propagation": "PT1H"}
    if s.schemas:
        parts["schemas"] = _schemas(s)
    return "".join(f"{name}: {_yaml(part)}\n" for name, part in parts.items())
