"""What a process has in memory, for tests that look for secrets there."""


def mapped(pid):
    """Each mapping's line of /proc/PID/maps and its octets, as far as they can
    be read."""
    memory = open(f"/proc/{pid}/mem", "rb")
    for line in open(f"/proc/{pid}/maps"):
        if " r" not in line or "[v" in line:
            continue
        begin, end = (int(n, 16) for n in line.split()[0].split("-"))
        # A sanitizer's shadow is terabytes of nothing.
        if end - begin > 1 << 30:
            continue
        try:
            memory.seek(begin)
            yield line, memory.read(end - begin)
        except (OSError, ValueError, OverflowError):
            continue
