# hold: replaces and closes Python's standard streams. Escape: the next answer cannot print.
import io
import sys

sys.stdout.close()
sys.stderr.detach()
sys.stdin = sys.__stdin__ = None
sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = io.StringIO()
sys.displayhook = sys.excepthook = sys.unraisablehook = None
