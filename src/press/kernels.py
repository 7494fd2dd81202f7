"""Starts kernels: each is forked from a server that has done the heavy imports; none outlives the press."""

from __future__ import annotations

import ast
import asyncio
import atexit
import contextlib
import ctypes
import gc
import importlib
import importlib.util
import json
import os
import platform
import queue
import select
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

import psutil
import zmq
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

PRELOAD = (
    "ipykernel.debugger",
    "ipykernel.kernelapp",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_svg",
    "matplotlib_inline.backend_inline",
    "press.kernels",
    "sphinx_gallery.backreferences",
    "torch",
    "torchvision",
)
OWN = {"ipykernel", "matplotlib_inline", "press", "sphinx_gallery"}  # what every kernel needs
CAN_FORK = sys.platform == "linux"
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # <linux/prctl.h>


# In the press


class Server:
    """The fork server of this process, started by the first kernel and again if it has died."""

    def __init__(self, preload: tuple[str, ...] = PRELOAD):
        self.preload = preload
        self.lock = threading.Lock()
        self.process: subprocess.Popen | None = None
        self.folder = ""

    def address(self) -> str:
        """The server's Unix socket; connections queue there until the preload is done."""
        with self.lock:
            if self.process is None or self.process.poll() is not None:
                self.start()
            return f"{self.folder}/socket"

    def start(self) -> None:
        self.stop()
        self.folder = short_folder()
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"{self.folder}/socket")
            listener.listen(128)
            numbers = str(listener.fileno()), str(os.getpid())
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "press.kernels", *numbers, *self.preload],
                # The server must have one thread, or forks of it may hang; OpenBLAS would start more.
                env=environment() | {"OPENBLAS_NUM_THREADS": "1"},
                stdin=subprocess.DEVNULL, pass_fds=[listener.fileno()], start_new_session=True,
            )  # fmt: skip
        atexit.register(self.stop)

    def stop(self) -> None:
        """End the server; kernels that still run end when their connection does."""
        atexit.unregister(self.stop)
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)


SERVER = Server()


class ForkProvisioner(KernelProvisionerBase):
    """A `jupyter_client` provisioner whose kernels come from the fork server."""

    parent: Any
    pid: int | None = None  # of the kernel, also its process group
    keeper: int | None = None  # the process between server and kernel, above every process of a tutorial
    status: int | None = None
    listener: asyncio.Task | None = None

    @property
    def has_process(self) -> bool:
        return self.pid is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        self.parent.write_connection_file()
        self.connection_info = self.parent.get_connection_info()
        return await super().pre_launch(cmd=[], **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        reader, self.writer = await asyncio.open_unix_connection(SERVER.address())
        request = {"connection": self.parent.connection_file, "env": kwargs["env"], "cwd": kwargs["cwd"]}
        self.writer.write(json.dumps(request).encode() + b"\n")
        answer = await reader.readline()
        if not answer:
            self.writer.close()
            raise RuntimeError("The fork server ended before it started a kernel; its message is above.")
        self.pid, self.keeper = json.loads(answer)
        self.listener = asyncio.create_task(self.listen(reader))
        return self.connection_info

    async def listen(self, reader: asyncio.StreamReader) -> None:
        answer = await reader.readline()
        if not answer:  # the keeper itself was killed
            await self.send_signal(signal.SIGKILL)
        self.status = json.loads(answer) if answer else -signal.SIGKILL
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    async def poll(self) -> int | None:
        return self.status

    async def wait(self) -> int | None:
        await self.cleanup()
        self.pid = None
        return self.status

    async def send_signal(self, signum: int) -> None:
        if self.status is None and self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signum)

    async def kill(self, restart: bool = False) -> None:
        if self.status is None:
            self.writer.write_eof()  # the keeper kills whatever there is and reports the status
            await self.cleanup()  # else jupyter_client would look for it every tenth of a second

    async def terminate(self, restart: bool = False) -> None:
        await self.kill()

    async def cleanup(self, restart: bool = False) -> None:
        if self.listener:
            await asyncio.wait({self.listener}, timeout=30)  # a process can be stuck in a driver


class Manager(AsyncKernelManager):
    """A kernel behind Unix sockets, forked where the system can, otherwise a plain one."""

    provisioner: Any = None

    @property
    def kernel_spec(self) -> KernelSpec:
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        provisioner = {"kernel_provisioner": {"provisioner_name": "press-fork"}} if CAN_FORK else {}
        return KernelSpec(argv=argv, display_name="Python 3", language="python", metadata=provisioner)

    def tree(self) -> list[psutil.Process]:
        """The kernel and all processes that came from it."""
        try:
            if isinstance(self.provisioner, ForkProvisioner):
                return psutil.Process(self.provisioner.keeper).children(recursive=True)
            kernel = psutil.Process(self.provisioner.pid)
            return [kernel, *kernel.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def memory(self) -> int:
        """Bytes in memory: all of the kernel's, and what its children own alone (nothing counts twice)."""
        total = 0
        for process in self.tree():
            with contextlib.suppress(psutil.Error):
                kernel = process.pid == self.provisioner.pid
                total += process.memory_info().rss if kernel else process.memory_full_info().uss
        return total


def manager(folder: str | Path) -> Manager:
    """A manager whose connection file and sockets lie in `folder`, which must be short (`short_folder`)."""
    transport = "tcp" if sys.platform == "win32" else "ipc"
    return Manager(connection_file=f"{folder}/k.json", transport=transport)


async def connected(kernel: Manager, seconds: float) -> AsyncKernelClient:
    """A client of the kernel as soon as it answers; `wait_for_ready` would go on listening for a fifth of a second."""
    client = kernel.client()
    client.start_channels()
    end = time.monotonic() + seconds
    while time.monotonic() < end and await kernel.is_alive():
        client.kernel_info()
        with contextlib.suppress(queue.Empty):
            await client.get_shell_msg(timeout=1)
            await client.get_iopub_msg(timeout=0.2)  # what cells show comes this way, so it must be open as well
            client.allow_stdin = False
            return client
    client.stop_channels()
    raise RuntimeError("it died, or did not answer, before the first cell")


def short_folder() -> str:
    """A new temporary folder; the path of a Unix socket has at most 107 bytes (103 on macOS)."""
    long = len(tempfile.gettempdir()) > 70 and os.path.isdir("/tmp")
    return tempfile.mkdtemp(prefix="press-", dir="/tmp" if long else None)


def environment() -> dict[str, str]:
    """The press's own environment, with what is the same in every kernel and set before the preload."""
    fixed = {
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # else the preload settles on another one
        "PYTHONHASHSEED": "0",
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # is_available() must not initialise CUDA before the fork
        "TZ": "UTC",
    }
    own = dict(os.environ) | fixed
    own.pop("JPY_PARENT_PID", None)  # in a terminal of Jupyter; the kernel would watch the wrong parent
    return own


# In the fork server


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
        try:
            self.wfile.write(json.dumps(message).encode() + b"\n")
        except OSError:
            return False
        return True


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


# In the kernel


def prepare(modules: list[str]) -> None:
    """Before the first cell: import folders, strict warnings, reproducible figures, an exit that is seen."""
    from IPython import get_ipython

    sys.path[:0] = [folder for folder in modules if folder not in sys.path]
    shell: Any = get_ipython()
    for category in (DeprecationWarning, FutureWarning):  # the second module: warnings of the compiler
        warnings.filterwarnings("error", category=category, module=r"__main__$|.*[/\\]ipykernel_\d+[/\\]")
    if importlib.util.find_spec("matplotlib"):
        import matplotlib
        from matplotlib_inline.config import InlineBackend

        InlineBackend.instance(parent=shell).figure_formats = {"svg", "png"}
        shell.enable_matplotlib("inline")
        matplotlib.rcParams.update({"svg.hashsalt": "press", "figure.dpi": 120})
    shell.ask_exit = leave  # exit() would end the kernel without a word about where
    shell.events.register("post_run_cell", note_error)


def leave() -> None:
    raise SystemExit("exit() was called")


ERROR: dict[str, Any] = {}


def note_error(result: Any) -> None:
    """Keep the line of the cell that an exception came from; the press gets it only as coloured text."""
    from IPython import get_ipython

    error = result.error_before_exec or result.error_in_exec
    if error is None:
        return
    shell: Any = get_ipython()
    name = shell.compile.get_code_name(result.info.raw_cell, "", 0)
    frames = traceback.walk_tb(error.__traceback__)
    lines = [line for frame, line in frames if frame.f_code.co_filename == name]
    if isinstance(error, SyntaxError) and (result.error_before_exec or error.filename == name):
        lines.append(error.lineno or 1)
    ERROR.update(line=lines[-1] if lines else 1)


def finish(folder: str, cells: list[str]) -> None:
    """After the last cell: write what only the kernel knows to `folder/run.json`."""
    from IPython import get_ipython

    torch, runtime = sys.modules.get("torch"), sys.modules.get("kindling.runtime")
    cuda = torch.cuda if torch and torch.cuda.is_initialized() else None
    run = {
        "error": ERROR,
        "memory": peak_memory(),
        "gpu_memory": cuda.max_memory_allocated() if cuda else None,
        "device": cuda.get_device_name() if cuda else "cpu",
        "torch": str(torch.__version__) if torch else None,
        "python": platform.python_version(),
        "data": runtime.used_data() if runtime else [],
        "metrics": runtime.metrics() if runtime else {},
        "names": {} if ERROR else names(cells, get_ipython().user_ns),
    }
    part = Path(folder, "run.json.part")
    part.write_text(json.dumps(run))
    part.replace(part.with_suffix(""))


def peak_memory() -> int:
    """The largest resident set of this process so far, in bytes; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def names(cells: list[str], variables: dict[str, Any]) -> dict[str, str]:
    """The documented names that code names stand for: F.mse_loss is torch.nn.functional.mse_loss.

    A variable has no documentation of its own; of a method the class that defines it is named.
    """
    from sphinx_gallery.backreferences import identify_names

    try:
        tree: Any = ast.parse("\n".join(cells))
    except SyntaxError:  # a magic
        return {}
    found = identify_names([], "(?!)", variables, tree)
    known = {}
    for name, uses in found.items():
        last = name.rpartition(".")[2]
        thing = follow(variables, name)
        owner = getattr(thing, "__self__", None)
        full = {f"{use[key]}.{use['name']}" for use in uses for key in ("module_short", "module")}
        full.add(f"{type(owner).__module__}.{type(owner).__qualname__}.{last}")  # methods written in C
        same = (thing, getattr(thing, "__func__", thing), getattr(type(owner), last, thing))
        fitting = [
            each for each in full
            if each.endswith(f".{last}") and any(follow(sys.modules, each) is one for one in same)
            and not each.startswith(("builtins.", "__main__."))
        ]  # fmt: skip
        if thing is not None and fitting:
            defined = getattr(thing, "__qualname__", last)
            known[name] = min(fitting, key=lambda it: ("._" in it, not it.endswith(defined), len(it), it))
    return known


def follow(names: Any, path: str) -> Any:
    """What a dotted path leads to, from a dictionary of variables or of modules; None if it leads nowhere."""
    pieces = path.split(".")
    for length in range(len(pieces), 0, -1):
        thing = names.get(".".join(pieces[:length]))
        if thing is not None:
            for piece in pieces[length:]:
                thing = getattr(thing, piece, None)
            return thing
    return None


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
