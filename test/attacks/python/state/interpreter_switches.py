# hold: changes the recursion limit, switch interval, tracing, profiling, interning and flags. Escape: the next answer runs under them.
import sys

sys.setrecursionlimit(60)
sys.setswitchinterval(1e-6)
sys.settrace(lambda *a: (_ for _ in ()).throw(ValueError('traced')))
sys.setprofile(lambda *a: None)
sys.set_coroutine_origin_tracking_depth(50)
sys.set_asyncgen_hooks(lambda g: 1 / 0, lambda g: 1 / 0)
sys.flags = None
sys.warnoptions.append('error')
sys.tracebacklimit = 0
sys.ps1 = 'evil'
sys._r = 1
