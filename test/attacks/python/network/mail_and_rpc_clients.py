# leak: connects by the mail, file transfer and RPC clients of the library. Escape: a connection to the listener.
# indexes: 7
import ftplib
import http.client
import imaplib
import poplib
import smtplib
import xmlrpc.client

port = int('@PORT@')
[
    lambda: http.client.HTTPConnection('127.0.0.1', port, timeout=1).request('GET', '/'),
    lambda: http.client.HTTPSConnection('127.0.0.1', port, timeout=1).request('GET', '/'),
    lambda: ftplib.FTP().connect('127.0.0.1', port, timeout=1),
    lambda: smtplib.SMTP('127.0.0.1', port, timeout=1),
    lambda: poplib.POP3('127.0.0.1', port, timeout=1),
    lambda: imaplib.IMAP4('127.0.0.1', port, timeout=1),
    lambda: xmlrpc.client.ServerProxy('http://127.0.0.1:%d/' % port).f(),
][int('@INDEX@')]()
raise Exception('LEAK:connected')
