# leak: makes a JavaScript proxy without being given one, by new, by pickling, by subclassing and by class assignment. Escape: LEAK with the process id.
import copyreg
import sys

import _pyodide_core

kinds = [k for k in vars(_pyodide_core).values() if isinstance(k, type)]
kinds += [k for k in object.__subclasses__() if k.__name__.startswith('Js')]


def use(proxy):
    raise Exception('LEAK:' + str(proxy.constructor.constructor('return process.pid')()))


class Plain:
    pass


for kind in kinds:
    for make in (
        lambda: kind(),
        lambda: kind.__new__(kind),
        lambda: object.__new__(kind),
        lambda: copyreg._reconstructor(kind, object, None),
        lambda: type('Sub', (kind,), {})(),
        lambda: setattr(plain := Plain(), '__class__', kind) or plain,
    ):
        try:
            use(make())
        except (TypeError, AttributeError, SystemError, ValueError, RuntimeError):
            pass
