import { UsageError } from '../guardrails/usage-error.ts'
import { type SimulationResult, simulate, simulations } from './simulations.ts'

/** `npm run simulate:experiments`: how often the verdict is wrong, and how often it finds what is there. */

interface Asked {
  readonly runs: number
  readonly scenario: string | null
}

const usualRuns = 10_000
const quickRuns = 500

try {
  const { runs, scenario } = read(process.argv.slice(2))
  const chosen = simulations.filter(({ name }) => scenario === null || name.includes(scenario))
  if (chosen.length === 0)
    throw new UsageError(
      `No scenario is named like '${scenario}'. Use one of: ${simulations.map(({ name }) => name).join('; ')}`,
    )
  const results: SimulationResult[] = []
  for (const simulation of chosen) {
    const result = simulate(simulation, runs)
    results.push(result)
    for (const { what, measured, bar, holds } of result.figures) {
      process.stdout.write(`${holds ? 'holds' : 'MISSED'}  ${result.name}: ${what} ${measured.toFixed(4)} (${bar})\n`)
    }
  }
  const missed = results.flatMap(({ figures }) => figures.filter(({ holds }) => !holds)).length
  process.stdout.write(`${runs} runs of each; ${missed === 0 ? 'every bar holds' : `${missed} bars missed`}\n`)
  if (missed > 0) process.exitCode = 1
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}

function read(words: readonly string[]): Asked {
  let asked: Asked = { runs: usualRuns, scenario: null }
  for (let at = 0; at < words.length; at++) {
    const word = words[at]
    if (word === '--quick') asked = { ...asked, runs: quickRuns }
    else if (word === '--runs') asked = { ...asked, runs: runsOf(words[++at]) }
    else if (word === '--scenario') asked = { ...asked, scenario: words[++at] ?? null }
    else throw new UsageError('Use: npm run simulate:experiments -- [--runs NUMBER] [--quick] [--scenario NAME]')
  }
  return asked
}

function runsOf(text: string | undefined): number {
  const runs = Number(text)
  if (Number.isInteger(runs) && runs >= 100 && runs <= 1_000_000) return runs
  throw new UsageError('`--runs` must be a whole number from 100 to 1000000.')
}
