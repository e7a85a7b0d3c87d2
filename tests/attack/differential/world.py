"""What the judge expects of a resolver, and what Unbound does.

For each slot of a response that is not like the one before: who follows the zone and holds the slot before in
its cache meets data signed anew; the same with nothing in its cache; and who
was set up with the keys that signed until the response began.
"""
from dataclasses import replace

import resolver
from keys import KSK, SEP, ZSK, ds_of, rdata_of, tag_of
from unbound import Unbound, zone_text

MINUTE = 60


class World:
    def __init__(self, judge, response, pairs, folder):
        """pairs: (algorithm, public) -> Pair, of ZSKs."""
        self.settings, self.zone = judge.settings, judge.settings.zone
        self.pairs, self.folder = pairs, folder
        before = judge.previous.bundles if judge.previous else []
        before = [b for b in before
                  if b.inception < response.bundles[0].inception]
        self.bundles, self.first = before + response.bundles, len(before)
        self.rrsets = resolver.timeline(
            judge.rrsets_before(), judge.rrsets_after(),
            self.settings.min_overlap)
        self.keys = {judge.name_of(k): k for b in self.bundles
                     for k in b.keys if k.flags & SEP}
        self.seen = []  # (slot, who, expected, what Unbound says)

    # --- What is expected.

    def learned(self, moment):
        """What who follows the zone trusts then."""
        if self.settings.trust == "parent-ds":
            sets = resolver.ds_sets(self.settings.ksks, 0, moment, moment)
            return sets[0] if sets else frozenset()
        first = self.rrsets[0]
        return resolver.Follower(first.published, first.inception).trusts(
            self.rrsets, moment)

    def zsks(self, i):
        """Those that can sign the zone's records."""
        return [k for k in self.bundles[i].keys if not k.flags & SEP
                and k.flags & ZSK and k.protocol == 3
                and (k.algorithm, k.public) in self.pairs]

    def publics(self, i):
        return {(k.algorithm, k.public) for k in self.zsks(i)}

    def validates(self, i, trusted, moment):
        rrset = self.rrsets[i]
        return bool(trusted & rrset.signs and self.zsks(i) and
                    rrset.inception <= moment <= rrset.expiration)

    def is_like_the_one_before(self, i):
        def parts(j):
            rrset = self.rrsets[j]
            return (rrset.published, rrset.signs, rrset.revoked,
                    frozenset(self.bundles[j].keys))
        return self.first < i < len(self.bundles) - 1 and \
            parts(i) == parts(i - 1)

    def experiments(self):
        """(slot, who, anchors, moment, whether the slot before is in the
        cache, expected)."""
        anchors = self.rrsets[max(0, self.first - 1)].signs
        for i in range(self.first, len(self.bundles)):
            moment = self.rrsets[i].inception + MINUTE
            if self.is_like_the_one_before(i):
                continue
            trusted = self.learned(moment)
            yield i, "follows", trusted, moment, False, self.validates(
                i, trusted, moment)
            if i > 0 and self.validates(i - 1, trusted, moment):
                # Records are signed for as long as their bundle is valid.
                yield i, "has the slot before", trusted, moment, True, bool(
                    self.publics(i) & self.publics(i - 1) and
                    moment <= self.rrsets[i].expiration)
            if anchors != trusted:
                yield i, "set up before", anchors, moment, False, \
                    self.validates(i, anchors, moment)
        for i in range(self.first, len(self.bundles)):
            end = self.rrsets[i].until - MINUTE
            trusted = self.learned(end)
            if end > self.rrsets[i].expiration or i == len(self.bundles) - 1:
                yield i, "at the end", trusted, end, False, self.validates(
                    i, trusted, end)

    def fails_somewhere(self):
        return any(not expected for *_, expected in self.experiments())

    # --- What is seen.

    def anchors(self, names):
        """Trust anchors as records."""
        records = []
        for name in sorted(names & set(self.keys), key=repr):
            key = replace(self.keys[name], flags=KSK)
            rdata = rdata_of(key).to_text()
            records.append(
                f"{self.zone} DNSKEY {rdata}"
                if self.settings.trust == "rfc5011" else
                f"{self.zone} DS {tag_of(key)} {key.algorithm} 2 "
                f"{ds_of(key, self.zone)}")
        return records

    def text(self, i, owner):
        signers = [(self.pairs[(k.algorithm, k.public)], k)
                   for k in self.zsks(i)]
        return zone_text(self.zone, self.bundles[i], signers, [owner])

    def owner(self, label):
        return f"{label}.{self.zone.lstrip('.')}"

    def look(self):
        for i, who, trusted, moment, cached, expected in self.experiments():
            anchors = self.anchors(trusted)
            if not anchors:
                continue  # nobody to ask
            unbound = Unbound(self.folder, self.zone, anchors, moment)
            before, now = self.owner("before"), self.owner("now")
            unbound.publish(self.text(i - 1, before) if cached
                            else self.text(i, now))
            with unbound:
                if cached:
                    self.note(i - 1, "follows", True, unbound.ask(before))
                    unbound.replace(self.text(i, now))
                self.note(i, who, expected, unbound.ask(now))
        return self.seen

    def note(self, i, who, expected, said):
        self.seen.append((i - self.first + 1, who,
                          "ok" if expected else "fails", said))
