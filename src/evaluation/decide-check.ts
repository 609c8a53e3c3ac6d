import type { Check } from '../contract/test-case.ts'
import type { CheckResult } from '../contract/test-run.ts'
import type { JsonObject } from '../core/json.ts'
import { isNestedDeeper } from '../core/nesting.ts'
import { schemaCheck } from '../prompts/schema-check.ts'
import { maxPatternInput, namePattern } from '../prompts/schema-compiler.ts'
import { longestCheckedText } from '../prompts/validate-output.ts'
import { jsonOfAnswer } from './json-answer.ts'
import { line, quote } from './quote.ts'

/** An answer as far as checks look at it. */
export interface JudgedAnswer {
  readonly text: string
  /** US dollars; null: the price is unknown. */
  readonly costUsd: number | null
  readonly durationMs: number
}

/** A check that the answer alone decides. */
export type PlainCheck = Exclude<Check, { type: 'llm_judge' | 'webhook' }>

type Finding = { readonly passed: boolean; readonly detail: string }

/** Decides one check. Pure; never throws: a check that cannot be decided has failed, and says why. */
export function decideCheck(check: PlainCheck, answer: JudgedAnswer): CheckResult {
  return resultOf(check.type, finding(check, answer))
}

/** The detail begins with the check's type, so that it can stand alone. */
export function resultOf(type: Check['type'], { passed, detail }: Finding): CheckResult {
  return { type, passed, detail: `${type}: ${line(detail)}` }
}

function finding(check: PlainCheck, answer: JudgedAnswer): Finding {
  const { text } = answer
  switch (check.type) {
    case 'contains':
      return said(text.includes(check.value), ['contains', 'does not contain'], quote(check.value))
    case 'not_contains':
      return said(!text.includes(check.value), ['does not contain', 'contains'], quote(check.value))
    case 'equals':
      return said(text.trim() === check.value.trim(), ['is', 'is not'], quote(check.value.trim()))
    case 'regex':
      return matches(check.value, text)
    case 'json_schema':
      return meetsSchema(check.value, text)
    case 'max_length':
      return within(characters(text), check.value, (count) => `has ${count} characters`)
    case 'max_cost_usd':
      if (answer.costUsd === null) {
        return {
          passed: false,
          detail:
            'what the answer cost is unknown, because the price of its model is. PUT /admin/v1/models/{id} sets one',
        }
      }
      return within(answer.costUsd, check.value, (usd) => `cost ${amount(usd)} US dollars`)
    case 'max_latency_ms':
      return within(Math.round(answer.durationMs), check.value, (ms) => `took ${ms} ms`)
  }
}

function said(passed: boolean, [yes, no]: readonly [string, string], object: string): Finding {
  return { passed, detail: `the answer ${passed ? yes : no} ${object}` }
}

function matches(pattern: string, text: string): Finding {
  if (text.length > maxPatternInput) {
    return {
      passed: false,
      detail: `the answer has more than ${maxPatternInput} characters, too many to be matched against a pattern`,
    }
  }
  try {
    return said(namePattern(pattern)(text), ['matches', 'does not match'], quote(pattern))
  } catch (error) {
    return { passed: false, detail: `cannot be used: ${messageOf(error)}` }
  }
}

function meetsSchema(schema: JsonObject, text: string): Finding {
  if (text.length > longestCheckedText) {
    return {
      passed: false,
      detail: `the answer has more than ${longestCheckedText} characters, too many to be checked`,
    }
  }
  const json = jsonOfAnswer(text)
  if (json === null) return { passed: false, detail: 'the answer is no JSON' }
  if (isNestedDeeper(json.value)) return { passed: false, detail: 'the answer is nested too deeply to be checked' }
  try {
    // Defaults of the schema are no part of the answer: whoever reads it does not get them.
    const [problem] = schemaCheck(schema, { fillsDefaults: false })(json.value)
    if (problem === undefined) return { passed: true, detail: 'the answer meets the schema' }
    const place = problem.path.length === 0 ? 'it' : `at ${quote(problem.path.join('.'))} it`
    return { passed: false, detail: `the answer does not meet the schema: ${place} ${problem.text}` }
  } catch (error) {
    return { passed: false, detail: `the schema cannot be used: ${messageOf(error)}` }
  }
}

function within(measured: number, most: number, say: (measured: number) => string): Finding {
  const passed = measured <= most
  return { passed, detail: `the answer ${say(measured)}, ${passed ? 'at most' : 'more than the'} ${amount(most)}` }
}

/** As people write it: never with an exponent. */
function amount(value: number): string {
  return value.toFixed(12).replace(/0+$/, '').replace(/\.$/, '')
}

/** Characters as people count them, not UTF-16 units. */
function characters(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
