"""What those who follow a zone make of its responses, one after the other.

A timeline is a list of RRsets, each published from its inception until the
next one's.  KSKs are names here.  Sources: RFC 5011 (2.1, 2.3, 2.4.1, 4), RFC
4035 5.3, RFC 7583 2.2; and docs/plan.md for the slowest follower.
"""
from dataclasses import dataclass

from documents import DAY

HOUR = 3600
HOLD_DOWN = 30 * DAY  # RFC 5011 2.4.1, 2.4.2


@dataclass
class Rrset:
    inception: int
    expiration: int
    ttl: int
    published: frozenset  # unrevoked
    signs: frozenset  # unrevoked
    revoked: frozenset
    revokes: frozenset  # revoked, and signed by itself
    until: int = 0  # when the next one takes its place

    def refresh(self):
        """RFC 5011 2.3, with the whole of the signatures' time ahead."""
        return max(HOUR, min(15 * DAY, self.ttl // 2,
                             (self.expiration - self.inception) // 2))


def timeline(before, after, overlap):
    """Of the response before, what is published until the next one begins;
    the last slot is, until what comes after it may begin: a slot's length
    later, or when their signatures overlap for that long."""
    rrsets = [r for r in before if r.inception < after[0].inception] + after
    for this, following in zip(rrsets, rrsets[1:]):
        this.until = following.inception
    last = rrsets[-1]
    length = last.inception - rrsets[-2].inception if len(rrsets) > 1 else \
        last.expiration - last.inception
    last.until = min(last.expiration, max(
        last.inception + length, last.expiration - overlap))
    return rrsets


def comes_back(before, after, gone):
    """Whether a KSK that was revoked is unrevoked in what is new.  gone: those
    of which others know it."""
    gone = set(gone).union(*(r.revoked for r in before))
    for rrset in after:
        gone |= rrset.revoked
        if gone & rrset.published:
            return True
    return False


class Slowest:
    """Since when every follower of RFC 5011 trusts a KSK."""

    def __init__(self, first):
        self.trusted = {key: first.inception for key in first.published}
        self.last, self.gone = first, set(first.revoked)

    def passes(self, rrset):
        for key in self.last.published - rrset.published:
            if self.trusted[key] > rrset.inception:
                del self.trusted[key]  # its hold-down begins anew
        self.gone |= rrset.revokes
        for key in rrset.published - set(self.trusted):
            # Until then an RRset without the key may be seen.
            self.trusted[key] = (self.last.expiration + rrset.refresh() +
                                 max(HOLD_DOWN, rrset.ttl) + rrset.refresh())
        self.last = rrset

    def trust(self, rrset):
        return {key for key, when in self.trusted.items()
                if when <= rrset.inception} - self.gone


def somebody_signs_alone(before, after, overlap):
    """Whether a KSK signs that not every follower of RFC 5011 trusts by
    then, and none that everybody does."""
    rrsets = timeline(before, after, overlap)
    slowest = Slowest(rrsets[0])
    for i, rrset in enumerate(rrsets):
        if i > 0:
            slowest.passes(rrset)
        if i < len(rrsets) - len(after):
            continue
        known = slowest.trust(rrset)
        if before:
            known &= before[-1].published
        if not known & rrset.signs:
            return True
    return False


class Follower:
    """One resolver of RFC 5011, which polls from a moment on."""

    def __init__(self, anchors, start, learns=True):
        self.valid, self.start, self.learns = set(anchors), start, learns
        self.pending, self.gone = {}, set()

    def sees(self, rrset, now):
        """Asks for the RRset; when it asks again."""
        for key in self.valid & rrset.revokes:
            self.valid.discard(key)
            self.gone.add(key)
        if not self.valid & rrset.signs and not self.gone & rrset.revokes:
            return now + max(HOUR, min(DAY, rrset.ttl // 10, (
                rrset.expiration - now) // 10))
        if self.valid & rrset.signs:
            for key in set(self.pending) - rrset.published:
                del self.pending[key]
            for key in rrset.published - self.valid - self.gone:
                due = self.pending.setdefault(
                    key, now + max(HOLD_DOWN, rrset.ttl))
                if due <= now:
                    del self.pending[key]
                    self.valid.add(key)
        return now + max(HOUR, min(15 * DAY, rrset.ttl // 2, (
            rrset.expiration - now) // 2))

    def validates(self, rrset):
        return rrset.expiration >= rrset.until and \
            bool(self.valid & rrset.signs)

    def trusts(self, rrsets, moment):
        """What it trusts then."""
        now = self.start
        for rrset in rrsets:
            while self.learns and now < min(rrset.until, moment):
                now = self.sees(rrset, now)
        return frozenset(self.valid)

    def follows(self, rrsets, since):
        """Whether it validates each RRset of those from since on."""
        now = self.start
        for rrset in rrsets:
            if rrset.until <= self.start:
                continue
            judged = rrset.inception >= since
            if judged and not self.validates(rrset):
                return False
            while self.learns and now < rrset.until:
                now = self.sees(rrset, now)
                if judged and not self.validates(rrset):
                    return False
        return True


def nobody_follows(before, after, overlap):
    """docs/checks.md, SKR-FOLLOWERS: up to date, set up now, static."""
    rrsets = timeline(before, after, overlap)
    first, start = rrsets[0], after[0].inception
    until_then = [r for r in rrsets if r.inception < start] or [first]
    return not any(f.follows(rrsets, start) for f in (
        Follower(first.published, first.inception),
        Follower(until_then[-1].signs, start),
        Follower(first.signs, first.inception, learns=False)))


# --- Those who go by the parent's DS.

def ds_sets(ksks, lag, begin, end):
    """The DS sets that somebody may hold at some moment from begin to end,
    once there was one."""
    first = min((k.ds_published for k in ksks.values()
                 if k.ds_published is not None), default=end)
    changes = sorted({t for k in ksks.values()
                      for t in (k.ds_published, k.ds_withdrawn)
                      if t is not None and begin - lag < t < end})
    sets = []
    for moment in [begin - lag] + changes:
        there = frozenset(
            name for name, k in ksks.items() if k.ds_published is not None
            and k.ds_published <= moment and
            (k.ds_withdrawn is None or moment < k.ds_withdrawn))
        if moment >= first:
            sets.append(there)
    return sets


def ds_unmet(ksks, lag, rrsets):
    """Whether some DS set that is held has no KSK that signs unrevoked."""
    return any(not held & rrset.signs for rrset in rrsets
               for held in ds_sets(ksks, lag, rrset.inception, rrset.until))


def no_ds_followed(ksks, lag, before, after, overlap):
    """docs/checks.md, SKR-FOLLOWERS: DS of the moment, of caches, static."""
    rrsets = timeline(before, after, overlap)
    first, new = rrsets[0], rrsets[-len(after):]
    gap = any(r.expiration < r.until for r in new)
    static = Follower(first.signs, first.inception, learns=False)
    return (gap or ds_unmet(ksks, 0, new) and ds_unmet(ksks, lag, new) and
            not static.follows(rrsets, new[0].inception))
