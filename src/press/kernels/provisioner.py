"""In the press: the fork server's handle, and kernels that come from it."""

import asyncio
import atexit
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

PRELOAD = (
    *("ipykernel.debugger", "ipykernel.kernelapp", "matplotlib.pyplot", "matplotlib.backends.backend_svg"),
    *("matplotlib_inline.backend_inline", "press.kernels.inside", "sphinx_gallery.backreferences"),
    *("torch", "torchvision"),
)
OWN = {"ipykernel", "matplotlib_inline", "press", "sphinx_gallery"}  # what every kernel needs
CAN_FORK = sys.platform == "linux"


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
                [sys.executable, "-P", "-m", "press.kernels.server", *numbers, *self.preload],
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
        if not (answer := await reader.readline()):
            self.writer.close()
            raise RuntimeError("The fork server ended before it started a kernel; its message is above.")
        self.pid, self.keeper = json.loads(answer)
        self.listener = asyncio.create_task(self.listen(reader))
        return self.connection_info

    async def listen(self, reader: asyncio.StreamReader) -> None:
        if not (answer := await reader.readline()):  # the keeper itself was killed
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

    terminate = kill

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


def short_folder() -> str:
    """A new temporary folder; the path of a Unix socket has at most 107 bytes (103 on macOS)."""
    long = len(tempfile.gettempdir()) > 70 and os.path.isdir("/tmp")
    return tempfile.mkdtemp(prefix="press-", dir="/tmp" if long else None)


def environment() -> dict[str, str]:
    """The press's own environment, with what is the same in every kernel and set before the preload."""
    fixed = {"PYTHONHASHSEED": "0", "TZ": "UTC"}
    fixed["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"  # else the preload settles on another one
    fixed["PYTORCH_NVML_BASED_CUDA_CHECK"] = "1"  # is_available() must not initialize CUDA before the fork
    # Jupyter sets JPY_PARENT_PID in its terminals; a kernel would watch the wrong parent.
    return {name: value for name, value in os.environ.items() if name != "JPY_PARENT_PID"} | fixed
