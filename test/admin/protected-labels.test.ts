import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Database } from '../../db/open.ts'
import { createPostgresStores } from '../../src/store/choose.ts'
import type { Actor, PromptStore } from '../../src/store/ports.ts'
import { metadata, versionBody as plainBody } from '../store/contract/subject.ts'
import { databaseKinds, emptyDatabase, scratchDatabase } from '../support/database.ts'
import { type Answer, type Subject, createSubject, endpoints, versionBody } from './subject.ts'

/**
 * No way moves a protected label without its approvals. Every way there is stands in the two tables below, or is named as one
 * that has nothing to do with labels: a new endpoint or store method fails this test until somebody decided which it is.
 */

type Send = (method: string, path: string, body?: unknown) => Promise<Answer>

/** Ways through the admin API by which the protected label, or what its name serves, could change; by the endpoint's id. */
const waysThroughTheApi: readonly (readonly [
  endpoint: string,
  way: string,
  attempt: (send: Send) => Promise<Answer>,
])[] = [
  ['setLabel', 'by slug', (send) => send('PUT', '/v1/prompts/guarded/labels/production', { version: 3 })],
  ['setLabel', 'by alias', (send) => send('PUT', '/v1/prompts/pmpt_guarded/labels/production', { version: 3 })],
  ['setLabel', 'to an older version', (send) => send('PUT', '/v1/prompts/guarded/labels/production', { version: 1 })],
  ['rollback', 'of the default label', (send) => send('POST', '/v1/prompts/guarded/rollback')],
  ['rollback', 'by alias', (send) => send('POST', '/v1/prompts/pmpt_guarded/rollback', { label: 'production' })],
  ['removeLabel', 'plainly', (send) => send('DELETE', '/v1/prompts/guarded/labels/production')],
  ['removeLabel', 'by alias', (send) => send('DELETE', '/v1/prompts/pmpt_guarded/labels/production?reason=x')],
  ['archivePrompt', 'plainly', (send) => send('POST', '/v1/prompts/guarded/archive')],
  ['archivePrompt', 'by alias', (send) => send('POST', '/v1/prompts/pmpt_guarded/archive')],
  ['restorePrompt', 'though it is live', (send) => send('POST', '/v1/prompts/guarded/restore')],
  ['createPrompt', 'again', (send) => send('POST', '/v1/prompts', newPrompt('guarded'))],
  ['createPrompt', 'under its alias', (send) => send('POST', '/v1/prompts', newPrompt('pmpt_guarded'))],
  ['createPrompt', 'aliased', (send) => send('POST', '/v1/prompts', { ...newPrompt('thief'), aliases: ['guarded'] })],
  [
    'duplicatePrompt',
    'onto itself',
    (send) => send('POST', '/v1/prompts/guarded/duplicate', { slug: 'guarded', version: 3, labels: ['production'] }),
  ],
  [
    'duplicatePrompt',
    'beside itself',
    (send) => send('POST', '/v1/prompts/guarded/duplicate', { slug: 'copy', version: 3, labels: ['production'] }),
  ],
  ['changePrompt', 'with an alias', (send) => send('PATCH', '/v1/prompts/other', { aliases: ['guarded'] })],
  ['changePrompt', 'with its alias', (send) => send('PATCH', '/v1/prompts/other', { aliases: ['pmpt_guarded'] })],
  [
    'changePrompt',
    'of itself',
    (send) => send('PATCH', '/v1/prompts/guarded', { name: 'x', aliases: ['pmpt_guarded', 'y'] }),
  ],
  ['addVersion', 'plainly', (send) => send('POST', '/v1/prompts/guarded/versions', versionBody)],
  [
    'addVersion',
    'with labels',
    (send) => send('POST', '/v1/prompts/guarded/versions', { ...versionBody, labels: ['production'] }),
  ],
  ['submitVersion', 'plainly', (send) => send('POST', '/v1/prompts/guarded/versions/3/submit')],
  ['rejectVersion', 'of where it stands', (send) => send('POST', '/v1/prompts/guarded/versions/2/reject')],
  ['unprotectLabel', 'without the role', (send) => send('DELETE', '/v1/prompts/guarded/labels/production/protection')],
  [
    'protectLabel',
    'with less',
    (send) => send('PUT', '/v1/prompts/guarded/labels/production/protection', { approvals: 0 }),
  ],
  ['recomposeVersion', 'plainly', (send) => send('POST', '/v1/prompts/guarded/versions/3/recompose')],
  ['runTests', 'plainly', (send) => send('POST', '/v1/prompts/guarded/test', { version: 3 })],
  ['changeManyPrompts', 'with a label', (send) => send('POST', '/v1/prompts/bulk', bulk({ set_label: toLatest }))],
  ['changeManyPrompts', 'without it', (send) => send('POST', '/v1/prompts/bulk', bulk({ remove_label: 'production' }))],
  ['changeManyPrompts', 'archived', (send) => send('POST', '/v1/prompts/bulk', bulk({ archived: true }))],
  ['importPrompts', 'with the label elsewhere', (send) => send('POST', '/v1/import', importOf({ production: 1 }))],
  ['importPrompts', 'with the label on what it adds', (send) => send('POST', '/v1/import', importOf(['production']))],
  [
    'forkTemplate',
    'onto itself',
    (send) => send('POST', '/v1/templates/socratic-tutor/fork', { slug: 'guarded', labels: ['production'] }),
  ],
  ['purgeCache', 'plainly', (send) => send('POST', '/v1/prompts/guarded/cache/purge')],
  [
    'startExperiment',
    'with a version that lacks approvals',
    async (send) => {
      await send('POST', '/v1/experiments', { ...experimentOf({ version: 3 }), slug: 'early' })
      return send('POST', '/v1/experiments/early/start')
    },
  ],
  ['createRollout', 'plainly', (send) => send('POST', '/v1/rollouts', { prompt: 'guarded', version: 3 })],
  [
    'stopExperiment',
    'with its winner',
    async (send) => {
      await send('POST', '/v1/experiments', experimentOf({ version: 3 }))
      await send('POST', '/v1/experiments/try/start')
      return send('POST', '/v1/experiments/try/stop', { winner: 'other' })
    },
  ],
  [
    'stopExperiment',
    'with a winner that becomes a version first',
    async (send) => {
      await send('POST', '/v1/experiments', { ...experimentOf({ parameters: { temperature: 1 } }), slug: 'tuned' })
      await send('POST', '/v1/experiments/tuned/start')
      return send('POST', '/v1/experiments/tuned/stop', { winner: 'other' })
    },
  ],
]

const experimentOf = (other: object) => ({
  slug: 'try',
  prompt: 'guarded',
  variants: [
    { name: 'control', version: 2 },
    { name: 'other', ...other },
  ],
})

const toLatest = { label: 'production', version: 'latest' }
const bulk = (change: object) => ({ prompts: ['guarded'], ...change })
const importOf = (labels: unknown) => ({
  format: 'promptbox/1',
  prompts: [{ slug: 'guarded', name: 'x', labels, versions: [{ ...versionBody, change_note: 'imported' }] }],
})

/** Endpoints that write and have nothing to do with the labels of prompts, by the beginning of their path. */
const pathsWithoutLabels = [
  '/keys',
  '/providers',
  '/models',
  '/routes',
  '/render',
  '/chains',
  '/agents',
  '/templates',
  '/guardrails',
]
/** Ids of further endpoints that were looked at: they cannot move a label. */
const endpointsWithoutLabels: readonly string[] = [
  // An approval moves nothing by itself; that it opens the way is shown below.
  'approveVersion',
  'reportGuardrail',
  'giveFeedback',
  // What is served to the units of an experiment or a rollout is no label; a rollout moves it at its end by the job, which
  // asks the protection (test/jobs).
  'createExperiment',
  'changeExperiment',
  'removeExperiment',
  'pauseExperiment',
  'resumeExperiment',
  'planExperiment',
  'planOfExperiment',
  'pauseRollout',
  'resumeRollout',
  'abortRollout',
  // Evolution makes drafts, and goes on by the experiments and rollouts above.
  'putEvolution',
  'removeEvolution',
  'runEvolution',
  'testProposal',
  'tryProposal',
  'rollProposalOut',
  'rejectProposal',
]

const newPrompt = (slug: string) => ({ slug, name: 'x', version: versionBody, labels: ['production'] })

/** Ways through the prompt store; by its method. */
const waysThroughTheStore: readonly (readonly [
  method: keyof PromptStore,
  attempt: (prompts: PromptStore, actor: Actor) => Promise<unknown>,
])[] = [
  ['setLabel', (prompts, actor) => prompts.setLabel(actor, 'guarded', 'production', 3, null)],
  ['setLabel', (prompts, actor) => prompts.setLabel(actor, 'pmpt_guarded', 'production', 1, null)],
  ['rollback', (prompts, actor) => prompts.rollback(actor, 'guarded', 'production', null)],
  ['removeLabel', (prompts, actor) => prompts.removeLabel(actor, 'guarded', 'production', null)],
  ['archive', (prompts, actor) => prompts.archive(actor, 'guarded')],
  ['restore', (prompts, actor) => prompts.restore(actor, 'guarded')],
  ['create', (prompts, actor) => prompts.create(actor, created('guarded'))],
  ['create', (prompts, actor) => prompts.create(actor, { ...created('thief'), aliases: ['guarded'] })],
  ['change', (prompts, actor) => prompts.change(actor, 'other', { aliases: ['guarded'] })],
  ['change', (prompts, actor) => prompts.change(actor, 'guarded', { name: 'x' })],
  ['addVersion', (prompts, actor) => prompts.addVersion(actor, 'guarded', plainBody())],
  ['submit', (prompts, actor) => prompts.submit(actor, 'guarded', 3, null)],
  ['reject', (prompts, actor) => prompts.reject(actor, 'guarded', 2, null)],
  ['unprotectLabel', (prompts, actor) => prompts.unprotectLabel(actor, 'guarded', 'production')],
  ['protectLabel', (prompts, actor) => prompts.protectLabel(actor, 'guarded', 'production', noProtection)],
]
const methodsThatRead: readonly string[] = ['list', 'find', 'versions', 'version', 'timeline', 'compose', 'dependents']
const methodsWithoutLabels: readonly string[] = ['approve']
/** Of the store in memory only: what the snapshot reads. */
const methodsOfMemory: readonly string[] = ['value', 'slugs', 'slugOf', 'isArchived']

const created = (slug: string) => ({ ...metadata, slug, version: plainBody(), labels: ['production'] })
const noProtection = { approvals: 0, roles: [], minScore: null }

/** Makes keys, and the prompt: production went from 1 to 2 before it was protected; 3 is new. */
async function scene(subject: Subject) {
  const keyFor = async (name: string, roles: readonly string[] = []) => {
    const { json } = await subject.send('POST', '/v1/keys', { name, scopes: ['admin'], roles })
    const headers = { authorization: `Bearer ${String(json['key'])}` }
    const send: Send = (method, path, body) => subject.send(method, path, body, headers)
    return { send, actor: { tenantId: 'default', id: String(json['id']), name, roles } satisfies Actor }
  }
  const author = await keyFor('author')
  const reviewer = await keyFor('reviewer')
  const manager = await keyFor('manager', ['release-manager'])
  expect(
    (await author.send('POST', '/v1/prompts', { ...newPrompt('guarded'), aliases: ['pmpt_guarded'] })).status,
  ).toBe(201)
  expect((await author.send('POST', '/v1/prompts', newPrompt('other'))).status).toBe(201)
  for (const _ of [2, 3]) await author.send('POST', '/v1/prompts/guarded/versions', versionBody)
  await author.send('PUT', '/v1/prompts/guarded/labels/production', { version: 2 })
  const protection = { approvals: 1, roles: ['release-manager'] }
  await author.send('PUT', '/v1/prompts/guarded/labels/production/protection', protection)
  return { author, reviewer, manager }
}

/** Where the label is, and what a request gets by each of the prompt's names. */
async function expectUnmoved(subject: Subject, what: string): Promise<void> {
  const { json } = await subject.send('GET', '/v1/prompts/guarded')
  expect(json, what).toMatchObject({ labels: { production: 2 }, archived_at: null })
  expect(json['protections'], what).toEqual({
    production: { approvals: 1, roles: ['release-manager'], min_score: null },
  })
  for (const name of ['guarded', 'pmpt_guarded']) {
    const rendered = await subject.send('POST', '/v1/render', { prompt: name, variables: { question: 'x' } })
    expect(rendered.json, `${what}, ${name}`).toMatchObject({ prompt: 'guarded', version: 2, label: 'production' })
  }
}

function protectedLabels(open: () => Subject): void {
  test('stays where it is by every way through the API, without its approvals or without its role', async () => {
    const subject = open()
    const { author, manager } = await scene(subject)
    // The author has neither the role nor approvals, the manager only the role, and so has the super-admin.
    for (const [endpoint, way, attempt] of waysThroughTheApi) {
      const answer = await attempt(author.send)
      expect(answer.status, `${endpoint} ${way}`).not.toBe(500)
      await expectUnmoved(subject, `${endpoint} ${way}`)
    }
    for (const [endpoint, way, attempt] of waysThroughTheApi) {
      if (endpoint === 'unprotectLabel' || endpoint === 'protectLabel') continue
      await attempt(manager.send)
      await expectUnmoved(subject, `${endpoint} ${way}, by the manager`)
      if (!/Label$|^rollback$|^archivePrompt$/.test(endpoint)) continue
      await attempt((method, path, body) => subject.send(method, path, body))
      await expectUnmoved(subject, `${endpoint} ${way}, by the super-admin`)
    }
    const timeline = await subject.send('GET', '/v1/prompts/guarded/timeline?limit=200')
    const moves = (timeline.json['data'] as readonly Record<string, unknown>[]).filter(
      ({ label }) => label !== undefined,
    )
    expect(moves.map(({ event, to }) => [event, to])).toEqual([
      ['label_set', 1],
      ['label_set', 2],
      ['label_protected', undefined],
    ])
  }, 60_000)

  test('stays where it is by every method of the store', async () => {
    const subject = open()
    const { author } = await scene(subject)
    for (const [method, attempt] of waysThroughTheStore) {
      await attempt(subject.served.prompts, author.actor).catch((error: unknown) => {
        expect(error, method).toMatchObject({ name: 'Fault' })
      })
      await expectUnmoved(subject, method)
    }
  }, 60_000)

  test('every method of the store is tried, or known to move nothing', () => {
    const known = [...waysThroughTheStore.map(([method]) => method), ...methodsThatRead, ...methodsWithoutLabels]
    const methods = Object.keys(open().served.prompts).filter((method) => !methodsOfMemory.includes(method))
    expect(methods.toSorted()).toEqual([...new Set(known)].toSorted())
  })

  test('moves with its approvals, forth and back, and goes once its protection has gone', async () => {
    const subject = open()
    const { author, reviewer, manager } = await scene(subject)
    const labels = async () => (await subject.send('GET', '/v1/prompts/guarded')).json['labels']
    const approve = (version: number) => reviewer.send('POST', `/v1/prompts/guarded/versions/${version}/approve`)
    const refused = await manager.send('PUT', '/v1/prompts/guarded/labels/production', { version: 3 })
    expect(refused.status).toBe(409)
    expect(refused.json['error']).toMatchObject({ code: 'label_protected', param: 'label' })
    expect(refused.json['error']?.['message']).toContain('needs 1 approval by others than the author, it has 0')

    expect((await author.send('POST', '/v1/prompts/guarded/versions/3/approve')).json['error']).toMatchObject({
      code: 'own_version',
    })
    expect((await approve(3)).json).toMatchObject({ status: 'approved', reviews: [{ actor: 'reviewer' }] })
    expect((await author.send('PUT', '/v1/prompts/guarded/labels/production', { version: 3 })).status).toBe(409)
    expect((await manager.send('PUT', '/v1/prompts/guarded/labels/production', { version: 3 })).status).toBe(200)
    expect(await labels()).toEqual({ production: 3 })

    expect((await manager.send('POST', '/v1/prompts/guarded/rollback')).status).toBe(409)
    await approve(2)
    expect((await manager.send('POST', '/v1/prompts/guarded/rollback')).json).toMatchObject({ from: 3, to: 2 })
    await approve(1)
    expect((await subject.send('POST', '/v1/prompts/guarded/rollback')).json).toMatchObject({ from: 2, to: 1 })

    const path = '/v1/prompts/guarded/labels/production/protection'
    const denied = await author.send('DELETE', path)
    expect([denied.status, denied.json['error']?.['code']]).toEqual([403, 'role_required'])
    expect((await manager.send('DELETE', path)).json['protections']).toEqual({})
    expect((await author.send('DELETE', '/v1/prompts/guarded/labels/production')).status).toBe(200)
    expect((await author.send('POST', '/v1/prompts/guarded/archive')).status).toBe(200)
  })
}

describe('a protected label, stores in memory', () => protectedLabels(() => createSubject()))

describe.each(databaseKinds)('a protected label, on the %s database', (kind) => {
  let database: Database
  beforeAll(async () => {
    database = await scratchDatabase({ kind })
  })
  beforeEach(() => emptyDatabase(database))
  afterAll(() => database.close())
  protectedLabels(() => createSubject({}, createPostgresStores(database)))
})

describe('no way is forgotten', () => {
  test('every endpoint that writes is tried, or known to move nothing', () => {
    const tried = new Set(waysThroughTheApi.map(([endpoint]) => endpoint))
    const undecided = endpoints.filter(
      ({ id, path, method }) =>
        method !== 'GET' &&
        !tried.has(id) &&
        !endpointsWithoutLabels.includes(id) &&
        !pathsWithoutLabels.some((beginning) => path.startsWith(beginning)),
    )
    expect(undecided.map(({ id }) => id)).toEqual([])
    for (const id of tried) expect(endpoints.map((endpoint) => endpoint.id)).toContain(id)
  })

  test('the table of labels is written in one place, where the protection is asked', () => {
    const writes =
      /(?:insert|update|delete)\(\s*promptLabels\b|(?:into|update|delete\s+from)\s+(?:"?promptbox"?\.)?"?prompt_labels\b/gi
    expect(occurrences(['src', 'db'], writes)).toEqual({ 'src/store/postgres/prompt-writes.ts': 2 })
    expect(occurrences(['src/store/memory'], /\.labels\.(?:set|delete|clear)\(/g)).toEqual({
      'src/store/memory/prompts.ts': 2,
    })
    const writer = readFileSync(join(root, 'src/store/postgres/prompt-writes.ts'), 'utf8')
    const bodies = writer.split(/^export async function /m)
    const writing = bodies.filter((body) => /\.(?:insert|delete)\(promptLabels\)/.test(body))
    expect(writing.map((body) => body.slice(0, body.indexOf('(')))).toEqual(['point', 'unpoint'])
    for (const body of writing) {
      const asked = body.search(/require(?:MayPoint|Unprotected)\(/)
      expect(asked).toBeGreaterThan(0)
      expect(asked).toBeLessThan(body.search(/\.(?:insert|delete)\(promptLabels\)/))
    }
  })
})

const root = fileURLToPath(new URL('../..', import.meta.url))

/** How often it occurs in each of the sources where it does. */
function occurrences(directories: readonly string[], pattern: RegExp): Readonly<Record<string, number>> {
  const files = directories.flatMap((directory) =>
    readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:ts|mjs|sql)$/.test(name))
      .map((name) => join(directory, name)),
  )
  const counts = files.map(
    (file) => [file, readFileSync(join(root, file), 'utf8').match(pattern)?.length ?? 0] as const,
  )
  return Object.fromEntries(counts.filter(([, count]) => count > 0))
}
