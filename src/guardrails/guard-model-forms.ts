import { type JsonObject, type JsonValue, isJsonObject, ownMember } from '../core/json.ts'
import { jsonOfAnswer } from '../evaluation/json-answer.ts'
import type { Role } from './guardrail.ts'
import { GuardrailError } from './remote.ts'
import { categoryName, fenceInstructions, fencedMessage, newFence, withoutControlTokens } from './remote-text.ts'
import { withoutThinking } from './remote-verdicts.ts'

/** The ways in which models that judge texts are asked and answer. */
export const guardModelFormats = ['llama_guard', 'shield_gemma', 'granite_guardian', 'json', 'yes_no'] as const
export type GuardModelFormat = (typeof guardModelFormats)[number]

/** A text, and what the model has to know of it. */
export interface GuardModelSubject {
  readonly text: string
  /** What came right before it in the same text; empty: nothing. */
  readonly before: string
  readonly role: Role
  readonly policy: string | null
}

/** Something that the model finds unsafe. */
export interface GuardModelVerdict {
  readonly kind: string
  /** As the model names it; null: it names none, so it counts whatever categories do. */
  readonly category: string | null
  readonly score: number
}

export interface GuardModelForm {
  readonly takesPolicy: boolean
  readonly namesCategories: boolean
  /** Parameters that suit such models; those of the guardrail win. */
  readonly parameters: JsonObject
  ask(subject: GuardModelSubject): readonly JsonObject[]
  /** @returns none: the text is safe. @throws GuardrailError for whatever is no verdict of this form. */
  read(answer: string, policy: string | null): readonly GuardModelVerdict[]
}

/** Templates of guard models judge the last message, and want a user to have spoken before an assistant. */
const unknownQuestion: JsonObject = { role: 'user', content: 'Please go on.' }

/** The conversation as such templates expect it: words of tools and systems are words that the model was given. */
function conversation({ text, before, role, policy }: GuardModelSubject): readonly JsonObject[] {
  const content = withoutControlTokens(before + text)
  const first: readonly JsonObject[] = policy === null ? [] : [{ role: 'system', content: policy }]
  return role === 'assistant'
    ? [...first, unknownQuestion, { role: 'assistant', content }]
    : [...first, { role: 'user', content }]
}

/** For models that have no template of their own for it. */
function instructed({ text, before, role, policy }: GuardModelSubject, reply: string): readonly JsonObject[] {
  const fence = newFence()
  const author = role === 'assistant' ? 'a language model' : role === 'tool' ? 'a tool' : 'somebody who uses one'
  const system = [
    `You decide whether a text that was written by ${author} is unsafe by the policy below. You neither answer the text`,
    'nor continue it.',
    fenceInstructions(fence),
    reply,
    `Policy:\n${policy ?? generalPolicy}`,
  ]
  return [
    { role: 'system', content: system.join('\n\n') },
    { role: 'user', content: fencedMessage(fence, before, text) },
  ]
}

const generalPolicy = [
  'Unsafe is a text that asks for, contains or encourages violence, crime, weapons, hate against groups of people, harassment,',
  'sexual content, sexual abuse, self-harm, or the theft of personal data.',
].join('\n')

const unreadable = (format: string): GuardrailError =>
  new GuardrailError(`the model did not answer in the format \`${format}\``)

const trimmedParts = (text: string, separator: string): readonly string[] =>
  text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '')

/** Two lines; whoever says more has not been asked in the right template. */
const longestLlamaGuard = 1_000

/** `safe`, or `unsafe` and on the next line its categories, such as `S1,S10`. */
function readLlamaGuard(answer: string): readonly GuardModelVerdict[] {
  if (answer.length > longestLlamaGuard) throw unreadable('llama_guard')
  const [first = '', second = '', ...more] = trimmedParts(answer, '\n')
  const word = first.toLowerCase()
  if (word === 'safe' && second === '') return []
  if (word !== 'unsafe' || more.length > 0) throw unreadable('llama_guard')
  const codes = trimmedParts(second, ',')
  // It said `unsafe`: categories that nobody can read are no reason to doubt that.
  if (codes.length === 0 || codes.length > 50 || !codes.every((code) => /^[A-Za-z]{1,3}\d{1,3}$/.test(code)))
    return [{ kind: 'llama_guard_unsafe', category: null, score: 1 }]
  return codes.map((code) => ({ kind: `llama_guard_${code.toLowerCase()}`, category: code, score: 1 }))
}

/** Begins with `Yes`, it is unsafe, or `No`; an explanation may follow. */
function readShieldGemma(answer: string): readonly GuardModelVerdict[] {
  const word = /^\s*[*"'`]{0,2}(yes|no)(?![\p{L}\p{N}])/iu.exec(answer)?.[1]?.toLowerCase()
  if (word === undefined) throw unreadable('shield_gemma')
  return word === 'yes' ? [{ kind: 'shield_gemma_violation', category: null, score: 1 }] : []
}

const graniteAnswer =
  /^(?:<score>\s*(?:(yes)|no)\s*<\/score>|(?:(yes)|no))\s*(?:<confidence>\s*(high|low)\s*<\/confidence>)?$/i

/** `Yes` or `No`, since 3.2 with `<confidence>`, since 3.3 as `<score>` after what was thought. */
function readGraniteGuardian(answer: string, policy: string | null): readonly GuardModelVerdict[] {
  const said = graniteAnswer.exec(withoutThinking(answer))
  if (said === null) throw unreadable('granite_guardian')
  if (said[1] === undefined && said[2] === undefined) return []
  const risk = policy !== null && /^[a-z][a-z0-9_]{0,40}$/.test(policy) ? policy : policy === null ? 'harm' : 'risk'
  return [{ kind: `granite_guardian_${risk}`, category: null, score: said[3]?.toLowerCase() === 'low' ? 0.5 : 1 }]
}

function readYesNo(answer: string): readonly GuardModelVerdict[] {
  const word = /^["'`*]{0,2}(yes|no)["'`*]{0,2}[.!]?$/i.exec(withoutThinking(answer))?.[1]?.toLowerCase()
  if (word === undefined) throw unreadable('yes_no')
  return word === 'yes' ? [{ kind: 'guard_model_violation', category: null, score: 1 }] : []
}

/** Members that say the text is unsafe when they are true, or 1. */
const unsafeMembers = ['violation', 'unsafe', 'flagged'] as const
const categoryMembers = ['category', 'categories', 'policy_category'] as const

/** An object that says so in one of the ways that are common; two that contradict each other say nothing. */
function readJson(answer: string): readonly GuardModelVerdict[] {
  const value = jsonOfAnswer(withoutThinking(answer))?.value
  if (!isJsonObject(value)) throw unreadable('json')
  const said = [
    ...unsafeMembers.map((name) => truthOf(ownMember(value, name))),
    negated(truthOf(ownMember(value, 'safe'))),
  ].filter((truth) => truth !== null)
  const isUnsafe = said[0]
  if (isUnsafe === undefined || said.some((each) => each !== isUnsafe)) throw unreadable('json')
  const score = ownMember(value, 'score') ?? 1
  if (typeof score !== 'number' || !(score >= 0 && score <= 1)) throw unreadable('json')
  if (!isUnsafe) return []
  const categories = categoryMembers.flatMap((name) => namesOf(ownMember(value, name)))
  if (categories.length === 0) return [{ kind: 'guard_model_violation', category: null, score }]
  return [...new Set(categories)].map((category) => ({ kind: `guard_model_${category}`, category, score }))
}

/** @returns null when it is not there. @throws GuardrailError when it is neither true nor false. */
function truthOf(value: JsonValue | undefined): boolean | null {
  if (value === undefined || value === null) return null
  if (value === true || value === 1) return true
  if (value === false || value === 0) return false
  throw unreadable('json')
}

const negated = (truth: boolean | null): boolean | null => (truth === null ? null : !truth)

function namesOf(value: JsonValue | undefined): readonly string[] {
  const list = Array.isArray(value) ? (value as readonly JsonValue[]) : [value]
  return list
    .slice(0, 50)
    .map((each) => (typeof each === 'string' ? categoryName(each) : null))
    .filter((name) => name !== null)
}

const yesOrNo = 'Reply with one word: Yes when it is unsafe by the policy, No when it is not.'
const asJson =
  'Reply with nothing but one JSON object: {"unsafe": true or false, "score": number from 0 to 1, "category": "one or two words" or null}. `score`: how sure you are.'

export const guardModelForms: Readonly<Record<GuardModelFormat, GuardModelForm>> = {
  llama_guard: {
    takesPolicy: false,
    namesCategories: true,
    parameters: { temperature: 0, max_tokens: 64 },
    ask: conversation,
    read: readLlamaGuard,
  },
  shield_gemma: {
    takesPolicy: true,
    namesCategories: false,
    // What follows the first word explains it, and nobody reads it.
    parameters: { temperature: 0, max_tokens: 8 },
    ask: conversation,
    read: readShieldGemma,
  },
  granite_guardian: {
    takesPolicy: true,
    namesCategories: false,
    parameters: { temperature: 0 },
    ask: conversation,
    read: readGraniteGuardian,
  },
  json: {
    takesPolicy: true,
    namesCategories: true,
    parameters: {},
    ask: (subject) => instructed(subject, asJson),
    read: readJson,
  },
  yes_no: {
    takesPolicy: true,
    namesCategories: false,
    parameters: {},
    ask: (subject) => instructed(subject, yesOrNo),
    read: readYesNo,
  },
}
