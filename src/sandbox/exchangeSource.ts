// Python source of the values that cross between the two interpreters, as data. Both have it; the untrusted one may
// change its own copy, so what comes from there is decoded as hostile: by kind, with limits, nothing evaluated.

/** Nesting above which a reply does not cross; arguments may wrap a reply, so they may be nested deeper. */
const MAX_REPLY_DEPTH = 200
export const MAX_ARGUMENT_DEPTH = 400

/*
 * Values as JSON. None, bool, str, float and small int are themselves and a list is a list; anything else is an
 * object with one key that names its kind. Subclasses are reduced to the value of their built-in base, so that no
 * method of the answer reaches the tests. What has no such base is opaque: equal to nothing, itself included.
 */
export const EXCHANGE = `
def _tunediff_exchange():
    from json import dumps, loads
    from binascii import hexlify, unhexlify
    from decimal import Decimal
    from fractions import Fraction
    from collections import OrderedDict
    CONSTANTS = frozenset((type(None), bool, float))
    PLAIN = CONSTANTS | {int, str}
    BIG = 1 << 62
    MAX_DEPTH = ${MAX_REPLY_DEPTH}
    iterate = {kind: kind.__iter__ for kind in (list, tuple, set, frozenset)}
    as_int, str_plain, dict_items, ordered_items = int.__int__, str.__str__, dict.items, OrderedDict.items
    float_plain, isascii, encode_text = float.__float__, str.isascii, str.encode
    decimal_text, fraction_top, fraction_bottom = Decimal.__str__, Fraction.numerator.fget, Fraction.denominator.fget

    def encode_int(value):
        value = as_int(value)
        return value if -BIG < value < BIG else {"i": hex(value)}

    def encode_str(value):
        value = str_plain(value)
        if not isascii(value):
            try:
                encode_text(value, "utf-8")
            except UnicodeEncodeError:
                return {"u": hexlify(encode_text(value, "utf-8", "surrogatepass")).decode()}
        return value

    def encode_all(items, depth, deepest):
        items = list(items)
        kinds = set(map(type, items))
        if kinds <= CONSTANTS or kinds == {int} and -BIG < min(items) and max(items) < BIG:
            return items
        return [encode(item, depth, deepest) for item in items]

    def encode_pairs(pairs, depth, deepest):
        return {"d": [[encode(key, depth, deepest), encode(value, depth, deepest)] for key, value in pairs]}

    def encode(value, depth=0, deepest=MAX_DEPTH):
        kind = type(value)
        if value is None or kind is bool or kind is float:
            return value
        if kind is int:
            return encode_int(value)
        if kind is str:
            return encode_str(value)
        if depth > deepest:
            return {"o": ["something nested more than %d deep" % deepest, True]}
        if kind is Opaque:
            return {"O": value.kind}
        depth += 1
        bases = type.mro(kind) if isinstance(kind, type) else ()
        for base in bases:
            if base is list:
                return encode_all(iterate[list](value), depth, deepest)
            if base is tuple:
                return {"t": encode_all(iterate[tuple](value), depth, deepest)}
            if base is OrderedDict:
                return encode_pairs(ordered_items(value), depth, deepest)
            if base is dict:
                return encode_pairs(dict_items(value), depth, deepest)
            if base is set:
                return {"s": encode_all(iterate[set](value), depth, deepest)}
            if base is frozenset:
                return {"z": encode_all(iterate[frozenset](value), depth, deepest)}
            if base is int:
                return encode_int(value)
            if base is float:
                return float_plain(value)
            if base is str:
                return encode_str(value)
            if base is complex:
                value = complex.__complex__(value)
                return {"c": [value.real, value.imag]}
            if base is bytes or base is bytearray:
                key = "b" if base is bytes else "a"
                return {key: hexlify(memoryview(value)).decode()}
            if base is range:
                return {"r": [encode_int(value.start), encode_int(value.stop), encode_int(value.step)]}
            if base is Decimal:
                return {"D": decimal_text(value)}
            if base is Fraction:
                return {"F": [encode_int(fraction_top(value)), encode_int(fraction_bottom(value))]}
        return {"o": [str_plain(kind.__name__), bool(value)]}

    class Opaque:
        __slots__ = ("kind", "truth")
        __hash__ = None
        def __init__(self, kind, truth):
            self.kind, self.truth = kind, truth
        def __bool__(self):
            return self.truth
        def __eq__(self, other):
            return False
        def __ne__(self, other):
            return True
        def __repr__(self):
            return "<a value of type %s>" % (self.kind,)

    def only(kind, value):
        if type(value) is not kind:
            raise ValueError("a reply holds %s where %s belongs" % (type(value).__name__, kind.__name__))
        return value

    def decode_int(value):
        return value if type(value) is int else int(only(str, only(dict, value)["i"]), 16)

    def decode_all(items, depth):
        if PLAIN.issuperset(map(type, only(list, items))):
            return items
        return [decode(item, depth) for item in items]

    def decode(value, depth=0):
        kind = type(value)
        if kind in PLAIN:
            return value
        if depth > ${MAX_ARGUMENT_DEPTH} + 1:
            raise ValueError("a reply is nested too deep")
        depth += 1
        if kind is list:
            return decode_all(value, depth)
        [(key, inner)] = only(dict, value).items()
        if key == "t":
            return tuple(decode_all(inner, depth))
        if key == "d":
            return {decode(k, depth): decode(v, depth) for k, v in [only(list, pair) for pair in only(list, inner)]}
        if key == "s":
            return set(decode_all(inner, depth))
        if key == "z":
            return frozenset(decode_all(inner, depth))
        if key == "i":
            return int(only(str, inner), 16)
        if key == "u":
            return unhexlify(only(str, inner)).decode("utf-8", "surrogatepass")
        if key == "c":
            real, imag = only(list, inner)
            return complex(only(float, real), only(float, imag))
        if key == "b":
            return unhexlify(only(str, inner))
        if key == "a":
            return bytearray(unhexlify(only(str, inner)))
        if key == "r":
            start, stop, step = [decode_int(part) for part in only(list, inner)]
            return range(start, stop, step)
        if key == "D":
            return Decimal(only(str, inner))
        if key == "F":
            top, bottom = only(list, inner)
            return Fraction(decode_int(top), decode_int(bottom))
        if key == "o":
            kind, truth = only(list, inner)
            return Opaque(only(str, kind)[:100], only(bool, truth))
        raise ValueError("a reply holds an unknown kind of value")

    def pack(value):
        return dumps(value).encode()

    return encode, decode, pack, loads, Opaque
`
