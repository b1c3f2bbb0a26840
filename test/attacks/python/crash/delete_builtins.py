# hold: deletes every builtin, module and the import machinery, so that no error can be formatted. Escape: the judge's own helpers fail and it calls that its own fault, or the next answer fails.
import builtins
import sys

sys.meta_path.clear()
sys.path_hooks.clear()
sys.modules.clear()
vars(sys).clear()
vars(builtins).clear()
