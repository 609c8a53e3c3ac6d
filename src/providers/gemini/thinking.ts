import type { JsonValue } from '../../core/json.ts'
import { bareModel } from './model-family.ts'
import { invalid, type Unsupported } from './unsupported.ts'

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const
type Effort = (typeof efforts)[number]

/** How the models of one family are told how much to think. The first row that fits counts. */
interface ThinkingRow {
  readonly models: RegExp
  /** Tokens, or one of Gemini's levels, by effort from `none` to `max`; null: they do not think. */
  readonly amounts: readonly (number | string)[] | null
  /** `none` is honoured. */
  readonly canBeOff: boolean
}

const allLevels = ['minimal', 'minimal', 'low', 'medium', 'high', 'high', 'high']
const fromLow = ['low', 'low', 'low', 'medium', 'high', 'high', 'high']
const lowOrHigh = ['low', 'low', 'low', 'high', 'high', 'high', 'high']

/**
 * Budgets of low, medium and high are those of Google's own OpenAI-compatible endpoint; Pro thinks at least 128 tokens and
 * at most 32768, the others at most 24576. Levels: 3 Pro knows two, Pro knows no `minimal`, Flash from 3.7 on neither.
 */
const rows: readonly ThinkingRow[] = [
  { models: /^gemma|^gemini-(1|2\.0|pro(-vision)?$)|-image|-tts|embedding/, amounts: null, canBeOff: false },
  { models: /^gemini-2\.5-pro/, amounts: [128, 1024, 1024, 8192, 24_576, 32_768, 32_768], canBeOff: false },
  { models: /^gemini-2\.5/, amounts: [0, 1024, 1024, 8192, 24_576, 24_576, 24_576], canBeOff: true },
  { models: /^gemini-3-pro/, amounts: lowOrHigh, canBeOff: false },
  { models: /^gemini-3(\.[0-6])?-flash/, amounts: allLevels, canBeOff: false },
  { models: /gemini/, amounts: fromLow, canBeOff: false },
]

/**
 * Gemini's `thinkingConfig` for OpenAI's `reasoning_effort`, with the thoughts to read unless there are to be none. Models
 * that cannot stop thinking are asked for the least they know, which is noted.
 * @returns undefined when the effort is not set, or the model does not think (which is noted).
 */
export function thinkingConfig(
  effort: JsonValue | undefined,
  model: string,
  unsupported: Unsupported,
): Record<string, unknown> | undefined {
  if (effort === undefined || effort === null) return undefined
  const position = efforts.indexOf(effort as Effort)
  if (position === -1) throw invalid('reasoning_effort', `must be one of ${efforts.join(', ')}.`)
  const name = bareModel(model).toLowerCase()
  const row = rows.find(({ models }) => models.test(name))
  const amount = row?.amounts?.[position]
  if (row === undefined || amount === undefined) {
    if (effort !== 'none') unsupported.note('reasoning_effort', 'was dropped, this model does not think')
    return undefined
  }
  if (effort === 'none' && !row.canBeOff)
    unsupported.note('reasoning_effort', `none became ${amount}, the least this model can think`)
  const includeThoughts = effort === 'none' ? {} : { includeThoughts: true }
  return typeof amount === 'number'
    ? { thinkingBudget: amount, ...includeThoughts }
    : { thinkingLevel: amount, ...includeThoughts }
}
