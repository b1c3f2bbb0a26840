// --text as users write it: files, folders, JSONL fields, what is left out and what is refused; and the built-in texts.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { builtInTexts, readTexts } from '../../src/measure/predictions/texts.ts'

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tunediff-texts-'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(root, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, content)
  return path
}
const lines = (...rows: unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

describe('a text file', () => {
  it('is one document as it is, without its byte order mark', async () => {
    const path = file('one/notes.txt', '\ufeffGrüße,\r\nWelt \n')
    const { corpora, documents } = await readTexts([path])
    expect(documents).toEqual([{ id: 'notes/notes.txt', corpus: 'notes', text: 'Grüße,\r\nWelt \n' }])
    expect(corpora).toMatchObject([{ name: 'notes', from: path, documents: 1, bytes: 16 }])
  })

  it('may be gzipped', async () => {
    const { documents } = await readTexts([file('one/packed.txt.gz', gzipSync('hello'))])
    expect(documents).toEqual([{ id: 'packed/packed.txt.gz', corpus: 'packed', text: 'hello' }])
  })

  it('that is not UTF-8 is refused by line and byte', async () => {
    const path = file(
      'bad/latin.txt',
      Buffer.concat([Buffer.from('ok é\nsch'), Buffer.from([0xf6]), Buffer.from('n\n')]),
    )
    await expect(readTexts([path])).rejects.toThrow(
      'latin.txt, line 2: not UTF-8 text, byte 9 of the file; the file looks like Latin-1',
    )
    const cut = file('bad/cut.txt', Buffer.from('ab\u20ac').subarray(0, 4))
    await expect(readTexts([cut])).rejects.toThrow('line 1: not UTF-8 text, byte 2 of the file')
  })

  it('that is binary, empty or absent is refused', async () => {
    await expect(readTexts([file('bad/zero.txt', 'a\0\0b is the rest of it')])).rejects.toThrow(
      'is no text: it holds zero bytes',
    )
    await expect(readTexts([file('bad/empty.txt', ' \n')])).rejects.toThrow(
      'empty.txt holds no text: 1 document is empty',
    )
    await expect(readTexts([join(root, 'absent.txt')])).rejects.toThrow('absent.txt does not exist')
  })
})

describe('a folder', () => {
  it('is its text files in order; binary, hidden and empty ones are left out and said', async () => {
    file('docs/b.md', 'second')
    file('docs/a.md', 'first')
    file('docs/sub/a.md', 'third')
    file('docs/.hidden', 'no')
    file('docs/.git/config', 'no')
    file('docs/image.png', Uint8Array.of(0x89, 0x50, 0, 1, 0xff))
    file('docs/z.txt', '\n')
    symlinkSync(join(root, 'docs'), join(root, 'docs/loop'))
    const { corpora, documents, notes } = await readTexts([`${root}/docs/`])
    expect(documents.map(({ id, text }) => [id, text])).toEqual([
      ['docs/a.md', 'first'],
      ['docs/b.md', 'second'],
      ['docs/sub/a.md', 'third'],
    ])
    expect(corpora[0]).toMatchObject({ name: 'docs', documents: 3, bytes: 16 })
    expect(notes.join('\n')).toContain('left out as binary: image.png')
    expect(notes.join('\n')).toContain('left out as hidden: .git, .hidden')
    expect(notes.join('\n')).toContain('left out as no file: loop')
    expect(notes.join('\n')).toContain('1 empty document was left out')
  })

  it('without a text file is refused with what it holds', async () => {
    file('pictures/x.png', Uint8Array.of(0, 1))
    await expect(readTexts([join(root, 'pictures')])).rejects.toThrow(
      /pictures holds no text .*left out as binary: x\.png/,
    )
  })
})

describe('a field of a JSONL file', () => {
  it('is named, or the first of text, completion and content', async () => {
    const path = file(
      'rows.jsonl',
      lines(
        { prompt: 'p1', completion: 'c1' },
        { prompt: 'p2', completion: '' },
        { prompt: 'p3', completion: 'c3' },
      ),
    )
    const usual = await readTexts([path])
    expect(usual.documents.map(({ id, text }) => [id, text])).toEqual([
      ['rows/1', 'c1'],
      ['rows/3', 'c3'],
    ])
    expect(usual.notes).toEqual([`${path}: 1 empty document was left out`])
    const both = await readTexts([`${path}#prompt`, path])
    expect(both.corpora.map(({ name }) => name)).toEqual(['rows.prompt', 'rows'])
    expect(both.documents[0]).toEqual({ id: 'rows.prompt/1', corpus: 'rows.prompt', text: 'p1' })
  })

  it('that is not there is refused with those that are', async () => {
    const path = file('fields.jsonl', lines({ prompt: 'p', n: 3 }, { promt: 'q' }))
    await expect(readTexts([path])).rejects.toThrow(
      /line 1 has no text in a field 'text' or .*; it has 'prompt', 'n'/,
    )
    await expect(readTexts([`${path}#n`])).rejects.toThrow("line 1: field 'n' is a number, wanted a text")
    const number = file('number.jsonl', lines({ text: 3, n: 'x' }))
    await expect(readTexts([number])).rejects.toThrow("line 1: field 'text' is a number, wanted a text")
    await expect(readTexts([`${path}#prompt`])).rejects.toThrow(
      "line 2 has no field 'prompt'; it has 'promt'",
    )
    await expect(readTexts([`${path}#toString`])).rejects.toThrow("line 1 has no field 'toString'")
    await expect(readTexts([`${path}#`])).rejects.toThrow('names no field')
    await expect(readTexts([`${file('plain.txt', 'x')}#text`])).rejects.toThrow(
      'only .jsonl and .ndjson files have fields',
    )
    await expect(readTexts([file('broken.jsonl', '{"text":"a"}\n{"text"\n')])).rejects.toThrow(
      'broken.jsonl, line 2 is not JSON',
    )
    await expect(readTexts([file('list.jsonl', '["a"]\n')])).rejects.toThrow('line 1 is no JSON object')
  })

  it('a lone surrogate becomes what UTF-8 makes of it', async () => {
    const { documents, corpora } = await readTexts([file('lone.jsonl', '{"text":"a\\ud800b"}\n')])
    expect(documents[0]!.text).toBe('a\ufffdb')
    expect(corpora[0]!.bytes).toBe(5)
  })

  it('a file whose name has a # is taken by its name', async () => {
    const { documents } = await readTexts([file('odd.jsonl#1', 'text of it')])
    expect(documents[0]!.text).toBe('text of it')
  })
})

describe('several', () => {
  it('of one name are told apart, and one text twice is refused', async () => {
    const [a, b] = [file('x/same.txt', 'one'), file('y/same.txt', 'two')]
    const { documents } = await readTexts([a, b])
    expect(documents.map(({ id }) => id)).toEqual(['same/same.txt', 'same-2/same.txt'])
    await expect(readTexts([a, a])).rejects.toThrow('is given twice')
  })

  it('have identities of their contents, in order', async () => {
    const identityOf = async (name: string, ...texts: string[]): Promise<string> =>
      (await readTexts([file(name, lines(...texts.map((text) => ({ text }))))])).corpora[0]!.identity
    const identity = await identityOf('i1.jsonl', 'a', 'b')
    expect(identity).toMatch(/^[0-9a-f]{64}$/)
    expect(await identityOf('i2.jsonl', 'a', 'b')).toBe(identity)
    expect(await identityOf('i3.jsonl', 'b', 'a')).not.toBe(identity)
    expect(await identityOf('i4.jsonl', 'ab')).not.toBe(identity)
  })
})

it('the built-in texts are four corpora of eight documents each, no two alike', async () => {
  const { corpora, documents, notes } = await builtInTexts()
  expect(notes).toEqual([])
  expect(corpora.map(({ name, from, documents: n }) => [name, from, n])).toEqual(
    ['prose', 'code', 'dialogue', 'german-spanish'].map((name) => [name, 'built in', 8]),
  )
  expect(new Set(documents.map(({ id }) => id)).size).toBe(32)
  expect(new Set(documents.map(({ text }) => text)).size).toBe(32)
  for (const { id, text } of documents) {
    const words = text.split(/\s+/).length
    expect(words, id).toBeGreaterThan(110)
    expect(words, id).toBeLessThan(450)
  }
})
