# leak: evaluates JavaScript by eval and by the Function constructor. Escape: LEAK with the value.
import js

for run in (
    lambda: js.eval('process.pid'),
    lambda: js.Function.new('return process.pid')(),
    lambda: js.Object.constructor('return process.pid')(),
    lambda: js.setTimeout.constructor('return process.pid')(),
):
    try:
        value = run()
    except (AttributeError, TypeError):
        continue
    raise Exception('LEAK:' + str(value))
