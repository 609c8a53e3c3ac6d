import { expect, onTestFinished, test } from 'vitest'
import { json, startScriptedUpstream } from '../support/scripted-upstream.ts'
import { processHome, startForTest } from './home.ts'

test('D10 bodies of 25 MB, one after another, leave nothing behind: a heap that could not hold them all is enough', async () => {
  const upstream = await startScriptedUpstream()
  onTestFinished(() => upstream.close())
  const usage = { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 }
  const choices = [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }]
  upstream.always(json({ id: 'c', object: 'chat.completion', created: 1, model: 'm', choices, usage }))
  const promptbox = await startForTest({
    ...(await processHome('embedded')),
    nodeOptions: ['--max-old-space-size=180'],
    environment: { LOCAL_BASE_URL: upstream.baseUrl },
  })
  const key = await promptbox.makeKey()
  const content = [
    { type: 'image_url', image_url: { url: `data:image/png;base64,${'iVBORw0KGgo'.repeat(1_500_000)}` } },
    { type: 'text', text: 'x'.repeat(9_000_000) },
  ]
  for (let round = 0; round < 6; round += 1) {
    const response = await promptbox.post('/chat/completions', key, {
      model: 'local/m',
      messages: [{ role: 'user', content }],
    })
    expect(response.status).toBe(200)
    await response.text()
    expect(upstream.requests.at(-1)?.body.length).toBeGreaterThan(25_000_000)
  }
})
