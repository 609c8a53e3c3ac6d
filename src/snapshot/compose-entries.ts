import type { VersionBody } from '../prompts/compiled-version.ts'
import { type Composition, composeVersion, maxPartials } from '../prompts/compose.ts'
import { CompositionError, fieldName } from '../prompts/composition-error.ts'
import { lintVersionBody } from '../prompts/lint-version.ts'
import {
  type FoundPartial,
  type LookUpPartial,
  type RefusedPartial,
  leadsBack,
  noSuchPrompt,
  numberOfPartial,
} from '../prompts/partial-look-up.ts'
import { mayHavePartial } from '../prompts/partials.ts'
import type { PromptValue, SnapshotChange } from './change.ts'
import type { EntryReading, Mistake } from './file-entries.ts'

/** A version while the prompts of one source are put together. */
interface Entry {
  readonly prompt: PromptValue
  readonly number: number
}

/**
 * Fills in the partials of all prompts of one source, among themselves. Here real circles can be written down, and each is
 * noted once, where it closes.
 *
 * @param note with the slug, the version's number, and a path into the version's body.
 * Gives the changes with the bodies that are served, those without partials as the same objects; one by one, so that who
 * serves requests meanwhile can rest in between.
 */
export function* composePrompts(
  changes: readonly SnapshotChange[],
  context: EntryReading,
  note: (slug: string, version: number, mistake: Mistake) => void,
): Generator<SnapshotChange> {
  const composer = new Composer(changes, context, note)
  for (const change of changes) {
    if (change.noun !== 'prompt' || change.value === null || !change.value.versions.some(hasPartial)) {
      yield change
      continue
    }
    const prompt = change.value
    const versions = prompt.versions.map((version) => {
      const resolved = composer.composition({ prompt, number: version.number })?.resolved ?? null
      return resolved === null
        ? version
        : { ...version, hash: context.versionHash(resolved), body: JSON.stringify(resolved) }
    })
    yield { ...change, value: { ...prompt, versions } }
  }
}

const hasPartial = ({ body }: PromptValue['versions'][number]): boolean => mayHavePartial(body)

class Composer {
  readonly #context: EntryReading
  readonly #note: (slug: string, version: number, mistake: Mistake) => void
  /** By slug and alias. */
  readonly #prompts = new Map<string, PromptValue>()
  /** By slug and number; null: it cannot be composed, which is noted. */
  readonly #done = new Map<string, Composition | null>()
  readonly #found = new Map<string, FoundPartial>()
  /** The versions being composed, each for the one before it. */
  readonly #open: Entry[] = []

  constructor(
    changes: readonly SnapshotChange[],
    context: EntryReading,
    note: (slug: string, version: number, mistake: Mistake) => void,
  ) {
    this.#context = context
    this.#note = note
    for (const change of changes) {
      if (change.noun !== 'prompt' || change.value === null) continue
      for (const name of [change.value.slug, ...change.value.aliases]) this.#prompts.set(name, change.value)
    }
  }

  /** null: it cannot be composed, which is noted. */
  composition(entry: Entry): Composition | null {
    const key = keyOf(entry)
    const known = this.#done.get(key)
    if (known !== undefined) return known
    this.#open.push(entry)
    const composition = this.#compose(entry)
    this.#open.pop()
    this.#done.set(key, composition)
    return composition
  }

  #compose(entry: Entry): Composition | null {
    const { slug } = entry.prompt
    const state = { broken: false }
    try {
      const composition = composeVersion(slug, bodyOf(entry), this.#lookUp(state))
      if (composition.resolved === null) return composition
      return this.#isSound(entry, composition.resolved) ? composition : null
    } catch (error) {
      if (!(error instanceof CompositionError)) throw error
      const { path, message } = error
      if (!state.broken) this.#note(slug, entry.number, { path, message: `\`${fieldName(path, '')}\` ${message}.` })
      return null
    }
  }

  #isSound(entry: Entry, resolved: VersionBody): boolean {
    const hash = this.#context.versionHash(resolved)
    if (this.#context.sound.has(hash)) return true
    const { errors } = lintVersionBody(resolved)
    if (errors.length === 0) this.#context.sound.add(hash)
    for (const { path, message } of errors)
      this.#note(entry.prompt.slug, entry.number, { path, message: `\`${fieldName(path, '')}\` ${message}.` })
    return errors.length === 0
  }

  /** @param state is told when a partial was refused only because something in it is noted already. */
  #lookUp(state: { broken: boolean }): LookUpPartial {
    return (reference) => {
      const prompt = this.#prompts.get(reference.id)
      if (prompt === undefined) return noSuchPrompt(reference)
      const number = numberOfPartial(
        reference,
        { ...prompt, archived: false, latestVersion: prompt.versions.length },
        (semver) => prompt.versions.find((version) => version.semver === semver)?.number ?? null,
      )
      if (typeof number !== 'number') return number
      const entry = { prompt, number }
      const refusal = this.#refusal(entry)
      if (refusal !== null) return refusal
      const composition = this.composition(entry)
      if (composition !== null) return this.#foundAs(entry, composition)
      state.broken = true
      return { kind: 'refused', code: 'partial_not_usable', why: `'${prompt.slug}' cannot be composed itself` }
    }
  }

  /** Most partials stand in many prompts. */
  #foundAs(entry: Entry, { resolved, dependencies }: Composition): FoundPartial {
    const { prompt, number } = entry
    const known = this.#found.get(keyOf(entry))
    if (known !== undefined) return known
    const body = resolved ?? bodyOf(entry)
    const found: FoundPartial = { kind: 'found', slug: prompt.slug, version: number, body, dependencies }
    this.#found.set(keyOf(entry), found)
    return found
  }

  #refusal(entry: Entry): RefusedPartial | null {
    const start = this.#open.findIndex((each) => keyOf(each) === keyOf(entry))
    if (start !== -1) {
      const circle = [...this.#open.slice(start), entry].map(({ prompt }) => prompt.slug)
      return leadsBack(circle)
    }
    if (this.#open.length <= maxPartials) return null
    const why = `partials stand in partials more than ${maxPartials} deep. Take some of them out`
    return { kind: 'refused', code: 'partial_limit', why }
  }
}

const keyOf = ({ prompt, number }: Entry): string => `${prompt.slug}@${number}`

function bodyOf({ prompt, number }: Entry): VersionBody {
  return JSON.parse(prompt.versions[number - 1]?.body ?? 'null') as VersionBody
}
