// The folder of a predictions measurement as a killed writer leaves it, and as something else damages it.
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DocumentRow } from '../../src/schema/predictions.ts'
import { TOKEN_COLUMNS } from '../../src/schema/tokenColumns.ts'
import {
  type AskedPredictions,
  openPredictions,
  readDocuments,
  readPredictions,
} from '../../src/store/predictionsFolder.ts'
import { readMeasurement } from '../../src/store/weightsFolder.ts'
import { collect } from '../support/collect.ts'

const side = (name: string) => ({
  spec: name,
  name,
  identity: `${name}-contents`,
  format: 'safetensors',
  note: null,
})
const asked: AskedPredictions = {
  schema: 1,
  kind: 'predictions',
  role: 'variant',
  base: side('base'),
  variant: side('variant'),
  corpora: [{ name: 'c', from: 'c.txt', identity: 'x', documents: 3, bytes: 30 }],
  settings: { context: 512, stride: 256, maxTokens: null, mode: 'distributions' },
  versions: { tunediff: '0' },
}

let root: string
let count = 0
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tunediff-predictions-'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

function document(id: string, scored: number): { row: DocumentRow; tokens: Float32Array } {
  const counted = { tokens: scored, bytes: scored * 4, nats: scored * 2 }
  const ids = Array.from({ length: scored + 1 }, (_, i) => i)
  const row = {
    id: `c/${id}`,
    corpus: 'c',
    hash: id,
    bytes: scored * 4,
    base: counted,
    variant: counted,
    ids,
  }
  const first = id.charCodeAt(0)
  return {
    row,
    tokens: Float32Array.from({ length: scored * TOKEN_COLUMNS.length }, (_, i) => first + i / 8),
  }
}
const three = [document('a', 5), document('b', 0), document('c', 7)]

async function write(path: string, documents = three): Promise<void> {
  await using folder = await openPredictions(path, asked)
  // As they come from a thread: the next does not wait for the one before.
  await Promise.all(
    documents
      .filter(({ row }) => !folder.done.has(row.id))
      .map(({ row, tokens }) => folder.append(row, tokens)),
  )
  await folder.finish()
}

async function made(): Promise<{ path: string; documents: string; tokens: string }> {
  const path = join(root, String(count++))
  await write(path)
  return { path, documents: join(path, 'documents.jsonl'), tokens: join(path, 'tokens.f32') }
}

const bytesOf = ({ documents, tokens }: { documents: string; tokens: string }) => [
  readFileSync(documents),
  readFileSync(tokens),
]

describe('a folder that is written and read', () => {
  it('gives back what was appended, in order', async () => {
    const { path } = await made()
    expect(await collect(readDocuments(path))).toEqual(three)
    await using again = await openPredictions(path, asked)
    expect(again.isFinished).toBe(true)
    expect([...again.done]).toEqual(['c/a', 'c/b', 'c/c'])
  })

  it('holds no token rows where only bits per byte were measured', async () => {
    const { ids, ...row } = document('a', 5).row
    const path = join(root, String(count++))
    await write(path, [{ row, tokens: new Float32Array(0) }])
    expect(statSync(join(path, 'tokens.f32')).size).toBe(0)
    expect((await collect(readDocuments(path)))[0]!.row).toEqual(row)
  })

  it('refuses a document whose rows are not as many as its tokens', async () => {
    await using folder = await openPredictions(join(root, String(count++)), asked)
    const { row, tokens } = document('a', 5)
    expect(() => folder.append(row, tokens.subarray(1))).toThrow(RangeError)
  })
})

describe('a writer that was killed at any byte', () => {
  it('leaves a folder that another makes equal to one never stopped', async () => {
    const whole = await made()
    const [documents, tokens] = bytesOf(whole)
    // Rows first, then the line: every prefix of tokens.f32 with the lines before it, then every prefix of the line.
    const lines = documents!.toString().split('\n').slice(0, -1)
    const states: [number, number][] = []
    let lineBytes = 0
    let tokenBytes = 0
    for (const [i, line] of lines.entries()) {
      const size = three[i]!.tokens.byteLength
      for (let cut = 0; cut < size; cut += 37) states.push([lineBytes, tokenBytes + cut])
      tokenBytes += size
      for (let cut = 0; cut <= line.length; cut += 23) states.push([lineBytes + cut, tokenBytes])
      lineBytes += line.length + 1
    }
    expect(states.length).toBeGreaterThan(30)
    for (const [lineCut, tokenCut] of states) {
      writeFileSync(whole.documents, documents!.subarray(0, lineCut))
      writeFileSync(whole.tokens, tokens!.subarray(0, tokenCut))
      await write(whole.path)
      expect(bytesOf(whole)).toEqual([documents, tokens])
    }
  })

  it('and a power cut that lost rows of named documents: those are measured again', async () => {
    const whole = await made()
    const before = bytesOf(whole)
    truncateSync(whole.tokens, 5 * TOKEN_COLUMNS.length * 4 + 13)
    {
      await using folder = await openPredictions(whole.path, asked)
      expect([...folder.done]).toEqual(['c/a', 'c/b'])
      expect(folder.isFinished).toBe(false)
    }
    expect((await readPredictions(whole.path))!.finished).toBe(false)
    await write(whole.path)
    expect(bytesOf(whole)).toEqual(before)
    rmSync(whole.tokens)
    await write(whole.path)
    expect(bytesOf(whole)).toEqual(before)
  })

  it('surplus rows are not read', async () => {
    const { path, tokens } = await made()
    appendFileSync(tokens, 'half a row')
    expect(await collect(readDocuments(path))).toEqual(three)
  })
})

describe('what is refused', () => {
  const read = async (path: string): Promise<unknown> => collect(readDocuments(path))

  it('rows that end early, by their byte and document', async () => {
    const { path, tokens } = await made()
    truncateSync(tokens, 300)
    await expect(read(path)).rejects.toThrow(/tokens\.f32 ends at byte 300, within document c\/c, .* 672$/)
    rmSync(tokens)
    await expect(read(path)).rejects.toThrow('tokens.f32 is missing')
  })

  it('numbers that are none, documents that stand twice, ids that do not fit, lines that are not JSON', async () => {
    const { path, tokens, documents } = await made()
    const bytes = readFileSync(tokens)
    bytes.writeFloatLE(Number.NaN, (2 * TOKEN_COLUMNS.length + 3) * 4)
    writeFileSync(tokens, bytes)
    await expect(read(path)).rejects.toThrow('tv of scored token 2 of c/a is no number')
    const lines = readFileSync(documents, 'utf8')
    writeFileSync(documents, lines.split('\n')[1]!.concat('\n').repeat(2))
    await expect(read(path)).rejects.toThrow('document c/b stands twice')
    writeFileSync(documents, lines.replace('"ids":[0,1,', '"ids":['))
    await expect(read(path)).rejects.toThrow('document c/a has 4 token ids for 5 scored tokens')
    writeFileSync(documents, `not json\n${lines}`)
    await expect(read(path)).rejects.toThrow('documents.jsonl, line 1 is not JSON')
  })

  it('another measurement, a folder of weights, and one folder twice at once', async () => {
    const { path } = await made()
    const other = { ...asked, settings: { ...asked.settings, context: 256, stride: 128 } }
    await expect(openPredictions(path, other)).rejects.toThrow(
      /holds another measurement.*context 512.*context 256/,
    )
    await expect(readMeasurement(path)).rejects.toThrow(
      'holds a measurement of predictions, wanted is one of weights',
    )
    await using _open = await openPredictions(path, asked)
    await expect(openPredictions(path, asked)).rejects.toThrow('variant is named twice')
  })

  it('equal contents at another path are the same measurement', async () => {
    const { path } = await made()
    await using folder = await openPredictions(path, { ...asked, base: { ...asked.base, spec: 'elsewhere' } })
    expect(folder.done.size).toBe(3)
  })

  it('rows of another version are measured again', async () => {
    const { path } = await made()
    const file = join(path, 'measurement.json')
    writeFileSync(file, readFileSync(file, 'utf8').replace('"schema": 1', '"schema": 0'))
    await using folder = await openPredictions(path, asked)
    expect(folder.done.size).toBe(0)
  })
})
