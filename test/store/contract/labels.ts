import { describe, expect, it } from 'vitest'
import type { TimelineRow } from '../../../src/store/ports.ts'
import { actor, allPages, promptWith, type GetSubject } from './subject.ts'

export function labelsContract(subject: GetSubject): void {
  const prompts = () => subject().stores.prompts
  const timeline = (slug: string) => allPages(50, (page) => prompts().timeline('default', slug, page))
  const set = (slug: string, version: number) => prompts().setLabel(actor, slug, 'production', version, null)
  const rollback = (slug: string) => prompts().rollback(actor, slug, 'production', null)

  describe('labels', () => {
    it('point where they were set, and say so in the timeline', async () => {
      const slug = await promptWith(subject().stores, 2)
      expect((await prompts().setLabel(actor, slug, 'production', 1, 'go live')).labels).toEqual({ production: 1 })
      expect((await prompts().setLabel(actor, slug, 'production', 2, 'better')).labels).toEqual({ production: 2 })
      expect((await prompts().removeLabel(actor, slug, 'production', 'withdrawn')).labels).toEqual({})
      const rows = await timeline(slug)
      const row = {
        at: expect.any(Number),
        actor: actor.name,
        label: null,
        from: null,
        to: null,
        version: null,
        reason: null,
      }
      expect(rows).toEqual([
        { ...row, event: 'prompt_created' },
        { ...row, event: 'version_created', version: 1 },
        { ...row, event: 'version_created', version: 2 },
        { ...row, event: 'label_set', label: 'production', from: null, to: 1, reason: 'go live' },
        { ...row, event: 'label_set', label: 'production', from: 1, to: 2, reason: 'better' },
        { ...row, event: 'label_removed', label: 'production', from: 2, reason: 'withdrawn' },
      ])
    })

    it('set to where they are already are no event', async () => {
      const slug = await promptWith(subject().stores, 1, { labels: ['production'] })
      const before = await timeline(slug)
      expect((await set(slug, 1)).labels).toEqual({ production: 1 })
      expect(await timeline(slug)).toEqual(before)
    })

    it('cannot point to a version that is none, nor be removed where they are not', async () => {
      const slug = await promptWith(subject().stores, 1)
      await expect(set(slug, 2)).rejects.toMatchObject({ kind: 'not_found', param: 'version' })
      await expect(set(slug, 0)).rejects.toMatchObject({ kind: 'not_found', param: 'version' })
      await expect(prompts().removeLabel(actor, slug, 'production', null)).rejects.toMatchObject({
        kind: 'not_found',
        param: 'label',
      })
      expect((await prompts().find('default', slug))?.labels).toEqual({})
    })

    it('may be called like a member of every object', async () => {
      const slug = await promptWith(subject().stores, 1)
      await expect(prompts().removeLabel(actor, slug, 'constructor', null)).rejects.toMatchObject({ kind: 'not_found' })
      const { labels } = await prompts().setLabel(actor, slug, 'constructor', 1, null)
      expect(labels).toEqual({ constructor: 1 })
      expect((await prompts().removeLabel(actor, slug, 'constructor', null)).labels).toEqual({})
    })

    it('lose no move among 50 writers: the timeline is one unbroken chain that ends where the label is', async () => {
      const slug = await promptWith(subject().stores, 5)
      await Promise.all(Array.from({ length: 50 }, (_, index) => set(slug, (index % 5) + 1)))
      const moves = (await timeline(slug)).filter((row) => row.event === 'label_set')
      expectUnbroken(moves)
      expect((await prompts().find('default', slug))?.labels).toEqual({ production: moves.at(-1)?.to })
    })

    it('of many names move at once without disturbing each other', async () => {
      const slug = await promptWith(subject().stores, 2)
      const names = Array.from({ length: 20 }, (_, index) => `stage-${index}`)
      await Promise.all(names.map((name, index) => prompts().setLabel(actor, slug, name, (index % 2) + 1, null)))
      expect((await prompts().find('default', slug))?.labels).toEqual(
        Object.fromEntries(names.map((name, index) => [name, (index % 2) + 1])),
      )
    })
  })

  describe('rollback', () => {
    it('goes one step further back at each call, until there is none', async () => {
      const slug = await promptWith(subject().stores, 3)
      for (const version of [1, 2, 3]) await set(slug, version)
      expect(await prompts().rollback(actor, slug, 'production', 'worse')).toMatchObject({
        from: 3,
        to: 2,
        prompt: { labels: { production: 2 } },
      })
      expect(await rollback(slug)).toMatchObject({ from: 2, to: 1 })
      await expect(rollback(slug)).rejects.toMatchObject({ kind: 'conflict', code: 'nothing_to_roll_back' })
      expect((await prompts().find('default', slug))?.labels).toEqual({ production: 1 })
      const back = (await timeline(slug)).filter((row) => row.event === 'label_rolled_back')
      expect(back.map(({ from, to, reason }) => ({ from, to, reason }))).toEqual([
        { from: 3, to: 2, reason: 'worse' },
        { from: 2, to: 1, reason: null },
      ])
    })

    it('after a new set goes back along the new branch', async () => {
      const slug = await promptWith(subject().stores, 4)
      for (const version of [1, 2, 3]) await set(slug, version)
      await rollback(slug)
      await set(slug, 4)
      expect(await rollback(slug)).toMatchObject({ from: 4, to: 2 })
      expect(await rollback(slug)).toMatchObject({ from: 2, to: 1 })
      await expect(rollback(slug)).rejects.toMatchObject({ code: 'nothing_to_roll_back' })
    })

    it('can return to a version more than once', async () => {
      const slug = await promptWith(subject().stores, 2)
      for (const version of [1, 2, 1]) await set(slug, version)
      expect(await rollback(slug)).toMatchObject({ from: 1, to: 2 })
      expect(await rollback(slug)).toMatchObject({ from: 2, to: 1 })
      await expect(rollback(slug)).rejects.toMatchObject({ code: 'nothing_to_roll_back' })
    })

    it('has nothing to do for a label that was set once, is not set, or never was', async () => {
      const slug = await promptWith(subject().stores, 2, { labels: ['production'] })
      const nothing = { kind: 'conflict', code: 'nothing_to_roll_back' }
      await expect(rollback(slug)).rejects.toMatchObject(nothing)
      await expect(prompts().rollback(actor, slug, 'staging', null)).rejects.toMatchObject(nothing)
      await set(slug, 2)
      await prompts().removeLabel(actor, slug, 'production', null)
      await expect(rollback(slug)).rejects.toMatchObject(nothing)
    })

    it('goes on along its history when a removed label is set again', async () => {
      const slug = await promptWith(subject().stores, 3)
      await set(slug, 1)
      await set(slug, 2)
      await prompts().removeLabel(actor, slug, 'production', null)
      await set(slug, 2)
      expect(await rollback(slug)).toMatchObject({ from: 2, to: 1 })
    })

    it('of two labels are two histories', async () => {
      const slug = await promptWith(subject().stores, 3)
      await set(slug, 1)
      await prompts().setLabel(actor, slug, 'staging', 3, null)
      await set(slug, 2)
      await expect(prompts().rollback(actor, slug, 'staging', null)).rejects.toMatchObject({
        code: 'nothing_to_roll_back',
      })
      expect(await rollback(slug)).toMatchObject({ from: 2, to: 1 })
    })

    it('by many at once takes one step each, never the same step twice', async () => {
      const slug = await promptWith(subject().stores, 10)
      for (let version = 1; version <= 10; version++) await set(slug, version)
      const results = await Promise.allSettled(Array.from({ length: 15 }, () => rollback(slug)))
      const done = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.to] : []))
      expect(done.sort((left, right) => left - right)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
      expectUnbroken((await timeline(slug)).filter((row) => row.label === 'production'))
    })
  })

  describe('the timeline', () => {
    it('pages oldest first without skipping or repeating while it grows', async () => {
      const slug = await promptWith(subject().stores, 2)
      for (let move = 0; move < 8; move++) await set(slug, (move % 2) + 1)
      const rows = await allPages(
        3,
        (page) => prompts().timeline('default', slug, page),
        async (page) => void (page <= 2 && (await prompts().setLabel(actor, slug, `extra-${page}`, 1, null))),
      )
      expect(rows.map((row) => row.event)).toEqual([
        'prompt_created',
        'version_created',
        'version_created',
        ...Array.from({ length: 10 }, () => 'label_set'),
      ])
      expect(rows.map((row) => row.at)).toEqual(rows.map((row) => row.at).sort((left, right) => left - right))
    })
  })
}

function expectUnbroken(moves: readonly TimelineRow[]): void {
  for (const [index, move] of moves.entries()) {
    expect(move.from).toBe(index === 0 ? null : moves[index - 1]?.to)
    expect(move.to).not.toBe(move.from)
  }
}
