"""Responses before a real resolver: Unbound, on a loopback port of its own.

A zone has one slot's DNSKEY RRset and a few records that a ZSK of the slot
signs.  The clock is Unbound's own (val-override-date).
"""
import base64
import socket
import subprocess
import time
from dataclasses import replace

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from keys import rdata_of, sign_rrset, tag_of

PATIENCE = 15  # seconds


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def record(zone, ttl, kind, rdata):
    return f"{zone} {ttl} IN {kind} {rdata}\n"


def rrsig_text(s):
    return (f"{s.covered} {s.algorithm} {s.labels} {s.original_ttl} "
            f"{stamp(s.expiration)} {stamp(s.inception)} {s.tag} {s.signer} "
            + base64.b64encode(s.data).decode())


def stamp(seconds):
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(seconds))


def zone_text(zone, bundle, signers, owners):
    """signers: (pair, key) that sign what is not the DNSKEY RRset; a key's tag
    is what it is, whatever the request declares."""
    times = bundle.inception, bundle.expiration
    text = ""

    def add(owner, kind, rdata):
        nonlocal text
        data = dns.rdata.from_text(dns.rdataclass.IN,
                                   dns.rdatatype.from_text(kind), rdata)
        text += record(owner, 60, kind, rdata)
        for pair, key in signers:
            text += record(owner, 60, "RRSIG", rrsig_text(sign_rrset(
                pair, replace(key, tag=tag_of(key)), times, zone, kind, owner,
                [data])))

    add(zone, "SOA", f"ns.{zone.lstrip('.')} hm.{zone.lstrip('.')} 1 9 9 9 9")
    add(zone, "NS", f"ns.{zone.lstrip('.')}")
    for owner in owners:
        add(owner, "A", "192.0.2.1")
    for key in bundle.keys:
        text += record(zone, key.ttl, "DNSKEY", rdata_of(key).to_text())
    for s in bundle.signatures:
        text += record(zone, s.original_ttl, "RRSIG", rrsig_text(s))
    return text


class Unbound:
    """One that trusts these anchors (records), at this moment."""

    def __init__(self, folder, zone, anchors, moment):
        self.folder, self.zone = folder, zone
        self.port, self.process = free_port(), None
        folder.mkdir(exist_ok=True)
        lines = "".join(f'  trust-anchor: "{a}"\n' for a in anchors)
        self.conf = folder / "unbound.conf"
        self.conf.write_text(f"""server:
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: "{folder}/pid"
  logfile: "{folder}/log"
  use-syslog: no
  verbosity: 1
  val-log-level: 2
  interface: 127.0.0.1@{self.port}
  do-ip6: no
  num-threads: 1
  module-config: "validator iterator"
  do-not-query-localhost: no
  trust-anchor-signaling: no
  val-override-date: "{stamp(moment)}"
  val-sig-skew-min: 0
  val-sig-skew-max: 0
{lines}remote-control:
  control-enable: yes
  control-interface: "{folder}/control"
  control-use-cert: no
auth-zone:
  name: "{zone}"
  zonefile: "{folder}/zone"
  for-upstream: yes
  for-downstream: no
  fallback-enabled: no
""")

    def publish(self, text):
        (self.folder / "zone").write_text(text)

    def control(self, *words):
        return subprocess.run(
            ("/usr/sbin/unbound-control", "-c", self.conf) + words,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=PATIENCE).returncode == 0

    def __enter__(self):
        self.process = subprocess.Popen(
            ["/usr/sbin/unbound", "-d", "-c", self.conf],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.time() + PATIENCE
        while time.time() < until:
            if (self.folder / "control").exists() and \
                    self.control("status"):
                return self
            time.sleep(0.02)
        self.__exit__()
        raise RuntimeError(f"unbound does not start: {self.folder}/log")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE)

    def replace(self, text):
        """Another zone; what is in caches stays."""
        self.publish(text)
        if not self.control("auth_zone_reload", self.zone):
            raise RuntimeError("the zone is not reloaded")

    def ask(self, owner):
        """ok, fails, or what else it says."""
        query = dns.message.make_query(owner, "A", want_dnssec=True)
        query.flags |= dns.flags.AD
        answer = dns.query.tcp(query, "127.0.0.1", PATIENCE, self.port)
        if answer.rcode() == dns.rcode.SERVFAIL:
            return "fails"
        if answer.rcode() == dns.rcode.NOERROR and answer.answer:
            return "ok" if answer.flags & dns.flags.AD else "insecure"
        return dns.rcode.to_text(answer.rcode())
