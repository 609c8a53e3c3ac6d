import { Fault } from '../../../src/core/fault.ts'
import type { Actor, PromptStore } from '../../../src/store/ports.ts'

/** What one writer did and what it was told, in its own words: nobody else's knowledge is in it. */
export interface Deed {
  readonly by: string
  readonly did: 'version_created' | 'version_submitted' | 'version_approved' | 'label_set' | 'label_rolled_back'
  /** In no other deed. It stands as the reason in the timeline. */
  readonly reason: string
  readonly label: string | null
  /** Microseconds of a clock that all processes of this machine share. */
  readonly begun: number
  readonly ended: number
  /** null: it was refused, and `refusal` is the code. */
  readonly told: { readonly version: number } | { readonly from: number | null; readonly to: number } | null
  readonly refusal: string | null
}

/** A label that asks for one approval by somebody else than the author. */
export const guardedLabel = 'guarded'
export const freeLabels = ['production', 'staging'] as const

/** A writer among many: adds versions, moves labels, goes back, reviews what others wrote. Gives what it wrote down. */
export async function writeAsOne(prompts: PromptStore, slug: string, writer: number): Promise<readonly Deed[]> {
  const actor: Actor = { tenantId: 'default', id: `key-of-writer-${writer}`, name: `writer-${writer}` }
  const deeds: Deed[] = []

  async function doIt(
    did: Deed['did'],
    label: string | null,
    work: (reason: string) => Promise<NonNullable<Deed['told']>>,
  ): Promise<void> {
    const reason = `${actor.name}/${deeds.length + 1}`
    const begun = now()
    try {
      const told = await work(reason)
      deeds.push({ by: actor.name, did, reason, label, begun, ended: now(), told, refusal: null })
    } catch (error) {
      if (!(error instanceof Fault) || error.code === null) throw error
      deeds.push({ by: actor.name, did, reason, label, begun, ended: now(), told: null, refusal: error.code })
    }
  }

  async function addVersion(): Promise<number> {
    let version = 0
    await doIt('version_created', null, async (reason) => {
      const body = { messages: [{ role: 'system', content: `By ${reason}.` }], model: 'mock/echo', change_note: reason }
      version = (await prompts.addVersion(actor, slug, body)).version
      return { version }
    })
    return version
  }
  const set = (label: string, to: number) =>
    doIt('label_set', label, async (reason) => {
      const { labels } = await prompts.setLabel(actor, slug, label, to, reason)
      return { from: null, to: labels[label] ?? 0 }
    })
  const goBack = (label: string) =>
    doIt('label_rolled_back', label, async (reason) => prompts.rollback(actor, slug, label, reason))

  const [here, there] = writer % 2 === 0 ? freeLabels : freeLabels.toReversed()
  const first = await addVersion()
  await set(here ?? '', first)
  await set(guardedLabel, first)
  const second = await addVersion()
  await set(there ?? '', second)
  await goBack(here ?? '')
  // Most likely somebody else's. Nobody else reviews it: each version has one that was made next.
  const before = second - 1
  await doIt('version_submitted', null, async (reason) => prompts.submit(actor, slug, before, reason))
  await doIt('version_approved', null, async (reason) => prompts.approve(actor, slug, before, reason))
  await set(guardedLabel, before)
  return deeds
}

function now(): number {
  return Number(process.hrtime.bigint() / 1000n)
}
