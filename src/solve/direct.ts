// The plain solver: one prompt, one answer, kept as it came.
import type { ChatMessage } from '../schema/engine.ts'
import type { Question, Solver, SolverContext } from './solver.ts'

export const direct: Solver = {
  name: 'direct',
  async solve(questions, context) {
    const choices = questions.filter(({ problem }) => 'choices' in problem)
    const texts = questions.filter(({ problem }) => !('choices' in problem))
    await answerTexts(texts, context)
    await choose(choices, context)
  },
}

/** What a user says to have a function completed. In the fingerprint by its hash. */
export const CODE_MESSAGE =
  'Complete this Python function. Answer with the whole function in one fenced code block.'

async function answerTexts(questions: readonly Question[], context: SolverContext): Promise<void> {
  const { asker, asking, seedOf, onSolved } = context
  const requests = []
  for (const question of questions) {
    requests.push({
      sample: question.id,
      ...(await promptOf(question, context)),
      ...asking,
      seed: seedOf(question),
    })
  }
  await asker.answer(requests, (i, answer) =>
    onSolved(questions[i]!, 'refused' in answer ? { raw: '', error: answer.refused } : { raw: answer.text }),
  )
}

async function choose(questions: readonly Question[], context: SolverContext): Promise<void> {
  const requests = []
  for (const { id, problem } of questions) {
    const prompt = await promptOf({ id, problem, repeat: 0 }, context)
    const { choices } = problem as { choices: readonly string[] }
    // A template ends where the answer begins: nothing parts them (as in lm-eval).
    const { task } = context
    const parted = task.kind === 'choice' ? task.delimiter.length : 0
    const behind = prompt.isRendered ? choices.map((choice) => choice.slice(parted)) : choices
    requests.push({ sample: id, ...prompt, choices: behind })
  }
  await context.asker.scoreChoices(requests, (i, answer) => {
    const question = questions[i]!
    if ('refused' in answer) return context.onSolved(question, { raw: '', error: answer.refused })
    const { choices } = question.problem as { choices: readonly string[] }
    const best = answer.scores.reduce(
      (top, { logProb }, c) => (logProb > answer.scores[top]!.logProb ? c : top),
      0,
    )
    return context.onSolved(question, { raw: choices[best]!, choices: answer.scores })
  })
}

async function promptOf(
  { problem }: Question,
  { asker, isChat, task }: SolverContext,
): Promise<{ prompt: string; isRendered: boolean }> {
  if (!isChat) return { prompt: problem.prompt, isRendered: false }
  const content =
    'entryPoint' in problem
      ? `${CODE_MESSAGE}\n\n\`\`\`python\n${problem.prompt.trimEnd()}\n\`\`\``
      : problem.prompt
  const messages: ChatMessage[] = [{ role: 'user', content }]
  if (task.system !== undefined) messages.unshift({ role: 'system', content: task.system })
  return { prompt: await asker.renderChat(messages), isRendered: true }
}
