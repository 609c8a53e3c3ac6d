import { systemClock } from '../core/clock.ts'
import { promptboxVersion } from '../core/version.ts'
import { anthropic } from './anthropic/anthropic.ts'
import { openDownloads } from './download.ts'
import { gemini } from './gemini/gemini.ts'
import { openUpstreams } from './http.ts'
import { mockProvider } from './mock/mock.ts'
import { openAiCompatibleProviders } from './openai-compatible/descriptions.ts'
import { openAiCompatible } from './openai-compatible/openai-compatible.ts'
import type { Provider } from './provider.ts'
import { ThinkingMemory } from './thinking-memory.ts'
import type { UpstreamOptions } from './upstream.ts'

/** Every provider there is, and their connections. */
export interface Providers {
  /** By the prefix of model names, aliases too. */
  readonly byPrefix: ReadonlyMap<string, Provider>
  /** Takes no more calls and resolves when the running ones are over. */
  drain(): Promise<void>
  /** Ends every connection now; running calls fail. */
  close(): Promise<void>
}

export interface ProvidersOptions extends UpstreamOptions {
  /** Milliseconds since 1970; the system's clock when left out. */
  readonly now?: () => number
  /** Signed thinking kept between turns, characters; 32 Mi when left out. */
  readonly thinkingMemoryChars?: number
}

const mostThoughts = 100_000

/** All providers over one set of connections. */
export function createProviders(options: ProvidersOptions): Providers {
  const upstreams = openUpstreams(options)
  const context = { upstreams, userAgent: `promptbox/${promptboxVersion}`, now: options.now ?? systemClock.now }
  const memory = new ThinkingMemory({
    maxEntries: mostThoughts,
    maxChars: options.thinkingMemoryChars ?? 32 * 1024 * 1024,
  })
  const downloads = openDownloads({ allowPrivate: options.allowPrivate })
  const list = [
    ...openAiCompatibleProviders.map((description) => openAiCompatible(description, context)),
    anthropic(context, memory),
    gemini(context, { memory, downloads }),
    mockProvider(),
  ]
  const byPrefix = new Map(
    list.flatMap((provider) => [provider.id, ...provider.aliases].map((prefix) => [prefix, provider] as const)),
  )
  return { byPrefix, drain: () => upstreams.drain(), close: () => upstreams.close() }
}
