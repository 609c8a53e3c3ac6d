import type { StrategyName } from '../contract/evolution.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'
import { partialsOf, referenceKey } from '../prompts/partials.ts'
import { parseAuthored, isPartial, TemplateError } from '../prompts/template.ts'
import { addressesIn, newAddress } from './addresses.ts'
import { leastSaving } from './compression.ts'
import { withSystemText } from './proposal.ts'
import { keptShare } from './words.ts'

/**
 * What a model wrote is held against what it was to improve. Whoever writes feedback can try to steer it, and a model may simply
 * do badly: so nothing may be lost that requests or answers depend on, and nothing may come in that only an author should add.
 */

export interface Rewriting {
  readonly strategy: StrategyName
  readonly body: VersionBody
  /** The system message that there is; may be empty. */
  readonly before: string
  readonly after: string
  /** System messages that were tried before. */
  readonly tried: readonly string[]
}

/** Most characters that a message may have which takes the place of this one. */
export function mostCharacters(before: string): number {
  return Math.max(1_500, before.length * 3)
}

/** Why the new message cannot be taken, a clause that follows the name of the model; null: it can. */
export function whyNotTaken(rewriting: Rewriting): string | null {
  for (const check of checks) {
    const problem = check(rewriting)
    if (problem !== null) return problem
  }
  return null
}

type CheckOfText = (rewriting: Rewriting) => string | null

const checks: readonly CheckOfText[] = [
  unchanged,
  triedBefore,
  tooLong,
  refused,
  hiddenCharacters,
  changedPlaceholders,
  changedPartials,
  addedAddress,
  lostLiteral,
  lostFields,
  lostRule,
  lostSubject,
  noSaving,
]

const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}{}]+/gu, ' ')
    .trim()

function unchanged({ before, after }: Rewriting): string | null {
  return plain(before) === plain(after) ? 'its message is the one there is' : null
}

function triedBefore({ after, tried }: Rewriting): string | null {
  const wanted = plain(after)
  return tried.some((text) => plain(text) === wanted) ? 'its message was tried before' : null
}

function tooLong({ before, after }: Rewriting): string | null {
  const most = mostCharacters(before)
  return after.length > most ? `its message has ${after.length} characters, and ${most} are the most` : null
}

/** At the beginning: a prompt may well say elsewhere what to answer when something cannot be done. */
const refusal =
  /^\W*(?:i(?:['’]m| am) (?:sorry|unable|not able)|sorry\b|i (?:can(?:no|['’])t|cannot|won['’]t|will not)\b|as an ai\b|unfortunately,? i\b)/i

function refused({ after, before }: Rewriting): string | null {
  return refusal.test(after) && !refusal.test(before) ? 'it refused' : null
}

/** Signs that join letters belong to some scripts; the others are for what is not to be seen. */
const hidden = /(?![\u200c\u200d])\p{Cf}/gu

function hiddenCharacters({ before, after }: Rewriting): string | null {
  const added = (after.match(hidden) ?? []).find((character) => !before.includes(character))
  return added === undefined ? null : 'its message has characters that nobody can see'
}

function changedPlaceholders({ before, after }: Rewriting): string | null {
  try {
    const [was, is] = [variablesIn(before), variablesIn(after)]
    const lost = [...was].find((name) => !is.has(name))
    if (lost !== undefined) return `its message lost the variable \`${lost}\``
    const added = [...is].find((name) => !was.has(name))
    return added === undefined ? null : `its message has a variable \`${added}\` that was not there`
  } catch (error) {
    if (error instanceof TemplateError) return `its message is no template: ${error.message}`
    throw error
  }
}

function variablesIn(source: string): ReadonlySet<string> {
  return new Set(
    parseAuthored(source).flatMap((piece) =>
      typeof piece === 'string' || isPartial(piece) ? [] : [piece.source.trim()],
    ),
  )
}

function changedPartials({ body, after }: Rewriting): string | null {
  const keys = (version: VersionBody): string => partialsOf(version).map(referenceKey).sort().join(' ')
  return keys(body) === keys(withSystemText(body, after))
    ? null
    : 'its message has other partials than the one there is'
}

function addedAddress({ before, after }: Rewriting): string | null {
  const added = newAddress(before, after)
  return added === null ? null : `its message has an address that was not there (${added.slice(0, 100)})`
}

/** Tags, code and addresses: programs read for these, so that not a letter may change. */
const literals = /```[\s\S]*?```|`[^`\n]+`|<\/?[A-Za-z][^<>\n]*>/g

function lostLiteral({ before, after }: Rewriting): string | null {
  const found = [...[...before.matchAll(literals)].map(([literal]) => literal), ...addressesIn(before)]
  const lost = found.find((literal) => !after.includes(literal))
  return lost === undefined
    ? null
    : `its message lost \`${lost.slice(0, 100).replaceAll('`', '')}\`, which has to stay word for word`
}

/** Fields and forms of the answer that the message named. */
function lostFields({
  body: { output_schema: schema, output_format: format },
  before,
  after,
}: Rewriting): string | null {
  const required = Array.isArray(schema?.['required']) ? (schema['required'] as readonly unknown[]) : []
  const properties = Object.keys((schema?.['properties'] ?? {}) as object)
  const named = [...required, ...properties].filter((name): name is string => typeof name === 'string' && name !== '')
  const lost = named.find((name) => hasWord(before, name) && !hasWord(after, name))
  if (lost !== undefined) return `its message lost the field \`${lost}\` of the answer`
  const forms = [...formNames, ...(format === undefined ? [] : [format])]
  const form = forms.find((name) => hasWord(before, name) && !hasWord(after, name))
  return form === undefined ? null : `its message lost the form of the answer (${form})`
}

const formNames = ['json', 'yaml', 'xml', 'csv', 'html', 'markdown'] as const

function hasWord(text: string, word: string): boolean {
  const escaped = word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(String.raw`(?<![\p{L}\p{N}_])${escaped}(?![\p{L}\p{N}_])`, 'iu').test(text)
}

/** Prohibitions and limits, in the languages in which they can be told by a word. */
const strict =
  /(?<!\p{L})(?:never|not|don['’]t|cannot|only|must|refuse|confidential|secret|nie|niemals|nicht|kein\w*|nur|muss|müssen|jamais|ne|seulement|uniquement|nunca|no|sólo|solo|jamás|não|apenas|mai|non|soltanto|nooit|niet|geen|alleen|никогда|не|нельзя|только)(?!\p{L})/iu
const leastOfRule = 0.5

const sentencesOf = (text: string): readonly string[] => text.split(/(?<=[.!?])\s+|\n+/u)

/**
 * What keeps a model from harm is the first thing that rewriting loses: for each such sentence there has to be one that forbids or
 * limits as well and has its words.
 */
function lostRule({ before, after }: Rewriting): string | null {
  const rules = sentencesOf(before).filter((sentence) => strict.test(sentence))
  const kept = sentencesOf(after).filter((sentence) => strict.test(sentence))
  const lost = rules.find((rule) => !kept.some((sentence) => keptShare(rule, sentence) >= leastOfRule))
  return lost === undefined ? null : `its message lost a rule (${lost.trim().slice(0, 150)})`
}

const leastKept = 0.3

/** A message about something else, or in another language. */
function lostSubject({ before, after }: Rewriting): string | null {
  return keptShare(before, after) < leastKept ? 'its message keeps too little of the one there is' : null
}

function noSaving({ strategy, before, after }: Rewriting): string | null {
  if (strategy !== 'compression' || after.length <= before.length * (1 - leastSaving)) return null
  return `its message is no shorter: ${after.length} characters instead of ${before.length}`
}
