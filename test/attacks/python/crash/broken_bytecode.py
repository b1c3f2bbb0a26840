# hold: runs bytecode that reads past its constants. Escape: the worker dies or the next answer fails.
def g():
    pass


exec(g.__code__.replace(co_code=b'\x64\xff' * 50, co_consts=()))
