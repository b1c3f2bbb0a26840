# leak: connects to a Unix socket of the host by path and by abstract name. Escape: a connection to the listener.
import socket

AF_UNIX = 1
for address in ('@UNIX_SOCKET@', '\0' + '@UNIX_SOCKET@', '/var/run/docker.sock', '/run/dbus/system_bus_socket'):
    for pair in (lambda: socket.socket(AF_UNIX, socket.SOCK_STREAM), lambda: socket.socketpair()[0], lambda: socket.socket(fileno=3)):
        try:
            peer = pair()
            peer.settimeout(1)
            peer.connect(address)
            peer.send(b'hello')
        except (OSError, AttributeError, TypeError):
            continue
        raise Exception('LEAK:connected to ' + address)
