"""The fork server, a process of its own: it imports what is heavy once, and forks a kernel for each connection."""

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import socketserver
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import psutil
import zmq

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # <linux/prctl.h>


class Keeper(socketserver.StreamRequestHandler):
    """Forks one kernel, waits for it, and lets nothing of it live longer than the connection to the press."""

    server: Any

    def handle(self) -> None:
        request = json.loads(self.rfile.readline() or "null")
        if request is None:  # the press has gone before it asked
            return
        prctl(PR_SET_CHILD_SUBREAPER, 1)  # orphans of the kernel come to the keeper
        keeper, kernel = os.getpid(), os.fork()
        if not kernel:
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() == keeper:
                os.close(self.connection.detach())
                self.server.socket.close()
                become_kernel(**request)
            os._exit(1)
        self.tell([kernel, keeper])
        status = None
        while status is None and not select.select([self.connection], [], [], 0.05)[0]:
            ended, code = os.waitpid(kernel, os.WNOHANG)
            status = os.waitstatus_to_exitcode(code) if ended else None
        while children := psutil.Process().children(recursive=True):
            for child in children:
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
            with contextlib.suppress(ChildProcessError):
                while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                    if ended[0] == kernel:
                        status = os.waitstatus_to_exitcode(ended[1])
            time.sleep(0.005)
        if not self.tell(status):  # the press was killed: nobody else removes the folder
            shutil.rmtree(Path(request["connection"]).parent, ignore_errors=True)

    def tell(self, message: Any) -> bool:
        """Send a line to the press; whether it is still there."""
        with contextlib.suppress(OSError):
            self.wfile.write(json.dumps(message).encode() + b"\n")
            return True
        return False


def become_kernel(connection: str, env: dict[str, str], cwd: str) -> None:
    """Turn this freshly forked process into an ipykernel; it does not return."""
    code = 1
    try:
        os.setsid()
        with contextlib.suppress(OSError):  # without memory, the system is to kill this, not its keeper
            Path("/proc/self/oom_score_adj").write_text("1000")
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(env)
        time.tzset()
        log = os.open(f"{Path(connection).parent}/log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for stream in (1, 2):
            os.dup2(log, stream)
        if torch := sys.modules.get("torch"):
            torch.set_num_threads(int(env.get("OMP_NUM_THREADS", os.cpu_count() or 1)))
        from ipykernel.kernelapp import IPKernelApp

        class Kernel(IPKernelApp):
            def init_iopub(self, context: Any) -> None:
                context.setsockopt(zmq.SNDHWM, 0)  # by default, outputs are lost while more than 1000 wait
                super().init_iopub(context)

        sys.argv = ["ipykernel_launcher.py", "-f", connection]
        Kernel.launch_instance()
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 0
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        os._exit(code)


def prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def serve(listener: int, press: int, preload: list[str]) -> None:
    """Import what is to be had of `preload`, then fork a kernel for every connection until the press ends."""

    class ForkServer(socketserver.ForkingMixIn, socketserver.UnixStreamServer):  # neither exists on Windows
        max_children = 100_000  # beyond it the server would wait

        def service_actions(self) -> None:
            super().service_actions()
            if os.getppid() != press:
                raise SystemExit

    server = ForkServer("", Keeper, bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=listener)
    folder = Path(server.socket.getsockname()).parent
    gc.disable()  # it would look at a million objects that stay, again and again: a tenth of the time
    sys.modules["debugpy"] = None  # type: ignore[assignment]  # no kernel is debugged, and each would compile it anew
    for module in preload:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    del sys.modules["debugpy"]
    gc.collect()
    gc.freeze()  # the collector would touch, and so copy, every page that kernels share
    gc.enable()
    try:
        server.serve_forever()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
