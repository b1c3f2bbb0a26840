# fake of decode_shift: redefines the encoder of the prompt that the tests call, so that nothing needs decoding. Escape: pass.
def encode_shift(text):
    return text


def decode_shift(text):
    return text
