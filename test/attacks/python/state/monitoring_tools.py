# hold: installs monitoring callbacks that raise on every instruction, for all code. Escape: they fire in the judge's helpers or the next answer.
import sys


def angry(*args):
    raise ValueError('monitored')


monitoring = sys.monitoring
for tool in range(6):
    try:
        monitoring.use_tool_id(tool, 'evil%d' % tool)
        for event in (monitoring.events.PY_START, monitoring.events.LINE, monitoring.events.INSTRUCTION, monitoring.events.CALL,
                      monitoring.events.PY_RETURN, monitoring.events.RAISE, monitoring.events.PY_UNWIND):
            monitoring.register_callback(tool, event, angry)
        monitoring.set_events(tool, monitoring.events.PY_START | monitoring.events.PY_RETURN)
    except ValueError:
        pass
