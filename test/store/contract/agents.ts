import { describe, expect, it } from 'vitest'
import { actor, allPages, promptWith, unique, type GetSubject } from './subject.ts'

const wanted = (slug: string, prompts: readonly string[] = []) => ({
  slug,
  name: 'Support bot',
  description: null,
  owner: 'customer care',
  prompts,
})

/** Agents and the prompts they use. */
export function agentsContract(subject: GetSubject): void {
  describe('agents', () => {
    const agents = () => subject().stores.agents
    const prompt = (more = {}) => promptWith(subject().stores, 1, more)

    it('are made, replaced and found with their prompts by slug, whatever name these were given by', async () => {
      const alias = unique('alias')
      const [one, two] = [await prompt({ aliases: [alias] }), await prompt()]
      const slug = unique('agent')
      const made = await agents().put(actor, wanted(slug, [two, alias, one]))
      expect(made).toEqual({
        ...wanted(slug, [one, two].sort()),
        createdAt: expect.any(Number),
        updatedAt: expect.any(Number),
      })
      expect(await agents().find('default', slug)).toEqual(made)
      const replaced = await agents().put(actor, { ...wanted(slug, [one]), name: 'Bot', owner: null })
      expect(replaced).toMatchObject({ name: 'Bot', owner: null, prompts: [one], createdAt: made.createdAt })
      expect(await agents().find('default', unique('none'))).toBeNull()
    })

    it('name only prompts that there are; a wrong one changes nothing', async () => {
      const slug = unique('agent')
      const one = await prompt()
      await agents().put(actor, wanted(slug, [one]))
      await expect(agents().put(actor, wanted(slug, [one, unique('none')]))).rejects.toMatchObject({
        kind: 'not_found',
      })
      await expect(agents().addPrompt(actor, slug, unique('none'))).rejects.toMatchObject({ kind: 'not_found' })
      expect((await agents().find('default', slug))?.prompts).toEqual([one])
    })

    it('gain and lose prompts one by one; twice is no error', async () => {
      const slug = unique('agent')
      const one = await prompt()
      await agents().put(actor, wanted(slug))
      for (const _ of [1, 2]) expect((await agents().addPrompt(actor, slug, one)).prompts).toEqual([one])
      for (const _ of [1, 2]) expect((await agents().removePrompt(actor, slug, one)).prompts).toEqual([])
      await expect(agents().addPrompt(actor, unique('none'), one)).rejects.toMatchObject({ kind: 'not_found' })
    })

    it('are listed by slug and by prompt, and choose prompts in turn', async () => {
      const [shared, own] = [await prompt(), await prompt()]
      const slugs = [unique('agent'), unique('agent'), unique('agent')].sort()
      for (const slug of slugs) await agents().put(actor, wanted(slug, [shared]))
      await agents().addPrompt(actor, slugs[0] ?? '', own)
      const using = (name: string) => allPages(2, (page) => agents().list('default', { ...page, prompt: name }))
      expect((await using(shared)).map(({ slug }) => slug)).toEqual(slugs)
      expect((await using(own)).map(({ slug }) => slug)).toEqual(slugs.slice(0, 1))
      const { data } = await subject().stores.prompts.list('default', { agent: slugs[0], limit: 10 })
      expect(data.map(({ slug }) => slug)).toEqual([shared, own].sort())
    })

    it('belong to one tenant', async () => {
      const tenantId = unique('tenant')
      await subject().addTenant(tenantId)
      const slug = unique('agent')
      await agents().put(actor, wanted(slug))
      expect(await agents().find(tenantId, slug)).toBeNull()
      expect((await agents().list(tenantId, { limit: 10 })).data).toEqual([])
      await expect(agents().remove({ ...actor, tenantId }, slug)).rejects.toMatchObject({ kind: 'not_found' })
    })

    it('are removed; their prompts stay', async () => {
      const slug = unique('agent')
      const one = await prompt()
      await agents().put(actor, wanted(slug, [one]))
      await agents().remove(actor, slug)
      expect(await agents().find('default', slug)).toBeNull()
      expect(await subject().stores.prompts.find('default', one)).not.toBeNull()
      await expect(agents().remove(actor, slug)).rejects.toMatchObject({ kind: 'not_found' })
    })
  })
}
