"""What the peers in Python share: their input, and the protocol of bench/peers.ts."""

import json
import sys
import time

import numpy as np

try:
    import resource
except ImportError:  # Windows
    resource = None

# See bench/peers.ts.
LEARNING_RATE = 1e-5


def read_tensors(path):
    """Tensors of a safetensors file, by name."""
    data = open(path, "rb").read()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(data[8 + size + of["data_offsets"][0] : 8 + size + of["data_offsets"][1]], "<f4").reshape(of["shape"])
        for name, of in header.items()
    }


def peak_rss():
    """Most bytes of memory so far; Linux counts in KiB, macOS in bytes."""
    if resource is None:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def answer(values):
    print(json.dumps(values), flush=True)


def serve(hello, jobs):
    """Says hello, then does one sample a line of stdin: 'train' answers ms and loss, 'predict' ms and probabilities."""
    answer(hello)
    for line in sys.stdin:
        begin = time.perf_counter()
        numbers = jobs[line.strip()]()
        answer({"ms": 1000 * (time.perf_counter() - begin), **numbers, "rss": peak_rss()})
