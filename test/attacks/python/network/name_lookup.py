# leak: carries data out in name lookups, which need no connection. Escape: LEAK with an address that only a real resolver gives.
# indexes: 9
import socket

number = int('@INDEX@')
name = ['@HOST_NAME@', 'example.com', 'localhost.localdomain'][number % 3]
ask = [socket.gethostbyname, socket.gethostbyname_ex, lambda n: socket.getaddrinfo(n, 80)][number // 3]
answer = str(ask(name))
# a resolver inside the box that hands out made-up addresses of 172.29.0.0/16 is not an escape
if '172.29.' not in answer and answer not in ('127.0.0.1', '0.0.0.0'):
    raise Exception('LEAK:%s is %s' % (name, answer))
