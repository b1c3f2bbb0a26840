// Attacks and fakes under every wall that this machine has, and attacks also where everything runs in one interpreter
// (which no fake is held against). All of them under `npm run soak`; under `npm test` a ninetieth, under the walls
// that test/attacks leaves out.
import { describeAttacks } from '../attacks/plan.ts'
import { type Attack, hostileTexts, readAttacks, readFakes } from '../attacks/programs.ts'
import { wallsHere } from '../attacks/walls.ts'
import { isSoak } from '../support/soak.ts'

const walls = isSoak ? wallsHere() : wallsHere().slice(1)

const part = (attacks: readonly Attack[], offset: number): readonly Attack[] =>
  isSoak ? attacks : attacks.filter((_, i) => i % 90 === offset % 90)

const attacks = [...readAttacks(), ...hostileTexts()]
const againstOne = attacks.filter(
  ({ kind, role, name }) => kind !== 'forge' && role === 'answer' && !name.startsWith('values/'),
)

walls.forEach((wall, i) => {
  describeAttacks('attacks', part(attacks, 3 * i), { wall, mode: 'two' })
  describeAttacks('fakes', part(readFakes(), 3 * i), { wall, mode: 'two' })
})
for (const wall of isSoak ? walls : (['none'] as const)) {
  describeAttacks('attacks', part(againstOne, 5), { wall, mode: 'single' })
}
