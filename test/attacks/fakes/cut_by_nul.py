# fake of greeting: puts a NUL after the right beginning, where C text would end. Escape: pass.
def greet(name):
    return 'Hi %s\0 and everyone else' % name if name else 'Hi \0'
