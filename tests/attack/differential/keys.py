"""Key pairs of the cases, and what they sign.

All keys come from the primes in the file `primes`, so that a case is the same
wherever it is made.  dnspython computes tags and digests; the signed octets are
put together here (RFC 4034 3.1.8.1), python3-cryptography signs them.

As a command, prints such a file: keys.py >primes
"""
import functools
import hashlib
import pathlib
import random
from dataclasses import replace

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from documents import Key, Signature

RSASHA1, RSASHA256, RSASHA512, ECDSAP256SHA256, ECDSAP384SHA384 = 5, 8, 10, 13, 14
ECDSA = (ECDSAP256SHA256, ECDSAP384SHA384)
SEP, REVOKE, ZSK, KSK = 1, 128, 256, 257
CURVES = {ECDSAP256SHA256: (ec.SECP256R1, 32, hashes.SHA256),
          ECDSAP384SHA384: (ec.SECP384R1, 48, hashes.SHA384)}
DIGESTS = {RSASHA1: ("sha1", "3021300906052b0e03021a05000414"),
           RSASHA256: ("sha256", "3031300d060960864801650304020105000420"),
           RSASHA512: ("sha512", "3051300d060960864801650304020305000440")}


def rdata_of(key):
    """The DNSKEY RDATA as dnspython has it."""
    wire = (key.flags.to_bytes(2, "big") +
            bytes([key.protocol, key.algorithm]) + key.public)
    return dns.rdata.from_wire(
        dns.rdataclass.IN, dns.rdatatype.DNSKEY, wire, 0, len(wire))


def tag_of(key):
    return dns.dnssec.key_id(rdata_of(key))


def ds_of(key, zone):
    """The digest of the DS of the key while it is not revoked (RFC 4509)."""
    whole = Key(key.identifier, 0, key.ttl, key.flags & ~REVOKE, 3,
                key.algorithm, key.public)
    return dns.dnssec.make_ds(
        dns.name.from_text(zone), rdata_of(whole), "SHA256").digest.hex()


def same(a, b):
    return a.algorithm == b.algorithm and a.public == b.public


def octets_of(number):
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


class Pair:
    """A private key and its public half in DNSSEC's form."""

    def key(self, identifier, ttl=172800, flags=ZSK):
        bare = Key(identifier, 0, ttl, flags, 3, self.algorithm, self.public)
        return Key(identifier, tag_of(bare), ttl, flags, 3, self.algorithm,
                   self.public)

    def pem(self):
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption())


class Rsa(Pair):
    def __init__(self, p, q, exponent=65537, algorithm=RSASHA256, phi=None):
        self.algorithm, self.n = algorithm, p * q
        self.d = pow(exponent, -1, phi or (p - 1) * (q - 1))
        self.public = (bytes([len(octets_of(exponent))]) +
                       octets_of(exponent) + octets_of(self.n))
        self.sound = phi is None  # no library would use the others
        self.numbers = p, q, exponent

    @functools.cached_property
    def private(self):
        p, q, exponent = self.numbers
        return rsa.RSAPrivateNumbers(
            p, q, self.d, self.d % (p - 1), self.d % (q - 1), pow(q, -1, p),
            rsa.RSAPublicNumbers(exponent, self.n)).private_key()

    def sign(self, octets):
        name, info = DIGESTS[self.algorithm]
        if self.sound and name != "sha1":
            return self.private.sign(octets, padding.PKCS1v15(),
                                     getattr(hashes, name.upper())())
        size = (self.n.bit_length() + 7) // 8
        digest = bytes.fromhex(info) + hashlib.new(name, octets).digest()
        block = b"\0\1" + b"\xff" * (size - 3 - len(digest)) + b"\0" + digest
        return pow(int.from_bytes(block, "big"), self.d, self.n).to_bytes(
            size, "big")


class Curve(Pair):
    def __init__(self, secret, algorithm=ECDSAP256SHA256):
        curve, self.size, self.hash = CURVES[algorithm]
        self.algorithm = algorithm
        self.private = ec.derive_private_key(secret, curve())
        point = self.private.public_key().public_numbers()
        self.public = (point.x.to_bytes(self.size, "big") +
                       point.y.to_bytes(self.size, "big"))

    def sign(self, octets):
        r, s = utils.decode_dss_signature(
            self.private.sign(octets, ec.ECDSA(self.hash())))
        return r.to_bytes(self.size, "big") + s.to_bytes(self.size, "big")


def signed_octets(head, rdatas, owner):
    """RFC 4034 3.1.8.1: the RRSIG's RDATA, then the RRs in canonical order."""
    kind = int(dns.rdatatype.from_text(head.covered)).to_bytes(2, "big")
    octets = (kind + bytes([head.algorithm, head.labels]) +
              head.original_ttl.to_bytes(4, "big") +
              (head.expiration % 2**32).to_bytes(4, "big") +
              (head.inception % 2**32).to_bytes(4, "big") +
              head.tag.to_bytes(2, "big") +
              dns.name.from_text(head.signer).canonicalize().to_wire())
    owner = dns.name.from_text(owner).canonicalize().to_wire()
    for rdata in sorted({r.to_wire() for r in rdatas}):
        octets += (owner + kind + b"\0\1" +
                   head.original_ttl.to_bytes(4, "big") +
                   len(rdata).to_bytes(2, "big") + rdata)
    return octets


def sign_rrset(pair, key, times, zone, covered, owner, rdatas):
    """times: inception, expiration."""
    labels = len(dns.name.from_text(owner)) - 1
    head = Signature(key.identifier, key.ttl, covered, key.algorithm, labels,
                     key.ttl, times[1], times[0], key.tag, zone, b"")
    return replace(head, data=pair.sign(signed_octets(head, rdatas, owner)))


def sign(pair, key, bundle, zone):
    return sign_rrset(pair, key, (bundle.inception, bundle.expiration), zone,
                      "DNSKEY", zone, map(rdata_of, bundle.keys))


def verify(key, signature, keys, zone):
    """Without dnspython, which refuses times that no moment is between."""
    octets = signed_octets(signature, map(rdata_of, keys), zone)
    try:
        if key.algorithm in ECDSA:
            curve, size, kind = CURVES[key.algorithm]
            point = ec.EllipticCurvePublicKey.from_encoded_point(
                curve(), b"\4" + key.public)
            point.verify(utils.encode_dss_signature(
                int.from_bytes(signature.data[:size], "big"),
                int.from_bytes(signature.data[size:], "big")), octets,
                ec.ECDSA(kind()))
        else:
            end = 1 + key.public[0]
            numbers = rsa.RSAPublicNumbers(
                int.from_bytes(key.public[1:end], "big"),
                int.from_bytes(key.public[end:], "big"))
            name = DIGESTS[key.algorithm][0].upper()
            numbers.public_key().verify(signature.data, octets,
                                        padding.PKCS1v15(),
                                        getattr(hashes, name)())
    except (InvalidSignature, ValueError):
        return False
    return True


# --- The keys that the cases use.

@functools.lru_cache(None)
def primes():
    """name -> primes of the file."""
    found = {}
    for line in (pathlib.Path(__file__).parent / "primes").read_text().split(
            "\n")[:-1]:
        name, digits = line.split()
        found.setdefault(name, []).append(int(digits, 16))
    return found


def clash(flags, others):
    """Two RSA pairs without a prime in common, whose keys with one of these
    flags and with others have one tag."""
    p, q = primes()["p"], primes()["q"]
    pairs = [(a, b, Rsa(p[a], q[b], phi=(p[a] - 1) * (q[b] - 1)))
             for a in range(len(p)) for b in range(len(q))]
    by_tag = {}
    for a, b, pair in pairs:
        by_tag.setdefault(pair.key("", flags=others).tag, []).append((a, b))
    for a, b, pair in pairs:
        for c, d in by_tag.get(pair.key("", flags=flags).tag, ()):
            if a != c and b != d:
                return Rsa(p[a], q[b]), Rsa(p[c], q[d])
    raise ValueError("no keys of one tag")


def is_prime(n, rng):
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(20):
        x = pow(rng.randrange(2, n - 1), odd, n)
        if x in (1, n - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def next_prime(n, rng):
    small = [s for s in range(3, 20000, 2)
             if all(s % t for t in range(3, int(s**.5) + 1, 2))]
    n |= 1
    window = bytearray(8192)  # of odd numbers from n on
    for s in small:
        first = -n * pow(2, -1, s) % s
        window[first::s] = b"\1" * len(range(first, len(window), s))
    for i, composite in enumerate(window):
        if not composite and pow(2, n + 2 * i - 1, n + 2 * i) == 1 and \
                is_prime(n + 2 * i, rng):
            return n + 2 * i
    raise ValueError("no prime near by")


def print_primes():
    rng = random.Random("anchorite")

    def show(name, bits, top=0b11):
        start = (top << bits - top.bit_length()) | rng.getrandbits(
            bits - top.bit_length())
        found = next_prime(start, rng)
        print(name, f"{found:x}", flush=True)
        return found

    for _ in range(32):
        show("plain", 1024)
    for _ in range(24):
        show("p", 1024)
        show("q", 1024)
    for _ in range(2):
        show("small", 512)
    near = show("near", 1024)
    print("near", f"{next_prime(near + 2, rng):x}")
    show("third", 2047, 0b100)  # times 2 and times 3: 2048 bits
    show("whole", 2048)


if __name__ == "__main__":
    print_primes()
