import { describe, expect, test } from 'vitest'
import type { RunGate } from '../../src/admin/move-label.ts'
import { createMemoryStores } from '../../src/store/memory.ts'
import type { RunResult } from '../../src/store/review-port.ts'
import { type Subject, createSubject, createSupportReply, versionBody } from './subject.ts'

const base = '/v1/prompts/support-reply'

async function withKey(subject: Subject, name: string, roles: readonly string[] = []) {
  const { json } = await subject.send('POST', '/v1/keys', { name, scopes: ['admin'], roles })
  const headers = { authorization: `Bearer ${String(json['key'])}` }
  return (method: string, path: string, body?: unknown) => subject.send(method, path, body, headers)
}

/** A prompt whose two versions the super-admin made; production points to the first. */
async function scene(subject = createSubject()) {
  await createSupportReply(subject)
  await subject.send('POST', `${base}/versions`, { ...versionBody, change_note: 'second' })
  return subject
}

describe('reviews', () => {
  test('a version goes from draft to approved, and everybody can read by whom and why', async () => {
    const subject = await scene()
    const grace = await withKey(subject, 'Grace')
    expect((await subject.send('POST', `${base}/versions/2/submit`, { reason: 'ready' })).json['status']).toBe(
      'in_review',
    )
    const waiting = await subject.send('GET', `${base}/versions?status=in_review`)
    expect((waiting.json['data'] as readonly { version: number }[]).map(({ version }) => version)).toEqual([2])
    const approved = await grace('POST', `${base}/versions/2/approve`, { reason: 'reads well' })
    const review = { actor: 'Grace', decision: 'approved', reason: 'reads well', at: '2026-11-20T09:30:00.000Z' }
    expect(approved.json).toMatchObject({ prompt: 'support-reply', version: 2, status: 'approved', reviews: [review] })
    expect((await subject.send('GET', `${base}/versions/2`)).json['reviews']).toEqual([review])
    const { json } = await subject.send('GET', `${base}/timeline`)
    expect((json['data'] as readonly unknown[]).slice(-2)).toEqual([
      { at: review.at, actor: 'admin', event: 'version_submitted', version: 2, reason: 'ready' },
      { at: review.at, actor: 'Grace', event: 'version_approved', version: 2, reason: 'reads well' },
    ])
  })

  test('nobody approves what was made with their own key, the super-admin neither', async () => {
    const subject = await scene()
    const answer = await subject.send('POST', `${base}/versions/2/approve`)
    expect(answer.status).toBe(403)
    expect(answer.json['error']).toMatchObject({ code: 'own_version', type: 'permission_error', param: 'version' })
    expect(answer.json['error']?.['message']).toContain('the admin key of somebody else')
  })

  test('a rejected version has to be submitted again before it can be approved', async () => {
    const subject = await scene()
    const grace = await withKey(subject, 'Grace')
    expect((await grace('POST', `${base}/versions/2/reject`, { reason: 'too long' })).json['status']).toBe('rejected')
    const refused = await grace('POST', `${base}/versions/2/approve`)
    expect([refused.status, refused.json['error']?.['code']]).toEqual([409, 'version_rejected'])
    expect((await subject.send('POST', `${base}/versions/2/submit`)).json).toMatchObject({
      status: 'in_review',
      reviews: [],
    })
    expect((await grace('POST', `${base}/versions/2/approve`)).json['status']).toBe('approved')
  })

  test.each([
    ['POST', `${base}/versions/9/approve`, undefined, 404, 'version'],
    ['POST', `${base}/versions/x/submit`, undefined, 400, 'version'],
    ['POST', '/v1/prompts/nowhere/versions/1/reject', undefined, 404, 'slug'],
    ['POST', `${base}/versions/2/reject`, { reason: '' }, 400, 'reason'],
    ['POST', `${base}/versions/2/approve`, { why: 'x' }, 400, 'why'],
    ['GET', `${base}/versions?status=done`, undefined, 400, 'status'],
  ])('%s %s %j is a %i that names the field', async (method, path, body, status, param) => {
    const subject = await scene()
    const answer = await (await withKey(subject, 'Grace'))(method, path, body)
    expect([answer.status, answer.json['error']?.['param']]).toEqual([status, param])
  })
})

describe('protections', () => {
  test('are set with defaults, shown with the prompt, listed, and taken away', async () => {
    const subject = await scene()
    const stored = { approvals: 1, roles: [], min_score: null }
    const set = await subject.send('PUT', `${base}/labels/production/protection`)
    expect(set.json).toEqual({
      label: 'production',
      ...stored,
      updated_at: '2026-11-20T09:30:00.000Z',
      updated_by: 'admin',
    })
    await subject.send('PUT', `${base}/labels/beta/protection`, { approvals: 0, roles: ['qa'], min_score: 0.9 })
    const beta = { approvals: 0, roles: ['qa'], min_score: 0.9 }
    expect((await subject.send('GET', base)).json['protections']).toEqual({ production: stored, beta })
    const listed = (await subject.send('GET', `${base}/protections`)).json
    expect((listed['data'] as readonly { label: string }[]).map(({ label }) => label)).toEqual(['beta', 'production'])
    expect((await subject.send('DELETE', `${base}/labels/beta/protection`)).json['protections']).toEqual({
      production: stored,
    })
    expect((await subject.send('DELETE', `${base}/labels/beta/protection`)).status).toBe(404)
    const { json } = await subject.send('GET', `${base}/timeline`)
    expect(
      (json['data'] as readonly { event: string; reason?: string }[])
        .slice(-3)
        .map(({ event, reason }) => [event, reason]),
    ).toEqual([
      ['label_protected', '1 approval'],
      ['label_protected', '0 approvals, the role qa, a test score of at least 0.9'],
      ['label_unprotected', 'asked for 0 approvals, the role qa, a test score of at least 0.9'],
    ])
  })

  test.each([
    [{ approvals: 11 }, 'approvals'],
    [{ approvals: -1 }, 'approvals'],
    [{ approvals: 1.5 }, 'approvals'],
    [{ approvals: '1' }, 'approvals'],
    [{ roles: ['Release Manager'] }, 'roles[0]'],
    [{ roles: ['qa', 'qa'] }, 'roles'],
    [{ min_score: 1.1 }, 'min_score'],
    [{ min_score: '1' }, 'min_score'],
    [{ approvers: 2 }, 'approvers'],
  ])('%j is refused and names the field', async (body, param) => {
    const answer = await (await scene()).send('PUT', `${base}/labels/production/protection`, body)
    expect([answer.status, answer.json['error']?.['param']]).toEqual([400, param])
  })

  test('with roles are changed by a key with one of them, or the super-admin', async () => {
    const subject = await scene()
    const [grace, manager] = [await withKey(subject, 'Grace'), await withKey(subject, 'Mary', ['release-manager'])]
    const path = `${base}/labels/production/protection`
    await subject.send('PUT', path, { roles: ['release-manager'] })
    for (const [method, body] of [
      ['PUT', { approvals: 0 }],
      ['DELETE', undefined],
    ] as const) {
      const refused = await grace(method, path, body)
      expect([refused.status, refused.json['error']?.['code']]).toEqual([403, 'role_required'])
    }
    expect((await manager('PUT', path, { approvals: 2, roles: ['release-manager'] })).status).toBe(200)
    expect((await manager('DELETE', path)).status).toBe(200)
  })
})

describe('a protection that asks for a test score', () => {
  async function gated(runGate: (runs: Map<number, RunResult>) => RunGate | null) {
    const runs = new Map<number, RunResult>()
    const asked: number[] = []
    const stores = createMemoryStores(undefined, (_tenant, _slug, version) => runs.get(version) ?? null)
    let inner: RunGate | null = null
    const gate: RunGate = async (actor, slug, version) => {
      asked.push(version)
      await inner?.(actor, slug, version)
    }
    const subject = createSubject({ runGate: gate }, stores)
    inner = runGate(runs)
    await scene(subject)
    const protect = (body: unknown) => subject.send('PUT', `${base}/labels/production/protection`, body)
    return { subject, runs, asked, protect }
  }

  test('has the cases run when there is no run yet, and moves when they pass', async () => {
    const { subject, asked, protect } = await gated((runs) => async (_actor, slug, version) => {
      expect(slug).toBe('support-reply')
      runs.set(version, { score: 0.9, passed: true })
    })
    await protect({ approvals: 0, min_score: 0.8 })
    expect((await subject.send('PUT', `${base}/labels/production`, { version: 2 })).json['labels']).toEqual({
      production: 2,
    })
    expect(asked).toEqual([2])
    // Back to version 1, which was served before anybody asked for a score.
    expect((await subject.send('POST', `${base}/rollback`)).json).toMatchObject({ from: 2, to: 1 })
    expect(asked).toEqual([2, 1])
  })

  test('stays when they do not, and does not run them again by itself', async () => {
    const { subject, asked, protect } = await gated((runs) => async (_actor, _slug, version) => {
      runs.set(version, { score: 0.5, passed: false })
    })
    await protect({ approvals: 0, min_score: 0.8 })
    for (let tries = 0; tries < 2; tries++) {
      const answer = await subject.send('PUT', `${base}/labels/production`, { version: 2 })
      expect([answer.status, answer.json['error']?.['code']]).toEqual([409, 'label_protected'])
      expect(answer.json['error']?.['message']).toContain('it failed with a score of 0.5')
    }
    expect(asked).toEqual([2])
  })

  test('runs nothing for a version that could not go there anyway, nor for a label without one', async () => {
    const { subject, asked, protect } = await gated(() => null)
    await protect({ approvals: 1, min_score: 0.8 })
    const answer = await subject.send('PUT', `${base}/labels/production`, { version: 2 })
    expect(answer.json['error']?.['message']).toMatch(
      /needs 1 approval .*; version 2 needs a complete test run .*\/test \{"version": 2\}/,
    )
    await subject.send('PUT', `${base}/labels/staging`, { version: 2 })
    expect(asked).toEqual([])
  })

  test('without anybody to run them says that a run is missing, and how to get one', async () => {
    const subject = await scene(createSubject({ runGate: null }))
    await subject.send('PUT', `${base}/labels/production/protection`, { approvals: 0, min_score: 1 })
    const answer = await subject.send('PUT', `${base}/labels/production`, { version: 2 })
    expect(answer.status).toBe(409)
    expect(answer.json['error']?.['message']).toContain('POST /admin/v1/prompts/support-reply/test')
  })
})
