import { parseArgs } from 'node:util'
import { experimentBodySchema } from '../src/contract/experiment-body.ts'
import { type Subject, assign } from '../src/experiments/assign.ts'
import { digestOfUnit } from '../src/experiments/bucket.ts'
import { type RunningExperiment, compileExperiment } from '../src/experiments/running-experiment.ts'
import { buildUnitFilter } from '../src/experiments/unit-filter.ts'

/**
 * What choosing a variant costs a request: the look-up of the prompt's experiments and `assign`, nanoseconds. Each figure is the
 * median of passes over units that differ; the bar is 3,000 ns for one experiment.
 *
 *     node --import tsx bench/assignment.ts [--passes 41]
 */
const { values } = parseArgs({ options: { passes: { type: 'string', default: '41' } } })
const passes = Number(values.passes)
const perPass = 20_000

const subjects: readonly Subject[] = Array.from({ length: perPass }, (_, number) => ({
  tenantId: 'default',
  unit: `user-${number}`,
  requestId: `request-${number}`,
  attribute: (name) => (name === 'locale' ? 'de-AT' : undefined),
  header: () => undefined,
}))

function experiment(slug: string, body: object, remembered = false): RunningExperiment {
  const weights = { control: 1, warmer: 1 }
  const filter = buildUnitFilter(1_000_000)
  for (const { unit } of subjects) filter.add(digestOfUnit('default', `elsewhere-${unit}`))
  const first = { number: 1, startedAt: 0, weights, units: remembered ? filter.toBase64() : null }
  return compileExperiment({
    tenantId: 'default',
    slug,
    kind: 'experiment',
    body: experimentBodySchema.parse({
      prompt: 'greet',
      variants: [{ name: 'control' }, { name: 'warmer', version: 2 }],
      ...body,
    }),
    seed: slug,
    startedAt: 0,
    phases: remembered ? [first, { ...first, number: 2, units: null }] : [first],
  })
}

const targeting = { attribute: 'language', equals: 'de' }
const third = (from: number): object => ({ namespace: { name: 'tone', from, to: from + 0.33 } })
const cases: Readonly<Record<string, readonly RunningExperiment[]>> = {
  'no experiment': [],
  'one experiment': [experiment('one', {})],
  'one with half of the traffic': [experiment('half', { traffic: 0.5 })],
  'one with targeting, traffic, holdout': [experiment('most', { targeting, traffic: 0.5, holdout: 0.05 })],
  'one with a split that changed, a million units': [experiment('changed', {}, true)],
  'three in a namespace': [experiment('a', third(0)), experiment('b', third(0.33)), experiment('c', third(0.66))],
  'one as GrowthBook has it': [experiment('theirs', { hashing: { scheme: 'growthbook', seed: 'tone' } })],
  'one as Unleash has it': [experiment('theirs', { hashing: { scheme: 'unleash', group_id: 'tone' } })],
}

function pass(map: ReadonlyMap<string, readonly RunningExperiment[]>): number {
  let taken = 0
  const startedAt = process.hrtime.bigint()
  for (const subject of subjects) {
    const list = map.get('default/greet')
    if (list !== undefined && assign(list, subject) !== null) taken += 1
  }
  const ns = Number(process.hrtime.bigint() - startedAt) / perPass
  // Nothing may be left out as being without effect.
  if (taken > perPass) throw new Error('More were assigned than there are.')
  return ns
}

for (const [name, list] of Object.entries(cases)) {
  const map = new Map(list.length === 0 ? [] : [['default/greet', list]])
  const figures = Array.from({ length: passes }, () => pass(map)).sort((left, right) => left - right)
  const at = (share: number): string => (figures[Math.floor(share * (passes - 1))] ?? 0).toFixed(0)
  console.log(`${name.padEnd(48)} median ${at(0.5).padStart(6)} ns   quickest ${at(0).padStart(6)} ns`)
}
