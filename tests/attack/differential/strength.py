"""How strong a public key is: docs/checks.md, KSR-KEY-VALID."""
import functools
import itertools
import math

from cryptography.hazmat.primitives.asymmetric import ec

from keys import CURVES

FERMAT_STEPS = 1 << 12


def rsa_numbers(key):
    """RFC 3110 section 2: exponent and modulus."""
    length, start = key.public[0], 1
    if length == 0:
        length, start = int.from_bytes(key.public[1:3], "big"), 3
    return (int.from_bytes(key.public[start:start + length], "big"),
            int.from_bytes(key.public[start + length:], "big"))


def is_rsa(algorithm):
    return algorithm in (1, 5, 7, 8, 10)


def parameters(key):
    """As a policy declares them."""
    if is_rsa(key.algorithm):
        exponent, modulus = rsa_numbers(key)
        return (key.algorithm, "RSA", modulus.bit_length(), exponent)
    return (key.algorithm, "ECDSA", 4 * len(key.public), 0)


@functools.lru_cache(None)
def product_of_small_primes():
    sieve = bytearray([1]) * (1 << 20)
    sieve[:2] = b"\0\0"
    for i in range(2, 1 << 10):
        if sieve[i]:
            sieve[i * i::i] = bytes(len(range(i * i, len(sieve), i)))
    parts = [i for i, prime in enumerate(sieve) if prime]
    while len(parts) > 1:
        parts = [a * b for a, b in itertools.zip_longest(
            parts[::2], parts[1::2], fillvalue=1)]
    return parts[0]


def near_factors(modulus):
    a = math.isqrt(modulus) + 1
    for _ in range(FERMAT_STEPS):
        rest = a * a - modulus
        if math.isqrt(rest) ** 2 == rest:
            return True
        a += 1
    return False


@functools.lru_cache(None)
def is_weak(algorithm, public):
    if algorithm in CURVES:
        curve, size, _ = CURVES[algorithm]
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(
                curve(), b"\4" + public)
        except ValueError:
            return True
        return len(public) != 2 * size
    length, start = public[0], 1
    if length == 0:
        length, start = int.from_bytes(public[1:3], "big"), 3
    exponent = int.from_bytes(public[start:start + length], "big")
    modulus = int.from_bytes(public[start + length:], "big")
    return (exponent % 2 == 0 or exponent < 3 or exponent >= modulus or
            math.gcd(modulus, product_of_small_primes() % modulus) != 1 or
            near_factors(modulus) or pow(2, modulus, modulus) == 2)


def share_a_prime(keys):
    """Whether two different moduli of these keys have a common divisor."""
    moduli = {rsa_numbers(k)[1] for k in keys if is_rsa(k.algorithm)}
    return any(math.gcd(a, b) != 1
               for a, b in itertools.combinations(moduli, 2))
