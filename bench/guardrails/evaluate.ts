import { resolve } from 'node:path'
import type { LocalDetector } from '../../src/guardrails/guardrail.ts'
import { guardrailTypes } from '../../src/guardrails/index.ts'
import { readArguments } from './arguments.ts'
import { evaluate } from './evaluation.ts'
import { judge } from './judge.ts'
import { printed } from './print-evaluation.ts'
import { readRows } from './rows.ts'
import { guardrailOf } from './truth.ts'
import { UsageError } from './usage-error.ts'

/** `npm run eval:guardrails`: how good a shipped guardrail is on files of the data's shape, at its shipped thresholds. */

try {
  const { kind, files, isJson } = readArguments(process.argv.slice(2))
  const folder = process.env['CALLED_FROM'] ?? '.'
  const rows = files.flatMap((file) => readRows(resolve(folder, file)))
  const evaluation = evaluate(kind, judge(detectorOf(guardrailOf[kind]), rows))
  process.stdout.write(isJson ? `${JSON.stringify(evaluation, null, 2)}\n` : printed(evaluation))
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}

function detectorOf(name: string): LocalDetector {
  const type = guardrailTypes.get(name)
  if (type === undefined || type.isRemote)
    throw new UsageError(`There is no guardrail of the type ${name} in this build.`)
  return type.create(type.settings.parse({}))
}
