# hold: starts threads for ever by each way there is. Escape: threads on the host, or the judge waits for them.
import _thread
import threading
import time

for start in (
    lambda: threading.Thread(target=time.sleep, args=(100,), daemon=True).start(),
    lambda: _thread.start_new_thread(time.sleep, (100,)),
    lambda: _thread.start_joinable_thread(lambda: None),
    lambda: threading.Timer(0, print).start(),
):
    try:
        for _ in range(100_000):
            start()
    except RuntimeError:
        pass
__import__('concurrent.futures').futures.ThreadPoolExecutor(1000).map(time.sleep, [100] * 1000)
