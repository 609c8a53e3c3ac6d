/**
 * Trains the model of the toxicity guardrail and writes src/guardrails/toxicity/weights.ts.
 *
 *   npm run train:toxicity -- [<folder of toxic.dev.jsonl.gz and injection.dev.jsonl.gz>]
 *
 * The folder is ../shared/safety unless given. The same data gives the same bytes. The thresholds come from scores of
 * texts whose source was left out of the training; the table shows what such scores find.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { LinearModel } from '../../src/guardrails/linear/linear-model.ts'
import { normalise } from '../../src/guardrails/linear/normalise.ts'
import { toxicWindowing } from '../../src/guardrails/toxicity/toxic-model.ts'
import { windowScanner } from '../../src/guardrails/window-scanner.ts'
import { type HashedRows, hashRows, trainHashed } from './training/train-linear.ts'

const log2Buckets = 15
const options = { log2Buckets, c: 10, passes: 40 }
/** Parts of the harmless prompts that may reach the thresholds. */
const allowed = { flag: 0.0025, block: 0.0005 }

interface Row {
  readonly text: string
  readonly label: 0 | 1
  readonly source: string
  readonly kind: string
}

/** A row, and which of the training texts are its windows. */
interface WindowedRow extends Row {
  readonly first: number
  readonly last: number
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = resolve(process.argv[2] ?? join(root, '..', 'shared', 'safety'))

function readRows(name: string): Row[] {
  const path = join(folder, name)
  if (!existsSync(path)) {
    console.error(`The training data is not there: ${path}. Give its folder as an argument.`)
    process.exit(1)
  }
  const lines = gunzipSync(readFileSync(path)).toString('utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Row)
}

/** The repository a row comes from: its source without files and versions. */
const repositoryOf = (row: Row): string => row.source.split(/[ :@]/)[0] ?? row.source
const isPrompt = (row: Row): boolean => row.kind === 'benign-llm-prompt'

function gatherRows(): Row[] {
  const harmless = readRows('injection.dev.jsonl.gz').filter((row) => row.label === 0)
  const all = [...readRows('toxic.dev.jsonl.gz'), ...harmless.map((row) => ({ ...row, kind: 'benign-llm-prompt' }))]
  const known = new Set<string>()
  return all.filter(({ text }) => known.size < known.add(text).size)
}

/** Cuts rows as the guardrail does. */
function cutIntoWindows(rows: readonly Row[]): { rows: WindowedRow[]; texts: { text: string; label: 0 | 1 }[] } {
  const texts: { text: string; label: 0 | 1 }[] = []
  const windowed = rows.map((row) => {
    const first = texts.length
    const scanner = windowScanner((text) => {
      texts.push({ text: normalise(text), label: row.label })
      return []
    }, toxicWindowing)
    scanner.push(row.text, [])
    scanner.end([])
    return { ...row, first, last: texts.length }
  })
  return { rows: windowed, texts }
}

function modelWithout(hashed: HashedRows, rows: readonly WindowedRow[], leftOut: string | null): Uint8Array {
  const use = rows.flatMap((row) =>
    repositoryOf(row) === leftOut ? [] : Array.from({ length: row.last - row.first }, (_, index) => row.first + index),
  )
  const { weights, bias } = trainHashed(hashed, options, Uint32Array.from(use))
  return LinearModel.bytes(weights, bias)
}

/** The highest score of each row's windows, by a model that has not seen the row's source. */
function scoreUnseen(hashed: HashedRows, rows: readonly WindowedRow[], texts: readonly { text: string }[]): number[] {
  const scores = rows.map(() => -Infinity)
  for (const repository of new Set(rows.map(repositoryOf))) {
    console.log(`without ${repository}`)
    const model = LinearModel.load(modelWithout(hashed, rows, repository))
    for (const [index, row] of rows.entries()) {
      if (repositoryOf(row) !== repository) continue
      for (const { text } of texts.slice(row.first, row.last))
        scores[index] = Math.max(scores[index] ?? -Infinity, model.score(text))
    }
  }
  return scores
}

/** The score that at most this part of the harmless prompts is above. */
function thresholdFor(part: number, rows: readonly Row[], scores: readonly number[]): number {
  const harmless = scores.filter((_, index) => rows[index] !== undefined && isPrompt(rows[index]))
  const sorted = harmless.toSorted((one, other) => other - one)
  return Math.ceil((sorted[Math.floor(part * sorted.length)] ?? 0) * 1000) / 1000 + 0.001
}

function printTable(rows: readonly Row[], scores: readonly number[], logits: Readonly<Record<string, number>>): void {
  const groups = new Map<string, number[]>()
  for (const [index, row] of rows.entries()) {
    const name = `${repositoryOf(row)} ${isPrompt(row) ? 'prompts' : row.label === 1 ? 'toxic' : 'neutral'}`
    groups.set(name, [...(groups.get(name) ?? []), scores[index] ?? -Infinity])
  }
  console.log('| source left out | texts |', Object.keys(logits).join(' | '), '|')
  for (const [name, all] of [...groups].toSorted(([one], [other]) => one.localeCompare(other))) {
    const shares = Object.values(logits).map((logit) => all.filter((score) => score >= logit).length / all.length)
    console.log('|', name, '|', all.length, '|', shares.map((share) => share.toFixed(4)).join(' | '), '|')
  }
}

const { rows, texts } = cutIntoWindows(gatherRows())
console.log(`${rows.length} texts, ${texts.length} windows`)
const hashed = hashRows(texts, log2Buckets)
const scores = scoreUnseen(hashed, rows, texts)
const logits = { flag: thresholdFor(allowed.flag, rows, scores), block: thresholdFor(allowed.block, rows, scores) }
printTable(rows, scores, logits)

const weights = Buffer.from(modelWithout(hashed, rows, null)).toString('base64')
writeFileSync(
  join(root, 'src', 'guardrails', 'toxicity', 'weights.ts'),
  `// Written by \`npm run train:toxicity\`; see the model card in docs for what it was trained on.

/** Logits that few harmless prompts of unseen sources reach. */
export const toxicLogits = { flag: ${logits.flag.toFixed(3)}, block: ${logits.block.toFixed(3)} } as const

/** A \`LinearModel\` as base64. */
export const toxicWeights =
  '${weights}'
`,
)
