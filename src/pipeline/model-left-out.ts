import { ownMember } from '../core/json.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { Asked } from './exchange.ts'
import { enabledProviders, type ModelCatalogue } from './resolve-model.ts'

/** What OpenAI's API takes where it lets a request leave `model` out, by path. */
const openAiDefaults: ReadonlyMap<string, string> = new Map([
  ['/moderations', 'omni-moderation-latest'],
  ['/images/generations', 'dall-e-2'],
  ['/images/edits', 'gpt-image-1.5'],
  ['/images/variations', 'dall-e-2'],
])

/** True when the request names no model and its endpoint does not ask for one: the provider chooses, so none is put in. */
export function leavesModelOut(asked: Asked): boolean {
  return (ownMember(asked.body, 'model') ?? null) === null && openAiDefaults.has(asked.path)
}

/**
 * The model that such a request is for: OpenAI's default, at OpenAI and nobody else, since it is their default. It decides
 * where the request goes and what its record says. null: the request has to name one.
 */
export function defaultModel(asked: Asked, snapshot: Snapshot, catalogue: ModelCatalogue): string | null {
  if (!leavesModelOut(asked)) return null
  const openAi = enabledProviders(snapshot, catalogue).find((provider) => provider.id === 'openai')
  return openAi === undefined ? null : `${openAi.id}/${openAiDefaults.get(asked.path) ?? ''}`
}
