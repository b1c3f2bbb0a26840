# hold: registers codecs, error handlers, pickling functions, warning filters and log handlers, and fills caches. Escape: the next answer uses them.
import codecs
import copyreg
import logging
import re
import warnings

codecs.register(lambda name: codecs.lookup('ascii') if name == 'evil' else None)
codecs.register_error('strict', lambda error: ('', error.end))
codecs.register_error('surrogatepass', lambda error: ('', error.end))
copyreg.pickle(int, lambda n: (int, (7,)))
copyreg.pickle(list, lambda n: (list, ((),)))
warnings.simplefilter('error')
warnings.showwarning = None
logging.disable(50)
logging.Logger.manager = None
for number in range(2000):
    re.compile('x%d' % number)
re._cache.clear()
re._cache2.clear()
