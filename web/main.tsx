// The page of a report: reads the summary that is in it, and shows one view at a time.
import { render } from 'preact'
import { printable } from '../src/util/text.ts'
import { App } from './app.tsx'
import { openSource } from './source.ts'
import './theme.css'
import './layout.css'

const root = document.getElementById('app')!

function failed(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error)
  render(
    <main>
      <h1>This report cannot be read</h1>
      <p class="prose">{message}</p>
    </main>,
    root,
  )
}

openSource().then((source) => {
  document.title = printable(source.report.title)
  render(<App source={source} />, root)
}, failed)
