import type { PromptValue } from '../../snapshot/change.ts'
import { promptKey } from '../../snapshot/snapshot.ts'
import type { VersionBody } from '../../prompts/compiled-version.ts'
import type { Actor, PromptStore, TimelineRow } from '../ports.ts'
import { composedVersion } from '../composed-version.ts'
import { readCursor, toPage, writeCursor } from '../cursor.ts'
import {
  labelWithoutVersion,
  nameTaken,
  noLabel,
  noParent,
  noPrompt,
  noVersion,
  nothingToRollBack,
  semverTaken,
} from '../faults.ts'
import { isLabelMove, stepBack } from '../label-history.ts'
import { changedFields, definedOf, metadataOf, namesOnTheWire } from '../prompt-metadata.ts'
import { requireNoProtection, requireUnprotected } from '../label-protection.ts'
import { requireNoneUnderWay, requireNotSplit, type UnderWay } from '../under-way.ts'
import type { MemoryDatabase } from './database.ts'
import { dependentsAmong, lookUpAmong } from './partials.ts'
import { createMemoryReviews, type NewestScore, requireMayPoint } from './prompt-reviews.ts'
import { type MemoryPrompt, type MemoryVersion, toStored, toStoredVersion, toValue } from './prompt-rows.ts'
import { fits } from './prompt-search.ts'

export interface MemoryPrompts extends PromptStore {
  /** What a request may see; null when it is archived or was never there. */
  value(tenantId: string, slug: string): PromptValue | null
  /** The slug behind a slug or alias. Fault `not_found`. */
  slugOf(tenantId: string, name: string): string
  slugs(): readonly { readonly tenantId: string; readonly slug: string }[]
  isArchived(tenantId: string, slug: string): boolean
}

/** What other stores know of a prompt. */
export interface MemoryPromptRelations {
  readonly usedBy: (tenantId: string, agent: string, slug: string) => boolean
  /** Experiments and rollouts of the prompt that run or are paused, in the order of their slugs. */
  readonly underWay: (tenantId: string, slug: string) => readonly UnderWay[]
  readonly newestScore: NewestScore
}

export function createMemoryPrompts(database: MemoryDatabase, relations: MemoryPromptRelations): MemoryPrompts {
  const { newestScore } = relations
  /** By `promptKey(tenant, slug)`. */
  const prompts = new Map<string, MemoryPrompt>()
  /** By `promptKey(tenant, slug or alias)`. */
  const names = new Map<string, MemoryPrompt>()

  function get(tenantId: string, slug: string): MemoryPrompt {
    const prompt = names.get(promptKey(tenantId, slug))
    if (prompt === undefined) throw noPrompt(slug)
    return prompt
  }

  function claim(tenantId: string, field: 'slug' | 'aliases', name: string, taken: Set<string>): void {
    if (names.has(promptKey(tenantId, name)) || taken.has(name)) throw nameTaken(field, name)
    taken.add(name)
  }

  function note(actor: Actor, prompt: MemoryPrompt, row: Partial<TimelineRow> & Pick<TimelineRow, 'event'>): void {
    const at = database.clock.now()
    prompt.updatedAt = at
    prompt.timeline.push({
      at,
      actor: actor.name,
      label: null,
      from: null,
      to: null,
      version: null,
      reason: null,
      ...row,
    })
  }

  function notice(prompt: MemoryPrompt): void {
    database.changed({ noun: 'prompt', tenantId: prompt.tenantId, id: prompt.slug })
  }

  function composed(tenantId: string, own: Parameters<typeof composedVersion>[0], body: VersionBody, prefix: string) {
    return composedVersion(
      own,
      body,
      lookUpAmong((name) => names.get(promptKey(tenantId, name))),
      prefix,
    )
  }

  function append(actor: Actor, prompt: MemoryPrompt, body: VersionBody, prefix = ''): MemoryVersion {
    const own = { slug: prompt.slug, aliases: prompt.metadata.aliases }
    const { resolved, dependencies, hash } = composed(prompt.tenantId, own, body, prefix)
    const { semver = null, parent_version: parent = null, change_note: changeNote = null } = body
    if (semver !== null && prompt.versions.some((version) => version.semver === semver))
      throw semverTaken(prompt.slug, semver)
    if (parent !== null && prompt.versions[parent - 1] === undefined) throw noParent(prompt.slug, parent)
    const version: MemoryVersion = {
      version: prompt.versions.length + 1,
      semver,
      status: 'draft',
      body: JSON.stringify(body),
      resolved: resolved === null ? null : JSON.stringify(resolved),
      dependencies,
      hash,
      parentVersion: parent,
      changeNote,
      createdBy: actor.id,
      createdAt: database.clock.now(),
      reviews: [],
    }
    prompt.versions.push(version)
    note(actor, prompt, { event: 'version_created', version: version.version, reason: changeNote })
    return version
  }

  function point(
    actor: Actor,
    prompt: MemoryPrompt,
    label: string,
    to: number,
    event: 'label_set' | 'label_rolled_back',
    reason: string | null,
  ): void {
    requireMayPoint(actor, prompt, label, to, newestScore)
    const from = prompt.labels.get(label) ?? null
    prompt.labels.set(label, to)
    note(actor, prompt, { event, label, from, to, reason })
  }

  return {
    ...createMemoryReviews({ database, get, note }),

    async create(actor, asked) {
      database.reach()
      const { slug, version, labels } = asked
      if (version === null && labels.length > 0) throw labelWithoutVersion()
      const metadata = metadataOf(asked)
      const taken = new Set<string>()
      claim(actor.tenantId, 'slug', slug, taken)
      for (const alias of metadata.aliases) claim(actor.tenantId, 'aliases', alias, taken)
      const at = database.clock.now()
      const prompt: MemoryPrompt = {
        tenantId: actor.tenantId,
        slug,
        metadata,
        archivedAt: null,
        createdAt: at,
        updatedAt: at,
        labels: new Map(),
        protections: new Map(),
        versions: [],
        timeline: [],
      }
      note(actor, prompt, { event: 'prompt_created' })
      if (version !== null) append(actor, prompt, version, 'version')
      for (const label of new Set(labels)) point(actor, prompt, label, 1, 'label_set', null)
      prompts.set(promptKey(actor.tenantId, slug), prompt)
      for (const name of taken) names.set(promptKey(actor.tenantId, name), prompt)
      notice(prompt)
      return toStored(prompt)
    },

    async list(tenantId, filter) {
      database.reach()
      const after = filter.cursor === undefined ? null : readCursor('prompts', filter.cursor, ['text'])[0]
      const found = [...prompts.values()]
        .filter((prompt) => prompt.tenantId === tenantId && fits(prompt, filter))
        .filter(({ slug }) => filter.agent === undefined || relations.usedBy(tenantId, filter.agent, slug))
        .filter((prompt) => after === null || prompt.slug > after)
        .sort((left, right) => (left.slug < right.slug ? -1 : 1))
      return toPage(found.slice(0, filter.limit + 1), filter.limit, toStored, (last) =>
        writeCursor('prompts', last.slug),
      )
    },

    async find(tenantId, slug) {
      database.reach()
      const prompt = names.get(promptKey(tenantId, slug))
      return prompt === undefined ? null : toStored(prompt)
    },

    async change(actor, slug, wanted) {
      database.reach()
      const prompt = get(actor.tenantId, slug)
      const changes = typeof wanted === 'function' ? wanted(prompt.metadata) : wanted
      const fields = changedFields(prompt.metadata, changes)
      if (fields.length === 0) return toStored(prompt)
      const metadata = metadataOf({ ...prompt.metadata, ...definedOf(changes) })
      if (fields.includes('aliases')) {
        const taken = new Set([prompt.slug])
        for (const alias of metadata.aliases) {
          if (taken.has(alias) || (names.get(promptKey(prompt.tenantId, alias)) ?? prompt) !== prompt)
            throw nameTaken('aliases', alias)
          taken.add(alias)
        }
        for (const alias of prompt.metadata.aliases) names.delete(promptKey(prompt.tenantId, alias))
        for (const alias of metadata.aliases) names.set(promptKey(prompt.tenantId, alias), prompt)
      }
      if (fields.includes('aliases') || fields.includes('category')) notice(prompt)
      prompt.metadata = metadata
      note(actor, prompt, { event: 'prompt_changed', reason: namesOnTheWire(fields) })
      return toStored(prompt)
    },

    async archive(actor, slug) {
      database.reach()
      const prompt = get(actor.tenantId, slug)
      if (prompt.archivedAt !== null) return toStored(prompt)
      requireNoProtection(toStored(prompt))
      requireNoneUnderWay(prompt, relations.underWay(actor.tenantId, prompt.slug))
      prompt.archivedAt = database.clock.now()
      note(actor, prompt, { event: 'prompt_archived' })
      notice(prompt)
      return toStored(prompt)
    },

    async restore(actor, slug) {
      database.reach()
      const prompt = get(actor.tenantId, slug)
      if (prompt.archivedAt === null) return toStored(prompt)
      prompt.archivedAt = null
      note(actor, prompt, { event: 'prompt_restored' })
      notice(prompt)
      return toStored(prompt)
    },

    async addVersion(actor, slug, body) {
      database.reach()
      const prompt = get(actor.tenantId, slug)
      const version = append(actor, prompt, body)
      notice(prompt)
      return toStoredVersion(prompt, version)
    },

    async versions(tenantId, slug, page) {
      database.reach()
      const before = page.cursor === undefined ? Infinity : readCursor('versions', page.cursor, ['version'])[0]
      const prompt = get(tenantId, slug)
      const found = prompt.versions
        .filter(({ version, status }) => version < before && (page.status ?? status) === status)
        .reverse()
      return toPage(
        found.slice(0, page.limit + 1),
        page.limit,
        (version) => toStoredVersion(prompt, version),
        (last) => writeCursor('versions', last.version),
      )
    },

    async version(tenantId, slug, number) {
      database.reach()
      const prompt = names.get(promptKey(tenantId, slug))
      const version = prompt?.versions[number - 1]
      return prompt === undefined || version === undefined ? null : toStoredVersion(prompt, version)
    },

    async compose(tenantId, slug, body) {
      database.reach()
      const prompt = names.get(promptKey(tenantId, slug))
      const own = { slug: prompt?.slug ?? slug, aliases: prompt?.metadata.aliases ?? [] }
      const { resolved, dependencies } = composed(tenantId, own, body, '')
      return { resolved, dependencies }
    },

    async dependents(tenantId, slug, filter) {
      database.reach()
      const all = [...prompts.values()].filter((prompt) => prompt.tenantId === tenantId)
      return dependentsAmong(all, get(tenantId, slug), filter)
    },

    async setLabel(actor, slug, label, version, reason) {
      database.reach()
      const prompt = get(actor.tenantId, slug)
      if (prompt.versions[version - 1] === undefined) throw noVersion(prompt.slug, version)
      if (prompt.labels.get(label) === version) return toStored(prompt)
      point(actor, prompt, label, version, 'label_set', reason)
      notice(prompt)
      return toStored(prompt)
    },

    async removeLabel(actor, slug, label, reason) {
      database.reach()
      const prompt = get(actor.tenantId, slug)
      const from = prompt.labels.get(label)
      if (from === undefined) throw noLabel(prompt.slug, label)
      requireNotSplit(prompt, label, relations.underWay(actor.tenantId, prompt.slug))
      requireUnprotected(toStored(prompt), label)
      prompt.labels.delete(label)
      note(actor, prompt, { event: 'label_removed', label, from, reason })
      notice(prompt)
      return toStored(prompt)
    },

    async rollback(actor, slug, label, reason) {
      database.reach()
      const prompt = get(actor.tenantId, slug)
      const from = prompt.labels.get(label)
      const to = stepBack(prompt.timeline.filter((row) => row.label === label).filter(isLabelMove))
      if (from === undefined || to === null) throw nothingToRollBack(prompt.slug, label)
      point(actor, prompt, label, to, 'label_rolled_back', reason)
      notice(prompt)
      return { prompt: toStored(prompt), from, to }
    },

    async timeline(tenantId, slug, page) {
      database.reach()
      const after = page.cursor === undefined ? 0 : readCursor('timeline', page.cursor, ['number'])[0]
      const prompt = get(tenantId, slug)
      const found = prompt.timeline.map((row, index) => ({ row, number: index + 1 })).slice(after)
      return toPage(
        found.slice(0, page.limit + 1),
        page.limit,
        ({ row }) => row,
        (last) => writeCursor('timeline', last.number),
      )
    },

    value(tenantId, slug) {
      const prompt = prompts.get(promptKey(tenantId, slug))
      return prompt === undefined || prompt.archivedAt !== null ? null : toValue(prompt)
    },

    slugOf: (tenantId, name) => get(tenantId, name).slug,

    slugs: () => [...prompts.values()].map(({ tenantId, slug }) => ({ tenantId, slug })),

    isArchived: (tenantId, slug) => (prompts.get(promptKey(tenantId, slug))?.archivedAt ?? null) !== null,
  }
}
