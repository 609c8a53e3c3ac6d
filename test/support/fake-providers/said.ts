/** JSON of a request, read without trust. */
export type Json = Record<string, unknown>

/** What a request asks, whatever its wire. */
export interface Question {
  /** The user's last words. */
  readonly text: string
  readonly tools: readonly string[]
  /** The one tool that must be called; null: none must. */
  readonly forcedTool: string | null
  /** Results of the tools that the conversation ends with, in order. */
  readonly results: readonly string[]
  /** The answer must fit a schema. */
  readonly schema: boolean
  /** The model is to think first. */
  readonly thinks: boolean
}

/** What a fake model says, before it is put into a wire; `texts`, `thinking` and `input` are the pieces of a stream. */
export interface Said {
  readonly thinking: readonly string[]
  readonly texts: readonly string[]
  readonly calls: readonly { readonly name: string; readonly input: Json }[]
}

/** The request is not one that the provider would take. */
export class Refused extends Error {
  readonly param: string

  constructor(param: string, rule: string) {
    super(`${param}: ${rule}`)
    this.param = param
  }
}

/** The tokens of every answer, as one would count them by OpenAI's rules: input with cache, output with reasoning. */
export const tokens = { input: 30, cached: 10, output: 12, reasoning: 4 } as const

export const greeting = 'Hello there, friend \u{1F600}.'
export const thought = 'Hm, let me see.'
/** The answer when a schema or a forced tool asks for one. */
export const paris = { city: 'Paris', degrees: 21 } as const

/**
 * The fake model: calls the first tool twice at once when the user asks for the weather, tells the results of tools, gives
 * JSON when a schema is there, greets otherwise.
 */
export function answerTo(question: Question): Said {
  const thinking = question.thinks ? ['Hm, ', 'let me see.'] : []
  const [tool] = question.tools
  if (question.results.length > 0) return { thinking, texts: ['So: ', question.results.join(' and '), '.'], calls: [] }
  if (question.forcedTool !== null)
    return { thinking, texts: [], calls: [{ name: question.forcedTool, input: { ...paris } }] }
  if (tool !== undefined && /weather/i.test(question.text)) {
    const calls = ['Paris', 'Rome'].map((city) => ({ name: tool, input: { city } }))
    return { thinking, texts: ['I look.'], calls }
  }
  if (question.schema) return { thinking, texts: ['{"city":"Pa', 'ris","degr', 'ees":21}'], calls: [] }
  return { thinking, texts: ['Hello', ' there, ', 'friend \u{1F600}.'], calls: [] }
}

/** JSON text in two pieces, as models write arguments. */
export function piecesOf(value: Json): readonly [string, string] {
  const text = JSON.stringify(value)
  return [text.slice(0, 5), text.slice(5)]
}

export function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A member that is an object; an empty one when it is not. */
export function member(value: unknown, name: string): Json {
  const found = isObject(value) ? value[name] : undefined
  return isObject(found) ? found : {}
}

/** The text of a content that is one text or a list of parts with `text`. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return listOf(content)
    .map((part) => (typeof part['text'] === 'string' ? part['text'] : ''))
    .join('')
}

/** Providers refuse fields that they do not know. */
export function onlyKnown(value: Json, known: ReadonlySet<string>): void {
  for (const name of Object.keys(value)) if (!known.has(name)) throw new Refused(name, 'Unknown name.')
}

let made = 0

/** An id that no other answer of this process has. */
export function newId(prefix: string): string {
  made += 1
  return `${prefix}${String(made).padStart(8, '0')}`
}
