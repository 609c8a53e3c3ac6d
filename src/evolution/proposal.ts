import { createHash } from 'node:crypto'
import type { Prediction, StrategyName } from '../contract/evolution.ts'
import type { JsonObject, JsonValue } from '../core/json.ts'
import { canonicalJson } from '../prompts/canonical-json.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'

/** A version that may be better than its parent, before anything was made of it. */
export interface Proposal {
  readonly strategy: StrategyName
  readonly body: VersionBody
  /** A sentence or two, with the figures it is based on. */
  readonly rationale: string
  readonly predicted: Prediction
  /** `rules`, or the model that wrote it. */
  readonly writer: string
  /**
   * Names of what it adds to its parent, each the same for whatever parent: `model:openai/small`. What was declined once is not
   * proposed again. Empty: it is a text of its own.
   */
  readonly parts: readonly string[]
  /** What somebody has to know or look at before it goes on: sentences. */
  readonly warnings: readonly string[]
}

/** SHA-256, hex, of what a version does: not of where it comes from. */
export function proposalHash(body: VersionBody): string {
  const { parent_version: _parent, change_note: _note, semver: _semver, ...rest } = body
  return createHash('sha256')
    .update(canonicalJson(rest as unknown as JsonValue))
    .digest('hex')
}

const isSystem = ({ role }: JsonObject): boolean => role === 'system' || role === 'developer'

/** Where the first system or developer message with a plain text stands; -1: there is none. */
export function systemAt(messages: readonly JsonObject[]): number {
  return messages.findIndex((message) => isSystem(message) && typeof message['content'] === 'string')
}

/** The text of that message; empty: there is none. */
export function systemText({ messages }: Pick<VersionBody, 'messages'>): string {
  const content = messages[systemAt(messages)]?.['content']
  return typeof content === 'string' ? content : ''
}

/** The body with this text as its system message, which is put first when there was none. */
export function withSystemText(body: VersionBody, content: string): VersionBody {
  const at = systemAt(body.messages)
  if (at < 0) return { ...body, messages: [{ role: 'system', content }, ...body.messages] }
  return {
    ...body,
    messages: body.messages.map((message, index) => (index === at ? { ...message, content } : message)),
  }
}

/** What is data and no template, so that it may stand in one. */
export function asLiteral(text: string): string {
  return text.replaceAll('{{', String.raw`\{{`)
}

/** U+0000 and half of a pair of surrogates are in no text that a version can keep. */
export function isStorable(text: string): boolean {
  return !/\0|\p{Surrogate}/u.test(text)
}

const longestLine = 500

/** On one line, at most 500 characters. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, longestLine)
}

/** What is changed in the messages is changed in the version's own language only. */
export function localesWarning({ locales }: Pick<VersionBody, 'locales'>): readonly string[] {
  const others = Object.entries(locales ?? {}).flatMap(([tag, { messages }]) => (messages === undefined ? [] : [tag]))
  if (others.length === 0) return []
  return [
    `The messages in ${others.join(', ')} stay as they are: change them too, or that language is served the old text.`,
  ]
}

export function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}
