// One HTML file with the page's script and style in it. Its policy names the script by its hash, so no other script runs, and
// allows no request. The licences of what is bundled stand in it.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'
import { viteSingleFile } from 'vite-plugin-singlefile'

const SCRIPT = /<script type="module"[^>]*>([\s\S]*?)<\/script>/
const PACKAGE = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//

/** Goes over the finished page, after script and style were inlined. */
const finishPage: Plugin = {
  name: 'finish-page',
  enforce: 'post',
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      const licences = licencesOf([...this.getModuleIds()])
      for (const file of Object.values(bundle)) {
        if (file.type !== 'asset' || !file.fileName.endsWith('.html')) continue
        const html = String(file.source)
        const script = SCRIPT.exec(html)?.[1]
        if (!script) throw new Error('the page has no script in it')
        const hash = createHash('sha256').update(script).digest('base64')
        file.source = html
          .replace("'sha256-script'", () => `'sha256-${hash}'`)
          .replace('</head>', () => `<!--\n${licences}\n-->\n  </head>`)
      }
    },
  },
}

/** Packages with one text stand together: their names and copyrights, then the text. */
function licencesOf(modules: readonly string[]): string {
  const folders = new Set(modules.flatMap((id) => PACKAGE.exec(id.replaceAll('\\', '/'))?.[0] ?? []))
  const byText = new Map<string, string[]>()
  for (const folder of [...folders].sort()) {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
    if (!file) throw new Error(`${name} has no licence file`)
    const lines = readFileSync(join(folder, file), 'utf8').replaceAll('--', '- -').trim().split('\n')
    const isCopyright = (line: string): boolean => /^copyright/i.test(line.trim())
    const text = lines
      .filter((line) => !isCopyright(line))
      .join('\n')
      .trim()
    const copyright = lines
      .filter(isCopyright)
      .map((line) => line.trim())
      .join('; ')
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version}: ${copyright}`])
  }
  return [...byText].map(([text, names]) => `${names.join('\n')}\n\n${text}`).join('\n\n')
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [viteSingleFile({ removeViteModuleLoader: true }), finishPage],
  build: {
    outDir: '../dist/report',
    emptyOutDir: false,
    target: 'es2022',
    rolldownOptions: { input: fileURLToPath(new URL('page.html', import.meta.url)) },
  },
  logLevel: 'warn',
})
