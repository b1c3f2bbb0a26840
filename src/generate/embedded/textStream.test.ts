import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openTextStream } from './textStream.ts'

interface Streamed {
  text: string
  pieces: string[]
  isStopped: boolean
}

function stream(chunks: readonly Uint8Array[], stops: readonly string[]): Streamed {
  const open = openTextStream(stops)
  const pieces = chunks.map((chunk) => open.push(chunk))
  return { text: pieces.join('') + open.finish(), pieces, isStopped: open.isStopped }
}

/** The bytes of a text, cut at these places. */
function cut(text: string, places: readonly number[]): Uint8Array[] {
  const bytes = Buffer.from(text)
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((x, y) => x - y)
  return [0, ...ends].map((start, i) => bytes.subarray(start, ends[i] ?? bytes.length))
}

describe('openTextStream', () => {
  test('a character that is split over tokens comes when it is whole', () => {
    const [first, ...rest] = [...Buffer.from('é🙂')].map((byte) => Uint8Array.of(byte))
    expect(stream([first!, ...rest], []).pieces).toEqual(['', 'é', '', '', '', '🙂'])
  })

  test('a stop string may span tokens, and its beginning is held back until it is none', () => {
    const chunks = ['a', '\n', '\nd', 'x\n', '\nde', 'f f'].map((text) => Buffer.from(text))
    const { text, pieces, isStopped } = stream(chunks, ['\n\ndef'])
    expect(pieces).toEqual(['a', '', '', '\n\ndx', '', ''])
    expect(text).toBe('a\n\ndx')
    expect(isStopped).toBe(true)
  })

  test('what was held back is in the text where no stop string came of it', () => {
    expect(stream([Buffer.from('end\n')], ['\n\n'])).toEqual({
      text: 'end\n',
      pieces: ['end'],
      isStopped: false,
    })
  })

  test('bytes that are no UTF-8 become the replacement character', () => {
    expect(stream([Uint8Array.of(0x61, 0xff), Uint8Array.of(0xe2, 0x82)], []).text).toBe('a\ufffd\ufffd')
  })

  test('a byte order mark is text', () => {
    expect(stream([Buffer.from('\ufeffa')], []).text).toBe('\ufeffa')
  })

  test('of several stop strings the first complete one counts', () => {
    expect(stream([Buffer.from('one two three')], ['three', 'two', 'e two t']).text).toBe('one ')
    expect(stream([Buffer.from('one two three')], ['wo', 'two']).text).toBe('one ')
  })

  test('however a text is cut into tokens, it ends the same', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '🙂'), maxLength: 24 })
    const stop = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(
        letters,
        fc.array(stop, { maxLength: 3 }),
        fc.array(fc.nat({ max: 100 }), { maxLength: 12 }),
        (text, stops, places) => {
          const found = stops.flatMap((stop) => {
            const start = text.indexOf(stop)
            return start < 0 ? [] : [{ start, end: start + stop.length }]
          })
          found.sort((x, y) => x.end - y.end || x.start - y.start)
          const expected = found.length > 0 ? text.slice(0, found[0]!.start) : text
          const { text: ours, isStopped } = stream(cut(text, places), stops)
          expect(ours).toBe(expected)
          expect(isStopped).toBe(found.length > 0)
        },
      ),
    )
  })
})
