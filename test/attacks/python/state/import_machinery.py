# hold: changes paths, hooks and caches of the import system. Escape: the next answer imports the wrong thing.
import importlib
import sys


class Finder:
    def find_spec(self, name, path, target=None):
        return importlib.util.spec_from_loader(name, self) if name == 'evil' else None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        module.x = 1


for name in ('math', 'random', 'string', 'heapq', 'os', 'sys', 'builtins', 'importlib', 're'):
    try:
        importlib.reload(importlib.import_module(name))
    except Exception:
        pass
sys.meta_path.insert(0, Finder())
sys.path[:] = ['/evil']
sys.path_hooks.clear()
sys.path_importer_cache.clear()
sys.dont_write_bytecode = False
import evil
