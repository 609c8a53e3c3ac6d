import { isJsonObject, ownMember } from '../core/json.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'
import { mayHavePartial, partialsOf } from '../prompts/partials.ts'
import { usedVariables } from '../prompts/used-variables.ts'
import type { AboutPrompt, Evidence } from './evidence.ts'
import { declinedParts, expectation } from './earlier.ts'
import { asLiteral, localesWarning, oneLine, systemText, withSystemText } from './proposal.ts'
import type { Strategy } from './strategy.ts'

const saysRole = /\b(?:you are|your role|act as|you're an?|as an? (?:expert|assistant))\b/i

const rolePart = 'role'

/** Says who answers, for what and how carefully, when the prompt does not. */
export const role: Strategy = ({ body, evidence }) => {
  const { about } = evidence
  const text = systemText(body)
  if (saysRole.test(text)) return { why: 'The system message says who answers.' }
  if (declinedParts(evidence).has(rolePart)) return { why: 'A role was tried before and declined.' }
  const line = roleLine(about)
  return [
    {
      strategy: 'role',
      body: withSystemText(body, text === '' ? line : `${line}\n\n${text}`),
      rationale: `The system message does not say who answers; a role is made of what is known about the prompt (${about.domain ?? about.useCase ?? about.name}).`,
      predicted: expectation(evidence, 'role') ?? {
        metric: 'satisfaction',
        effect: null,
        basis: 'unknown',
        why: 'A role keeps answers to one subject and one tone.',
      },
      writer: 'rules',
      parts: [rolePart],
      warnings: localesWarning(body),
    },
  ]
}

function roleLine({ name, description, domain, useCase }: AboutPrompt): string {
  const field = domain ?? useCase
  const who = field === null ? 'an experienced specialist' : `an experienced specialist for ${oneLine(field)}`
  const task = description === null ? name : description
  return asLiteral(
    `You are ${who}. Your task: ${withStop(oneLine(task))} Work carefully, and check the answer before you give it.`,
  )
}

/** Facts that the prompt has and does not tell: declared variables, languages, where the answers are shown. */
export const context: Strategy = ({ body, evidence }) => {
  const text = systemText(body)
  const declined = declinedParts(evidence)
  const known = [...unusedVariables(body), ...languages(text, evidence), ...placesOf(text, evidence.about)]
  const found = known.filter(({ what }) => !declined.has(partOf(what)))
  if (found.length === 0)
    return { why: 'Nothing is known of the prompt that it does not tell, or it was declined before.' }
  const lines = found.map(({ line }) => `- ${line}`)
  return [
    {
      strategy: 'context',
      body: withSystemText(body, [text, ['Context:', ...lines].join('\n')].filter((part) => part !== '').join('\n\n')),
      rationale: `Tells what is known and was not said: ${found.map(({ what }) => what).join(', ')}.`,
      predicted: expectation(evidence, 'context') ?? {
        metric: 'satisfaction',
        effect: null,
        basis: 'unknown',
        why: 'Answers fit their situation better.',
      },
      writer: 'rules',
      parts: found.map(({ what }) => partOf(what)),
      warnings: localesWarning(body),
    },
  ]
}

const partOf = (what: string): string => `context:${what}`

interface Fact {
  readonly line: string
  readonly what: string
}

/** A variable without a value would make a request fail, so only those that always have one. */
function unusedVariables(body: VersionBody): readonly Fact[] {
  const schema = body.variables ?? null
  // What a partial uses is not known here.
  if (schema === null || (mayHavePartial(JSON.stringify(body.messages)) && partialsOf(body).length > 0)) return []
  const properties = ownMember(schema, 'properties')
  if (!isJsonObject(properties)) return []
  const required = ownMember(schema, 'required')
  const used = usedVariables(body)
  return Object.entries(properties).flatMap(([name, property]) => {
    if (used.has(name) || !isJsonObject(property) || !/^[A-Za-z_]\w*$/.test(name)) return []
    const { description, default: value, type } = property
    const isGiven = value !== undefined || (Array.isArray(required) && required.includes(name))
    if (typeof description !== 'string' || !isGiven || type === 'array' || type === 'object') return []
    return [
      { line: `${asLiteral(oneLine(description)).replace(/[.:]$/, '')}: {{${name}}}`, what: `variable \`${name}\`` },
    ]
  })
}

function languages(text: string, { exchanges }: Evidence): readonly Fact[] {
  const tags = new Set(
    exchanges.flatMap(({ locale }) => (locale === null ? [] : [locale.split('-')[0]?.toLowerCase() ?? ''])),
  )
  if (tags.size < 2 || /\blanguage\b/i.test(text)) return []
  return [{ line: "Answer in the language of the user's message.", what: 'languages of users' }]
}

function placesOf(text: string, { appContexts }: AboutPrompt): readonly Fact[] {
  const untold = appContexts.filter((place) => !text.toLowerCase().includes(place.toLowerCase()))
  if (untold.length === 0) return []
  return [
    { line: `Answers are shown in: ${asLiteral(untold.map(oneLine).join(', '))}.`, what: 'where answers are shown' },
  ]
}

const withStop = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
