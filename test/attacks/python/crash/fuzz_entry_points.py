# hold: feeds noise to the C modules of the library: struct, array, memoryview, unicode, decompressors, regex. Escape: the worker dies or the next answer fails.
import array
import binascii
import random
import struct
import zlib

dice = random.Random(5)
noise = [bytes(dice.randrange(256) for _ in range(64)) for _ in range(40)]
for data in noise:
    for use in (
        lambda: struct.unpack(data[:6].decode('latin-1'), data),
        lambda: array.array('d', data),
        lambda: memoryview(data).cast('Q')[0],
        lambda: zlib.decompress(data),
        lambda: __import__('lzma').decompress(data),
        lambda: __import__('bz2').decompress(data),
        lambda: __import__('compression.zstd').zstd.decompress(data),
        lambda: binascii.a2b_base64(data),
        lambda: data.decode('utf-7'),
        lambda: __import__('re').compile(data),
        lambda: __import__('_sre').compile('x', 0, [dice.randrange(40) for _ in range(20)], 1, {}, ()).match('xxxx'),
        lambda: __import__('pyexpat').ParserCreate().Parse(data, True),
        lambda: __import__('_xxtestfuzz').run(data),
    ):
        try:
            use()
        except BaseException:
            pass
