import { Fault } from '../../core/fault.ts'

/** What one mock model does, read from its name. */
export type Behaviour =
  | {
      readonly kind:
        | 'echo'
        | 'json'
        | 'judge'
        | 'tool'
        | 'reasoning'
        | 'cut'
        | 'error-midstream'
        | '429'
        | '500'
        | 'timeout'
    }
  | { readonly kind: 'slow'; readonly pauseMs: number }
  | { readonly kind: 'flaky'; readonly percent: number }
  | { readonly kind: 'tokens'; readonly count: number }

export interface MockModel {
  /** After the prefix `mock/`. */
  readonly name: string
  readonly does: string
}

/** The mock models, as they are listed; those with a number in the name stand for a family. */
export const mockModels: readonly MockModel[] = [
  { name: 'echo', does: 'answers with the last user message' },
  { name: 'json', does: 'answers with JSON, an instance of the schema when response_format has one' },
  { name: 'judge', does: 'gives a judge its score: the share of the criterion’s words that the answer has' },
  { name: 'tool', does: 'calls the first or the chosen tool, and answers in text after its result' },
  { name: 'reasoning', does: 'thinks in reasoning_content, then answers' },
  { name: 'slow', does: 'pauses 100 ms before every piece; slow-<ms> chooses the pause' },
  { name: 'tokens-100', does: 'answers with tokens-<n> tokens, one chunk each' },
  { name: 'flaky-30', does: 'fails flaky-<percent> of its calls; a retry may succeed' },
  { name: '429', does: 'limits the rate, retry-after 1 second' },
  { name: '500', does: 'fails' },
  { name: 'timeout', does: 'never answers' },
  { name: 'cut', does: 'breaks off in the middle' },
  { name: 'error-midstream', does: 'reports an error in the middle' },
]

const defaultPauseMs = 100
const longestPauseMs = 600_000
const mostTokens = 100_000
const plain: ReadonlySet<string> = new Set([
  'echo',
  'json',
  'judge',
  'tool',
  'reasoning',
  'cut',
  'error-midstream',
  '429',
  '500',
  'timeout',
])

/**
 * Reads a mock model's name, without its prefix.
 * @throws Fault `upstream_rejected` (404, `model_not_found`) that lists the names there are.
 */
export function readBehaviour(name: string): Behaviour {
  if (plain.has(name)) return { kind: name } as Behaviour
  if (name === 'slow') return { kind: 'slow', pauseMs: defaultPauseMs }
  const [, family, digits] = /^(slow|flaky|tokens)-(\d{1,9})$/.exec(name) ?? []
  const number = Number(digits)
  if (family === 'slow' && number <= longestPauseMs) return { kind: 'slow', pauseMs: number }
  if (family === 'flaky' && number <= 100) return { kind: 'flaky', percent: number }
  if (family === 'tokens' && number <= mostTokens) return { kind: 'tokens', count: number }
  const names = mockModels.map((model) => `mock/${model.name}`).join(', ')
  const bounds = `slow-<ms> up to ${longestPauseMs}, flaky-<percent> up to 100, tokens-<n> up to ${mostTokens}`
  throw new Fault('upstream_rejected', `There is no model \`mock/${name}\`. Mock models: ${names} (${bounds}).`, {
    status: 404,
    upstreamStatus: 404,
    param: 'model',
    code: 'model_not_found',
  })
}
