import { describe, expect, test } from 'vitest'
import { bundle, greet, rowsOf, version } from './bundles.ts'
import { type Answer, createSubject, createSupportReply, versionBody } from './subject.ts'

describe('POST /import', () => {
  test('a dry run foresees what partials and names of the same import do', async () => {
    const subject = createSubject()
    await createSupportReply(subject)
    await subject.send('POST', '/v1/prompts', { slug: 'tone', name: 'Tone', version: version('Be kind.') })
    const wanting = (slug: string, ...contents: readonly string[]) => ({
      slug,
      name: slug,
      labels: { production: contents.length },
      versions: contents.map((content) => version(content)),
    })
    const sent = bundle(
      // A stored partial without that label: the prompt is not made, and of one that is there the later version is not added.
      wanting('mail', '{{> tone}} {{question}}'),
      { ...wanting('support-reply', 'Plain', '{{> tone}}', 'After'), name: 'Support reply' },
      wanting('fine', '{{> tone@latest}}'),
      { ...wanting('first', 'x'), aliases: ['shared'] },
      { ...wanting('second', 'x'), aliases: ['shared'] },
      wanting('shared', 'x'),
    )
    const dry = await subject.send('POST', '/v1/import?dry_run=true', sent)
    const report = await subject.send('POST', '/v1/import', sent)
    const seen = (answer: Answer) => rowsOf(answer).map(({ slug, action }) => `${slug} ${action}`)
    expect(seen(report)).toEqual([
      'mail refused',
      'support-reply add_versions',
      'fine create',
      'first create',
      'second conflict',
      'shared conflict',
    ])
    expect(seen(dry)).toEqual(seen(report))
    const ofReply = (answer: Answer) => (answer.json['prompts'] as readonly Record<string, unknown>[])[1]
    expect(ofReply(dry)).toEqual(ofReply(report))
    expect(ofReply(report)).toMatchObject({
      versions_added: 1,
      problems: [expect.stringContaining('Version 2, and those after it')],
      labels: [{ label: 'production', refused: expect.stringContaining('Version 3 was not stored') }],
    })
  })

  test('a dry run foresees that a failed test run keeps a label where it is', async () => {
    const subject = createSubject()
    await createSupportReply(subject)
    await subject.send('POST', '/v1/prompts/support-reply/versions', version('Plain'))
    const protection = { approvals: 0, roles: [], min_score: 0.5 }
    await subject.send('PUT', '/v1/prompts/support-reply/labels/production/protection', protection)
    const result = { passed: false, score: 0, threshold: 1, complete: true, trigger: 'demand', costUsd: 0, cases: [] }
    await subject.stores.testRuns.add(
      { tenantId: 'default', id: 'admin', name: 'admin' },
      { ...result, trigger: 'demand', id: 'run-1', slug: 'support-reply', version: 2 },
      5,
    )
    const versions = [versionBody, version('Plain')]
    const sent = bundle({ slug: 'support-reply', name: 'Support reply', labels: { production: 2 }, versions })
    const dry = await subject.send('POST', '/v1/import?dry_run=true', sent)
    expect(dry.json['prompts']).toMatchObject([
      { labels: [{ label: 'production', refused: expect.stringContaining('it failed with a score of 0') }] },
    ])
    expect((await subject.send('POST', '/v1/import', sent)).json['prompts']).toEqual(dry.json['prompts'])
  })

  test('others are answered while much is read in', async () => {
    const subject = createSubject()
    const many = Array.from({ length: 300 }, (_, index) => ({ ...greet, slug: `greet-${index}`, aliases: [] }))
    const answered = async (path: string, body: unknown): Promise<number> => {
      let running = true
      const asked = subject.send('POST', path, body).finally(() => (running = false))
      let count = 0
      for (; running; count++) await new Promise((resolve) => setImmediate(resolve))
      expect((await asked).status).toBe(200)
      return count
    }
    // Without a rest the whole of it would be one round of the event loop, with a few around it.
    expect(await answered('/v1/import?dry_run=true', bundle(...many))).toBeGreaterThan(10)
    expect(await answered('/v1/import', bundle(...many))).toBeGreaterThan(10)
  })
})
