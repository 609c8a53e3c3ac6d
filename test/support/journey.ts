import { expect } from 'vitest'
import { anthropicKey, fakeAnthropic } from './fake-providers/anthropic.ts'
import { fakeGemini, geminiKey } from './fake-providers/gemini.ts'
import { fakeOpenai, openaiKey } from './fake-providers/openai.ts'
import { accumulateChat, readAsPython } from './python-client.ts'
import { type RecordedStream, type RecordingFetch, recordingFetch } from './recorded-streams.ts'
import { type RunningApp, startRunningApp } from './running-app.ts'
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'

export const providers = ['openai', 'anthropic', 'gemini'] as const
export type ProviderName = (typeof providers)[number]

export const models = {
  openai: 'openai/gpt-4o-mini',
  anthropic: 'anthropic/claude-haiku-4-5',
  gemini: 'gemini/gemini-3-flash-preview',
} as const satisfies Record<ProviderName, string>

/** Every provider, asked by the name of a model and through a prompt. */
export const ways = providers.flatMap((provider) => [
  { provider, as: 'a model', model: models[provider] },
  { provider, as: 'a prompt', model: `prompt:help-${provider}` },
])

/** The whole product in front of three fake providers. */
export interface Journey {
  readonly app: RunningApp
  /** `/v1` of the app. */
  readonly baseUrl: string
  readonly upstreams: Readonly<Record<ProviderName, ScriptedUpstream>>
  /** What clients fetch with, so that every stream can be looked at again. */
  readonly recording: RecordingFetch
  dispose(): Promise<void>
}

export async function startJourney(environment: Readonly<Record<string, string>> = {}): Promise<Journey> {
  const [openai, anthropic, gemini] = await Promise.all([
    startScriptedUpstream(),
    startScriptedUpstream(),
    startScriptedUpstream(),
  ])
  openai.always(fakeOpenai)
  anthropic.always(fakeAnthropic)
  gemini.always(fakeGemini)
  const app = await startRunningApp({
    OPENAI_API_KEY: openaiKey,
    OPENAI_BASE_URL: openai.baseUrl,
    ANTHROPIC_API_KEY: anthropicKey,
    ANTHROPIC_BASE_URL: anthropic.origin,
    GEMINI_API_KEY: geminiKey,
    GEMINI_BASE_URL: gemini.origin,
    PROMPTBOX_RETRY_FIRST_PAUSE_MS: '1',
    PROMPTBOX_BREAKER: 'off',
    ...environment,
  })
  for (const provider of providers) {
    await app.admin('POST', '/prompts', {
      slug: `help-${provider}`,
      name: `Help by ${provider}`,
      version: {
        messages: [{ role: 'system', content: 'You help for {{company}}.' }],
        variables: { type: 'object', properties: { company: { type: 'string', default: 'Acme' } } },
        model: models[provider],
      },
      labels: ['production'],
    })
  }
  return {
    app,
    baseUrl: `${app.url}/v1`,
    upstreams: { openai, anthropic, gemini },
    recording: recordingFetch(),
    dispose: async () => {
      await app.dispose()
      await Promise.all([openai.close(), anthropic.close(), gemini.close()])
    },
  }
}

const checked = new WeakSet<RecordedStream>()

/**
 * Every stream since the last call can be read by the Python SDK, and those of chat add up there to what was said: roles
 * and ids once, arguments that are JSON (J04).
 */
export function expectPythonReads(recording: RecordingFetch): void {
  for (const stream of recording.streams) {
    if (checked.has(stream)) continue
    checked.add(stream)
    const { events, apiError, done } = readAsPython(stream.text)
    if (apiError !== null) expect(done).toBe(false)
    if (!stream.path.endsWith('/chat/completions')) continue
    for (const choice of accumulateChat(events)) {
      const { role, tool_calls: calls } = choice['message'] as Accumulated
      expect(role).toBe('assistant')
      for (const call of calls ?? []) {
        expect(call).toMatchObject({ id: expect.any(String) as string, type: 'function' })
        if (done) expect(() => JSON.parse(call.function.arguments) as unknown).not.toThrow()
      }
      if (done) expect(choice['finish_reason']).toEqual(expect.any(String))
    }
  }
}

interface Accumulated {
  readonly role: string
  readonly tool_calls?: readonly { readonly function: { readonly arguments: string } }[]
}
