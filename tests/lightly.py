"""Like `python -m`, with a fork server that imports what every kernel needs, but not torch.

    python lightly.py press run

A small project never asks for torch, and each process that runs one would import it: several seconds each.
"""

import runpy
import sys

from press.kernels import provisioner as kernels

sys.path[0] = ""  # the working directory, as for `python -m`
kernels.SERVER.preload = tuple(name for name in kernels.PRELOAD if name.split(".")[0] in kernels.OWN)
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
