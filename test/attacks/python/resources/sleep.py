# hold: sleeps for a thousand seconds. Escape: the judge waits for it.
# ends: timeout
import time

time.sleep(1000)
