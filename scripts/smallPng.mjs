// A picture as PNG with a palette; a colour that is not in it becomes the nearest that is. Pictures of pages are a third as large
// so, and look the same.
import { crc32, deflateSync } from 'node:zlib'

const COLOURS = 256

/** `rgba`: four bytes a pixel, opaque. */
export function smallPng(rgba, width, height) {
  const counts = new Map()
  const pixels = new Uint32Array(width * height)
  for (let i = 0; i < pixels.length; i++) {
    const colour = (rgba[4 * i] << 16) | (rgba[4 * i + 1] << 8) | rgba[4 * i + 2]
    pixels[i] = colour
    counts.set(colour, (counts.get(colour) ?? 0) + 1)
  }
  const palette = paletteOf(counts)
  const places = new Map(palette.map((colour, at) => [colour, at]))
  const placeOf = (colour) => {
    if (!places.has(colour)) places.set(colour, nearest(palette, colour))
    return places.get(colour)
  }
  // Each line begins with its filter: none.
  const lines = Buffer.alloc(height * (width + 1))
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) lines[y * (width + 1) + 1 + x] = placeOf(pixels[y * width + x])
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  // Eight bits a pixel, of a palette.
  head.set([8, 3], 8)
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk('IHDR', head),
    chunk(
      'PLTE',
      Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255])),
    ),
    chunk('IDAT', deflateSync(lines, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** Of each corner of the space of colours the most frequent one, so that small marks keep theirs; then the most frequent ones. */
function paletteOf(counts) {
  const frequent = [...counts].sort((a, b) => b[1] - a[1]).map(([colour]) => colour)
  const corners = new Map()
  for (const colour of frequent) {
    const corner = colour & 0xf0f0f0
    if (!corners.has(corner)) corners.set(corner, colour)
  }
  const kept = [...corners.values()].slice(0, COLOURS)
  return [...new Set([...kept, ...frequent])].slice(0, COLOURS)
}

function nearest(palette, colour) {
  let [best, least] = [0, Number.POSITIVE_INFINITY]
  for (const [at, other] of palette.entries()) {
    const [red, green, blue] = [16, 8, 0].map((bits) => ((colour >> bits) & 255) - ((other >> bits) & 255))
    const distance = red * red + green * green + blue * blue
    if (distance < least) [best, least] = [at, distance]
  }
  return best
}

function chunk(name, data) {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, sum])
}
