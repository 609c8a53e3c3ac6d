import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import { type Answer, type Subject, createSubject } from './subject.ts'

const say = (content: string, further: object = {}) => ({
  messages: [{ role: 'system', content }],
  model: 'mock/echo',
  ...further,
})

const create = (subject: Subject, slug: string, version: object): Promise<Answer> =>
  subject.send('POST', '/v1/prompts', { slug, name: slug, version, labels: ['production'] })
const addVersion = (subject: Subject, slug: string, version: object): Promise<Answer> =>
  subject.send('POST', `/v1/prompts/${slug}/versions`, version)
const setLabel = (subject: Subject, slug: string, version: number): Promise<Answer> =>
  subject.send('PUT', `/v1/prompts/${slug}/labels/production`, { version })

/** `tone` stands in `outer`, `outer` in `main`. */
async function withPartials(): Promise<Subject> {
  const subject = createSubject()
  await create(subject, 'tone', say('Be warm, {{name}}.'))
  await create(subject, 'outer', say('[{{> tone}}]'))
  await create(subject, 'main', say('{{> outer}} {{question}}', { semver: '1.0.0' }))
  return subject
}

const rendered = async (subject: Subject, prompt: string): Promise<unknown> => {
  const variables = { name: '{{question}}', question: '{{> tone}}' }
  return (await subject.send('POST', '/v1/render', { prompt, variables })).json['messages']?.[0]?.['content']
}

describe('a version with partials', () => {
  test('is served with their texts, and shows source, served body and what it took', async () => {
    const subject = await withPartials()
    // Values stay values, whatever they look like.
    expect(await rendered(subject, 'main')).toBe('[Be warm, {{question}}.] {{> tone}}')
    const version = (await subject.send('GET', '/v1/prompts/main/versions/1')).json
    expect(version).toMatchObject({
      body: say('{{> outer}} {{question}}', { semver: '1.0.0' }),
      served_body: say('[Be warm, {{name}}.] {{question}}', { semver: '1.0.0' }),
      dependencies: [
        { prompt: 'outer', selector: 'production', version: 1 },
        { prompt: 'tone', selector: 'production', version: 1 },
      ],
    })
    const plain = (await subject.send('GET', '/v1/prompts/tone/versions/1')).json
    expect(plain).toMatchObject({ dependencies: [] })
    expect(plain).not.toHaveProperty('served_body')
  })

  test('is warned of with all its variables known', async () => {
    const subject = await withPartials()
    const variables = { type: 'object', properties: { question: {}, left: {} } }
    const answer = await create(subject, 'second', say('{{> tone}} {{question}}', { variables }))
    expect(answer.json['warnings']).toEqual(['`version.variables.properties.left` is used in no template'])
    const next = await addVersion(subject, 'second', say('{{> tone}} {{question}}', { variables }))
    expect(next.json['warnings']).toEqual(['`variables.properties.left` is used in no template'])
  })

  test('that cannot be put together is a 400 that names field, reason and way out', async () => {
    const subject = await withPartials()
    const answer = await create(subject, 'broken', say('{{> tome}}'))
    expect(answer.status).toBe(400)
    expect(answer.json['error']).toMatchObject({
      code: 'partial_not_found',
      param: 'version.messages[0].content',
      message:
        "`version.messages[0].content` has `{{> tome}}`, but there is no prompt 'tome'. Create it first, or take the partial out.",
    })
    const circle = await addVersion(subject, 'tone', say('{{> main}}'))
    expect(circle.json['error']).toMatchObject({
      code: 'partial_cycle',
      param: 'messages[0].content',
      message: expect.stringContaining('tone → main → outer → tone'),
    })
    expect((await subject.send('GET', '/v1/prompts/broken')).status).toBe(404)
  })

  test('is composed again when it is copied', async () => {
    const subject = await withPartials()
    await addVersion(subject, 'tone', say('Be cool, {{name}}.'))
    await setLabel(subject, 'tone', 2)
    await subject.send('POST', '/v1/prompts/outer/duplicate', { slug: 'copy', labels: ['production'] })
    expect(await rendered(subject, 'copy')).toBe('[Be cool, {{question}}.]')
    expect(await rendered(subject, 'outer')).toBe('[Be warm, {{question}}.]')
  })

  test('is compared by what it serves', async () => {
    const subject = await withPartials()
    await addVersion(subject, 'outer', say('[Be warm, {{name}}.]'))
    const diff = await subject.send('GET', '/v1/prompts/outer/diff?from=1&to=2')
    expect(diff.json).toMatchObject({ messages: [], variables: [], breaking: [] })
  })
})

describe('publishing a partial', () => {
  test('shows which prompts would change, and changes none of them', async () => {
    const subject = await withPartials()
    const added = await addVersion(subject, 'tone', say('Be cool, {{name}}.'))
    expect(added.json['dependents_outdated']).toEqual([])
    expect((await setLabel(subject, 'tone', 2)).json['dependents_outdated']).toEqual(['main', 'outer'])
    expect(await rendered(subject, 'main')).toBe('[Be warm, {{question}}.] {{> tone}}')
    const row = {
      version: 1,
      labels: ['production'],
      selector: 'production',
      uses_version: 1,
      current_version: 2,
      outdated: true,
    }
    expect((await subject.send('GET', '/v1/prompts/tone/dependents')).json['data']).toEqual([
      { prompt: 'main', ...row },
      { prompt: 'outer', ...row },
    ])
    const page = await subject.send('GET', '/v1/prompts/tone/dependents?limit=1')
    const next = await subject.send(
      'GET',
      `/v1/prompts/tone/dependents?limit=1&cursor=${String(page.json['next_cursor'])}`,
    )
    expect(next.json).toMatchObject({ data: [{ prompt: 'outer' }], next_cursor: null })
    const back = await subject.send('POST', '/v1/prompts/tone/rollback', {})
    expect(back.json['dependents_outdated']).toEqual([])
    expect((await subject.send('GET', '/v1/prompts/none/dependents')).status).toBe(404)
  })

  test('by `latest` shows at once', async () => {
    const subject = await withPartials()
    await create(subject, 'eager', say('{{> tone@latest}}'))
    const added = await addVersion(subject, 'tone', say('Be cool.'))
    expect(added.json['dependents_outdated']).toEqual(['eager'])
  })
})

describe('composing anew', () => {
  const recompose = (subject: Subject, slug: string, version: number): Promise<Answer> =>
    subject.send('POST', `/v1/prompts/${slug}/versions/${version}/recompose`)

  test('makes a version of the same source that says which partials moved', async () => {
    const subject = await withPartials()
    await addVersion(subject, 'tone', say('Be cool, {{name}}.'))
    await setLabel(subject, 'tone', 2)
    // What stands in `main` is `outer`, which is still what it was.
    expect((await recompose(subject, 'main', 1)).json['error']).toMatchObject({ code: 'nothing_to_recompose' })
    const outer = await recompose(subject, 'outer', 1)
    expect(outer.status).toBe(201)
    expect(outer.json).toMatchObject({
      version: 2,
      status: 'draft',
      parent_version: 1,
      change_note: 'Composed version 1 anew: tone@production 1 → 2',
      body: { messages: say('[{{> tone}}]').messages },
      served_body: { messages: say('[Be cool, {{name}}.]').messages },
      labels: [],
    })
    expect((await setLabel(subject, 'outer', 2)).json['dependents_outdated']).toEqual(['main'])
    const main = await recompose(subject, 'main', 1)
    expect(main.json).toMatchObject({
      semver: null,
      change_note: 'Composed version 1 anew: outer@production 1 → 2; tone@production 1 → 2',
    })
    await setLabel(subject, 'main', 2)
    expect(await rendered(subject, 'main')).toBe('[Be cool, {{question}}.] {{> tone}}')
  })

  test('is a 409 where nothing would change, and a 404 where nothing is', async () => {
    const subject = await withPartials()
    const same = await recompose(subject, 'outer', 1)
    expect(same.status).toBe(409)
    expect(same.json['error']).toMatchObject({ code: 'nothing_to_recompose', param: 'version' })
    expect((await recompose(subject, 'tone', 1)).json['error']?.['message']).toContain('It has no partials.')
    expect((await recompose(subject, 'outer', 9)).status).toBe(404)
    await subject.send('POST', '/v1/prompts/tone/archive')
    expect((await recompose(subject, 'outer', 1)).json['error']).toMatchObject({ code: 'partial_archived' })
  })
})

test('a version that was made is answered as made, though the database went away just after', async () => {
  const subject = await withPartials()
  subject.served.prompts.dependents = () => Promise.reject(new Fault('unavailable', 'The database is away.'))
  const made = await addVersion(subject, 'tone', say('Be cool, {{name}}.'))
  expect([made.status, made.json['version'], made.json['dependents_outdated']]).toEqual([201, 2, null])
  expect((await setLabel(subject, 'tone', 2)).json).toMatchObject({
    labels: { production: 2 },
    dependents_outdated: null,
  })
})
