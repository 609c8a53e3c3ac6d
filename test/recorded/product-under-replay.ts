import type { ExchangeRecord } from '../../src/core/record.ts'
import { type RunningApp, startRunningApp } from '../support/running-app.ts'
import { body, pieces, type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'

/** The whole product with every provider at one scripted upstream, which answers with recordings. */
export interface ProductUnderReplay {
  readonly app: RunningApp
  /** The next call to any provider gets this answer; `parts`: the same bytes, each part in a write of its own. */
  answerWith(
    recording: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Buffer },
    parts?: readonly Buffer[],
  ): void
  /** What was recorded of the latest exchange. */
  latestRecord(): ExchangeRecord
  dispose(): Promise<void>
}

export async function startProductUnderReplay(): Promise<ProductUnderReplay> {
  const upstream: ScriptedUpstream = await startScriptedUpstream()
  const app = await startRunningApp({
    ...providersAt(upstream),
    // Each recording is one answer to one call, and a refusal must not weigh on the next recording.
    PROMPTBOX_RETRIES: '0',
    PROMPTBOX_BREAKER: 'off',
  })
  return {
    app,
    answerWith: ({ status, headers, body: bytes }, parts) => {
      upstream.next(parts === undefined ? body(bytes, status, headers) : pieces(parts, headers))
    },
    latestRecord: () => {
      const settled = app.observations.findLast((observation) => observation.type === 'exchange-settled')
      if (settled === undefined) throw new Error('No exchange was recorded.')
      return settled.record
    },
    dispose: async () => {
      await app.dispose()
      await upstream.close()
    },
  }
}

function providersAt(upstream: ScriptedUpstream): Readonly<Record<string, string>> {
  const openAiType = ['OPENAI', 'OPENROUTER', 'AZURE_OPENAI', 'MISTRAL', 'GROQ', 'DEEPSEEK', 'OLLAMA', 'LOCAL']
  const entries = [
    ...openAiType.map((name) => [name, upstream.baseUrl] as const),
    ['ANTHROPIC', upstream.origin] as const,
    ['GEMINI', upstream.origin] as const,
  ]
  return Object.fromEntries(
    entries.flatMap(([name, url]) => [
      [`${name}_API_KEY`, 'sk-upstream'],
      [`${name}_BASE_URL`, url],
    ]),
  )
}
