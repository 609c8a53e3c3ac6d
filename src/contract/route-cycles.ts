import type { RouteBody } from './route-body.ts'

/**
 * The way from a route back to itself, `['a', 'b', 'a']`, or null when there is none. Targets that are no route of this map
 * lead nowhere. Only ways that begin at `slug` are looked for: of routes without cycles one more can only close its own.
 */
export function findRouteCycle(slug: string, routes: ReadonlyMap<string, RouteBody>): readonly string[] | null {
  const seen = new Set<string>()
  const open: { readonly at: string; readonly way: readonly string[] }[] = [{ at: slug, way: [slug] }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { model } of routes.get(next.at)?.targets ?? []) {
      if (model === slug) return [...next.way, slug]
      if (seen.has(model) || !routes.has(model)) continue
      seen.add(model)
      open.push({ at: model, way: [...next.way, model] })
    }
  }
  return null
}
