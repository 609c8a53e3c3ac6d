import { describe, expect, it } from 'vitest'
import type { LabelProtection } from '../../../src/store/review-port.ts'
import type { Actor } from '../../../src/store/ports.ts'
import { actor as author, allPages, metadata, promptWith, unique, versionBody, type GetSubject } from './subject.ts'

const person = (name: string, roles?: readonly string[]): Actor => ({
  tenantId: 'default',
  id: `key-of-${name}`,
  name,
  roles,
})
const [grace, alan, barbara] = [person('grace'), person('alan'), person('barbara')]
const admin: Actor = { tenantId: 'default', id: 'admin', name: 'admin' }
const asking = (more: Partial<LabelProtection> = {}): LabelProtection => ({
  approvals: 1,
  roles: [],
  minScore: null,
  ...more,
})
const isProtected = { kind: 'conflict', code: 'label_protected', param: 'label' }

export function reviewsContract(subject: GetSubject): void {
  const prompts = () => subject().stores.prompts
  const events = async (slug: string) =>
    (await allPages(50, (page) => prompts().timeline('default', slug, page))).filter(
      ({ event }) => event !== 'prompt_created' && event !== 'version_created',
    )
  const labelsOf = async (slug: string) => (await prompts().find('default', slug))?.labels
  const set = (who: Actor, slug: string, version: number) => prompts().setLabel(who, slug, 'production', version, null)

  describe('reviews', () => {
    it('lead from a draft to an approved version, and the timeline tells how', async () => {
      const slug = await promptWith(subject().stores, 2)
      expect(await prompts().submit(author, slug, 2, 'ready')).toMatchObject({ status: 'in_review', reviews: [] })
      const approved = await prompts().approve(grace, slug, 2, 'reads well')
      expect(approved).toMatchObject({
        version: 2,
        status: 'approved',
        reviews: [
          { actorId: grace.id, actor: 'grace', decision: 'approved', reason: 'reads well', at: expect.any(Number) },
        ],
      })
      expect(await prompts().version('default', slug, 2)).toEqual(approved)
      expect(await prompts().version('default', slug, 1)).toMatchObject({ status: 'draft', reviews: [] })
      const row = { at: expect.any(Number), label: null, from: null, to: null, version: 2 }
      expect(await events(slug)).toEqual([
        { ...row, event: 'version_submitted', actor: author.name, reason: 'ready' },
        { ...row, event: 'version_approved', actor: 'grace', reason: 'reads well' },
      ])
    })

    it('are never of the author, whichever key that is', async () => {
      const slug = await promptWith(subject().stores, 1)
      const own = { kind: 'permission_denied', code: 'own_version' }
      await expect(prompts().approve(author, slug, 1, null)).rejects.toMatchObject(own)
      await prompts().addVersion(admin, slug, versionBody('of the super-admin'))
      await expect(prompts().approve(admin, slug, 2, null)).rejects.toMatchObject(own)
      expect(await prompts().approve(admin, slug, 1, null)).toMatchObject({ status: 'approved' })
      expect(await prompts().approve(author, slug, 2, null)).toMatchObject({ status: 'approved' })
    })

    it('of a draft that nobody submitted submit it too', async () => {
      const slug = await promptWith(subject().stores, 1)
      await prompts().approve(grace, slug, 1, null)
      expect((await events(slug)).map(({ event, actor }) => [event, actor])).toEqual([
        ['version_submitted', 'grace'],
        ['version_approved', 'grace'],
      ])
    })

    it('count once for each reviewer: a second decision replaces the first, the same again is no event', async () => {
      const slug = await promptWith(subject().stores, 1)
      await prompts().protectLabel(author, slug, 'production', asking({ approvals: 2 }))
      await prompts().approve(grace, slug, 1, null)
      expect(await prompts().approve(grace, slug, 1, 'again')).toMatchObject({
        status: 'in_review',
        reviews: [{ actor: 'grace', reason: 'again' }],
      })
      const before = await events(slug)
      await prompts().approve(grace, slug, 1, 'again')
      expect(await events(slug)).toEqual(before)
      expect(await prompts().approve(alan, slug, 1, null)).toMatchObject({ status: 'approved' })
      const rejected = await prompts().reject(grace, slug, 1, 'second thoughts')
      expect(rejected.status).toBe('rejected')
      expect(rejected.reviews.map(({ actor, decision }) => `${actor} ${decision}`).sort()).toEqual([
        'alan approved',
        'grace rejected',
      ])
    })

    it('that reject hold until the version is submitted again, which starts over', async () => {
      const slug = await promptWith(subject().stores, 1)
      await prompts().reject(grace, slug, 1, 'too long')
      await expect(prompts().approve(alan, slug, 1, null)).rejects.toMatchObject({
        kind: 'conflict',
        code: 'version_rejected',
      })
      expect(await prompts().submit(author, slug, 1, 'shorter now')).toMatchObject({ status: 'in_review', reviews: [] })
      expect(await prompts().approve(alan, slug, 1, null)).toMatchObject({ status: 'approved' })
      expect((await events(slug)).map(({ event }) => event)).toEqual([
        'version_rejected',
        'version_submitted',
        'version_approved',
      ])
      // Its author may take it back: that can only make less of it.
      expect(await prompts().reject(author, slug, 1, 'found a mistake')).toMatchObject({ status: 'rejected' })
    })

    it('submitting what is in review or approved changes nothing', async () => {
      const slug = await promptWith(subject().stores, 1)
      await prompts().submit(author, slug, 1, null)
      await prompts().approve(grace, slug, 1, null)
      const before = await events(slug)
      expect(await prompts().submit(author, slug, 1, 'again')).toMatchObject({ status: 'approved' })
      expect(await events(slug)).toEqual(before)
    })

    it('stay with approved when more approvals are asked for later, but the label waits for them', async () => {
      const slug = await promptWith(subject().stores, 1)
      await prompts().approve(grace, slug, 1, null)
      await prompts().protectLabel(author, slug, 'production', asking({ approvals: 3 }))
      expect(await prompts().approve(alan, slug, 1, null)).toMatchObject({ status: 'approved' })
      await expect(set(admin, slug, 1)).rejects.toMatchObject(isProtected)
      await prompts().approve(barbara, slug, 1, null)
      expect(await set(admin, slug, 1)).toMatchObject({ labels: { production: 1 } })
    })

    it('are found by their status', async () => {
      const slug = await promptWith(subject().stores, 5)
      for (const number of [1, 3, 5]) await prompts().submit(author, slug, number, null)
      await prompts().approve(grace, slug, 3, null)
      const found = await allPages(1, (page) => prompts().versions('default', slug, { ...page, status: 'in_review' }))
      expect(found.map(({ version, status }) => [version, status])).toEqual([
        [5, 'in_review'],
        [1, 'in_review'],
      ])
    })

    it('of what is not there are not found', async () => {
      const slug = await promptWith(subject().stores, 1)
      for (const step of ['submit', 'approve', 'reject'] as const) {
        for (const number of [0, 2, 1.5, 2 ** 40])
          await expect(prompts()[step](grace, slug, number, null)).rejects.toMatchObject({ kind: 'not_found' })
        await expect(prompts()[step](grace, unique('none'), 1, null)).rejects.toMatchObject({ kind: 'not_found' })
      }
    })

    it('by many at once count each one', async () => {
      const slug = await promptWith(subject().stores, 1)
      await prompts().protectLabel(author, slug, 'production', asking({ approvals: 10 }))
      const reviewers = Array.from({ length: 10 }, (_, index) => person(`reviewer-${index}`))
      await Promise.all(reviewers.map((reviewer) => prompts().approve(reviewer, slug, 1, null)))
      const version = await prompts().version('default', slug, 1)
      expect(version?.status).toBe('approved')
      expect(new Set(version?.reviews.map(({ actorId }) => actorId)).size).toBe(10)
      expect((await events(slug)).filter(({ event }) => event === 'version_submitted')).toHaveLength(1)
    })
  })

  describe('a protected label', () => {
    it('moves only with its approvals, and says how many are missing', async () => {
      const slug = await promptWith(subject().stores, 2, { labels: ['production'] })
      await prompts().protectLabel(author, slug, 'production', asking({ approvals: 2 }))
      await prompts().approve(grace, slug, 2, null)
      await expect(set(author, slug, 2)).rejects.toMatchObject({
        ...isProtected,
        message: expect.stringMatching(/needs 2 approvals by others than the author, it has 1 .*versions\/2\/approve/),
      })
      expect(await labelsOf(slug)).toEqual({ production: 1 })
      await prompts().approve(alan, slug, 2, null)
      expect((await set(author, slug, 2)).labels).toEqual({ production: 2 })
    })

    it('lets go where it stands and other labels alone', async () => {
      const slug = await promptWith(subject().stores, 2, { labels: ['production'] })
      await prompts().protectLabel(author, slug, 'production', asking())
      expect((await set(author, slug, 1)).labels).toEqual({ production: 1 })
      expect((await prompts().setLabel(author, slug, 'staging', 2, null)).labels).toEqual({ production: 1, staging: 2 })
      expect((await prompts().removeLabel(author, slug, 'staging', null)).labels).toEqual({ production: 1 })
    })

    it('goes back only to a version that has the approvals too', async () => {
      const slug = await promptWith(subject().stores, 3)
      for (const version of [1, 2, 3]) await set(author, slug, version)
      await prompts().protectLabel(author, slug, 'production', asking())
      const back = () => prompts().rollback(author, slug, 'production', null)
      await expect(back()).rejects.toMatchObject(isProtected)
      expect(await labelsOf(slug)).toEqual({ production: 3 })
      await prompts().approve(grace, slug, 2, null)
      expect(await back()).toMatchObject({ from: 3, to: 2 })
      await prompts().approve(grace, slug, 1, null)
      await prompts().reject(alan, slug, 1, 'unsafe')
      await expect(back()).rejects.toMatchObject({ ...isProtected, message: expect.stringContaining('is rejected') })
    })

    it('never moves to a rejected version, also when no approvals are asked for', async () => {
      const slug = await promptWith(subject().stores, 1)
      await prompts().protectLabel(author, slug, 'production', asking({ approvals: 0 }))
      await prompts().reject(grace, slug, 1, null)
      await expect(set(author, slug, 1)).rejects.toMatchObject(isProtected)
      await prompts().submit(author, slug, 1, null)
      expect((await set(author, slug, 1)).labels).toEqual({ production: 1 })
    })

    it('is neither taken away nor archived before its protection is', async () => {
      const slug = await promptWith(subject().stores, 1, { labels: ['production'] })
      await prompts().protectLabel(author, slug, 'production', asking())
      await expect(prompts().removeLabel(author, slug, 'production', null)).rejects.toMatchObject(isProtected)
      await expect(prompts().archive(author, slug)).rejects.toMatchObject(isProtected)
      expect(await prompts().find('default', slug)).toMatchObject({ archivedAt: null, labels: { production: 1 } })
      await prompts().unprotectLabel(author, slug, 'production')
      await prompts().removeLabel(author, slug, 'production', null)
      expect(await prompts().archive(author, slug)).toMatchObject({ archivedAt: expect.any(Number), labels: {} })
      await expect(prompts().protectLabel(author, slug, 'production', asking())).rejects.toMatchObject({
        kind: 'conflict',
        code: 'prompt_archived',
      })
    })

    it('moves only for a role that it names; the super-admin has every one', async () => {
      const slug = await promptWith(subject().stores, 2)
      const manager = person('manager', ['reader', 'release-manager'])
      const protection = asking({ approvals: 0, roles: ['release-manager', 'on-call'] })
      await prompts().protectLabel(author, slug, 'production', protection)
      for (const who of [author, person('reader', ['reader']), person('nobody', [])])
        await expect(set(who, slug, 1)).rejects.toMatchObject({
          ...isProtected,
          message: expect.stringContaining('one of the roles release-manager, on-call'),
        })
      expect((await set(manager, slug, 1)).labels).toEqual({ production: 1 })
      expect((await set(admin, slug, 2)).labels).toEqual({ production: 2 })
    })

    it('with roles is unprotected and weakened only by one of them', async () => {
      const slug = await promptWith(subject().stores, 1)
      const manager = person('manager', ['release-manager'])
      await prompts().protectLabel(author, slug, 'production', asking({ roles: ['release-manager'] }))
      const refused = { kind: 'permission_denied', code: 'role_required' }
      await expect(prompts().protectLabel(author, slug, 'production', asking())).rejects.toMatchObject(refused)
      await expect(prompts().unprotectLabel(author, slug, 'production')).rejects.toMatchObject(refused)
      await prompts().protectLabel(manager, slug, 'production', asking({ approvals: 2, roles: ['release-manager'] }))
      expect((await prompts().unprotectLabel(admin, slug, 'production')).protections).toEqual({})
    })

    it('that asks for a score moves only after a complete run that passed with it', async () => {
      const slug = await promptWith(subject().stores, 2)
      const run = (version: number, score: number, passed = true, complete = true) =>
        subject().recordRun({ slug, version, score, passed, complete })
      await prompts().protectLabel(author, slug, 'production', asking({ approvals: 0, minScore: 0.8 }))
      await run(2, 1)
      await expect(set(author, slug, 1)).rejects.toMatchObject({ ...isProtected, untested: 1 })
      await run(1, 1, true, false)
      await expect(set(author, slug, 1)).rejects.toMatchObject({ ...isProtected, untested: 1 })
      await run(1, 0.79)
      const failed = { ...isProtected, untested: null, message: expect.stringContaining('score of 0.79') }
      await expect(set(author, slug, 1)).rejects.toMatchObject(failed)
      await run(1, 0.9, false)
      await expect(set(author, slug, 1)).rejects.toMatchObject(isProtected)
      await run(1, 0.8)
      expect((await set(author, slug, 1)).labels).toEqual({ production: 1 })
      await run(1, 0.1)
      await set(author, slug, 2)
      await expect(prompts().rollback(author, slug, 'production', null)).rejects.toMatchObject(isProtected)
    })

    it('lacking more than a run does not ask for one', async () => {
      const slug = await promptWith(subject().stores, 1)
      await prompts().protectLabel(author, slug, 'production', asking({ minScore: 0.5 }))
      await expect(set(author, slug, 1)).rejects.toMatchObject({ ...isProtected, untested: null })
    })

    it('is shown with its prompt, and every change of its protection is in the timeline', async () => {
      const slug = await promptWith(subject().stores, 1)
      const protection = asking({ approvals: 2, roles: ['release-manager'], minScore: 0.75 })
      const shown = { ...protection, updatedBy: admin.id, updatedAt: expect.any(Number) }
      const prompt = await prompts().protectLabel(admin, slug, 'production', protection)
      expect(prompt.protections).toEqual({ production: shown })
      expect(await prompts().find('default', slug)).toEqual(prompt)
      await prompts().protectLabel(admin, slug, 'production', protection)
      await prompts().protectLabel(admin, slug, 'constructor', asking({ approvals: 0 }))
      await prompts().unprotectLabel(admin, slug, 'production')
      await expect(prompts().unprotectLabel(admin, slug, 'production')).rejects.toMatchObject({
        kind: 'not_found',
        param: 'label',
      })
      const text = '2 approvals, the role release-manager, a test score of at least 0.75'
      expect((await events(slug)).map(({ event, label, reason }) => ({ event, label, reason }))).toEqual([
        { event: 'label_protected', label: 'production', reason: text },
        { event: 'label_protected', label: 'constructor', reason: '0 approvals' },
        { event: 'label_unprotected', label: 'production', reason: `asked for ${text}` },
      ])
    })

    it('is one of at most 50 of a prompt', async () => {
      const slug = await promptWith(subject().stores, 1)
      for (let index = 0; index < 50; index++) await prompts().protectLabel(author, slug, `stage-${index}`, asking())
      await expect(prompts().protectLabel(author, slug, 'one-more', asking())).rejects.toMatchObject({
        kind: 'conflict',
        param: 'label',
      })
      await prompts().protectLabel(author, slug, 'stage-0', asking({ approvals: 2 }))
    })

    it('belongs to one tenant, and says nothing of a prompt that is created elsewhere', async () => {
      const tenantId = unique('tenant')
      await subject().addTenant(tenantId)
      const other = { ...author, tenantId }
      const slug = await promptWith(subject().stores, 1)
      await prompts().protectLabel(author, slug, 'production', asking())
      await expect(prompts().approve({ ...grace, tenantId }, slug, 1, null)).rejects.toMatchObject({
        kind: 'not_found',
      })
      await expect(prompts().unprotectLabel(other, slug, 'production')).rejects.toMatchObject({ kind: 'not_found' })
      const asked = { ...metadata, slug, version: versionBody(), labels: ['production'] }
      expect(await prompts().create(other, asked)).toMatchObject({ labels: { production: 1 }, protections: {} })
    })

    it('never moves between an approval and its withdrawal by many at once without one', async () => {
      const slug = await promptWith(subject().stores, 2, { labels: ['production'] })
      await prompts().protectLabel(author, slug, 'production', asking())
      const tries = Array.from({ length: 10 }, (_, index) => [
        prompts().approve(person(`reviewer-${index}`), slug, 2, null),
        set(author, slug, 2),
        prompts().reject(person(`reviewer-${index}`), slug, 2, null),
        set(author, slug, 1),
        prompts().submit(author, slug, 2, null),
      ])
      await Promise.allSettled(tries.flat())
      let approvals = 0
      for (const { event, to } of await events(slug)) {
        if (event === 'version_approved') approvals++
        if (event === 'version_rejected' || event === 'version_submitted') approvals = 0
        if (event === 'label_set' && to === 2) expect(approvals).toBeGreaterThan(0)
      }
    })
  })
}
