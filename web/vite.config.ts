// One HTML file with the page's script and style in it. Its policy names the script by its hash, so no other script runs, and
// allows no request.
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'
import { viteSingleFile } from 'vite-plugin-singlefile'

const SCRIPT = /<script type="module"[^>]*>([\s\S]*?)<\/script>/

/** After the script is inlined: it goes behind the place of its root, and its hash into the policy. */
const policyOfScript: Plugin = {
  name: 'policy-of-script',
  enforce: 'post',
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'asset' || !file.fileName.endsWith('.html')) continue
        const html = String(file.source)
        const script = SCRIPT.exec(html)?.[1]
        if (!script) throw new Error('the page has no script in it')
        const hash = createHash('sha256').update(script).digest('base64')
        file.source = html.replace("'sha256-script'", () => `'sha256-${hash}'`)
      }
    },
  },
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [viteSingleFile({ removeViteModuleLoader: true }), policyOfScript],
  build: {
    outDir: '../dist/report',
    emptyOutDir: false,
    target: 'es2022',
    rolldownOptions: { input: fileURLToPath(new URL('page.html', import.meta.url)) },
  },
  logLevel: 'warn',
})
