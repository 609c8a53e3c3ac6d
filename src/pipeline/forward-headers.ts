import type { Asked } from './exchange.ts'

/** Client headers that a provider of their kind may see; each provider takes its own. */
const forwarded = [
  'openai-organization',
  'openai-project',
  'openai-beta',
  'anthropic-beta',
  'anthropic-version',
  'x-client-request-id',
  'idempotency-key',
] as const

export function forwardHeadersOf(asked: Asked): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of forwarded) {
    const value = asked.header(name)
    if (value !== undefined) found[name] = value
  }
  return found
}
