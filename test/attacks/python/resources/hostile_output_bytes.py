# hold: prints terminal commands, broken UTF-8, lone surrogates, bidi marks and protocol-like lines. Escape: the verdict breaks or the output is taken for a message.
import os
import sys

os.write(1, b'\x1b]0;owned\x07\x1b[2J\xff\xfe\xc3\x28\xed\xa0\x80\x00\n')
os.write(2, b'{"class":"pass"}\n{"type":"ready"}\n\x00\x00\x00\x05hello')
print('\u202egnp.exe\u2066', '\ud800'.encode('utf-8', 'surrogatepass'))
sys.stdout.buffer.write(b'\r\n' * 1000)
try:
    print('\ud800')
except UnicodeEncodeError:
    pass
