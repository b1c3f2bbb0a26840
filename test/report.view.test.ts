// `tunediff view`: what a browser gets of a report on loopback, and what nobody gets.
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ReportServer, serveReport } from '../src/report/serve.ts'
import { tunediff, tunediffProcess } from './support/cli.ts'
import { HandReport } from './support/handReport.ts'

const hand = new HandReport()
const cache = join(hand.folder, 'cache')
/** Names are encoded as the page does it. */
const FOLDER = "50% of my report? #1's.shards"
const ROWS = 'a row\n'.repeat(1000)
let server: ReportServer
let port: number

beforeAll(async () => {
  hand.write({ 'rows-0': ROWS, 'weights-0': '{}', gone: 'x', linked: 'x' }, { shardFolder: FOLDER })
  const shards = join(hand.folder, FOLDER)
  writeFileSync(join(hand.folder, 'secret.gz'), gzipSync('secret'))
  writeFileSync(join(shards, 'unlisted.gz'), gzipSync('secret'))
  for (const name of ['gone', 'linked']) rmSync(join(shards, `${name}.gz`))
  symlinkSync(join(hand.folder, 'secret.gz'), join(shards, 'linked.gz'))
  server = await serveReport(hand.path)
  port = Number(new URL(server.address).port)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  hand[Symbol.dispose]()
})

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

/** The path goes as it is: no client makes it tidy. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(parts) }),
      )
    })
    asked.on('error', reject).end()
  })
}

const ROWS_AT = `/${encodeURIComponent(FOLDER)}/rows-0.gz`

describe('what is served', () => {
  test('the page at the root, with headers that let it do little', async () => {
    const { status, headers, body } = await ask('/')
    expect(status).toBe(200)
    expect(body).toEqual(readFileSync(hand.path))
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-length': String(body.length),
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
    })
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("connect-src 'self'")
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/)
    expect((await ask('/?theme=dark')).status).toBe(200)
  })

  test('shards, as they lie there', async () => {
    const { status, headers, body } = await ask(ROWS_AT)
    expect([status, headers['content-type']]).toEqual([200, 'application/gzip'])
    expect(headers['content-encoding']).toBeUndefined()
    expect(gunzipSync(body).toString()).toBe(ROWS)
    const head = await ask(ROWS_AT, {}, 'HEAD')
    expect([head.status, head.body.length]).toEqual([200, 0])
    expect(head.headers['content-length']).toBe(String(body.length))
  })

  test('nothing twice: a tag that is known is answered without the content, until the file changes', async () => {
    const { etag } = (await ask(ROWS_AT)).headers
    expect(etag).toMatch(/^"[^"]+"$/)
    for (const known of [etag!, `"other", ${etag}`, `W/${etag}`, '*']) {
      const again = await ask(ROWS_AT, { 'If-None-Match': known })
      expect([again.status, again.body.length, again.headers.etag], known).toEqual([304, 0, etag])
    }
    expect((await ask(ROWS_AT, { 'If-None-Match': '"other"' })).status).toBe(200)
    writeFileSync(join(hand.folder, FOLDER, 'rows-0.gz'), gzipSync(ROWS))
    expect((await ask(ROWS_AT, { 'If-None-Match': etag! })).status).toBe(200)
  })

  test('parts', async () => {
    const { body: all, headers } = await ask('/')
    const size = all.length
    const part = (range: string, rest = {}) => ask('/', { Range: range, ...rest })
    const whole = [200, undefined, size]
    const cases: [string, (string | number | undefined)[]][] = [
      ['bytes=0-9', [206, `bytes 0-9/${size}`, 10]],
      [`bytes=10-`, [206, `bytes 10-${size - 1}/${size}`, size - 10]],
      ['bytes=-5', [206, `bytes ${size - 5}-${size - 1}/${size}`, 5]],
      [`bytes=-${size * 9}`, [206, `bytes 0-${size - 1}/${size}`, size]],
      [`bytes=5-${'9'.repeat(400)}`, [206, `bytes 5-${size - 1}/${size}`, size - 5]],
      // Several, turned round, or no range at all: the whole.
      ['bytes=0-1,3-4', whole],
      ['bytes=9-0', whole],
      ['bytes=-', whole],
      ['lines=0-1', whole],
      ['bytes=a-b', whole],
    ]
    for (const [range, expected] of cases) {
      const { status, headers: got, body } = await part(range)
      expect([status, got['content-range'], body.length], range).toEqual(expected)
    }
    expect((await part('bytes=3-5')).body).toEqual(all.subarray(3, 6))
    for (const range of [`bytes=${size}-`, `bytes=${'9'.repeat(400)}-`, 'bytes=-0']) {
      const { status, headers: got } = await part(range)
      expect([status, got['content-range']], range).toEqual([416, `bytes */${size}`])
    }
    const { etag } = headers
    expect((await part('bytes=0-9', { 'If-Range': etag })).status).toBe(206)
    expect((await part('bytes=0-9', { 'If-Range': '"older"' })).status).toBe(200)
    expect((await part('bytes=0-9', { 'If-None-Match': etag })).status).toBe(304)
    expect((await ask('/', { Range: 'bytes=0-9' }, 'HEAD')).status).toBe(200)
  })

  test('a report that is written anew while it is served: the new page and its shards', async () => {
    using other = new HandReport()
    other.write({ first: '1' }, { shardFolder: 's' })
    await using serving = await serveReport(other.path)
    const get = (path: string) => fetch(new URL(path, serving.address))
    expect((await get('/s/second.gz')).status).toBe(404)
    other.write({ second: '2' }, { shardFolder: 's' })
    expect((await get('/s/second.gz')).status).toBe(200)
    expect((await get('/s/first.gz')).status).toBe(404)
    rmSync(other.path)
    expect((await get('/')).status).toBe(404)
  })
})

describe('what is not', () => {
  test('nothing but the page and the shards that it lists, however it is asked for', async () => {
    const folder = encodeURIComponent(FOLDER)
    const paths = [
      '/report.html',
      `/${folder}`,
      `/${folder}/`,
      `/${folder}/unlisted.gz`,
      `/${folder}/linked.gz`,
      `/${folder}/gone.gz`,
      '/secret.gz',
      `/${folder}/../secret.gz`,
      `/${folder}/..%2fsecret.gz`,
      `/${folder}/%2e%2e/secret.gz`,
      '/..%2f..%2fetc%2fpasswd',
      '/../../../../etc/passwd',
      '//etc/passwd',
      hand.path,
      join(hand.folder, folder, 'rows-0.gz'),
      `/${folder}%2frows-0.gz`,
      `/./${folder}/rows-0.gz`,
      `/${folder}/rows-0.gz/`,
      `/${folder}/rows-0.gz%00`,
      `/${folder}/rows-0`,
      `/${folder}/ROWS-0.gz`,
      `/%E0%A4%A/rows-0.gz`,
      '/__proto__/constructor.gz',
      `http://127.0.0.1:${port}/`,
      'file:///etc/passwd',
      '*',
    ]
    for (const path of paths) {
      const { status, body, headers } = await ask(path)
      expect([status, body.toString()], path).toEqual([404, 'not part of report.html\n'])
      expect(headers['x-content-type-options']).toBe('nosniff')
    }
  })

  test('under another name: a site whose name was pointed at this machine', async () => {
    const hosts = ['evil.example', `evil.example:${port}`, '127.0.0.1', 'localhost', '127.0.0.1:1']
    for (const host of [...hosts, `127.0.0.1:${port}.evil.example`, `localhost:${port}@evil.example`]) {
      const { status, body } = await ask('/', { Host: host })
      expect(status, host).toBe(421)
      expect(body.toString()).not.toContain('summary')
    }
    for (const host of ['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]'])
      expect((await ask('/', { Host: `${host}:${port}` })).status, host).toBe(200)
    expect(await raw('GET / HTTP/1.1\r\nHost:\r\n\r\n')).toMatch(/^HTTP\/1\.1 421 /)
    expect(await raw('GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 421 /)
    expect(await raw('GET / HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('other methods', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']) {
      const { status, headers } = await ask('/', {}, method)
      expect([status, headers.allow], method).toEqual([405, 'GET, HEAD'])
    }
    expect(
      (await raw(`CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)).slice(9, 12),
    ).not.toBe('200')
  })

  test('no shard folder that is a link, or is not beside the page', async () => {
    using other = new HandReport()
    mkdirSync(join(other.folder, 'else'))
    other.write({ db: 'x' }, { shardFolder: 'else' })
    symlinkSync('else', join(other.folder, 'link'))
    other.write({ db: 'x' }, { shardFolder: 'link' })
    await using serving = await serveReport(other.path)
    expect((await fetch(new URL('/link/db.gz', serving.address))).status).toBe(404)
    for (const shardFolder of ['..', '.', '', '../else', '/etc', 'a/b', 'a\\b', 'a\0b']) {
      other.write({}, { change: { shardFolder } })
      await expect(serveReport(other.path)).rejects.toThrow('is no folder beside the page')
    }
    for (const name of ['../secret', 'a/b', 'A', '', 'a.b']) {
      other.write({}, { change: { shards: { [name]: { bytes: 1 } } } })
      await expect(serveReport(other.path)).rejects.toThrow('is no name of a shard')
    }
  })
})

/** What is answered to bytes that no client would send. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.end(bytes)
  return text(socket)
}

describe('the command', () => {
  test('prints the address and serves until it is stopped', async () => {
    const { code, stdout, stderr } = await tunediffProcess(['view', hand.path], {
      cache,
      started: (child) =>
        child.stdout!.once('data', async (line: Buffer) => {
          const { status } = await fetch(String(line).trim())
          child.kill(status === 200 ? 'SIGINT' : 'SIGKILL')
        }),
    })
    expect([code, stderr]).toEqual([130, expect.stringContaining('Ctrl-C stops serving')])
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\n$/)
  })

  test('what cannot be served is one clear error', async () => {
    writeFileSync(join(hand.folder, 'plain.html'), '<html>\n</html>\n')
    const cases: [string[], string, string][] = [
      [[hand.folder], 'is a folder', `tunediff report ${hand.folder} -o report.html`],
      [[join(hand.folder, 'nowhere.html')], 'does not exist', 'check the path'],
      [[join(hand.folder, 'plain.html')], 'is not a report', 'tunediff report STUDY'],
      [[hand.path, '--port', String(port)], `port ${port} is in use`, 'leave --port out'],
      [[hand.path, '--port', '0'], 'wanted a port', 'tunediff view --help'],
      [[hand.path, '--port', '70000'], 'wanted a port', 'tunediff view --help'],
    ]
    for (const [args, says, hint] of cases) {
      const { code, stdout, stderr } = await tunediff(['view', ...args], { cache })
      expect([code, stdout], stderr).toEqual([2, ''])
      expect(stderr).toContain(says)
      expect(stderr).toContain(hint)
    }
  })
})
