// Python source of the untrusted side: our functions in the interpreter that runs the answer. The answer may find and
// change them: whatever they return is data to be checked, no more.

/*
 * compile_program: source to code. call: one call of a global by name. look_up: what a global name stands for.
 * describe: an exception as data.
 */
export const ANSWER = `
def _tunediff_answer(encode, decode, pack, loads):
    import builtins, sys
    compile_source, is_callable, module_type = compile, callable, type(sys)
    BUILTIN_EXCEPTIONS = {
        kind: name for name, kind in vars(builtins).items()
        if isinstance(kind, type) and issubclass(kind, BaseException) and kind.__name__ == name
    }

    def compile_program(source):
        return compile_source(source.decode("utf-16-le", "surrogatepass"), "<string>", "exec", 0, True)

    def call(namespace, name, request):
        args, kwargs = [decode(part) for part in loads(request)]
        return pack(encode(namespace[name.decode()](*args, **kwargs)))

    def look_up(namespace, name):
        name = name.decode()
        if name not in namespace:
            return b"missing"
        value = namespace[name]
        if type(value) is module_type:
            return b"module " + value.__name__.encode()
        if is_callable(value):
            return b"callable"
        return b"value " + pack(encode(value))

    def describe(error):
        kind = type(error)
        base = [BUILTIN_EXCEPTIONS[base] for base in type.mro(kind) if base in BUILTIN_EXCEPTIONS][0]
        try:
            message = str(error)[:2000]
            args = encode(error.args)
            if len(pack(args)) > 10000:
                args = None
        except BaseException:
            message, args = "", None
        is_os_error, line = OSError in type.mro(kind), 0
        traceback = error.__traceback__
        while traceback is not None:
            if traceback.tb_frame.f_code.co_filename == "<string>":
                line = traceback.tb_lineno
            traceback = traceback.tb_next
        return pack({
            "name": kind.__name__, "base": base, "message": message, "args": args, "system": is_os_error, "line": line,
        })

    return compile_program, call, look_up, describe
`
