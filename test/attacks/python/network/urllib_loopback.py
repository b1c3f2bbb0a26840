# leak: fetches a page of the host. Escape: a connection to the listener.
import urllib.request

text = urllib.request.urlopen('http://127.0.0.1:@PORT@/', timeout=1).read()
raise Exception('LEAK:' + repr(text))
