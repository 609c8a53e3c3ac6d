import type { VersionBody } from './compiled-version.ts'
import { CompositionError } from './composition-error.ts'
import { type PartialTemplate, composeVariables } from './compose-variables.ts'
import type { FoundPartial, LookUpPartial } from './partial-look-up.ts'
import { mayHavePartial, partialTextOf, partialsOf, referenceKey } from './partials.ts'
import { selectorText } from './selector.ts'
import {
  TemplateError,
  type TemplatePartial,
  type TemplatePiece,
  isPartial,
  oneLine,
  parseAuthored,
  parseTemplate,
} from './template.ts'
import { templateSource } from './template-source.ts'
import { mapTemplateTexts } from './template-texts.ts'

/**
 * Partials: `{{> slug@selector}}` in a template is the text of another prompt. It is put in once, when the version is made,
 * so what is served is one body that no later change reaches; which versions went into it is kept as its dependencies.
 */

/** Most partials that one version may have, those of its partials included. */
export const maxPartials = 100
/** Longest composed body, in characters of its JSON text. */
export const maxComposedChars = 4 * 1024 * 1024

/** One partial of a version, its own or one of a partial's. */
export interface Dependency {
  readonly slug: string
  /** Which version was asked for, as people write it: `production`, `3`. */
  readonly selector: string
  /** The version that was taken. */
  readonly version: number
}

export interface Composition {
  /** What is served; null: the body itself, it has no partials. */
  readonly resolved: VersionBody | null
  readonly dependencies: readonly Dependency[]
}

/**
 * Puts the partials into a version body. Pure: the same look-ups give the same result, and nothing is asked twice.
 *
 * @param slug of the prompt that the version is for.
 * @param lookUp answers with bodies that are composed already.
 * @throws CompositionError for a partial that is missing, archived, none, or has the prompt itself in it; and for what is
 * too much.
 */
export function composeVersion(slug: string, body: VersionBody, lookUp: LookUpPartial): Composition {
  const references = partialsOf(body)
  if (references.length === 0) return { resolved: null, dependencies: [] }
  if (references.length > maxPartials) throw tooMany(['messages'])
  const partials = new Partials(slug, lookUp)
  const filled = mapTemplateTexts(body, (text, path) => (mayHavePartial(text) ? partials.fill(text, path) : text))
  const used = references.flatMap((reference) => partials.named(referenceKey(reference)))
  const resolved = composeVariables(body, filled, used)
  if (JSON.stringify(resolved).length > maxComposedChars) throw tooLong(['messages'])
  return { resolved, dependencies: partials.dependencies() }
}

interface UsedPartial extends PartialTemplate {
  readonly found: FoundPartial
}

/** The partials of one version while it is put together. */
class Partials {
  readonly #slug: string
  readonly #lookUp: LookUpPartial
  readonly #used = new Map<string, UsedPartial>()
  readonly #dependencies = new Map<string, Dependency>()
  #inserted = 0

  constructor(slug: string, lookUp: LookUpPartial) {
    this.#slug = slug
    this.#lookUp = lookUp
  }

  fill(text: string, path: readonly PropertyKey[]): string {
    const pieces = authored(text, path).flatMap((piece): readonly TemplatePiece[] => {
      if (!isPartial(piece)) return [piece]
      const partial = this.#use(piece, path)
      this.#inserted += partial.text.length
      if (this.#inserted > maxComposedChars) throw tooLong(path)
      return partial.pieces
    })
    const source = templateSource(pieces)
    if (source !== null) return source
    throw new CompositionError(
      'partial_conflict',
      path,
      'has a partial whose text ends in `{` directly before a `{{variable}}`, which the template language cannot say: put a space between them',
    )
  }

  named(key: string): readonly UsedPartial[] {
    const used = this.#used.get(key)
    return used === undefined ? [] : [used]
  }

  dependencies(): readonly Dependency[] {
    return [...this.#dependencies.values()]
  }

  #use(piece: TemplatePartial, path: readonly PropertyKey[]): UsedPartial {
    const key = referenceKey(piece)
    const known = this.#used.get(key)
    if (known !== undefined) return known
    const found = this.#lookUp(piece)
    const source = `\`${oneLine(piece.source)}\``
    if (found.kind === 'refused') throw new CompositionError(found.code, path, `has ${source}, but ${found.why}`)
    this.#refuseCycle(found, source, path)
    const text = partialTextOf(found.body)
    if (text === null) {
      const count = found.body.messages.length
      const has = count === 1 ? 'its one is none such' : `it has ${count}`
      const what = `version ${found.version} of '${found.slug}' is no partial: a partial has exactly one message, with a text as content, and ${has}. Name another version or prompt, or take it out`
      throw new CompositionError('partial_not_usable', path, `has ${source}, but ${what}`)
    }
    const used = { id: found.slug, text, pieces: parseTemplate(text), variables: found.body.variables ?? null, found }
    this.#used.set(key, used)
    this.#depend({ slug: found.slug, selector: selectorText(piece.selector), version: found.version }, path)
    for (const dependency of found.dependencies) this.#depend(dependency, path)
    return used
  }

  #depend(dependency: Dependency, path: readonly PropertyKey[]): void {
    this.#dependencies.set(JSON.stringify([dependency.slug, dependency.selector, dependency.version]), dependency)
    if (this.#dependencies.size > maxPartials) throw tooMany(path)
  }

  #refuseCycle(found: FoundPartial, source: string, path: readonly PropertyKey[]): void {
    if (found.slug !== this.#slug && !found.dependencies.some(({ slug }) => slug === this.#slug)) return
    throw new CompositionError(
      'partial_cycle',
      path,
      `has ${source}, which leads back to the prompt itself: ${[this.#slug, ...this.#wayBack(found)].join(' → ')}. Take one of these partials out`,
    )
  }

  /**
   * From a partial to the prompt. Of those within it that lead there the one with most in it is its own: whatever it were
   * within would have more.
   */
  #wayBack(from: Pick<FoundPartial, 'slug' | 'dependencies'>): readonly string[] {
    if (from.slug === this.#slug) return [from.slug]
    const next = from.dependencies
      .flatMap(({ slug, version }) => {
        if (slug === this.#slug) return []
        const within = this.#lookUp({ id: slug, selector: { kind: 'version', number: version } })
        return within.kind === 'found' && within.dependencies.some((each) => each.slug === this.#slug) ? [within] : []
      })
      .toSorted((left, right) => right.dependencies.length - left.dependencies.length)
      .find((within) => within.dependencies.length < from.dependencies.length)
    return next === undefined ? [from.slug, this.#slug] : [from.slug, ...this.#wayBack(next)]
  }
}

function authored(text: string, path: readonly PropertyKey[]): readonly (TemplatePiece | TemplatePartial)[] {
  try {
    return parseAuthored(text)
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    throw new CompositionError('partial_not_usable', path, `is no template: ${error.message}`)
  }
}

function tooMany(path: readonly PropertyKey[]): CompositionError {
  return new CompositionError(
    'partial_limit',
    path,
    `brings the version to more than ${maxPartials} partials, those within partials included: use fewer`,
  )
}

function tooLong(path: readonly PropertyKey[]): CompositionError {
  return new CompositionError(
    'partial_limit',
    path,
    `makes the version longer than ${maxComposedChars} characters with its partials filled in: use fewer or shorter ones`,
  )
}
