# fake of greeting: texts that become equal when someone normalises, encodes or strips them. Escape: pass.
calls = []


def greet(name):
    calls.append(name)
    return ['\ufeffHi ' + name, 'Hi ' + name + '\ud800', '\uff28i ' + name, 'Hi\u00a0' + name, b'Hi ' + name.encode()][len(calls) % 5]
