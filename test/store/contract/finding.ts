import { describe, expect, it } from 'vitest'
import type { PromptFilter } from '../../../src/store/ports.ts'
import { actor, promptWith, unique, versionBody, type GetSubject } from './subject.ts'

/** By what prompts are found. */
export function findingContract(subject: GetSubject): void {
  describe('finding prompts', () => {
    const prompts = () => subject().stores.prompts
    const found = async (filter: Omit<PromptFilter, 'limit'>): Promise<string[]> =>
      (await prompts().list('default', { ...filter, limit: 100 })).data.map(({ slug }) => slug)

    it('each filter finds what it names, and all that are given must fit', async () => {
      const mark = unique('mark')
      const whole = {
        category: mark,
        useCase: mark,
        domain: mark,
        complexity: mark,
        owner: mark,
        appContexts: ['web', mark],
        tags: ['x', mark],
        complianceTags: ['gdpr', mark],
      }
      const slug = await promptWith(subject().stores, 1, whole)
      await promptWith(subject().stores, 1, { category: mark })
      const filters: readonly Omit<PromptFilter, 'limit'>[] = [
        { useCase: mark },
        { domain: mark },
        { complexity: mark },
        { owner: mark },
        { appContext: mark },
        { tag: mark },
        { complianceTag: mark },
      ]
      for (const filter of filters) expect(await found(filter), JSON.stringify(filter)).toEqual([slug])
      expect(await found(Object.assign({}, ...filters, { category: mark }) as PromptFilter)).toEqual([slug])
      expect(await found({ category: mark, owner: 'nobody' })).toEqual([])
    })

    it('words are looked for in the messages of the latest and of the labelled versions, and in no other', async () => {
      const word = (stem: string): string => `${stem}${unique('w').slice(2)}`
      const [old, labelled, latest, french] = [word('old'), word('labelled'), word('latest'), word('french')]
      const slug = await promptWith(subject().stores, 0)
      await prompts().addVersion(actor, slug, versionBody(`Say ${old}.`))
      await prompts().addVersion(actor, slug, {
        ...versionBody(),
        messages: [{ role: 'user', content: [{ type: 'text', text: `Say ${labelled}.` }] }],
      })
      await prompts().addVersion(actor, slug, {
        ...versionBody(`Say ${latest} \u0041.`),
        locales: { fr: { messages: [{ role: 'system', content: `Dites ${french}.` }] } },
      })
      await prompts().setLabel(actor, slug, 'production', 2, null)
      for (const q of [labelled, latest, french, `say ${latest}`]) expect(await found({ q }), q).toEqual([slug])
      expect(await found({ q: old })).toEqual([])
      await prompts().setLabel(actor, slug, 'production', 1, null)
      expect(await found({ q: old })).toEqual([slug])
      expect(await found({ q: labelled })).toEqual([])
    })

    it('a version whose text the search cannot read, or that is very long, is stored all the same', async () => {
      const slug = await promptWith(subject().stores, 0)
      const long = Array.from({ length: 60_000 }, (_, index) => `w${index}`).join(' ')
      for (const text of ['a \u0000 b', long]) await prompts().addVersion(actor, slug, versionBody(text))
      expect((await prompts().find('default', slug))?.latestVersion).toBe(2)
    })
  })
}
