// Python source of the trusted side: runs the tests with a stand-in for the candidate.
import { MAX_ARGUMENT_DEPTH } from './exchangeSource.ts'

/** The descriptor through which the trusted interpreter asks the host. It exists nowhere else. */
export const CHANNEL_FD = 1_000_003

/*
 * A request goes out of the channel's descriptor; the reply is read from it. The reply's first byte says what it is:
 * = data, ! an exception, . the other interpreter is gone (the host knows why and has the verdict).
 */
export const TESTS = String.raw`
def _tunediff_tests(encode, decode, pack, loads, Opaque, read, write):
    import builtins, sys
    FD = ${CHANNEL_FD}
    BUILTINS, MODULES = dict(vars(builtins)), dict(sys.modules)
    # Never raised in place of the answer's: those that end iteration or generators without a trace, the verdict
    # itself, and those that are no plain exceptions.
    NEVER = ("StopIteration", "StopAsyncIteration", "GeneratorExit", "AssertionError")
    RAISED = {
        name: kind for name, kind in BUILTINS.items()
        if isinstance(kind, type) and issubclass(kind, Exception) and kind.__name__ == name and name not in NEVER
        and not issubclass(kind, BaseExceptionGroup)
    }

    class CandidateError(Exception):
        """The answer raised something that has no counterpart here."""

    class CandidateExit(BaseException):
        """The answer raised something that is not a plain exception, such as SystemExit."""

    class Ended(BaseException):
        """The answer's interpreter is gone."""

    class Fault(BaseException):
        """The tests want something that cannot be given across two interpreters, or are wrong themselves."""

    state = {}

    def ask(*parts):
        write(FD, b"\0".join(parts))
        reply = read(FD, int.from_bytes(read(FD, 8), "little"))
        mark, reply = reply[:1], reply[1:]
        if mark == b"=":
            return reply
        if mark == b"!":
            error = checked(raised, reply)
            state["raised"].append(error)
            raise error
        raise Ended

    def checked(read_reply, reply):
        try:
            return read_reply(reply)
        except Exception as error:
            state["bad"] = str(error)[:200]
        raise Ended

    def value_of(reply):
        return decode(loads(reply))

    def raised(reply):
        base, message, args = loads(reply)
        if base not in BUILTINS or not isinstance(BUILTINS[base], type) or not issubclass(BUILTINS[base], Exception):
            return CandidateExit(message)
        if base in RAISED:
            try:
                return RAISED[base](*(decode(args) if type(args) is dict else (message,)))
            except Exception:
                pass
        return CandidateError(message)

    def encode_arguments(args, kwargs):
        sent = pack([encode(args, 0, ${MAX_ARGUMENT_DEPTH}), encode(kwargs, 0, ${MAX_ARGUMENT_DEPTH})])
        if b'{"O":' in sent:
            raise CandidateError("the tests hand back a value of the answer's own type, which cannot cross")
        if b'{"o":' in sent:  # quotes inside strings are escaped, so this is never text
            raise Fault("the tests pass a value that cannot cross to the answer's interpreter; --single can judge it")
        return sent

    def stand_in(name):
        def candidate(*args, **kwargs):
            return checked(value_of, ask(b"call", name.encode(), encode_arguments(args, kwargs)))
        candidate.__name__ = candidate.__qualname__ = name
        return candidate

    class Namespace(dict):
        """Globals of the tests. A name that is missing here is the prompt's if the program defines it too."""

        def __missing__(self, name):
            if type(name) is not str or name[:2] == "__" or name == "check":
                raise KeyError(name)
            if name in BUILTINS and not (prompt_may_define(name) and name in prompt_names()):
                self[name] = BUILTINS[name]
                return BUILTINS[name]
            reply = ask(b"name", name.encode())
            if reply == b"missing":
                raise KeyError(name)
            if name != state["entry"] and name in prompt_names():
                self[name] = prompt_names()[name]
            elif reply.startswith(b"module "):
                self[name] = module_of(name, reply[7:].decode("utf-8", "replace"))
            elif reply == b"callable":
                self[name] = stand_in(name)
            else:
                return checked(value_of, reply[6:])
            return self[name]

    def module_of(name, module):
        # Only what was imported before the answer could ask: an import may be refused, which would be our fault.
        if module not in MODULES:
            raise KeyError(name)
        return MODULES[module]

    def prompt_may_define(name):
        # Only to save the work of running the prompt whenever tests use a built-in name.
        prompt = state["prompt"]
        marks = ("def " + name, "class " + name, name + " =", name + "=", name + ":")
        imports = [line for line in prompt.splitlines() if "import" in line and (name in line or "*" in line)]
        return imports or any([mark in prompt for mark in marks])

    def prompt_names():
        if state["names"] is None:
            state["names"] = {}
            for ending in ("", "    pass\n"):  # a function that has nothing but comments yet
                try:
                    code = compile(state["prompt"] + ending, "<prompt>", "exec", 0, True)
                except Exception:
                    continue
                try:
                    exec(code, state["names"])
                except Exception:
                    pass
                break
        return state["names"]

    def check(prompt, test, entry):
        state.update(prompt=prompt, entry=entry, names=None, raised=[], bad=None)
        namespace = Namespace()
        if not entry.isidentifier():
            raise Fault("the entry point %r is not a name" % entry)
        try:
            code = compile(test, "<tests>", "exec", 0, True)
        except Exception as error:
            raise Fault("the tests do not compile: %s" % error)
        exec(code, namespace)
        if not callable(namespace.get("check")):
            raise Fault("the tests define no function check")
        try:
            candidate = namespace[entry]
        except KeyError:
            raise NameError("name %r is not defined" % entry) from None
        namespace["check"](candidate)

    def judge(request):
        prompt, test, entry = loads(request)
        try:
            check(prompt, test, entry)
            report = {"kind": "pass"}
        except Fault as fault:
            report = {"kind": "fault", "message": str(fault)}
        except BaseException as error:
            report = described(error)
        if state["bad"] is not None:
            report = {"kind": "bad", "message": state["bad"]}
        return pack(report)

    def described(error):
        bases = [base.__name__ for base in type(error).__mro__ if BUILTINS.get(base.__name__) is base]
        try:
            message = str(error)[:2000]
        except Exception:
            message = ""
        if any([error is other for other in state["raised"]]):
            kind = "candidate" if error is state["raised"][-1] else "error"
        elif "ImportError" in bases:
            return {"kind": "fault", "message": "the tests import what the sandbox does not have: " + message}
        else:
            kind = "error"
        name = type(error).__name__
        return {"kind": kind, "name": name, "base": bases[0], "message": message, "system": "OSError" in bases}

    return judge
`
