import { partialsOf as partialsOfVersion } from '../prompts/partials.ts'
import type { ImportedPrompt } from './imported.ts'

/** Prompts in an order in which each comes after those it puts in, as far as those are in the list. */
export interface DependencyOrder {
  readonly ordered: readonly ImportedPrompt[]
  /** Slug → the way back to it, such as `a → b → a`, for each prompt that puts itself in. */
  readonly cycles: ReadonlyMap<string, string>
}

/** Otherwise the order stays as it was. A cycle breaks nowhere in particular; whoever is in it is named. */
export function inDependencyOrder(prompts: readonly ImportedPrompt[]): DependencyOrder {
  const named = new Map<string, ImportedPrompt>()
  for (const prompt of prompts)
    for (const name of [prompt.slug, ...(prompt.metadata.aliases ?? [])]) if (!named.has(name)) named.set(name, prompt)
  const uses = new Map(
    prompts.map((prompt) => [prompt, [...partialsOf(prompt)].flatMap((name) => named.get(name) ?? [])]),
  )
  const ordered: ImportedPrompt[] = []
  const state = new Map<ImportedPrompt, 'open' | 'done'>()
  const cycles = new Map<string, string>()
  for (const start of prompts) {
    // Without recursion: a chain of partials may be as long as the list.
    const way: { readonly prompt: ImportedPrompt; next: number }[] = []
    const enter = (prompt: ImportedPrompt): void => {
      state.set(prompt, 'open')
      way.push({ prompt, next: 0 })
    }
    if (!state.has(start)) enter(start)
    for (let top = way.at(-1); top !== undefined; top = way.at(-1)) {
      const used = uses.get(top.prompt)?.[top.next++]
      if (used === undefined) {
        state.set(top.prompt, 'done')
        ordered.push(top.prompt)
        way.pop()
      } else if (!state.has(used)) enter(used)
      else if (state.get(used) === 'open')
        noteCycle(
          way.map(({ prompt }) => prompt.slug),
          used.slug,
          cycles,
        )
    }
  }
  return { ordered, cycles }
}

function noteCycle(way: readonly string[], back: string, cycles: Map<string, string>): void {
  const members = way.slice(way.indexOf(back))
  for (const slug of members) if (!cycles.has(slug)) cycles.set(slug, [...members, back].join(' → '))
}

/** Names of the prompts that any version puts in. */
export function partialsOf({ versions }: Pick<ImportedPrompt, 'versions'>): ReadonlySet<string> {
  return new Set(versions.flatMap((body) => partialsOfVersion(body).map(({ id }) => id)))
}
