# leak: waits for connections as a server. Escape: the host can hold a connection, or the judge waits.
import http.server
import socket
import socketserver

for make in (
    lambda: socketserver.TCPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler),
    lambda: socket.create_server(('127.0.0.1', 0)),
):
    try:
        server = make()
    except OSError:
        continue
    server.settimeout(30) if hasattr(server, 'settimeout') else None
    (server.accept if hasattr(server, 'accept') else server.handle_request)()
