#!/usr/bin/env python3
"""Writes logs of real shape to measure with: real logs in turn, up to a size.

  logs.py size BYTES OUT LOG...        the logs in turn until BYTES are reached
  logs.py files N BYTES FOLDER LOG...  N files of BYTES each
  logs.py loop N OUT                   one server that loses its session and connects again, N times
  logs.py servers N OUT                N servers that connect and call, interleaved
  logs.py calls N OUT                  one server and N calls of tools, no two of one tool, and none of them answered
  logs.py line BYTES OUT               one line of BYTES between two others
  logs.py signatures N FOLDER          a pack of N signatures over the built-in events
  logs.py copies N FOLDER FILE...      a pack of N signatures that are copies of those files
"""
import itertools
import json
import pathlib
import sys


def turns(paths):
    return itertools.cycle([pathlib.Path(p).read_bytes().rstrip(b"\n") + b"\n" for p in sorted(paths)])


def whole_lines(data, size):
    return data if len(data) <= size else data[: data.rfind(b"\n", 0, size) + 1]


def size(out, wanted, paths):
    written = 0
    with open(out, "wb") as file:
        for log in turns(paths):
            log = whole_lines(log, wanted - written)
            if not log:
                return
            file.write(log)
            written += len(log)


def clock(ms):
    s, ms = divmod(ms, 1000)
    return f"2026-11-{1 + s // 86400 % 28:02}T{s // 3600 % 24:02}:{s // 60 % 60:02}:{s % 60:02}.{ms:03}Z"


TURN = [
    "Starting connection with timeout of 30000ms",
    "Successfully connected (transport: http) in 9ms",
    "Connection error: Streamable HTTP error: Failed to open SSE stream: Not Found",
    "MCP session expired (server returned 404), triggering reconnection",
    "Closing transport (session expired)",
    "HTTP transport closed/disconnected, attempting automatic reconnection",
]


def loop(n, out):
    with open(out, "w") as file:
        for i in range(n):
            file.writelines(f'{clock(i * 7)} [DEBUG] MCP server "x": {said}\n' for said in TURN)


def servers(n, out):
    life = TURN[:2] + ["Calling MCP tool: a", "Tool 'a' completed successfully in 3ms"]
    with open(out, "w") as file:
        for i, (said, name) in enumerate(itertools.product(life, range(n))):
            file.write(f'{clock(i)} [DEBUG] MCP server "server-{name}": {said}\n')


def calls(n, out):
    with open(out, "w") as file:
        # Another name and number: the tools of no two such logs are the same.
        file.writelines(f'{clock(i * 3)} [DEBUG] MCP server "x": Calling MCP tool: of_{n}_{i}_x\n' for i in range(n))


def line(length, out):
    with open(out, "wb") as file:
        file.write(b"2026-11-23T00:00:00.000Z [DEBUG] a\n2026-11-23T00:00:00.001Z [DEBUG] ")
        for _ in range(length >> 20):
            file.write(b"x" * (1 << 20))
        file.write(b'\n2026-11-23T00:00:00.002Z [DEBUG] MCP server "x": Starting connection with timeout of 30000ms\n')


def pack(folder):
    root = pathlib.Path(folder)
    (root / "signatures").mkdir(parents=True, exist_ok=True)
    about = {"schema": 1, "id": "many", "version": "1.0.0", "engine": "*", "license": "MIT", "maintainers": ["bench"]}
    (root / "pack.json").write_text(json.dumps(about))
    return root


def copies(n, folder, files):
    root = pack(folder)
    for i in range(n):
        file = pathlib.Path(files[i % len(files)])
        (root / "signatures" / f"{file.stem}-{i}.json").write_bytes(file.read_bytes())


def signatures(n, folder):
    root = pack(folder)
    events = ["connect.start", "connected", "stream.open_failed", "session.expired", "transport.closing", "tool.call"]
    for i in range(n):
        first, then = events[i % 6], events[(i + 1 + i // 6 % 5) % 6]
        steps = [{"as": "a", "event": first}, {"as": "b", "event": then, "within": f"{1 + i % 30}s"}]
        says = {"summary": f"{{server}} did number {i}", "expected": "that it does not", "advice": ["measure"]}
        signature = {
            "schema": 1, "title": f"number {i}", "rev": 1, "kind": "server-fault", "status": "stable",
            "severity": "info", "applies_to": {}, "created": "2026-11-26", "modified": "2026-11-26",
            "authors": ["bench"], "references": [], "falsepositives": [],
            "match": {"key": ["server"], "within": "60s", "within_lines": 100, "steps": steps}, "says": says, "tests": [],
        }
        (root / "signatures" / f"number-{i}.json").write_text(json.dumps(signature))


def main(what, *rest):
    if what == "size":
        size(rest[1], int(rest[0]), rest[2:])
    elif what == "files":
        folder = pathlib.Path(rest[2])
        folder.mkdir(parents=True, exist_ok=True)
        logs = turns(rest[3:])
        for i in range(int(rest[0])):
            data = b""
            while len(data) < int(rest[1]):
                data += next(logs)
            (folder / f"{i:05}.log").write_bytes(whole_lines(data, int(rest[1])))
    elif what == "copies":
        copies(int(rest[0]), rest[1], rest[2:])
    elif what in (one := {"loop": loop, "servers": servers, "calls": calls, "line": line, "signatures": signatures}):
        one[what](int(rest[0]), rest[1])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) > 2 else sys.exit(__doc__)
