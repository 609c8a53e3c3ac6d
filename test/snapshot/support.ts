import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type ExperimentInput, valueOf } from '../experiments/experiments.ts'
import { type GuardrailBody, guardrailBodySchema } from '../../src/contract/guardrail-body.ts'
import type { Observation } from '../../src/core/observation.ts'
import { createSealer } from '../../src/core/seal.ts'
import type { ExperimentValue, PromptValue, SnapshotChange } from '../../src/snapshot/change.ts'
import {
  type IndexedSnapshot,
  type SnapshotContext,
  changesOf,
  emptySnapshot,
} from '../../src/snapshot/indexed-snapshot.ts'

export const sealer = createSealer('test encryption key')
export const stamp = { version: '1', tier: 'database', builtAt: 0 } as const

export interface Observed {
  readonly all: Observation[]
  readonly observe: (observation: Observation) => void
  of<Type extends Observation['type']>(type: Type): Extract<Observation, { type: Type }>[]
  /** Resolves with the first observation of this type that meets the condition, also one that was made before. */
  next<Type extends Observation['type']>(
    type: Type,
    fits?: (observation: Extract<Observation, { type: Type }>) => boolean,
  ): Promise<Extract<Observation, { type: Type }>>
}

export function createObserved(): Observed {
  const all: Observation[] = []
  const waiting = new Set<() => void>()
  const of = <Type extends Observation['type']>(type: Type) =>
    all.filter((each): each is Extract<Observation, { type: Type }> => each.type === type)
  return {
    all,
    of,
    observe(observation) {
      all.push(observation)
      for (const look of waiting) look()
    },
    next(type, fits = () => true) {
      return new Promise((resolve) => {
        const look = () => {
          const found = of(type).find(fits)
          if (found === undefined) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      })
    },
  }
}

export function createContext(context: Partial<SnapshotContext> = {}): SnapshotContext {
  return { sealer, environmentCredentials: new Map(), observe: () => undefined, ...context }
}

export function nothing(context: Partial<SnapshotContext> = {}): IndexedSnapshot {
  return emptySnapshot(createContext(context), { version: 'none', tier: 'none', builtAt: 0 })
}

export function versionText(content: string): string {
  return JSON.stringify({ model: 'mock/echo', messages: [{ role: 'user', content }] })
}

export function prompt(slug: string, value: Partial<PromptValue> = {}): SnapshotChange & { noun: 'prompt' } {
  const versions = [{ number: 1, semver: null, hash: `hash of ${slug} 1`, body: versionText(slug) }]
  return {
    noun: 'prompt',
    tenantId: 'default',
    id: slug,
    value: { tenantId: 'default', slug, aliases: [], category: null, labels: { production: 1 }, versions, ...value },
  }
}

export function noPrompt(slug: string): SnapshotChange {
  return { noun: 'prompt', tenantId: 'default', id: slug, value: null }
}

export function key(id: string, hash = `hash of ${id}`): SnapshotChange & { noun: 'key' } {
  return {
    noun: 'key',
    id,
    value: { id, tenantId: 'default', name: id, hash, scopes: ['inference'], roles: [], expiresAt: null },
  }
}

export function guardrail(
  slug: string,
  body: Partial<GuardrailBody> = {},
  tenantId = 'default',
): SnapshotChange & { noun: 'guardrail' } {
  const whole = guardrailBodySchema.parse({ type: 'keywords', settings: { words: ['one'] }, ...body })
  return { noun: 'guardrail', tenantId, id: slug, value: { tenantId, slug, body: whole } }
}

export function noGuardrail(slug: string, tenantId = 'default'): SnapshotChange {
  return { noun: 'guardrail', tenantId, id: slug, value: null }
}

/** One that runs, about the prompt `greet` unless the body says otherwise. */
export function experiment(
  slug: string,
  body: ExperimentInput = {},
  value: Partial<ExperimentValue> = {},
): SnapshotChange & { noun: 'experiment' } {
  const whole = valueOf(slug, body, value)
  return { noun: 'experiment', tenantId: whole.tenantId, id: slug, value: whole }
}

export function noExperiment(slug: string, tenantId = 'default'): SnapshotChange {
  return { noun: 'experiment', tenantId, id: slug, value: null }
}

/** Everything a request or the copy on disk could see of a snapshot, in a fixed order. */
export function contentOf(snapshot: IndexedSnapshot): unknown {
  const sorted = (entries: Iterable<readonly [string, unknown]>) =>
    [...entries].sort(([left], [right]) => (left < right ? -1 : 1))
  const names = [...snapshot.prompts].map(([name, { slug, labels, versions }]) => {
    const numbers = [...versions.values()].map(({ number, semver, hash }) => ({ number, semver, hash }))
    return [name, { slug, labels: [...labels].sort(), numbers }] as const
  })
  const keys = [...snapshot.keys].map(([hash, { id, name }]) => [hash, { id, name }] as const)
  return {
    prompts: sorted(names),
    keys: sorted(keys),
    models: sorted(snapshot.models),
    routes: sorted(snapshot.routes),
    chains: sorted([...snapshot.chains].map(([name, { activeVersion }]) => [name, activeVersion] as const)),
    guardrails: sorted(snapshot.guardrails),
    experiments: sorted(
      [...snapshot.experiments].map(([name, list]) => [name, list.map(({ value }) => value)] as const),
    ),
    categories: sorted([...snapshot.prompts].map(([name, { category }]) => [name, category] as const)),
    credentials: sorted(snapshot.credentials),
    promptCount: snapshot.promptCount,
    changes: [...changesOf(snapshot)].map((change) => JSON.stringify(change)).sort(),
  }
}

/** A directory of this test's own, gone afterwards. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'promptbox-snapshot-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}
