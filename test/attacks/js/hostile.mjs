// Hostile JavaScript, to be run where a worker runs: what an attacker has when the import firewall is lost. It is
// given the host's facts as one line of JSON on stdin, tries everything, and says on stdout what it got.
import { execFileSync, spawn } from 'node:child_process'
import dns from 'node:dns/promises'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import { Worker } from 'node:worker_threads'

const facts = JSON.parse(fs.readFileSync(0, 'utf8'))
const { SECRET_FILE, SECRET_DIR, SECRET_NAME, CANARY_DIR, PORT, UNIX_SOCKET, PID, PPID, HOST_NAME, CWD } =
  facts

/** What each try got: a truthy value is an escape from the wall. */
const TRIES = {
  'read secret': () => fs.readFileSync(SECRET_FILE, 'utf8'),
  'read secret by link': () => {
    fs.symlinkSync(SECRET_FILE, '/tmp/shortcut')
    return fs.readFileSync('/tmp/shortcut', 'utf8')
  },
  'read secret by process': () => fs.readFileSync(`/proc/${PID}/root${SECRET_FILE}`, 'utf8'),
  'read secret by own root': () => fs.readFileSync(`/proc/self/root${SECRET_FILE}`, 'utf8'),
  'read secret by descriptor': () =>
    fs.readFileSync(`/proc/${PID}/cwd/../../../../../..${SECRET_FILE}`, 'utf8'),
  'list folder': () => fs.readdirSync(SECRET_DIR).join(),
  'list home': () => fs.readdirSync(os.homedir()).join(),
  'read passwords': () => fs.readFileSync('/etc/passwd', 'utf8') + fs.readFileSync('/etc/shadow', 'utf8'),
  'read project': () => fs.readFileSync(`${CWD}/vitest.config.ts`, 'utf8'),
  'write file': () => fs.writeFileSync(`${CANARY_DIR}/canary_js`, 'x') ?? 'written',
  'write own code': () => fs.appendFileSync(new URL(import.meta.url), '\n// changed\n') ?? 'written',
  'change secret': () => fs.chmodSync(SECRET_FILE, 0o777) ?? fs.truncateSync(SECRET_FILE) ?? 'changed',
  'own environment': () => process.env[SECRET_NAME],
  'environment of host': () => fs.readFileSync(`/proc/${PID}/environ`, 'utf8'),
  'environment by self': () => fs.readFileSync('/proc/self/environ', 'utf8').includes(SECRET_NAME),
  'memory of host': () => fs.openSync(`/proc/${PID}/mem`, 'r'),
  'process list': () =>
    fs
      .readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && Number(name) > 50)
      .join(),
  'run program': () => execFileSync('/usr/bin/touch', [`${CANARY_DIR}/canary_spawn`]) && 'ran',
  'run shell': () => execFileSync('/bin/sh', ['-c', `touch ${CANARY_DIR}/canary_shell`]) && 'ran',
  'run node': () => {
    const code = `fetch('http://127.0.0.1:${PORT}/');require('fs').writeFileSync('${CANARY_DIR}/canary_node', 'x')`
    execFileSync(process.execPath, ['-e', code], { timeout: 5000 })
    return fs.existsSync(`${CANARY_DIR}/canary_node`) && 'written'
  },
  'leave a process behind': () => {
    spawn('/bin/sleep', ['1'], { detached: true })
      .on('error', () => {})
      .unref()
    return fs.existsSync('/bin/sleep') && process.permission === undefined && 'sleeps'
  },
  'worker without wall': () =>
    new Promise((done, fail) => {
      const worker = new Worker(
        `require('worker_threads').parentPort.postMessage(require('fs').readFileSync(${JSON.stringify(SECRET_FILE)}, 'utf8'))`,
        { eval: true, execArgv: [], env: { NODE_OPTIONS: '' } },
      )
      worker.on('message', done)
      worker.on('error', fail)
    }),
  'native addon': () => process.dlopen({ exports: {} }, '/usr/lib/x86_64-linux-gnu/libc.so.6') ?? 'loaded',
  'internal binding': () =>
    process.binding('spawn_sync').spawn({ file: '/usr/bin/touch', args: ['touch', `${CANARY_DIR}/canary_b`] })
      .pid,
  'tcp connection': () => connected({ port: Number(PORT), host: '127.0.0.1' }),
  'unix connection': () => connected({ path: UNIX_SOCKET }),
  'abstract unix connection': () => connected({ path: `\0${UNIX_SOCKET}` }),
  fetch: async () => (await fetch(`http://127.0.0.1:${PORT}/`)).text(),
  'name lookup': async () => (await dns.resolve4('example.com')).join(),
  'network interfaces': () =>
    Object.keys(os.networkInterfaces())
      .filter((name) => name !== 'lo')
      .join(),
  'signal the host': () => process.kill(Number(PID), 0) && process.kill(Number(PPID), 0) && 'reached',
  'signal everything': () => process.kill(-1, 0) && process.ppid > 1 && 'reached',
  'host name': () => os.hostname() === HOST_NAME && HOST_NAME,
}

function connected(address) {
  return new Promise((done, fail) => {
    const socket = net.connect(address)
    socket.on('connect', () => done('connected'))
    socket.on('error', fail)
    setTimeout(() => fail(new Error('no answer')), 2000).unref()
  })
}

const got = {}
for (const [name, attempt] of Object.entries(TRIES)) {
  try {
    got[name] = (await attempt()) || null
  } catch {
    got[name] = null
  }
}
fs.writeSync(1, `${JSON.stringify(got)}\n`)
process.exit(0)
