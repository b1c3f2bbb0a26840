# leak: connects to a port of the host. Escape: a connection to the listener.
import socket

peer = socket.create_connection(('127.0.0.1', int('@PORT@')), timeout=1)
peer.sendall(b'GET / HTTP/1.0\r\n\r\n')
raise Exception('LEAK:' + repr(peer.recv(20)))
