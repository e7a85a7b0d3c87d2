"""Facts that nothing on record can contradict, each with the reason: patterns of
command/event/fact, as tests/house/facts prints them.  The first that fits
holds.  docs/audit-log.md says the same in words."""

ORDER = "only that time does not fall from line to line is known of it"
HOST = "the host alone knows it"
ENVIRONMENT = "the machine alone knows it; outside of a rehearsal it is refused"
ONCE = "another run of the record must have seen the same file or module"
FOLDER = "where the record lay, and that it was named, is nowhere else"
UNUSED = "the command makes no use of a configuration, or of its name"
LAST = "a run may be interrupted before it; the witnessed head tells"
EARLY = "a clock that was a second slower at the start is as possible"
UNSTORED = "of a backup the record has the hash and not the octets"
TYPED = "why a run failed outside of what can be replayed is not derived"

EXCEPTIONS = (
    ("*/time", ORDER),
    ("*/end/the line", LAST),
    ("*/signing record/the line", LAST),
    ("*/run/host.name", HOST),
    ("*/run/host.clock", ORDER),
    ("*/run/host.time_zone", HOST),
    ("*/run/now", EARLY),
    ("*/run/arguments[*--ceremony]*", FOLDER),
    ("*/run/hsms[].sha256", ONCE),
    ("*/mapped/objects[] left out", ONCE),
    ("*/mapped/objects[].sha256", ONCE),
    ("*/mapped/objects[].path", ONCE),
    ("*/mapped/loader", ENVIRONMENT),
    ("*/mapped/further_variables", ENVIRONMENT),
    ("*/token/slot", HOST),
    ("*/token/login", HOST),
    ("*/token/label", "the URI may name the token by its serial alone"),
    ("*/token/manufacturer", "the URI may name the token by its serial alone"),
    ("*/token/model", "the URI may name the token by its serial alone"),
    ("hash/hashed/sha256", "the file is too large to be stored"),
    ("hash/hashed/size", "the file is too large to be stored"),
    ("*/run/arguments[*--config]*", UNUSED),
    ("register/input archive/path", "of it only the folder was named"),
    ("check/run/arguments[of --alternative]*",
     "an alternative that nothing on record answers to"),
    ("backup/key to back up/the line",
     "a key may be refused before it is told"),
    ("backup/run/arguments[--batch]*",
     "the run may end before anybody is to be asked"),
    ("restore/backup/sha256", UNSTORED),
    ("handover/handed over/size", UNSTORED),
    ("handover/handed over/check_value", UNSTORED),
    ("restore/restored/differences", "the token alone knows it"),
    ("keydelete/key to delete/the line",
     "a key may be refused before it is told"),
    ("register/input register/the line",
     "that there was none yet only an earlier run of the record contradicts"),
    ("register/input response/the line",
     "a file that cannot be read is not stored, and only the message tells why"),
    ("keydelete/run/arguments[--batch]*",
     "the run may end before anybody is to be asked"),
    ("manifest/run/arguments[a word]", "a medium's folder is not in its "
     "manifest, which a file of its own names alone"),
)
