import { describe, expect, test } from 'vitest'
import { type Subject, createSubject, versionBody } from './subject.ts'

async function withPrompts(...slugs: readonly string[]): Promise<Subject> {
  const subject = createSubject()
  for (const slug of slugs) {
    const body = { slug, name: slug, category: 'mail', tags: ['old'], version: versionBody, labels: ['production'] }
    await subject.send('POST', '/v1/prompts', body)
  }
  return subject
}

const statuses = (json: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    (json['data'] as readonly { prompt: string; status: string }[]).map(({ prompt, status }) => [prompt, status]),
  )

describe('changing many prompts at once', () => {
  test('tags and a label are set on all that a filter chooses; doing it again changes nothing', async () => {
    const subject = await withPrompts('a', 'b', 'c')
    await subject.send('POST', '/v1/prompts/b/versions', { ...versionBody, change_note: 'second' })
    const wanted = {
      where: { category: 'mail' },
      add_tags: ['reviewed'],
      remove_tags: ['old'],
      set_label: { label: 'staging', version: 'latest' },
    }
    const dry = await subject.send('POST', '/v1/prompts/bulk', { ...wanted, dry_run: true })
    expect(dry.json).toMatchObject({
      dry_run: true,
      changed: 0,
      data: [{ prompt: 'a' }, { prompt: 'b' }, { prompt: 'c' }],
    })
    const done = await subject.send('POST', '/v1/prompts/bulk', wanted)
    expect(done.json).toMatchObject({ changed: 3, unchanged: 0, failed: 0 })
    const b = await subject.send('GET', '/v1/prompts/b')
    expect(b.json).toMatchObject({ tags: ['reviewed'], labels: { production: 1, staging: 2 } })
    expect((await subject.send('POST', '/v1/prompts/bulk', wanted)).json).toMatchObject({ changed: 0, unchanged: 3 })
  })

  test('where one fails the others go on, and the answer says which and why', async () => {
    const subject = await withPrompts('a', 'b')
    const answer = await subject.send('POST', '/v1/prompts/bulk', {
      prompts: ['a', 'nobody', 'b'],
      set_label: { label: 'production', from_label: 'production' },
      archived: true,
    })
    expect(statuses(answer.json)).toEqual({ a: 'changed', nobody: 'failed', b: 'changed' })
    expect(answer.json['data']).toContainEqual(
      expect.objectContaining({ prompt: 'nobody', error: expect.objectContaining({ code: 'prompt_not_found' }) }),
    )
    const back = await subject.send('POST', '/v1/prompts/bulk', { where: { tag: 'old' }, archived: false })
    expect(statuses(back.json)).toEqual({ a: 'changed', b: 'changed' })
  })

  test('a label that is not there is not followed, and one that is is taken away', async () => {
    const subject = await withPrompts('a')
    const answer = await subject.send('POST', '/v1/prompts/bulk', {
      prompts: ['a'],
      set_label: { label: 'staging', from_label: 'constructor' },
    })
    expect(answer.json['data']).toMatchObject([{ status: 'failed', error: { param: 'set_label' } }])
    await subject.send('POST', '/v1/prompts/bulk', { prompts: ['a'], remove_label: 'production' })
    expect((await subject.send('GET', '/v1/prompts/a')).json['labels']).toEqual({})
  })

  test.each([
    ['nothing chosen', { add_tags: ['x'] }],
    ['chosen twice', { prompts: ['a'], where: { tag: 'x' }, add_tags: ['x'] }],
    ['nothing to do', { prompts: ['a'] }],
    ['no version of the label', { prompts: ['a'], set_label: { label: 'staging' } }],
    ['an empty filter', { where: {}, archived: true }],
    ['a field that is none', { prompts: ['a'], add_tag: ['x'] }],
  ])('%s is a 400', async (_, body) => {
    const subject = await withPrompts('a')
    expect((await subject.send('POST', '/v1/prompts/bulk', body)).status).toBe(400)
  })

  test('tags that two calls put on at the same time are both there, and never more than a prompt may have', async () => {
    const subject = await withPrompts('a')
    const add = (...tags: readonly string[]) =>
      subject.send('POST', '/v1/prompts/bulk', { prompts: ['a'], add_tags: tags })
    await Promise.all([add('one'), add('two')])
    expect((await subject.send('GET', '/v1/prompts/a')).json['tags']).toEqual(['old', 'one', 'two'])
    await add(...Array.from({ length: 97 }, (_, index) => `tag-${index}`))
    expect((await add('too-many')).json).toMatchObject({ failed: 1, data: [{ error: { param: 'add_tags' } }] })
    expect((await subject.send('GET', '/v1/prompts/a')).json['tags']).toHaveLength(100)
  })

  test('a prompt called bulk is a prompt like any other', async () => {
    const subject = await withPrompts('bulk')
    expect((await subject.send('GET', '/v1/prompts/bulk')).json).toMatchObject({ slug: 'bulk' })
  })
})
