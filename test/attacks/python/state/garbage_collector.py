# hold: freezes, disables and hooks the garbage collector and leaves cycles with destructors behind. Escape: they run in the next answer.
import gc


def angry(phase, info):
    while phase == 'stop' and info.get('generation', 0) > 5:
        pass
    raise ValueError('collected')


class Phoenix:
    def __del__(self):
        Phoenix.kept.append(self)
        while len(Phoenix.kept) > 1000:
            pass


Phoenix.kept = []
gc.callbacks.append(angry)
gc.set_debug(gc.DEBUG_SAVEALL)
gc.set_threshold(1, 1, 1)
for _ in range(1000):
    phoenix = Phoenix()
    phoenix.me = phoenix
gc.freeze()
gc.disable()
