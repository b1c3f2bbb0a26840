# hold: fills memory with small linked objects, so that freeing them takes long. Escape: the judge waits for the free.
# ends: limit timeout exception
chain = None
while True:
    chain = (chain, {})
