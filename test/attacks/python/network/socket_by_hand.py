# leak: opens sockets of every family by the lowest call and looks at what the kernel says. Escape: a connection, or LEAK where bind knows that the port is taken.
import _socket
import errno

for family in (_socket.AF_INET, getattr(_socket, 'AF_INET6', 10), 1, 16, 17):
    for kind in (_socket.SOCK_STREAM, _socket.SOCK_DGRAM, getattr(_socket, 'SOCK_RAW', 3)):
        try:
            made = _socket.socket(family, kind, 0)
        except OSError:
            continue
        made.setblocking(False)
        for act in (
            lambda: made.bind(('127.0.0.1', int('@PORT@'))),
            lambda: made.connect(('127.0.0.1', int('@PORT@'))),
            lambda: made.sendto(b'x', ('127.0.0.1', int('@PORT@'))),
        ):
            try:
                act()
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise Exception('LEAK:the port is taken')
            except (TypeError, OverflowError):
                pass
