import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { injectionWindows } from '../../../src/guardrails/injection/injection.ts'
import { LinearModel } from '../../../src/guardrails/linear/linear-model.ts'
import { type InjectionRow, readInjectionRows, repositoryOf } from './injection-data.ts'
import {
  leaveOneSourceOut,
  logitAt,
  logitOf,
  prepareTraining,
  trainInjection,
  upperBound,
} from './injection-training.ts'

/** Shares of the harmless rows of sources not seen that may be flagged; that blocking may hit: none of them. */
const flagShare = 0.005

const root = resolve(import.meta.dirname, '../../..')
const folder = resolve(process.argv[2] ?? resolve(root, '../shared/safety'))
const rows = readInjectionRows(folder)
if (rows === undefined) {
  console.error(
    `There is no injection.dev.jsonl.gz in ${folder}. Give the folder of the data: npm run train:injection -- FOLDER`,
  )
  process.exit(1)
}

const training = prepareTraining(rows)
const logits = leaveOneSourceOut(rows, training)
const limits = { flag: logitAt(logits, flagShare), block: logitAt(logits, 0) }
console.log('Leave one source out: share of rows from the threshold on, by a model that has not seen their source.\n')
printTable(logits, limits)
for (const share of [0.001, 0.0025, 0.005, 0.01, 0.02]) {
  const limit = logitAt(logits, share)
  console.log(
    `false positives ${(100 * share).toFixed(2)} %: logit ${limit.toFixed(2)}, recall on core attacks ${recallAt(limit)}`,
  )
}
const bytes = trainInjection(training)
const model = LinearModel.load(bytes)
for (const [stage, windowing] of Object.entries(injectionWindows)) {
  const own = new Map(rows.map((row) => [row, logitOf(row.text, model, windowing)]))
  console.log(`\nShipped model on its own training sources, ${stage} windows:\n`)
  printTable(own, limits)
}
const target = resolve(root, 'src/guardrails/injection/weights.ts')
writeFileSync(target, moduleText(bytes))
console.log(`\n${target}: ${bytes.length} bytes of weights; flag from ${limits.flag}, block from ${limits.block}.`)

function recallAt(limit: number): string {
  const core = [...logits].filter(([row]) => row.label === 1 && row.tier === 'core')
  return (core.filter(([, logit]) => logit >= limit).length / core.length).toFixed(3)
}

function printTable(logits: ReadonlyMap<InjectionRow, number>, limits: { flag: number; block: number }): void {
  const groups = new Map<string, number[]>()
  for (const [row, logit] of logits) {
    const names = [
      `${repositoryOf(row)}, ${row.kind}`,
      row.label === 0 ? 'ALL HARMLESS' : `ALL ${row.tier.toUpperCase()} ATTACKS`,
    ]
    for (const name of names) groups.set(name, [...(groups.get(name) ?? []), logit])
  }
  const sorted = [...groups].sort(
    ([one], [other]) => Number(one.startsWith('ALL')) - Number(other.startsWith('ALL')) || (one < other ? -1 : 1),
  )
  console.log(`| ${'source, kind'.padEnd(62)} | rows | flagged | blocked | blocked at most (95 %) |`)
  console.log(`|${'-'.repeat(64)}|------|---------|---------|------------------------|`)
  for (const [name, of] of sorted) {
    const [flagged, blocked] = [limits.flag, limits.block].map(
      (limit) => of.filter((logit) => logit >= limit).length,
    ) as [number, number]
    const share = (hits: number): string => (hits / of.length).toFixed(4).padStart(7)
    const most = name === 'ALL HARMLESS' ? upperBound(blocked, of.length).toFixed(5) : ''
    console.log(
      `| ${name.padEnd(62)} | ${String(of.length).padStart(4)} | ${share(flagged)} | ${share(blocked)} | ${most.padEnd(22)} |`,
    )
  }
}

function moduleText(bytes: Uint8Array): string {
  return `/**
 * Made by npm run train:injection; do not edit. What it was trained on is in NOTICE and docs/guardrail-models.md.
 */

/** Logits from which a window is flagged and may be blocked: of the model and the rules together. */
export const injectionLogits = { flag: ${limits.flag}, block: ${limits.block} } as const

/** A linear model as \`LinearModel.load\` reads it, base64. */
export const injectionWeights =
  '${Buffer.from(bytes).toString('base64')}'
`
}
