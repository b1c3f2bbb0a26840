// Which modules an adapter's config means. Patterns are regular expressions from a file: they run in a separate
// context with a time limit, because some take for ever. The rules are those of PEFT 0.21 (get_pattern_key in
// utils/other.py, check_target_module_exists in tuners/tuners_utils.py).
import { runInNewContext } from 'node:vm'
import { UserError } from '../../util/errors.ts'
import { oneLine } from '../../util/text.ts'
import type { PeftConfig } from './config.ts'

const TIME_LIMIT_MS = 2000

/** For each module the first key of a pattern table that matches the end of its name; undefined where none does. */
export function patternKeys(
  keys: readonly string[],
  modules: readonly string[],
  where: string,
): (string | undefined)[] {
  const matched = firstMatches(
    keys.map((key) => `^(?:.*\\.)?(?:${key})$`),
    modules,
    where,
  )
  return matched.map((index) => keys[index])
}

/** For each module, why PEFT would not apply factors of it; undefined where it would. */
export function untargeted(
  config: PeftConfig,
  modules: readonly string[],
  where: string,
): (string | undefined)[] {
  const excluded = matchNames(config.exclude_modules ?? [], modules, where)
  const saved = (config.modules_to_save ?? []).map((name) => `^(?:|.*\\.)(?:${name})(?:$|\\..*)`)
  const isSaved = firstMatches(saved, modules, where)
  const target = config.target_modules
  const isAll = target === null || target === undefined || target === 'all-linear'
  const targeted = isAll ? modules.map(() => true) : matchNames(target, modules, where)
  const isList = isAll || Array.isArray(target)
  const layers = isList ? inLayers(config, modules, where) : modules.map(() => true)
  return modules.map((_, i) => {
    if (excluded[i]) return 'exclude_modules names its module, so peft does not apply it'
    if (isSaved[i]! >= 0) return 'modules_to_save names its module, so peft does not apply it'
    if (!targeted[i]) return 'target_modules does not name its module, so peft does not apply it'
    return layers[i] || target?.includes(modules[i]!)
      ? undefined
      : 'layers_to_transform leaves its layer out, so peft does not apply it'
  })
}

/** A string is a regular expression of the whole name; a list holds names, or what follows the last dots of names. */
function matchNames(
  wanted: string | readonly string[],
  modules: readonly string[],
  where: string,
): boolean[] {
  if (typeof wanted === 'string') {
    return firstMatches([`^(?:${wanted})$`], modules, where).map((index) => index >= 0)
  }
  const names = new Set(wanted)
  return modules.map((module) => endings(module).some((ending) => names.has(ending)))
}

/** `a.b.c`, `b.c`, `c`. */
export function endings(module: string): string[] {
  const parts = module.split('.')
  return parts.map((_, i) => parts.slice(i).join('.'))
}

/** Where layers are chosen by number: the first number in the module's name, behind layers_pattern if it is given. */
function inLayers(config: PeftConfig, modules: readonly string[], where: string): boolean[] {
  const { layers_to_transform: chosen, layers_pattern: pattern } = config
  if (chosen === null || chosen === undefined || (Array.isArray(chosen) && chosen.length === 0)) {
    return modules.map(() => true)
  }
  const numbers = new Set(Array.isArray(chosen) ? chosen : [chosen])
  const layers = typeof pattern === 'string' ? [pattern] : (pattern ?? [])
  const beforeNumber =
    layers.length === 0 ? ['^.*?\\.[^.]*'] : layers.map((name) => `^(?:|.*?\\.)(?:${name})`)
  // One pattern a layer number would not do: the first number in the name counts, not any.
  const firstNumber = runPatterns(
    beforeNumber.map((start) => `${start}\\.(\\d+)\\.`),
    modules,
    where,
  )
  return firstNumber.map((match) => match !== null && numbers.has(Number(match.number)))
}

function firstMatches(patterns: readonly string[], texts: readonly string[], where: string): number[] {
  return runPatterns(patterns, texts, where).map((match) => match?.index ?? -1)
}

interface Match {
  index: number
  /** The last group, where the pattern has one. */
  number: string | null
}

// The patterns and texts go in and the matches come out as JSON, so that nothing of this context is in reach.
const SCRIPT = `const expressions = JSON.parse(patterns).map((pattern) => new RegExp(pattern))
JSON.stringify(JSON.parse(texts).map((text) => {
  for (let index = 0; index < expressions.length; index++) {
    const match = expressions[index].exec(text)
    if (match) return { index, number: match.at(-1) ?? null }
  }
  return null
}))`

function runPatterns(patterns: readonly string[], texts: readonly string[], where: string): (Match | null)[] {
  if (patterns.length === 0 || texts.length === 0) return texts.map(() => null)
  const context = { patterns: JSON.stringify(patterns.map(fromPython)), texts: JSON.stringify(texts) }
  try {
    return JSON.parse(
      runInNewContext(SCRIPT, context, { timeout: TIME_LIMIT_MS }) as string,
    ) as (Match | null)[]
  } catch (error) {
    const isTooSlow = (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
    const why = isTooSlow
      ? `takes more than ${TIME_LIMIT_MS / 1000} s`
      : `is not valid: ${(error as Error).message}`
    throw new UserError(`${where}: a pattern of module names ${oneLine(why, 200)}`, {
      hint: 'write the names of the modules instead of a regular expression',
      cause: error,
    })
  }
}

/** Python writes named groups and ends of text in its own way. */
function fromPython(pattern: string): string {
  return pattern.replaceAll('(?P<', '(?<').replaceAll('\\Z', '$')
}
