"""Refuses every connection that leaves this machine, and remembers that it was tried."""

import ipaddress
import socket

ATTEMPTS: list[str] = []
_connect, _connect_ex, _sendto = socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto
_getaddrinfo = socket.getaddrinfo


class LeftTheMachine(OSError):
    """A test, or what it runs, asked for another machine."""


def _is_local(host) -> bool:
    if host in (None, "", b"", "localhost", socket.gethostname()):
        return True
    try:
        address = ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _allow(host) -> None:
    if not _is_local(host):
        ATTEMPTS.append(str(host))
        raise LeftTheMachine(f"no test may ask another machine: {host}")


def _checked(call, place=0):
    def guarded(self, *arguments):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _allow(arguments[place][0])
        return call(self, *arguments)

    return guarded


def _lookup(host, *arguments, **options):
    _allow(host)
    return _getaddrinfo(host, *arguments, **options)


def block() -> None:
    """For this process, from now on."""
    socket.socket.connect = _checked(_connect)
    socket.socket.connect_ex = _checked(_connect_ex)
    socket.socket.sendto = _checked(_sendto, -1)
    socket.getaddrinfo = _lookup
