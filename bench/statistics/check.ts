import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { UsageError } from '../guardrails/usage-error.ts'
import { checkVectors, type VectorFile, vectorFileSchema } from './check-vectors.ts'
import { vectorStatistics } from './vector-statistics.ts'

/** `npm run check:statistics -- FILE`: what does not come out as a file of vectors says. */

try {
  const [file, ...more] = process.argv.slice(2)
  if (file === undefined || more.length > 0) throw new UsageError('Use: npm run check:statistics -- FILE')
  report(read(resolve(process.env['CALLED_FROM'] ?? '.', file)))
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}

function report(file: VectorFile): void {
  const results = checkVectors(file)
  const missed = results.filter(({ misses }) => misses.length > 0)
  for (const { id, misses } of missed) for (const miss of misses) process.stdout.write(`${id}: ${miss}\n`)
  const unknown = [...new Set(results.map(({ stat }) => stat))].filter((stat) => !vectorStatistics.has(stat))
  if (unknown.length > 0) process.stdout.write(`Statistics that are not known: ${unknown.join(', ')}\n`)
  process.stdout.write(`${results.length - missed.length} passed, ${missed.length} failed\n`)
  if (missed.length > 0) process.exitCode = 1
}

function read(path: string): VectorFile {
  try {
    return vectorFileSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    // oxlint-disable-next-line preserve-caught-error -- who typed the command gets one sentence, not a chain of errors
    throw new UsageError(`${path} is no file of vectors: ${error instanceof Error ? error.message : String(error)}`)
  }
}
