"""The oldest torch that pyproject.toml promises runs the clinic and every lesson of a few seconds, claims included."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHORT = 10.0  # seconds on two cores; the others differ from these in patience, not in what they ask of torch


def oldest() -> list[str]:
    """Torch and torchvision as old as the lower bounds of our dependencies allow."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = dict(re.fullmatch(r"(\w+)>=([\d.]+),.*", need).groups() for need in config["dependencies"])
    return [f"{name}=={bounds[name]}.*" for name in ("torch", "torchvision")]


def short() -> list[str]:
    """The lessons whose last run took a few seconds."""
    runs = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "outputs").rglob("*.ipynb")}
    return sorted(name for name, run in runs.items() if run["metadata"]["press"]["run"]["seconds"] < SHORT)


@pytest.mark.slow
def test_the_clinic_and_every_short_lesson_pass_with_the_oldest_torch(tmp_path):
    for name in ("tutorials", "src", "docs", "mkdocs.yml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    command = ["uv", "run", "--project", str(ROOT), *(part for need in oldest() for part in ("--with", need))]
    command += ["python", "-c", "import torch; print(torch.__version__)"]
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "src"), "OMP_NUM_THREADS": "1"}
    asked = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=600)
    assert oldest()[0].removeprefix("torch==").removesuffix("*") in asked.stdout, asked.stderr
    command[-2:] = ["-m", "press", "run", "--all", "--jobs", "2", *short()]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
