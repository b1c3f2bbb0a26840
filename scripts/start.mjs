// The demo: fine-tunes a small base that is shipped, and says how far each variant moved. Uses dist/, which `npm start` builds.
//   npm start               all of it, into demo.study
//   npm start -- --quick    a part of it, into demo-quick.study
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const STUDIES = {
  whole: {
    file: 'study.yaml',
    folder: 'demo.study',
    trainings:
      '12 trainings (LoRA, 4-bit LoRA and all weights; two tasks to learn; three random seeds on one of them)',
    asked: 'what they learnt and seven other things, and read 200 plain texts',
    takes: 'two to three minutes on two cores; npm start -- --quick takes half a minute and shows less',
  },
  quick: {
    file: 'quick.yaml',
    folder: 'demo-quick.study',
    trainings: '3 trainings (LoRA, 4-bit LoRA and all weights; one task to learn, one random seed)',
    asked: 'what they learnt and two other things, and read 200 plain texts',
    takes: 'half a minute on two cores; npm start alone takes two to three minutes and shows more',
  },
}

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
const { file, folder, trainings, asked, takes } = STUDIES[values.quick ? 'quick' : 'whole']
const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const study = relative('', fileURLToPath(new URL(`../assets/demo/${file}`, import.meta.url)))

console.error(`How far do fine-tuned variants move from their base? The demo measures it on a base of a million parameters.

- made here: ${trainings}
- asked: base and variants answer ${asked}
- time: ${takes}
- stopped with Ctrl-C or killed, the same command goes on where it was${existsSync(folder) ? `; ${folder} is there, and is gone on with` : ''}

$ tunediff run ${study} -o ${folder}
`)

// In this process, so that what stops it stops the study.
process.argv = [process.argv[0], main, 'run', study, '-o', folder]
await import(main)

console.error(`
In ${folder}: finding.md as above, results.json with every number and the rows that it is made of, cells/ with the variants.
Next: tunediff diff BASE VARIANT... says the same of models of yours (here: node ${relative('', main)} diff --help).`)
if (values.quick) console.error('The whole demo: npm start')

if (existsSync(join(folder, 'results.json'))) {
  console.error('\nThe same as a page:')
  const { program } = await import(fileURLToPath(new URL('../dist/cli/program.js', import.meta.url)))
  const report = await program('report')
  await report.parseAsync(['report', folder, '-o', join(folder, 'report.html')], { from: 'user' })
}
