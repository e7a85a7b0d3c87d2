"""Facts that nothing on record can contradict, each with the reason: patterns of
command/event/fact, as tests/house/facts prints them.  The first that fits
holds."""
EXCEPTIONS = ()
