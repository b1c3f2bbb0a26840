# hold: returns a list and a dictionary that contain themselves. Escape: encoding never ends.
def f(x):
    value = [1]
    value.append(value)
    table = {}
    table['me'] = (table, value)
    return table
