import { Fault } from '../core/fault.ts'
import type { JsonObject } from '../core/json.ts'
import type { Need } from '../contract/route-body.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { type ModelCatalogue, type ResolvedModel, resolveModel } from './resolve-model.ts'

// A placeholder until its helper writes it.
export interface RequestNeeds {
  readonly needs: ReadonlySet<Need>
  readonly inputTokens: number
  readonly maxOutputTokens: number | null
}
export interface RouteRequest extends RequestNeeds {
  readonly appName: string | null
  readonly environment: string | null
  readonly locale: string | null
  readonly keyName: string
  readonly userId: string | null
  readonly promptSlug: string | null
  readonly metadata: Readonly<Record<string, string>>
  readonly stream: boolean
  readonly at: number
  draw(slug: string, sticky: boolean): number
}
export function requestNeeds(_body: JsonObject): RequestNeeds {
  return { needs: new Set(), inputTokens: 0, maxOutputTokens: null }
}
export function resolveTargets(
  names: readonly string[],
  _request: RouteRequest,
  snapshot: Snapshot,
  catalogue: ModelCatalogue,
): { targets: ResolvedModel[]; warnings: string[] } {
  const targets: ResolvedModel[] = []
  const warnings: string[] = []
  let first: Fault | null = null
  for (const name of names) {
    try {
      targets.push(resolveModel(name, snapshot, catalogue))
    } catch (error) {
      const fault = Fault.from(error)
      if (fault.kind !== 'model_not_found') throw fault
      first ??= fault
      warnings.push(`model \`${name}\` cannot be reached and was skipped`)
    }
  }
  if (targets.length === 0)
    throw first ?? new Fault('model_not_found', 'The prompt names no model.', { param: 'model' })
  return { targets, warnings }
}
