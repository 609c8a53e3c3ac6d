import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { orderedBundle, toBundleYaml, toDirectory } from '../../src/interchange/promptbox/bundle.ts'
import { bundlePrompt } from '../interchange/generated-prompts.ts'
import { bundle, greet, rowsOf, version } from './bundles.ts'
import { adminKey, createSubject, createSupportReply, versionBody } from './subject.ts'

describe('what is imported', () => {
  const text = '# System\nYou answer for {{company}}.\n'

  test('is files as a list, by either word, or by their paths', async () => {
    for (const files of [
      [{ path: 'a/house.md', text }],
      [{ name: 'a/house.md', content: text }],
      { 'a/house.md': text },
    ]) {
      const { json } = await createSubject().send('POST', '/v1/import?format=markdown', { files })
      expect(json['prompts']).toMatchObject([{ slug: 'house', action: 'create' }])
    }
  })

  test('is, of our own, a bundle, one prompt, a list of them, or a map as in promptbox.yaml', async () => {
    const { slug, ...rest } = greet
    for (const body of [bundle(greet), greet, [greet], { prompts: [greet] }, { prompts: { [slug]: rest } }]) {
      const subject = createSubject()
      const answer = await subject.send('POST', '/v1/import', body)
      expect(answer.json['prompts'], answer.text).toMatchObject([{ slug, action: 'create', versions_added: 2 }])
      expect(answer.json['notes']).toEqual([])
      expect((await subject.send('GET', '/v1/export')).json['prompts']).toEqual([greet])
    }
  })

  test.each([
    ['markdown', 'text/markdown', text, 'imported'],
    ['markdown&file=house.md', 'text/plain; charset=UTF-8', text, 'house'],
    ['litellm', 'text/plain', '---\nmodel: gpt-4o\n---\nUser: {{x}}\n', 'imported'],
    ['promptbox', 'application/yaml', toBundleYaml(orderedBundle([greet])), 'greet'],
    [
      'tensorzero',
      'application/toml',
      '[functions.greet]\ntype = "chat"\n[functions.greet.variants.a]\ntype = "chat_completion"\nmodel = "openai::gpt-4o"\nweight = 1\n',
      'greet',
    ],
  ])('is a text as it is: %s as %s', async (query, type, body, slug) => {
    const answer = await createSubject().send('POST', `/v1/import?dry_run=true&format=${query}`, body, {
      'content-type': type,
    })
    expect(answer.json['prompts'], answer.text).toMatchObject([{ slug }])
  })

  test('is nothing else: a form is refused, and so is a text anywhere but here', async () => {
    const subject = createSubject()
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await subject.send('POST', '/v1/import', 'a=b', form)).status).toBe(415)
    expect((await subject.send('POST', '/v1/prompts', 'a', { 'content-type': 'text/plain' })).status).toBe(415)
    const broken = new Uint8Array([0x61, 0xff])
    expect((await subject.send('POST', '/v1/import', broken, { 'content-type': 'text/plain' })).status).toBe(400)
  })
})

test('what an import did to labels stands in the timeline, each move once', async () => {
  const subject = createSubject()
  const report = await subject.send('POST', '/v1/import', bundle(greet))
  expect(report.json['prompts']?.[0]?.['labels']).toEqual([
    { label: 'production', from: null, to: 2 },
    { label: 'staging', from: null, to: 1 },
  ])
  const timeline = await subject.send('GET', '/v1/prompts/greet/timeline')
  const moves = (timeline.json['data'] as readonly Record<string, unknown>[]).filter(
    ({ event }) => event === 'label_set',
  )
  expect(moves.map(({ label, to }) => `${String(label)} ${String(to)}`).sort()).toEqual(['production 2', 'staging 1'])
})

describe('GET /export', () => {
  test('has prompts with all versions and labels, by slug', async () => {
    const subject = createSubject()
    await createSupportReply(subject)
    await subject.send('POST', '/v1/import', bundle(greet))
    const { status, json } = await subject.send('GET', '/v1/export')
    expect(status).toBe(200)
    expect(json).toEqual({
      format: 'promptbox/1',
      prompts: [
        greet,
        { slug: 'support-reply', name: 'Support reply', labels: { production: 1 }, versions: [versionBody] },
      ],
    })
  })

  test('takes parts: one prompt by slug or alias, a label, a tag, a category; as YAML too', async () => {
    const subject = createSubject()
    await createSupportReply(subject, { category: 'support' })
    await subject.send('POST', '/v1/import', bundle(greet))
    const slugs = async (query: string) =>
      rowsOf(await subject.send('GET', `/v1/export?${query}`)).map(({ slug }) => slug)
    expect(await slugs('prompt=pmpt_1')).toEqual(['greet'])
    expect(await slugs('prompt=greet&category=support')).toEqual([])
    expect(await slugs('label=staging')).toEqual(['greet'])
    expect(await slugs('tag=hello')).toEqual(['greet'])
    expect(await slugs('category=support')).toEqual(['support-reply'])
    const yaml = await subject.send('GET', '/v1/export?prompt=support-reply&format=yaml')
    expect(yaml.headers.get('content-type')).toBe('application/yaml; charset=UTF-8')
    expect(yaml.text).toContain('format: promptbox/1\nprompts:\n  - slug: support-reply\n')
    expect((await subject.send('GET', '/v1/export?prompt=nobody')).status).toBe(404)
  })

  test('leaves archived prompts out, unless one is named', async () => {
    const subject = createSubject()
    await createSupportReply(subject)
    await subject.send('POST', '/v1/prompts/support-reply/archive')
    expect((await subject.send('GET', '/v1/export')).json['prompts']).toEqual([])
    expect((await subject.send('GET', '/v1/export?prompt=support-reply')).json['prompts']).toHaveLength(1)
  })
})

test('what one Promptbox exports, an empty one imports, and exports the same bytes', async () => {
  const prompts = Array.from({ length: 200 }, (_, index) =>
    fc.sample(bundlePrompt(index), { numRuns: 1, seed: 7000 + index }),
  ).flat()
  const [first, second, third] = [createSubject(), createSubject(), createSubject()]
  const report = await first.send('POST', '/v1/import', orderedBundle(prompts))
  const refused = rowsOf(report).filter(({ action }) => action !== 'create')
  // Texts of all kinds: some are no templates.
  for (const { problems } of refused) expect(problems.join()).toMatch(/template|schema|variables|puts in 'other'/)
  const created = Number(report.json['created'])
  expect(created).toBeGreaterThan(50)
  const exported = await first.send('GET', '/v1/export')
  expect((await second.send('POST', '/v1/import', exported.text)).json).toMatchObject({
    created,
    refused: 0,
    notes: [],
  })
  expect((await second.send('GET', '/v1/export')).text).toBe(exported.text)
  const files = toDirectory(JSON.parse(exported.text))
  expect((await third.send('POST', '/v1/import', { files })).json).toMatchObject({ created, refused: 0, notes: [] })
  expect((await third.send('GET', '/v1/export')).text).toBe(exported.text)
  expect((await third.send('GET', '/v1/export?format=yaml')).text).toBe(toBundleYaml(JSON.parse(exported.text)))
})

describe('POST /import', () => {
  test('a dry run says what would change, and changes nothing', async () => {
    const subject = createSubject()
    const dry = await subject.send('POST', '/v1/import?dry_run=true', bundle(greet))
    expect(dry.json).toMatchObject({
      dry_run: true,
      created: 1,
      prompts: [
        {
          slug: 'greet',
          action: 'create',
          versions_added: 2,
          labels: [
            { label: 'production', from: null, to: 2 },
            { label: 'staging', from: null, to: 1 },
          ],
          problems: [],
        },
      ],
    })
    expect((await subject.send('GET', '/v1/prompts')).json['data']).toEqual([])
    const real = await subject.send('POST', '/v1/import', bundle(greet))
    expect(real.json).toEqual({ ...(dry.json as object), dry_run: false })
  })

  test('the same twice changes nothing, and leaves no trace in the timeline', async () => {
    const subject = createSubject()
    await subject.send('POST', '/v1/import', bundle(greet))
    const before = (await subject.send('GET', '/v1/prompts/greet/timeline')).text
    const again = await subject.send('POST', '/v1/import', bundle(greet))
    expect(again.json).toMatchObject({
      created: 0,
      changed: 0,
      unchanged: 1,
      prompts: [{ action: 'unchanged', versions_added: 0, labels: [] }],
    })
    expect((await subject.send('GET', '/v1/prompts/greet/timeline')).text).toBe(before)
  })

  test('adds only the versions that are not there, with their parents by the numbers they get', async () => {
    const subject = createSubject()
    await subject.send('POST', '/v1/prompts', { slug: 'greet', name: 'Mine', version: version('Mine') })
    const report = await subject.send('POST', '/v1/import', bundle(greet))
    expect(report.json['prompts']).toMatchObject([
      {
        action: 'add_versions',
        versions_added: 2,
        labels: [
          { label: 'production', to: 3 },
          { label: 'staging', to: 2 },
        ],
      },
    ])
    const third = await subject.send('GET', '/v1/prompts/greet/versions/3')
    expect(third.json).toMatchObject({ parent_version: 2, body: { messages: [{ content: 'Hi' }] } })
    expect((await subject.send('GET', '/v1/prompts/greet')).json).toMatchObject({ name: 'Greet', tags: ['hello'] })
    const again = await subject.send('POST', '/v1/import', bundle(greet))
    expect(again.json).toMatchObject({ unchanged: 1 })
  })

  test('moves labels, and says from where', async () => {
    const subject = createSubject()
    await subject.send('POST', '/v1/import', bundle(greet))
    const moved = await subject.send('POST', '/v1/import', bundle({ ...greet, labels: { production: 1 } }))
    expect(moved.json['prompts']).toMatchObject([
      { action: 'move_labels', labels: [{ label: 'production', from: 2, to: 1 }] },
    ])
    expect((await subject.send('GET', '/v1/prompts/greet')).json['labels']).toEqual({ production: 1, staging: 1 })
  })

  test.each([
    [
      'skip',
      { unchanged: 1, refused: 0 },
      { action: 'unchanged', warnings: [expect.stringContaining('left as it is')] },
    ],
    ['error', { unchanged: 0, refused: 1 }, { action: 'conflict', problems: [expect.stringContaining('add_version')] }],
  ])('with on_conflict=%s a prompt that exists stays as it is', async (onConflict, counts, row) => {
    const subject = createSubject()
    await subject.send('POST', '/v1/prompts', { slug: 'greet', name: 'Mine', version: version('Mine') })
    const report = await subject.send(
      'POST',
      `/v1/import?on_conflict=${onConflict}`,
      bundle(greet, { ...greet, slug: 'other', aliases: [] }),
    )
    expect(report.json).toMatchObject({ created: 1, ...counts, prompts: [row, { slug: 'other', action: 'create' }] })
    expect((await subject.send('GET', '/v1/prompts/greet')).json).toMatchObject({ name: 'Mine', latest_version: 1 })
  })

  test.each([
    [
      'a version that is none',
      { ...greet, versions: [version('{{open'), version('fine')] },
      'refused',
      /`versions\[0\]\.messages\[0\]\.content` is no template/,
    ],
    ['a field that does not exist', { ...greet, colour: 'red' }, 'refused', /`colour` is not a known field/],
    [
      'a semantic version twice',
      { ...greet, versions: [version('a', { semver: '1.0.0' }), version('b', { semver: '1.0.0' })] },
      'refused',
      /1\.0\.0 is there twice/,
    ],
    [
      'a parent that comes later',
      { ...greet, versions: [version('a', { parent_version: 2 }), version('b')] },
      'refused',
      /earlier version/,
    ],
    ['an alias that is taken', { ...greet, aliases: ['support-reply'] }, 'conflict', /support-reply/],
    ['the slug of an alias', { ...greet, slug: 'helper' }, 'conflict', /alias of the prompt 'support-reply'/],
    [
      'a semantic version that is stored',
      { ...greet, slug: 'support-reply', aliases: [], versions: [version('x', { semver: '3.0.0' })], labels: {} },
      'conflict',
      /3\.0\.0 is version 1 of the stored prompt/,
    ],
  ])('%s keeps that prompt out, whole, and no other', async (_name, prompt, action, expected) => {
    const subject = createSubject()
    await createSupportReply(subject, { aliases: ['helper'], version: { ...versionBody, semver: '3.0.0' } })
    const other = { slug: 'other', name: 'Other', labels: {}, versions: [version('fine')] }
    const dry = await subject.send('POST', '/v1/import?dry_run=true', bundle(prompt, other))
    const report = await subject.send('POST', '/v1/import', bundle(prompt, other))
    expect(report.json).toMatchObject({
      created: 1,
      refused: 1,
      prompts: [{ action, versions_added: 0 }, { action: 'create' }],
    })
    expect(rowsOf(report)[0]?.problems.join('\n')).toMatch(expected)
    expect({ ...(dry.json as object), dry_run: false }).toEqual(report.json)
    expect((await subject.send('GET', '/v1/prompts/greet')).status).toBe(404)
    expect((await subject.send('GET', '/v1/prompts/support-reply/versions')).json['data']).toHaveLength(1)
  })

  test('an archived prompt is not written to', async () => {
    const subject = createSubject()
    await subject.send('POST', '/v1/import', bundle(greet))
    await subject.send('POST', '/v1/prompts/greet/archive')
    expect((await subject.send('POST', '/v1/import', bundle(greet))).json['prompts']).toMatchObject([
      { action: 'conflict', problems: [expect.stringContaining('Restore it first')] },
    ])
  })

  test('the author is the key that imports', async () => {
    const subject = createSubject()
    const made = await subject.send('POST', '/v1/keys', { name: 'Robot', scopes: ['admin'] })
    await subject.send('POST', '/v1/import', bundle(greet), { authorization: `Bearer ${String(made.json['key'])}` })
    const stored = await subject.send('GET', '/v1/prompts/greet/versions/1', undefined, {
      authorization: `Bearer ${adminKey}`,
    })
    expect(stored.json['created_by']).toBe(made.json['id'])
  })

  test('another system’s JSON is taken as it is, and what it has beyond is in the notes', async () => {
    const subject = createSubject()
    const body = {
      name: 'Movie Critic',
      type: 'text',
      prompt: 'Judge {{movie}}',
      version: 1,
      labels: ['production'],
      config: { model: 'gpt-4o', mood: 'grim' },
    }
    const report = await subject.send('POST', '/v1/import?format=langfuse', body)
    expect(report.json['notes']).toContainEqual({
      path: 'body.json',
      field: 'config.mood',
      severity: 'dropped',
      message: expect.any(String),
    })
    const rendered = await subject.send('POST', '/v1/render', { prompt: 'movie-critic', variables: { movie: 'Alien' } })
    expect(rendered.json['messages']).toEqual([{ role: 'user', content: 'Judge Alien' }])
    // A name that the prompt was given here is not taken back by importing once more.
    await subject.send('PATCH', '/v1/prompts/movie-critic', { name: 'Ours' })
    expect((await subject.send('POST', '/v1/import?format=langfuse', body)).json).toMatchObject({ unchanged: 1 })
  })

  test('a prompt waits for those it puts in; where one is missing, or refused, it is refused too', async () => {
    const subject = createSubject()
    const mail = { slug: 'mail', name: 'Mail', labels: {}, versions: [version('{{> footer@production}} {{name}}')] }
    const rules = { slug: 'rules', name: 'Rules', labels: {}, versions: [version('{{> mail}}')] }
    for (const query of ['?dry_run=true', '']) {
      const report = await subject.send('POST', `/v1/import${query}`, bundle(rules, mail, greet))
      expect(rowsOf(report).map(({ action }) => action)).toEqual(['refused', 'refused', 'create'])
      expect(rowsOf(report)[0]?.problems).toEqual([expect.stringContaining("It puts in 'mail', which is neither")])
      expect(rowsOf(report)[1]?.problems).toEqual([expect.stringContaining("It puts in 'footer', which is neither")])
    }
    const round = await subject.send('POST', '/v1/import', bundle({ ...mail, versions: [version('{{> mail}}')] }))
    expect(rowsOf(round)[0]?.problems).toEqual([expect.stringContaining('mail → mail')])
  })

  test('a body may be larger than elsewhere in the admin API', async () => {
    const subject = createSubject({ maxBodyBytes: 1000 })
    const long = { ...greet, versions: [version('word '.repeat(1000))], labels: {} }
    expect((await subject.send('POST', '/v1/import', bundle(long))).json).toMatchObject({ created: 1 })
  })

  test.each([
    ['nothing that could be a prompt', '', { hello: 'world' }, /slug/],
    ['an unknown format', '?format=excel', bundle(greet), /format/],
    ['files beside something else', '', { files: [], more: 1 }, /`more` must not stand beside `files`/],
    ['a file without text', '', { files: [{ path: 'a.yaml' }] }, /`files\[0\]\.text` must be/],
    [
      'a file twice',
      '',
      {
        files: [
          { path: 'a.yaml', text: '' },
          { path: './a.yaml', text: '' },
        ],
      },
      /files\[1\]\.path/,
    ],
    [
      'a misspelt file',
      '',
      { files: [{ path: 'a.yaml', contents: '' }] },
      /`files\[0\]\.contents` is not a known field/,
    ],
    ['an empty list of files', '?format=markdown', { files: [] }, /no prompt in it/],
    ['a YAML file without end', '', { files: [{ path: 'a.yaml', text: '#'.repeat(1_100_000) }] }, /Split it/],
  ])('%s is refused in words', async (_name, query, body, expected) => {
    const { status, json, text } = await createSubject().send('POST', `/v1/import${query}`, body)
    if (status === 200) expect(text).toMatch(expected)
    else {
      expect(status).toBe(400)
      expect(json['error']?.['message']).toMatch(expected)
    }
  })
})
