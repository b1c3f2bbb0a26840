// Small parts that several views have: what is not there with the command that measures it, a choice, a wait.
import type { ComponentChildren } from 'preact'
import type { Loaded } from '../context.ts'

/** Nothing to show, in a sentence, and what would measure it. */
export function Absent({ children, command }: { children: ComponentChildren; command?: string }) {
  return (
    <div class="absent">
      {children}
      {command && <code>{command}</code>}
    </div>
  )
}

interface ChoiceProps {
  label: string
  value: string
  options: readonly { value: string; text: string }[]
  onChange: (value: string) => void
}

/** One of several; nothing where there is nothing to choose. */
export function Choice({ label, value, options, onChange }: ChoiceProps) {
  if (options.length < 2) return null
  return (
    <label class="choice">
      {label}
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
    </label>
  )
}

/** What was read; until then, and where it cannot be, a sentence. */
export function Wait<T>({
  loaded,
  children,
}: {
  loaded: Loaded<T>
  children: (value: T) => ComponentChildren
}) {
  switch (loaded.state) {
    case 'loading':
      return (
        <p class="soft" aria-live="polite">
          Reading
        </p>
      )
    case 'failed':
      return <Absent>{loaded.message}</Absent>
    case 'done':
      return <>{children(loaded.value)}</>
  }
}

export function ViewHead({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <header class="view-head">
      <h1>{title}</h1>
      {children && <p class="lead">{children}</p>}
    </header>
  )
}
