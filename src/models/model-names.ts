/** The forms of a model's name: with a date, for the newest release, as a reseller writes it. */

/** `-2024-08-06`, `-20250929`, `@20250929`, `-preview-05-20`, `-0613`, `-001`. */
const date = /(?:-\d{4}-\d{2}-\d{2}|[-@]\d{8}|(?:-preview)?-\d{2}-\d{2}|-\d{4}|-00\d)$/

/** Names that always mean the newest release of what stands before: `claude-3-7-sonnet-latest`, `claude-opus-4-0`. */
const newest = /(?:-latest|(?<=^claude-.*)-0)$/

/** `gpt-4o` of `gpt-4o-2024-08-06`; null: the name has no date. */
export function familyOf(name: string): string | null {
  const family = name.replace(date, '')
  return family === name || family === '' ? null : family
}

/** The names under which facts about a model may be found, lower case, the most exact first and each once. */
export function namesOf(model: string): readonly string[] {
  const given = model.toLowerCase()
  const names = [given]
  // `ft:gpt-4o-mini-2024-07-18:acme::id`: a fine-tuned model is like the one it was made from.
  if (given.startsWith('ft:')) names.push(given.split(':', 2)[1] ?? given)
  else if (given.startsWith('models/')) names.push(given.slice('models/'.length))
  else if (given.includes(':')) names.push(given.slice(0, given.indexOf(':')))
  const shorter = names.flatMap((name) => [familyOf(name) ?? name, name.replace(newest, '')])
  return [...new Set([...names, ...shorter])]
}

const makers: ReadonlyMap<string, string> = new Map([
  ['anthropic', 'anthropic'],
  ['deepseek', 'deepseek'],
  ['google', 'google'],
  ['mistralai', 'mistral'],
  ['openai', 'openai'],
])

/**
 * What the maker calls a model that somebody else serves: OpenRouter's `anthropic/claude-sonnet-4.5` is Anthropic's
 * `claude-sonnet-4-5`, Azure's models are OpenAI's. null: it is served by its maker, or the maker is none of ours.
 */
export function makersName(
  priceId: string,
  model: string,
): { readonly priceId: string; readonly models: readonly string[] } | null {
  if (priceId === 'azure') return { priceId: 'openai', models: [model] }
  if (priceId !== 'openrouter') return null
  const slash = model.indexOf('/')
  const maker = makers.get(model.slice(0, Math.max(0, slash)).toLowerCase())
  if (maker === undefined) return null
  const name = model.slice(slash + 1)
  return { priceId: maker, models: [name, name.replaceAll('.', '-')] }
}
