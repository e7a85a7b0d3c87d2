"""The register of what was signed before: docs/register.md, form 2."""
import hashlib
import json

from documents import time_text
from keys import REVOKE, SEP, ds_of, same, tag_of


def digest(octets):
    return hashlib.sha256(octets).hexdigest()


class Register:
    def __init__(self, zone):
        self.zone, self.lines, self.head = zone, b"", "0" * 64

    def add(self, event, when, response, **facts):
        line = json.dumps({
            "seq": self.lines.count(b"\n") + 1, "prev": self.head, "format": 2,
            "time": time_text(when), "event": event, "domain": self.zone,
            "response_sha256": response} | facts,
            separators=(",", ":")).encode() + b"\n"
        self.lines += line
        self.head = digest(line)

    def add_response(self, when, response, octets, before=None):
        """A response that was signed and published."""
        self.add("signing", when, digest(octets), **self.facts(
            response, before))
        self.add("published", when, digest(octets))

    def add_activated(self, when, response, octets):
        self.add("activated", when, digest(octets), slot=1,
                 **{"from": time_text(response.bundles[0].inception)})

    def facts(self, response, before):
        keys = {True: [], False: []}  # KSKs and ZSKs
        slots = []
        for bundle in response.bundles:
            for key in bundle.keys:
                known = keys[bool(key.flags & SEP)]
                if not any(same(key, k) for k in known):
                    known.append(key)
            slots.append(bundle)
        return {
            "request_id": response.id, "request_sha256": digest(
                response.id.encode()),
            "serial": response.serial, "schema": "normal",
            "alternative": None, "fallback": None, "previous_sha256": before,
            "replaces": None,
            "ksks": [{"key_tag": tag_of(unrevoked(k)),
                      "algorithm": k.algorithm,
                      "ds_sha256": ds_of(k, self.zone)} for k in keys[True]],
            "zsks": [{"key_tag": k.tag, "algorithm": k.algorithm,
                      "sha256": ds_of(k, self.zone)} for k in keys[False]],
            "slots": [self.slot(b, keys) for b in slots]}

    def slot(self, bundle, keys):
        def places(wanted, known):
            return [i + 1 for i, k in enumerate(known)
                    if any(same(k, key) for key in wanted)]

        ksks = [k for k in bundle.keys if k.flags & SEP]
        signing = [k for k in ksks
                   if any(s.tag == k.tag for s in bundle.signatures)]
        return {
            "bundle": bundle.id, "inception": time_text(bundle.inception),
            "expiration": time_text(bundle.expiration),
            "published": places(
                [k for k in ksks if not k.flags & REVOKE], keys[True]),
            "signs": places(signing, keys[True]),
            "revoked": places(
                [k for k in ksks if k.flags & REVOKE], keys[True]),
            "zsks": places(bundle.keys, keys[False])}


def unrevoked(key):
    return type(key)(**{**key.__dict__, "flags": key.flags & ~REVOKE})
