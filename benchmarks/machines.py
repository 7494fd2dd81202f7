"""The same twelve tutorials by one worker, by the local pool, and by a Dask cluster of two worker processes over TCP.

    uv run benchmarks/machines.py [ROUNDS]

The cluster runs them once more while one of its workers is killed, and every result is compared with those of the
local pool. Without a machine, the shares that `press run --shard K/N` would give 2, 3 and 4 machines are weighed by the
seconds of the recorded runs. The tutorials are small ones of a project of their own: half of them import torch.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import proof
from distributed import Client, LocalCluster

from press.project import Settings
from press.tutorials import Tutorials

COUNT, SECONDS = 12, 2.0
WITH_TORCH = "import torch\n\nprint(torch.linspace(0, 1, 5).sum().item())"
WITHOUT = "import math\n\nprint(sum(math.sqrt(number) for number in range(100_000)))"
SCRIPT = '''\
"""
# Lesson {number}

It works for a while.
"""

# %%
{code}

# %%
import time

begun = time.process_time()
while time.process_time() - begun < {seconds}:
    sum(range(10_000))
print("lesson", {number})
'''


def project(folder: Path) -> Path:
    """A project of twelve tutorials, each of which keeps a core busy for two seconds."""
    (folder / "docs").mkdir(parents=True)
    (folder / "tutorials").mkdir()
    (folder / "docs/index.md").write_text("# Home\n")
    (folder / "mkdocs.yml").write_text("site_name: x\nplugins: [search, press: {tutorials: tutorials}]\n")
    for number in range(1, COUNT + 1):
        text = SCRIPT.format(number=number, seconds=SECONDS, code=WITH_TORCH if number % 2 else WITHOUT)
        (folder / f"tutorials/lesson_{number:02}.py").write_text(text)
    return folder


def press_seconds(folder: Path, *options: str) -> float:
    begun = time.monotonic()
    command = [sys.executable, "-m", "press", "run", "--all", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    seconds = time.monotonic() - begun
    assert done.returncode == 0, done.stderr
    print(f"  {' '.join(options):45} {seconds:6.2f} s", flush=True)
    return seconds


def outputs(folder: Path) -> dict[str, Any]:
    """What every tutorial showed, from the store; a lost one is not in it."""
    tutorials = Tutorials(Settings.find(folder))
    stored = {script.name: tutorials.store.load(script) for script in tutorials.scripts}
    fresh = {script.name for script in tutorials.scripts if tutorials.status(script).state == "fresh"}
    return {name: one.outputs for name, one in stored.items() if one and name in fresh}


def forget(folder: Path) -> None:
    for path in (folder / "outputs").rglob("*.ipynb"):
        path.unlink()


def kill_one(cluster: LocalCluster, folder: Path) -> threading.Thread:
    """Kill a worker process in the middle of a run; its nanny starts another, as a machine that comes back."""
    with Client(cluster) as client:
        pids = list(client.run(os.getpid).values())

    def kill() -> None:
        while len(list((folder / "outputs").rglob("*.ipynb"))) < COUNT // 3:
            time.sleep(0.1)
        os.kill(pids[0], signal.SIGKILL)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    return thread


def balance(folder: Path) -> list[dict[str, Any]]:
    """For 2, 3 and 4 machines: seconds of the longest share beside those of an equal share."""
    tutorials = Tutorials(Settings.find(folder))
    longest = max(map(tutorials.expected_seconds, tutorials.scripts))
    rows = []
    for count in (2, 3, 4):
        shares = [tutorials.shard(tutorials.scripts, number, count) for number in range(1, count + 1)]
        loads = [sum(map(tutorials.expected_seconds, share)) for share in shares]
        print(f"  {count} machines: {', '.join(f'{load:.0f} s' for load in loads)}")
        equal = statistics.mean(loads)
        what = f"--shard for {count} machines: the longest share beside an equal one"
        note = f"An equal share is {equal:.0f} s, the longest tutorial alone {longest:.0f} s, and none is cut in two."
        rows.append(proof.figure(what, max(loads) / equal, at_most=1.2, note=note * (longest > equal)))
    return rows


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    ways: dict[str, list[float]] = {
        way: [] for way in ("one worker", "local pool, 2 jobs", "Dask, 2 new workers", "Dask, the same workers again")
    }
    with tempfile.TemporaryDirectory() as name:
        folder = project(Path(name, "project"))
        for _ in range(rounds):
            ways["one worker"].append(press_seconds(folder, "--jobs", "1"))
            ways["local pool, 2 jobs"].append(press_seconds(folder, "--jobs", "2"))
            here = outputs(folder)
            with LocalCluster(
                n_workers=2, threads_per_worker=1, protocol="tcp", dashboard_address=None, local_directory=name
            ) as cluster:
                scheduler = "--scheduler", cluster.scheduler_address, "--jobs", "2"
                forget(folder)
                ways["Dask, 2 new workers"].append(press_seconds(folder, *scheduler))
                there = outputs(folder)
                ways["Dask, the same workers again"].append(press_seconds(folder, *scheduler))
                forget(folder)
                killing = kill_one(cluster, folder)
                struck = press_seconds(folder, *scheduler)
                killing.join()
                survived = outputs(folder)
    seconds = {way: statistics.median(times) for way, times in ways.items()}
    one, pool, dask, again = seconds.values()
    same = sum(json.dumps(here[name]) == json.dumps(there.get(name)) for name in here)
    kept = sum(json.dumps(here[name]) == json.dumps(survived.get(name)) for name in here)
    rows = [
        proof.figure("local pool of 2 jobs: seconds beside one worker", pool / one),
        proof.figure("Dask, 2 new workers over TCP: seconds beside one worker", dask / one),
        proof.figure("Dask, the same workers again: seconds beside one worker", again / one),
        proof.figure(f"Dask: results equal to the local pool's, of {COUNT}", same, equal=COUNT),
        proof.figure(f"Dask, one worker killed: results equal to the local pool's, of {COUNT}", kept, equal=COUNT),
    ]
    rows += balance(proof.ROOT)
    times = [["executed by", "seconds"], *([way, f"{value:.1f} s"] for way, value in seconds.items())]
    times.append(["Dask, one of the workers killed", f"{struck:.1f} s"])
    proof.keep("machines", "uv run benchmarks/machines.py", rows, tables={"Twelve tutorials of two seconds": times})
    print(*(f"{row['what']}: {row['reached']}" for row in rows), sep="\n")


if __name__ == "__main__":
    main()
