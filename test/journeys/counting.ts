import type { RunningApp } from '../support/running-app.ts'

export const hit = '{"count": 3}'
export const miss = '{"count": "three"}'

export const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
export const head = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'gpt-4o-mini-2024-07-18' }

/** A prompt `count-<policy>` whose answers have to look like `hit`. */
export async function createCountPrompt(app: RunningApp, policy: string): Promise<void> {
  await app.admin('POST', '/prompts', {
    slug: `count-${policy}`,
    name: 'Count',
    labels: ['production'],
    version: {
      messages: [{ role: 'user', content: 'Count.' }],
      model: 'openai/gpt-4o-mini',
      output_schema: { type: 'object', properties: { count: { type: 'number' } }, required: ['count'] },
      on_output_mismatch: policy,
    },
  })
}

/** The events of a streamed chat that says this text, but for `[DONE]`. */
export function eventsOf(text: string): object[] {
  const chunk = (delta: object, reason: string | null = null): object => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: reason }],
  })
  const pieces = text.match(/.{1,4}/gs) ?? []
  return [
    chunk({ role: 'assistant', content: '' }),
    ...pieces.map((content) => chunk({ content })),
    chunk({}, 'stop'),
    { ...head, object: 'chat.completion.chunk', choices: [], usage },
  ]
}
