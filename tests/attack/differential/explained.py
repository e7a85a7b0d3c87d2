"""What program and judge may say differently, by name.

docs/differential.md has a row for each, with the reason.  Where one accepts
and the other refuses nothing explains it.
"""
from judge import DEPRECATED
from keys import REVOKE


def another_zone(case, judged, found):
    return "KSR-DOMAIN" in judged & found and \
        judged ^ found <= {"KSR-TAG-CLASH", "KSR-POLICY-SAFETY"}


def at_one_time(case, judged, found):
    begins = [b.inception for b in case.request.bundles]
    return "KSR-POLICY-BUNDLE-INTERVAL" in judged & found and \
        len(set(begins)) < len(begins) and judged ^ found <= {
            "KSR-POLICY-SAFETY", "SKR-REVOKED", "SKR-TRUST", "SKR-FOLLOWERS"}


def far_times(case, judged, found):
    ends = [b.expiration for b in case.request.bundles]
    moot = {"SKR-TRUST", "SKR-FOLLOWERS"}
    if max(ends) >= 2**32:
        moot.add("KSR-BUNDLE-POP")
    return "KSR-POLICY-SIG-HORIZON" in judged & found and \
        max(ends) - min(ends) > 2**31 and judged ^ found <= moot


def unknown_algorithm(case, judged, found):
    used = {k.algorithm for b in case.request.bundles for k in b.keys}
    return "KSR-POLICY-ALG" in judged & found and bool(used & DEPRECATED) and \
        judged ^ found <= {"KSR-BUNDLE-KEYS", "KSR-BUNDLE-POP",
                           "KSR-KEY-VALID"}


def revoked_alone(case, judged, found):
    """A revoked KSK does not sign itself, here or in the response before."""
    slots = case.settings.schema(case.schema)
    alone = any(slot.revoke - slot.sign for slot in slots) or any(
        k.flags & REVOKE and k.tag not in {s.tag for s in b.signatures}
        for b in (case.previous.bundles if case.previous else ())
        for k in b.keys)
    return {"SKR-SCHEDULE", "SKR-REVOKED"} & judged & found and alone and \
        judged ^ found <= {"SKR-TRUST"}


RULES = {"another-zone": another_zone, "at-one-time": at_one_time,
         "far-times": far_times, "unknown-algorithm": unknown_algorithm,
         "revoked-alone": revoked_alone}


def rule_of(case, judged, found):
    """The name of the rule that explains the difference, or None."""
    if not judged or not found:
        return None
    return next((name for name, rule in RULES.items()
                 if rule(case, judged, found)), None)
