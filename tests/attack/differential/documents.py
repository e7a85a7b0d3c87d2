"""Requests and responses: a model, the XML of it, and a reader of its own.

Nothing here knows a rule.  Times are seconds since 1970; keys and signatures
are plain values, so that a case may spoil any of them.
"""
import base64
import calendar
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field, replace

DAY = 86400


def time_text(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + "+00:00"


def time_of(text):
    text = text.strip()
    for end in ("+00:00", "Z"):
        if text.endswith(end):
            text = text[:-len(end)]
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%S"))


def duration_text(seconds):
    return f"P{seconds // DAY}D" if seconds % DAY == 0 and seconds else f"PT{seconds}S"


def duration_of(text):
    days, _, rest = text.strip()[1:].partition("T")
    seconds = DAY * int(days[:-1] or 0) if days else 0
    number = ""
    for c in rest:
        if c.isdigit():
            number += c
        else:
            seconds += int(number) * {"H": 3600, "M": 60, "S": 1}[c]
            number = ""
    return seconds


@dataclass(frozen=True)
class Key:
    identifier: str
    tag: int
    ttl: int
    flags: int
    protocol: int
    algorithm: int
    public: bytes  # as in a DNSKEY's RDATA


@dataclass(frozen=True)
class Signature:
    identifier: str
    ttl: int
    covered: str
    algorithm: int
    labels: int
    original_ttl: int
    expiration: int
    inception: int
    tag: int
    signer: str
    data: bytes


@dataclass
class Bundle:
    id: str
    inception: int
    expiration: int
    keys: list
    signatures: list


@dataclass(frozen=True)
class Policy:
    publish: int = 10 * DAY
    retire: int = 10 * DAY
    max_validity: int = 21 * DAY
    min_validity: int = 21 * DAY
    max_overlap: int = 12 * DAY
    min_overlap: int = 9 * DAY
    algorithms: tuple = ((8, "RSA", 2048, 65537),)


@dataclass
class Document:
    kind: str  # "Request" or "Response"
    id: str
    serial: int
    domain: str
    zsk: Policy
    bundles: list
    ksk: Policy = None  # of a response
    order: list = field(default=None)  # of the bundles in the file

    def copy(self):
        return replace(self, bundles=[
            replace(b, keys=list(b.keys), signatures=list(b.signatures))
            for b in self.bundles])


def _element(name, text):
    return f"<{name}>{text}</{name}>"


def _policy(name, policy):
    algorithms = ""
    for number, family, size, exponent in policy.algorithms:
        inside = f'<RSA size="{size}" exponent="{exponent}"/>' \
            if family == "RSA" else f'<{family} size="{size}"/>'
        algorithms += f'<SignatureAlgorithm algorithm="{number}">{inside}' \
            "</SignatureAlgorithm>"
    return (f"<{name}>" +
            _element("PublishSafety", duration_text(policy.publish)) +
            _element("RetireSafety", duration_text(policy.retire)) +
            _element("MaxSignatureValidity", duration_text(policy.max_validity)) +
            _element("MinSignatureValidity", duration_text(policy.min_validity)) +
            _element("MaxValidityOverlap", duration_text(policy.max_overlap)) +
            _element("MinValidityOverlap", duration_text(policy.min_overlap)) +
            algorithms + f"</{name}>")


def _key(key):
    return (f'<Key keyIdentifier="{key.identifier}" keyTag="{key.tag}">' +
            _element("TTL", key.ttl) + _element("Flags", key.flags) +
            _element("Protocol", key.protocol) +
            _element("Algorithm", key.algorithm) +
            _element("PublicKey", base64.b64encode(key.public).decode()) +
            "</Key>")


def _signature(signature):
    return (f'<Signature keyIdentifier="{signature.identifier}">' +
            _element("TTL", signature.ttl) +
            _element("TypeCovered", signature.covered) +
            _element("Algorithm", signature.algorithm) +
            _element("Labels", signature.labels) +
            _element("OriginalTTL", signature.original_ttl) +
            _element("SignatureExpiration", time_text(signature.expiration)) +
            _element("SignatureInception", time_text(signature.inception)) +
            _element("KeyTag", signature.tag) +
            _element("SignersName", signature.signer) +
            _element("SignatureData",
                     base64.b64encode(signature.data).decode()) +
            "</Signature>")


def write(document):
    kind = document.kind
    policies = _policy("ZSK", document.zsk)
    if kind == "Response":
        policies = _policy("KSK", document.ksk) + policies
    bundles = ""
    for i in document.order or range(len(document.bundles)):
        b = document.bundles[i]
        bundles += (f'<{kind}Bundle id="{b.id}">' +
                    _element("Inception", time_text(b.inception)) +
                    _element("Expiration", time_text(b.expiration)) +
                    "".join(map(_key, b.keys)) +
                    "".join(map(_signature, b.signatures)) +
                    f"</{kind}Bundle>")
    return (f'<KSR id="{document.id}" serial="{document.serial}" '
            f'domain="{document.domain}"><{kind}><{kind}Policy>{policies}'
            f"</{kind}Policy>{bundles}</{kind}></KSR>\n")


def _text(element, name):
    return element.find(name).text.strip()


def _read_policy(element):
    algorithms = []
    for entry in element.findall("SignatureAlgorithm"):
        inside = list(entry)[0]
        algorithms.append((int(entry.get("algorithm")), inside.tag,
                           int(inside.get("size")),
                           int(inside.get("exponent", 0))))
    return Policy(*(duration_of(_text(element, name)) for name in (
        "PublishSafety", "RetireSafety", "MaxSignatureValidity",
        "MinSignatureValidity", "MaxValidityOverlap", "MinValidityOverlap")),
        tuple(algorithms))


def _read_key(e):
    return Key(e.get("keyIdentifier"), int(e.get("keyTag")),
               int(_text(e, "TTL")), int(_text(e, "Flags")),
               int(_text(e, "Protocol")), int(_text(e, "Algorithm")),
               base64.b64decode(_text(e, "PublicKey")))


def _read_signature(e):
    return Signature(
        e.get("keyIdentifier"), int(_text(e, "TTL")),
        _text(e, "TypeCovered"), int(_text(e, "Algorithm")),
        int(_text(e, "Labels")), int(_text(e, "OriginalTTL")),
        time_of(_text(e, "SignatureExpiration")),
        time_of(_text(e, "SignatureInception")), int(_text(e, "KeyTag")),
        _text(e, "SignersName"), base64.b64decode(_text(e, "SignatureData")))


def read(text):
    """Bundles in order of time, whatever their order in the file."""
    root = ElementTree.fromstring(text)
    body = list(root)[0]
    policy = body.find(body.tag + "Policy")
    bundles = [Bundle(b.get("id"), time_of(_text(b, "Inception")),
                      time_of(_text(b, "Expiration")),
                      [_read_key(k) for k in b.findall("Key")],
                      [_read_signature(s) for s in b.findall("Signature")])
               for b in body.findall(body.tag + "Bundle")]
    order = sorted(range(len(bundles)), key=lambda i: (
        bundles[i].inception, bundles[i].expiration))
    ksk = policy.find("KSK")
    return Document(body.tag, root.get("id"), int(root.get("serial")),
                    root.get("domain"), _read_policy(policy.find("ZSK")),
                    [bundles[i] for i in order],
                    None if ksk is None else _read_policy(ksk), order)
