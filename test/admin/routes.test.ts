import { describe, expect, test } from 'vitest'
import { createSubject } from './subject.ts'

const body = {
  description: 'Cheap first.',
  strategy: 'weighted',
  sticky: true,
  targets: [
    { model: 'openai/gpt-4o-mini', weight: 0.9, when: { needs: ['tools'], metadata: { team: ['a', 'b'] } } },
    { model: 'mock/echo', weight: 0 },
  ],
}
const to = (...models: readonly string[]) => ({ strategy: 'ordered', targets: models.map((model) => ({ model })) })

describe('routes', () => {
  test('are set, replaced, read, listed and removed', async () => {
    const subject = createSubject()
    const stored = { slug: 'cheap', ...body, updated_at: '2026-11-20T09:30:00.000Z', updated_by: 'admin' }
    expect((await subject.send('PUT', '/v1/routes/cheap', body)).json).toEqual(stored)
    expect((await subject.send('GET', '/v1/routes/cheap')).json).toEqual(stored)
    await subject.send('PUT', '/v1/routes/a.b_c-1', to('cheap'))
    const list = await subject.send('GET', '/v1/routes')
    expect(list.json['data']).toMatchObject([{ slug: 'a.b_c-1' }, stored])
    const replaced = await subject.send('PUT', '/v1/routes/cheap', to('mock/json'))
    expect(replaced.json).not.toHaveProperty('description')
    expect((await subject.send('DELETE', '/v1/routes/cheap')).json).toEqual({ id: 'cheap', deleted: true })
    expect((await subject.send('GET', '/v1/routes/cheap')).status).toBe(404)
    expect((await subject.send('DELETE', '/v1/routes/cheap')).status).toBe(404)
  })

  test('are served when the answer arrives', async () => {
    const subject = createSubject()
    await subject.send('PUT', '/v1/routes/cheap', body)
    expect(subject.published()).toBe(1)
  })

  test('may name a known provider by any prefix, a route, a bare name, or an alias with a slash in it', async () => {
    const subject = createSubject()
    await subject.send('PUT', '/v1/models/openai/x', { aliases: ['house/best'] })
    const targets = to('google/gemini-2.5-flash', 'openrouter/anthropic/claude', 'gpt-4o-mini', 'later', 'house/best')
    expect((await subject.send('PUT', '/v1/routes/any', targets)).status).toBe(200)
  })

  test.each<[string, unknown]>([
    ['a number', 5],
    ['an empty text', ''],
    ['an empty list', []],
    ['a list of numbers', [5]],
  ])('a condition that is %s is refused with what it must be', async (_what, value) => {
    const when = { metadata: { tier: value } }
    const answer = await createSubject().send('PUT', '/v1/routes/cheap', {
      strategy: 'ordered',
      targets: [{ model: 'mock/echo', when }],
    })
    expect(answer.status).toBe(400)
    expect(answer.json['error']).toMatchObject({
      message: expect.stringMatching(/^`targets\[0\]\.when\.metadata\.tier/),
    })
    expect(answer.json['error']?.['message']).not.toContain('nvalid input')
  })

  test.each<[string, unknown, string]>([
    ['nobody/gpt', to('mock/echo', 'nobody/gpt'), 'targets[1].model'],
    ['no model', to('openai/'), 'targets[0].model'],
    ['a prompt', to('prompt:support-reply'), 'targets[0].model'],
    ['a chain', to('mock/echo', 'chain:triage'), 'targets[1].model'],
    ['no targets', { strategy: 'ordered', targets: [] }, 'targets'],
    ['an unknown strategy', { ...body, strategy: 'random' }, 'strategy'],
    ['an unknown field', { ...body, stiky: true }, 'stiky'],
    ['an unknown condition', { ...body, targets: [{ model: 'mock/echo', when: { app: 'x' } }] }, 'targets[0].when.app'],
    ['a negative weight', { ...body, targets: [{ model: 'mock/echo', weight: -1 }] }, 'targets[0].weight'],
    [
      'lengths that nothing has',
      { ...body, targets: [{ model: 'mock/echo', when: { min_input_tokens: 10, max_input_tokens: 5 } }] },
      'targets[0].when.min_input_tokens',
    ],
  ])('with %s are refused, naming the field', async (_what, wrong, param) => {
    const subject = createSubject()
    const answer = await subject.send('PUT', '/v1/routes/cheap', wrong)
    expect(answer.status).toBe(400)
    expect(answer.json['error']?.['param']).toBe(param)
    expect((await subject.send('GET', '/v1/routes')).json['data']).toEqual([])
  })

  test('with a slash or capitals in their name are refused', async () => {
    const subject = createSubject()
    for (const slug of ['Cheap', '-cheap', 'a%2Fb', 'x'.repeat(65)]) {
      expect((await subject.send('PUT', `/v1/routes/${slug}`, body)).status, slug).toBe(400)
    }
  })

  test('that would lead in a circle are a 409 that shows the circle, and nothing is stored', async () => {
    const subject = createSubject()
    await subject.send('PUT', '/v1/routes/one', to('two'))
    await subject.send('PUT', '/v1/routes/two', to('mock/echo', 'three'))
    const answer = await subject.send('PUT', '/v1/routes/three', to('one'))
    expect(answer.status).toBe(409)
    expect(answer.json['error']).toMatchObject({
      code: 'route_cycle',
      param: 'targets',
      message: expect.stringContaining('three → one → two → three'),
    })
    expect((await subject.send('GET', '/v1/routes/three')).status).toBe(404)
  })

  test('with a text no database can keep are refused by name, not stored in part', async () => {
    const targets = [{ model: 'mock/echo', when: { app_name: 'a\u0000b' } }]
    const answer = await createSubject().send('PUT', '/v1/routes/cheap', { strategy: 'ordered', targets })
    expect(answer.status).toBe(400)
  })
})
