"""Whether a written response answers the request as the schema has it."""
from dataclasses import replace

from judge import signature_holds
from keys import KSK, REVOKE, tag_of


def faults(settings, slots, request, response):
    """What is wrong with it, in words."""
    wrong = []

    def must(holds, what):
        if not holds:
            wrong.append(what)

    must(response.kind == "Response", "it is no response")
    must((response.id, response.serial, response.domain) ==
         (request.id, request.serial, request.domain), "id, serial or domain")
    must(response.zsk == request.zsk, "the ZSK policy")
    must(len(response.bundles) == len(request.bundles), "number of bundles")
    for slot, asked, made in zip(slots, request.bundles, response.bundles):
        must((asked.id, asked.inception, asked.expiration) ==
             (made.id, made.inception, made.expiration), "a bundle's times")
        wanted = [replace(k, ttl=settings.ttl) for k in asked.keys]
        ksks = {}
        for name in slot.publish | slot.sign | slot.revoke:
            key = replace(settings.ksks[name].key, ttl=settings.ttl,
                          flags=KSK | REVOKE if name in slot.revoke else KSK)
            ksks[name] = replace(key, tag=tag_of(key))
        must(sorted(made.keys, key=repr) ==
             sorted(wanted + list(ksks.values()), key=repr), "its keys")
        by = [(name, s) for s in made.signatures
              for name, k in ksks.items() if s.identifier == k.identifier]
        must(sorted(name for name, _ in by) == sorted(slot.sign) and
             len(by) == len(made.signatures), "who signs")
        for name, s in by:
            must((s.ttl, s.original_ttl, s.inception, s.expiration) ==
                 (settings.ttl, settings.ttl, asked.inception,
                  asked.expiration), "a signature's times or TTL")
            must(signature_holds(settings.zone, made, s, ksks[name]),
                 "a signature does not hold")
    return sorted(set(wrong))
