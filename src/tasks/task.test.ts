import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sharedHumanEval } from '../../test/support/shared.ts'
import { UserError } from '../util/errors.ts'
import { findHumanEval, HUMANEVAL_SHA256, HUMANEVAL_URL } from './humaneval.ts'
import { resolveTask, type TaskContext } from './task.ts'

const root = mkdtempSync(join(tmpdir(), 'tunediff-task-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let cacheFolder: string
beforeEach(() => {
  cacheFolder = mkdtempSync(join(root, 'cache-'))
})

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A context whose downloads go to a local server that answers as `listener` says. */
async function served(listener: RequestListener): Promise<TaskContext> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    env: {},
    cacheFolder,
    fetch: (url, init) => {
      expect(String(url)).toBe(HUMANEVAL_URL)
      return fetch(`http://127.0.0.1:${port}/${new URL(String(url)).pathname}`, init)
    },
  }
}

async function refused(context: TaskContext): Promise<UserError> {
  const error = await resolveTask('humaneval', context).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(UserError)
  // Nothing is left behind that a later run would take for the problems.
  expect(await findHumanEval(context)).toBeNull()
  const { message, hint } = error as UserError
  expect(message).toContain('the HumanEval problems are not on this machine')
  expect(hint).toContain('github.com/openai/human-eval')
  expect(hint).toContain(join(cacheFolder, 'tasks', 'HumanEval.jsonl.gz'))
  return error as UserError
}

const OTHER = gzipSync('{"task_id": "x"}\n')

describe('humaneval, not on this machine', () => {
  test('offline: the error says why, where the file is had and where to put it', async () => {
    const context: TaskContext = {
      env: {},
      cacheFolder,
      fetch: () =>
        Promise.reject(new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') })),
    }
    expect((await refused(context)).message).toContain('getaddrinfo ENOTFOUND')
    const env = { TUNEDIFF_DATA: join(root, 'data') }
    const error = await resolveTask('humaneval', { ...context, env }).catch((thrown: unknown) => thrown)
    expect((error as UserError).hint).toContain(join(root, 'data', 'humaneval', 'HumanEval.jsonl.gz'))
  })

  test('404', async () => {
    const context = await served((_request, response) => response.writeHead(404).end('none'))
    expect((await refused(context)).message).toContain('answered 404 Not Found')
  })

  test('a download that ends early', async () => {
    const context = await served((_request, response) => {
      response.writeHead(200, { 'content-length': String(OTHER.length * 2) })
      response.write(OTHER)
      setTimeout(() => response.destroy(), 50)
    })
    expect((await refused(context)).message).toContain('cannot be downloaded')
  })

  test('a body that is no whole gzip file', async () => {
    const context = await served((_request, response) => response.end(OTHER.subarray(0, 12)))
    expect((await refused(context)).message).toContain('not whole gzip data')
  })

  test('another file: both hashes are named', async () => {
    const context = await served((_request, response) => response.end(OTHER))
    const { message } = await refused(context)
    expect(message).toMatch(new RegExp(`SHA-256 [0-9a-f]{12} instead of ${HUMANEVAL_SHA256.slice(0, 12)}`))
  })

  test('more than the file has', async () => {
    const context = await served((_request, response) => response.end(Buffer.alloc(5 * 1024 * 1024)))
    expect((await refused(context)).message).toContain('sends more than the file has')
  })

  test('a server that does not go on', async () => {
    const context = await served((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('x')
    })
    expect((await refused({ ...context, timeoutMs: 200 })).message).toContain('within 0.2 s')
  })

  test.skipIf(sharedHumanEval === null)(
    'a download after a redirect, with progress, is kept for the next time',
    async () => {
      const bytes = readFileSync(join(sharedHumanEval!, 'HumanEval.jsonl.gz'))
      let requests = 0
      const context = await served((request, response) => {
        requests++
        if (!request.url?.includes('moved')) return response.writeHead(302, { location: '/moved' }).end()
        return response.writeHead(200, { 'content-length': String(bytes.length) }).end(bytes)
      })
      const progress: [number, number | null][] = []
      const task = await resolveTask('humaneval', { ...context, onDownload: (...at) => progress.push(at) })
      expect(task).toMatchObject({ name: 'humaneval', identity: HUMANEVAL_SHA256 })
      expect(task.problems.size).toBe(164)
      expect(progress.at(-1)).toEqual([bytes.length, bytes.length])
      expect(requests).toBe(2)
      expect(await resolveTask('humaneval', context)).toEqual(task)
      expect(requests).toBe(2)
      expect(readdirSync(join(cacheFolder, 'tasks'))).toEqual(['HumanEval.jsonl.gz'])
    },
  )
})

describe('humaneval, on this machine', () => {
  test.skipIf(sharedHumanEval === null)('the data folder is looked at first', async () => {
    const env = { TUNEDIFF_DATA: process.env.TUNEDIFF_DATA! }
    const task = await resolveTask('humaneval', { env, cacheFolder })
    expect(task.path).toBe(join(sharedHumanEval!, 'HumanEval.jsonl.gz'))
    expect(await findHumanEval({ env, cacheFolder })).toBe(task.path)
    const byPath = await resolveTask(task.path, { env: {}, cacheFolder })
    expect(byPath).toMatchObject({ name: 'humaneval', identity: HUMANEVAL_SHA256 })
  })

  test('a copy that holds other problems is refused, with both hashes', async () => {
    mkdirSync(join(cacheFolder, 'tasks'))
    const row = {
      task_id: 'HumanEval/0',
      prompt: 'def f():\n',
      entry_point: 'f',
      test: 'def check(c): pass\n',
    }
    writeFileSync(join(cacheFolder, 'tasks', 'HumanEval.jsonl.gz'), gzipSync(`${JSON.stringify(row)}\n`))
    await expect(resolveTask('humaneval', { env: {}, cacheFolder })).rejects.toThrow(
      new RegExp(`does not hold the official HumanEval problems.*${HUMANEVAL_SHA256.slice(0, 12)}`),
    )
  })
})

describe('other tasks', () => {
  test('a path: named after its file', async () => {
    const path = join(root, 'own-set.jsonl')
    const row = { task_id: 'Own/0', prompt: 'def f():\n', entry_point: 'f', test: 'def check(c): pass\n' }
    writeFileSync(path, `${JSON.stringify(row)}\n`)
    const task = await resolveTask(path, { env: {}, cacheFolder })
    expect(task).toMatchObject({ name: 'own-set', path })
    expect([...task.problems.keys()]).toEqual(['Own/0'])
  })

  test.each([
    ['humanevl', "there is no task 'humanevl'", 'did you mean humaneval?'],
    ['mbpp', "there is no task 'mbpp'", 'tasks: humaneval, or the path of a task.yaml or of problems'],
    ['./none.jsonl', './none.jsonl does not exist', 'tasks: humaneval'],
    ['constructor', "there is no task 'constructor'", 'tasks: humaneval'],
  ])('%s is unknown', async (name, message, hint) => {
    const error = await resolveTask(name, { env: {}, cacheFolder }).catch((thrown: unknown) => thrown)
    expect((error as UserError).message).toBe(message)
    expect((error as UserError).hint).toContain(hint)
  })
})
