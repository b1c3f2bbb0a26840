// Answers that do not solve their problem and try to be judged pass all the same.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Judge } from '../../src/schema/judge.ts'
import { describeAttacks, openSmallSandbox } from './plan.ts'
import { PROBLEMS, problemNamed } from './problems.ts'
import { assemble, readAttacks, readFakes } from './programs.ts'
import { wallsHere } from './walls.ts'

const fakes = readFakes()

it('there are at least 24 fakes', () => {
  expect(fakes.length).toBeGreaterThanOrEqual(24)
})

describe('the problems of the fakes', () => {
  let judge: Judge
  beforeAll(async () => {
    judge = await openSmallSandbox('none', 'two')
  })
  afterAll(() => judge[Symbol.asyncDispose]())

  it.each([...PROBLEMS.values()].map((problem) => [problem.id, problem] as const))(
    '%s can be solved',
    async (_, problem) => {
      expect(await judge.judge(problem.good, problem)).toMatchObject({ class: 'pass' })
    },
  )
  it.each([...PROBLEMS.values()].map((problem) => [problem.id, problem] as const))(
    '%s can be failed',
    async (_, problem) => {
      const nothing = `def ${problem.entryPoint}(*args):\n    return None\n`
      expect((await judge.judge(nothing, problem)).class).not.toBe('pass')
    },
  )
})

// Where everything runs in one interpreter some fakes do pass: they are real, and the second interpreter is what stops them.
describe('judging in one interpreter', () => {
  let judge: Judge
  beforeAll(async () => {
    judge = await openSmallSandbox('none', 'single')
  })
  afterAll(() => judge[Symbol.asyncDispose]())

  const passesThere = [
    'always_equal_list',
    'stop_iteration',
    'altered_argument_list',
    'redefined_helper',
    'hunt_for_expected_values',
  ]
  it.each(passesThere)('is taken in by %s', async (name) => {
    const { program, problem } = assemble(fakes.find((fake) => fake.name === name)!, {})
    expect(await judge.judge(program, problem)).toMatchObject({ class: 'pass' })
  })
  it('is taken in by an integer that lies', async () => {
    const { program } = assemble(
      readAttacks().find((attack) => attack.name === 'forge/integer_that_lies')!,
      {},
    )
    expect(await judge.judge(program, problemNamed('add_one'))).toMatchObject({ class: 'pass' })
  })
})

describeAttacks('fakes', fakes, { wall: wallsHere()[0]!, mode: 'two' })
