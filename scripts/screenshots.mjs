// Pictures of the report for README and docs/gallery.md, and that page: docs/images/*.png. Uses dist/ and the system's Chromium
// (TUNEDIFF_CHROMIUM names another). The two studies are finished ones:
//   node scripts/screenshots.mjs demo.study humaneval.study
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { smallPng } from './smallPng.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const images = join(root, 'docs/images')
const WIDE = { width: 1280, height: 800 }
const NARROW = { width: 390, height: 844 }

/** Name, place in the report, what is seen. `to`: what is scrolled to the top. */
const SHOTS = {
  demo: [
    {
      name: 'finding',
      hash: '#/finding',
      about: 'What the study found, in the words of the terminal, and its key figures.',
    },
    {
      name: 'finding-variants',
      hash: '#/finding',
      to: '.of-sides',
      about: 'Further down: what is found of each variant, sentence by sentence.',
    },
    { name: 'finding-dark', hash: '#/finding', tone: 'dark', about: 'The first screen in dark colours.' },
    { name: 'finding-narrow', hash: '#/finding', size: NARROW, about: 'The same on a phone.' },
    {
      name: 'finding-narrow-dark',
      hash: '#/finding',
      size: NARROW,
      tone: 'dark',
      about: 'On a phone, in dark colours.',
    },
    { name: 'tasks', hash: '#/tasks', about: 'Every variant on every task, with intervals.' },
    {
      name: 'flips',
      hash: '#/flips/style?variant=iso-full',
      about: 'Every problem, by what the variant made of it.',
    },
    { name: 'pair', hash: '#/pair/code?variant=iso-full', about: 'Two answers to one problem.' },
    { name: 'weights', hash: '#/weights', about: 'How far each tensor moved.' },
    { name: 'tokens', hash: '#/tokens', about: 'Where predictions moved, token by token.' },
    {
      name: 'training',
      hash: '#/training',
      about: 'What was learnt against what was lost, and what it took.',
    },
  ],
  humaneval: [
    { name: 'finding', hash: '#/finding', about: 'Scaffolds are told from training.' },
    {
      name: 'leaderboard',
      hash: '#/leaderboard',
      about: 'Places that a score may have, and published scores beside it.',
    },
    { name: 'flips', hash: '#/flips', about: 'What Reflexion fixed and what it broke.' },
    {
      name: 'pair',
      hash: '#/pair/humaneval/HumanEval%2F91?variant=reflexion',
      about: 'An answer that failed for a name, and the one that imports it.',
    },
    {
      name: 'pair-narrow',
      hash: '#/pair/humaneval/HumanEval%2F91?variant=reflexion',
      size: NARROW,
      to: '.pair-answers',
      about: 'The same on a phone.',
    },
  ],
}

const TITLES = { demo: 'The demo', humaneval: 'Published answers on HumanEval' }

const COMMANDS = {
  demo: `npm start
npx tunediff report demo.study -o demo.html`,
  humaneval: `npx tunediff run humaneval.yaml
npx tunediff report humaneval.study -o humaneval.html`,
}

const NOTES = {
  demo: 'Fine-tunes of a small base that is shipped with tunediff, as `npm start` makes them.',
  humaneval: `GPT-4 plain and in Reflexion, and Reflexion's programs debugged by GPT-3.5 in LDB: logs from their authors'
repositories, judged here. The study:

\`\`\`yaml
name: HumanEval logs
base: {runs: [gpt-4-plain.reflexion.jsonl], model: gpt-4, solver: direct}
variants:
  reflexion: {runs: [gpt-4-reflexion.reflexion.jsonl], model: gpt-4, solver: reflexion}
  ldb: {runs: [gpt-4-reflexion-then-gpt-3.5-ldb.ldb.jsonl], model: gpt-3.5, solver: ldb, startFrom: reflexion, against: reflexion}
tasks: [humaneval]
\`\`\``,
}

function report(study, path) {
  const main = join(root, 'dist/cli/main.js')
  const { status } = spawnSync(process.execPath, [main, 'report', study, '-o', path], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

async function shoot(browser, page, group, { name, hash, size = WIDE, tone = 'light', to }) {
  const context = await browser.newContext({ viewport: size, colorScheme: tone, deviceScaleFactor: 1 })
  const tab = await context.newPage()
  await tab.goto(pathToFileURL(page).href + hash)
  await tab.waitForFunction(() => {
    const main = document.querySelector('main')
    return main && ![...main.querySelectorAll('p.soft')].some((p) => p.textContent === 'Reading')
  })
  if (to) await tab.locator(to).evaluate((element) => element.scrollIntoView())
  await tab.waitForTimeout(300)
  const path = join(images, `${group}-${name}.png`)
  const { rgba, width, height } = await pixelsOf(browser, await tab.screenshot())
  writeFileSync(path, smallPng(rgba, width, height))
  await context.close()
  console.log(`${path}: ${Math.round(statSync(path).size / 1000)} kB`)
}

/** The browser reads its own picture. */
async function pixelsOf(browser, png) {
  const tab = await browser.newPage()
  const { width, height, base64 } = await tab.evaluate(async (text) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${text}`)).blob())
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d')
    context.drawImage(image, 0, 0)
    const { data } = context.getImageData(0, 0, image.width, image.height)
    const reader = new FileReader()
    reader.readAsDataURL(new Blob([data]))
    await new Promise((resolve) => reader.addEventListener('load', resolve))
    return { width: image.width, height: image.height, base64: reader.result.split(',')[1] }
  }, png.toString('base64'))
  await tab.close()
  return { rgba: Buffer.from(base64, 'base64'), width, height }
}

function gallery() {
  const parts = [
    '# Gallery',
    'Pictures of reports, made by `node scripts/screenshots.mjs demo.study humaneval.study`. A report is one file; each picture says where in it one is.',
  ]
  for (const [group, shots] of Object.entries(SHOTS)) {
    parts.push(`## ${TITLES[group]}`, NOTES[group], `\`\`\`\n${COMMANDS[group]}\n\`\`\``)
    for (const { name, hash, about } of shots)
      parts.push(`${about} \`${hash}\``, `![${about}](images/${group}-${name}.png)`)
  }
  return `${parts.join('\n\n')}\n`
}

const studies = process.argv.slice(2)
if (studies.length !== 2) {
  console.error('usage: node scripts/screenshots.mjs demo.study humaneval.study')
  process.exit(2)
}
const scratch = mkdtempSync(join(tmpdir(), 'tunediff-screenshots-'))
mkdirSync(images, { recursive: true })
const browser = await chromium.launch({
  executablePath: process.env.TUNEDIFF_CHROMIUM ?? '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
})
for (const [at, [group, shots]] of Object.entries(SHOTS).entries()) {
  const page = join(scratch, `${group}.html`)
  report(studies[at], page)
  for (const shot of shots) await shoot(browser, page, group, shot)
}
await browser.close()
rmSync(scratch, { recursive: true })
writeFileSync(join(root, 'docs/gallery.md'), gallery())
