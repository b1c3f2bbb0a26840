# leak: reads the secret file through URL handlers. Escape: LEAK with its contents.
# indexes: 4
import urllib.request

url = ['file://@SECRET_FILE@', 'file://localhost@SECRET_FILE@', 'local_file:@SECRET_FILE@', 'ftp://127.0.0.1:@PORT@/x'][int('@INDEX@')]
text = urllib.request.urlopen(url, timeout=1).read()
raise Exception('LEAK:' + repr(text[:40]))
