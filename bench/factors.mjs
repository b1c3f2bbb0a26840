// Singular values of every update of a rank-64 adapter of the shape of a 7B model (32 layers, 7 matrices each, 160 million
// numbers, 320 MB in bf16), from its factors, on one thread: CPU seconds and peak memory of a whole process. A process of
// its own writes the adapter, so that its memory does not count. Prints a Markdown table.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { factorScratch, factorSpectrum } from '../dist/tensor/factors.js'
import { openMatmul } from '../dist/tensor/matmul.js'

const RANK = 64
const LAYERS = 32
const [WIDTH, INNER] = [4096, 11008]
/** [out, in]. */
const SHAPES = [...Array(4).fill([WIDTH, WIDTH]), [INNER, WIDTH], [INNER, WIDTH], [WIDTH, INNER]]
const PARTS = { write, measure }

function write(path) {
  const file = openSync(path, 'w')
  for (let layer = 0; layer < LAYERS; layer++) {
    for (const [out, inner] of SHAPES) {
      const values = Float32Array.from({ length: RANK * (out + inner) }, () => Math.random() - 0.5)
      writeSync(
        file,
        Uint16Array.from(new Uint32Array(values.buffer), (bits) => bits >>> 16),
      )
    }
  }
  closeSync(file)
}

async function measure(path) {
  const file = openSync(path, 'r')
  const matmul = await openMatmul({ threads: 1 })
  const scratch = factorScratch()
  const halves = new Uint16Array(RANK * INNER)
  const bits = new Uint32Array(halves.length)
  const values = new Float32Array(bits.buffer)
  let offset = 0
  const factor = (rows, columns) => {
    const [count, at] = [rows * columns, offset]
    offset += count * 2
    const read = () => {
      readSync(file, halves, 0, count * 2, at)
      for (let i = 0; i < count; i++) bits[i] = halves[i] << 16
      return values.subarray(0, count)
    }
    return { rows, columns, read }
  }
  let squares = 0
  for (let layer = 0; layer < LAYERS; layer++) {
    for (const [out, inner] of SHAPES) {
      const factors = { a: factor(RANK, inner), b: factor(out, RANK), scale: 1 }
      squares += (await factorSpectrum(factors, { matmul, scratch })).squares
    }
  }
  await matmul[Symbol.asyncDispose]()
  const { user, system } = process.cpuUsage()
  const peakMb = Math.round((process.resourceUsage().maxRSS * 1024) / 1e6)
  console.log('| CPU seconds | peak MB | norm of all updates |\n| --- | --- | --- |')
  console.log(`| ${((user + system) / 1e6).toFixed(2)} | ${peakMb} | ${Math.sqrt(squares).toFixed(1)} |`)
}

const [part, path] = process.argv.slice(2)
if (part) await PARTS[part](path)
else {
  const folder = mkdtempSync(join(tmpdir(), 'tunediff-factors-'))
  const self = fileURLToPath(import.meta.url)
  for (const name of Object.keys(PARTS)) {
    spawnSync(process.execPath, [self, name, join(folder, 'adapter.bf16')], { stdio: 'inherit' })
  }
  rmSync(folder, { recursive: true })
}
