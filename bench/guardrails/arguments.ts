import { parseArgs } from 'node:util'
import { type EvaluationKind, guardrailOf } from './truth.ts'
import { UsageError } from './usage-error.ts'

/** What was asked for. */
export interface Asked {
  readonly kind: EvaluationKind
  readonly files: readonly string[]
  readonly isJson: boolean
}

const kinds = Object.keys(guardrailOf).join('|')
const usage = `npm run eval:guardrails -- --kind ${kinds} [--json] FILE…`

/**
 * Reads the words of the command line.
 * @throws UsageError for anything that is not understood.
 */
export function readArguments(words: readonly string[]): Asked {
  const { values, positionals } = parsed(words)
  if (values.kind === undefined) throw new UsageError(`Say what to evaluate: ${usage}`)
  if (!isKind(values.kind)) throw new UsageError(`There is no kind ${values.kind}: ${usage}`)
  if (positionals.length === 0) throw new UsageError(`Name a file of the data (.jsonl or .jsonl.gz): ${usage}`)
  return { kind: values.kind, files: positionals, isJson: values.json === true }
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: { kind: { type: 'string' }, json: { type: 'boolean' } },
      allowPositionals: true,
    })
  } catch (error) {
    // The first sentence says what is wrong; the rest of it is about parseArgs.
    const problem = error instanceof Error ? (error.message.split(/[.\n] ?/)[0] ?? '') : String(error)
    throw new UsageError(`${problem}: ${usage}`)
  }
}

function isKind(word: string): word is EvaluationKind {
  return Object.hasOwn(guardrailOf, word)
}
