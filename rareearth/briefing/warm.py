"""Kernels forked from one process that has imported what the notebooks import, so that each begins at once. Linux only.

``python -m rareearth.briefing.warm LISTENER IMPORTED MODULE...`` serves the workers of one build until its standard input is
closed. It never runs a thread: a process that is forked beside one can hang. Where an import has started one, kernels are
started in the usual way. Nothing of a notebook runs here, and a kernel is an ordinary one from its first cell on.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

_NAME = "rareearth-warm"
_KERNEL = "ipykernel.kernelapp"


class _Forked:
    """A kernel as a `LocalProvisioner` wants it; asked for, perhaps not there yet."""

    stdin = stdout = stderr = None

    def __init__(self, address: str, request: dict[str, Any]):
        self._request = request
        self._reply = socket.socket(socket.AF_UNIX)
        self._reply.connect(address)
        self._reply.sendall(json.dumps(request).encode() + b"\n")
        self._known: int | None = None

    @property
    def _handle(self) -> int:
        """The file descriptor of the process."""
        if self._known is None:
            handles: list[int] = []
            with contextlib.suppress(ConnectionError):
                _, handles, _, _ = socket.recv_fds(self._reply, 1, 1)
            self._known = handles[0] if handles else self._alone()
        return self._known

    def _alone(self) -> int:
        """Starts it here: the server has ended while it imported."""
        asked = self._request
        process = subprocess.Popen(asked["command"], env=asked["environment"], cwd=asked["folder"])
        return os.pidfd_open(process.pid)

    def poll(self) -> int | None:
        """None while it runs; how it ended is not known."""
        if self._known is None and not _is_ready(self._reply):
            return None
        return 1 if _is_ready(self._handle) else None

    def wait(self) -> int:
        """Waits for its end."""
        select.select([self._handle], [], [])
        os.close(self._handle)
        self._reply.close()
        return 1

    def send_signal(self, number: int) -> None:
        """Sends it a signal."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, number)


def _is_ready(handle: Any) -> bool:
    return bool(select.select([handle], [], [], 0)[0])


class _Provisioner(LocalProvisioner):
    """Asks for a forked kernel; starts one in the usual way where nobody answers."""

    address = ""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        request = {
            "command": cmd,
            "environment": kwargs["env"],
            "folder": kwargs["cwd"],
            "group": os.getpgid(0),
        }
        try:
            self.process = _Forked(self.address, request)
        except OSError:
            return await super().launch_kernel(cmd, **kwargs)
        return self.connection_info


def use(address: str) -> None:
    """Kernels that this process starts come from the server at an address."""
    _Provisioner.address = address
    factory = KernelProvisionerFactory.instance()
    value = f"{_Provisioner.__module__}:{_Provisioner.__name__}"
    factory.provisioners[_NAME] = EntryPoint(_NAME, value, KernelProvisionerFactory.GROUP_NAME)
    factory.default_provisioner_name = _NAME


def _serve(listener: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended kernels leave nothing behind
    gc.freeze()  # what is shared stays shared
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        with listener.accept()[0] as reply, contextlib.suppress(OSError, ValueError):
            request = json.loads(reply.makefile().readline())
            is_alone = len(list(Path("/proc/self/task").iterdir())) == 1
            pid = os.fork()
            if not pid:
                listener.close()
                _be_kernel(request, is_alone)
            handle = os.pidfd_open(pid)
            socket.send_fds(reply, [b"k"], [handle])
            os.close(handle)


def _be_kernel(request: dict[str, Any], is_alone: bool) -> None:
    """The forked process: a kernel in the group of the worker that asked for it, until it is killed."""
    try:
        parent, command = os.getppid(), request["command"]
        os.setpgid(0, request["group"])
        os.chdir(request["folder"])
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        if not is_alone or command[1:3] != ["-m", "ipykernel_launcher"]:
            os.execve(command[0], command, request["environment"])  # noqa: S606 - as jupyter_client would
        os.environ.clear()
        os.environ.update(request["environment"])
        arguments = [*command[3:], f"--IPKernelApp.parent_handle={parent}"]
        importlib.import_module(_KERNEL).launch_new_instance(argv=arguments)
    finally:
        os._exit(1)


def main() -> None:
    """Imports, then serves."""
    for name in (_KERNEL, *sys.argv[3:]):
        # What cannot be imported is no module, or the notebook will say so.
        with contextlib.suppress(Exception, SystemExit):
            importlib.import_module(name)
    os.close(int(sys.argv[2]))
    _serve(socket.socket(fileno=int(sys.argv[1])))


if __name__ == "__main__":
    main()
