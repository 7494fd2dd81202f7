"""Several of them at once: each ends well, and what they leave is what one of them would have left."""

import re
import subprocess
from pathlib import Path

import pytest
from tinyproject import LIGHTLY, TinyProject

from press.kernels import provisioner as kernels

pytestmark = pytest.mark.skipif(not kernels.CAN_FORK, reason="one fork server each")

SLOW = '"""\n# Slow\n\nA lead.\n"""\n\n# %%\nimport time\n\ntime.sleep(1)\nprint("slow", 6 * 7)\n'
RUN = ("press", "run", "--all", "--jobs", "1")
BUILD = ("mkdocs", "build")


def begin(tiny: TinyProject, *command: str) -> subprocess.Popen:
    return subprocess.Popen(
        [*LIGHTLY, *command], cwd=tiny.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def pages(tiny: TinyProject) -> dict[str, str]:
    """What the pages show of each tutorial's outputs."""
    site = tiny.root / "site/first"
    return {
        path.parent.name: "".join(re.findall(r'<pre class="press-text[^>]*>(.*?)</pre>', path.read_text(), re.S))
        for path in site.glob("*/index.html")
    }


def left_over(tiny: TinyProject) -> list[Path]:
    """Temporary files of a write that was not finished."""
    return [path for folder in ("outputs", ".press") for path in (tiny.root / folder).rglob(".*.*")]


@pytest.mark.slow
def test_two_runs_and_a_build_at_once_end_well(tiny):
    tiny.write("tutorials/1-first/03_slow.py", SLOW)
    together = [begin(tiny, *command) for command in (RUN, RUN, BUILD)]
    told = [process.communicate(timeout=120)[0] for process in together]
    assert [process.returncode for process in together] == [0, 0, 0], told
    assert not any("Traceback" in text for text in told), told
    assert set(tiny.states().values()) == {"fresh"} and left_over(tiny) == []
    shown = {"hello": "42\nend\n", "other": "2\n", "slow": "slow 42\n"}
    assert pages(tiny) == shown  # of whichever run


def test_two_builds_at_once_spoil_no_later_one(tiny):
    """They share the folder of the site, which each empties first: only the last to begin can promise all of it."""
    tiny.pretend_run()
    shown = {"hello": "output of line 20\noutput of line 27\n", "other": "output of line 8\n"}
    for round_ in range(3):
        tiny.edit("tutorials/1-first/02_other.py", "It reaches", "It reaches and reaches")  # a page to make anew
        together = [begin(tiny, *BUILD) for _ in range(2)]
        told = [process.communicate(timeout=120)[0] for process in together]
        assert 0 in [process.returncode for process in together], told
        assert begin(tiny, *BUILD).communicate(timeout=120) and pages(tiny) == shown, round_
        assert "It reaches" + " and reaches" * (round_ + 1) in (tiny.root / "site/first/other/index.html").read_text()
    assert left_over(tiny) == []
