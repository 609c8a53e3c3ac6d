import { describe, expect, test } from 'vitest'
import { type Subject, createSubject, createSupportReply, versionBody } from './subject.ts'

async function withThreeVersions(): Promise<Subject> {
  const subject = createSubject()
  await createSupportReply(subject)
  for (const note of ['second', 'third'])
    await subject.send('POST', '/v1/prompts/support-reply/versions', { ...versionBody, change_note: note })
  return subject
}

describe('labels', () => {
  test('a label moves and this process serves where it points', async () => {
    const subject = await withThreeVersions()
    const answer = await subject.send('PUT', '/v1/prompts/support-reply/labels/production', {
      version: 3,
      reason: 'warmer',
    })
    expect(answer.json['labels']).toEqual({ production: 3 })
    const rendered = await subject.send('POST', '/v1/render', { prompt: 'support-reply', variables: { question: 'x' } })
    expect(rendered.json).toMatchObject({ version: 3, label: 'production' })
  })

  test('rolling back goes one step further at each call, then is a 409', async () => {
    const subject = await withThreeVersions()
    for (const version of [2, 3]) await subject.send('PUT', '/v1/prompts/support-reply/labels/production', { version })
    const first = await subject.send('POST', '/v1/prompts/support-reply/rollback', {
      label: 'production',
      reason: 'complaints',
    })
    expect(first.json).toMatchObject({ label: 'production', from: 3, to: 2, prompt: { labels: { production: 2 } } })
    const second = await subject.send('POST', '/v1/prompts/support-reply/rollback')
    expect(second.json).toMatchObject({ from: 2, to: 1 })
    const third = await subject.send('POST', '/v1/prompts/support-reply/rollback', {})
    expect(third.status).toBe(409)
    expect(third.json['error']).toMatchObject({ code: 'nothing_to_roll_back' })
  })

  test('taking a label away is no longer served; the reason stands in the timeline', async () => {
    const subject = await withThreeVersions()
    await subject.send('PUT', '/v1/prompts/support-reply/labels/staging', { version: 2 })
    const byQuery = await subject.send('DELETE', '/v1/prompts/support-reply/labels/staging?reason=done')
    expect(byQuery.json['labels']).toEqual({ production: 1 })
    const byBody = await subject.send('DELETE', '/v1/prompts/support-reply/labels/production', { reason: 'withdrawn' })
    expect(byBody.json['labels']).toEqual({})
    expect(
      (await subject.send('POST', '/v1/render', { prompt: 'support-reply', variables: { question: 'x' } })).status,
    ).toBe(404)
    expect((await subject.send('DELETE', '/v1/prompts/support-reply/labels/production')).status).toBe(404)
    const timeline = await subject.send('GET', '/v1/prompts/support-reply/timeline')
    expect((timeline.json['data'] as readonly { reason?: string }[]).slice(-2).map(({ reason }) => reason)).toEqual([
      'done',
      'withdrawn',
    ])
  })

  test('the timeline tells who did what, oldest first, without empty fields', async () => {
    const subject = await withThreeVersions()
    await subject.send('PUT', '/v1/prompts/support-reply/labels/production', { version: 2, reason: 'better' })
    const timeline = await subject.send('GET', '/v1/prompts/support-reply/timeline')
    const rows = timeline.json['data'] as unknown as readonly Record<string, unknown>[]
    expect(rows.map(({ event }) => event)).toEqual([
      'prompt_created',
      'version_created',
      'label_set',
      'version_created',
      'version_created',
      'label_set',
    ])
    expect(rows.at(-1)).toEqual({
      at: '2026-11-20T09:30:00.000Z',
      actor: 'admin',
      event: 'label_set',
      label: 'production',
      from: 1,
      to: 2,
      reason: 'better',
    })
    expect(rows[0]).not.toHaveProperty('label')
    const page = await subject.send('GET', '/v1/prompts/support-reply/timeline?limit=2')
    expect(page.json['next_cursor']).not.toBeNull()
  })

  test.each(['latest', 'v3', '3', 'Production', 'a b', 'x'.repeat(65)])('%j is no label', async (label) => {
    const subject = await withThreeVersions()
    const answer = await subject.send('PUT', `/v1/prompts/support-reply/labels/${encodeURIComponent(label)}`, {
      version: 1,
    })
    expect(answer.status).toBe(400)
    expect(answer.json['error']?.['param']).toBe('label')
  })

  test.each([
    [2, 2],
    ['2', 2],
    ['v3', 3],
    ['latest', 3],
    ['1.4.0', 2],
    ['v1.4.0', 2],
    ['staging', 2],
  ])('version may be named as %j', async (version, to) => {
    const subject = createSubject()
    await createSupportReply(subject)
    await subject.send('POST', '/v1/prompts/support-reply/versions', { ...versionBody, semver: '1.4.0' })
    await subject.send('POST', '/v1/prompts/support-reply/versions', { ...versionBody, change_note: 'third' })
    await subject.send('PUT', '/v1/prompts/support-reply/labels/staging', { version: 2 })
    const answer = await subject.send('PUT', '/v1/prompts/support-reply/labels/production', { version })
    expect(answer.json['labels']?.['production']).toBe(to)
  })

  test.each(['9', '9.0.0', 'nowhere'])('version %j is not there: a 404 that names the field', async (version) => {
    const subject = await withThreeVersions()
    const answer = await subject.send('PUT', '/v1/prompts/support-reply/labels/production', { version })
    expect(answer.status).toBe(404)
    expect(answer.json['error']?.['param']).toBe('version')
  })

  test.each([0, 1.5, '0', '', '1.x', null, 2 ** 40, -1])('version %j is refused', async (version) => {
    const subject = await withThreeVersions()
    const answer = await subject.send('PUT', '/v1/prompts/support-reply/labels/production', { version })
    expect(answer.status).toBe(400)
    expect(answer.json['error']?.['param']).toBe('version')
  })

  test('a version that is not there is a 404', async () => {
    const subject = await withThreeVersions()
    const answer = await subject.send('PUT', '/v1/prompts/support-reply/labels/production', { version: 9 })
    expect(answer.status).toBe(404)
    expect(answer.json['error']?.['message']).toContain('no version 9')
  })
})
