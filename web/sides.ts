// The sides of a study as they look everywhere: a colour and a symbol each, by their place in the study file.

import type { StudyReport } from '../src/schema/report.ts'
import type { Instance } from '../src/schema/results.ts'
import { shownName } from '../src/schema/sideNames.ts'

/** Colours stand in theme.css, in two tones. More sides than colours begin again, with the next symbol. */
const COLOURS = 8
const SYMBOLS = ['circle', 'square', 'triangle', 'diamond', 'star', 'cross'] as const

export interface Look {
  /** A CSS colour. */
  colour: string
  /** A symbol of Observable Plot. */
  symbol: (typeof SYMBOLS)[number]
}

export function lookOf(study: StudyReport, side: string): Look {
  const place = study.results.asked.sides.findIndex(({ name }) => name === side)
  if (place <= 0) return { colour: 'var(--base)', symbol: 'circle' }
  const variant = place - 1
  return {
    colour: `var(--side-${(variant % COLOURS) + 1})`,
    symbol: SYMBOLS[variant % SYMBOLS.length]!,
  }
}

export const baseName = (study: StudyReport): string => study.results.asked.sides[0]!.name

/** `lora (seed 2)`; all trainings of a side by its name. */
export const nameOf = (study: StudyReport, instance: Instance): string =>
  instance.seed === null ? instance.side : shownName(study.results.asked.sides, instance)

export const isSame = (one: Instance, other: Instance): boolean =>
  one.side === other.side && one.seed === other.seed
