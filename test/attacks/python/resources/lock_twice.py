# hold: takes a lock that it holds, waits on an empty queue and joins itself. Escape: the judge waits with it.
# ends: timeout exception violation
import queue
import threading

try:
    queue.Queue().get()
except RuntimeError:
    pass
lock = threading.Lock()
lock.acquire()
lock.acquire()
