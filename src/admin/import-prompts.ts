import { Fault } from '../core/fault.ts'
import { createSlices } from '../core/slices.ts'
import { inDependencyOrder, partialsOf } from '../interchange/dependency-order.ts'
import type { InterchangeFormat } from '../interchange/format.ts'
import { interchangeFormats } from '../interchange/index.ts'
import {
  type ImportNote,
  type Imported,
  type ImportedPrompt,
  type InterchangeFile,
  mergeImported,
} from '../interchange/imported.ts'
import { standInModel } from '../interchange/models.ts'
import type { Actor, PromptStore } from '../store/ports.ts'
import { addPromptVersion } from './add-version.ts'
import { createPrompt } from './create-prompt.ts'
import { type MissingGuardrails, missingInVersions } from './known-guardrails.ts'
import { type ImportPlan, type OnConflict, planImport, withParent } from './plan-import.ts'

export interface ImportAsked {
  readonly format: string
  readonly files: readonly InterchangeFile[]
  readonly dryRun: boolean
  readonly onConflict: OnConflict
  readonly model?: string | undefined
}

/** How labels move: the way everybody's do, with its protections. */
export interface LabelMoves {
  /** Fault when it is refused. */
  move(actor: Actor, slug: string, label: string, version: number, reason: string): Promise<unknown>
  /** Why `move` would refuse it; null: it would not. Changes nothing. */
  wouldRefuse(actor: Actor, slug: string, label: string, version: number): Promise<string | null>
}

export interface ImportPorts {
  readonly prompts: PromptStore
  readonly missingGuardrails: MissingGuardrails
  readonly labels: LabelMoves
}

export type ImportAction =
  | 'create'
  | 'add_versions'
  | 'move_labels'
  | 'change_metadata'
  | 'unchanged'
  | 'conflict'
  | 'refused'

interface LabelMove {
  readonly label: string
  readonly from: number | null
  readonly to: number
  readonly refused?: string
}

export interface ImportRow {
  readonly slug: string
  readonly action: ImportAction
  readonly versionsAdded: number
  readonly labels: readonly LabelMove[]
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

export interface ImportReport {
  readonly prompts: readonly ImportRow[]
  readonly notes: readonly ImportNote[]
}

const mostPrompts = 10_000
/** YAML and TOML stop the event loop while they are parsed. */
const largestText = 1024 * 1024

/**
 * Brings prompts in, each for itself: one that is refused keeps none of the others back, and what is there already is not
 * added again. Fault `invalid_request` when the input has no prompt at all.
 */
export async function importPrompts(ports: ImportPorts, actor: Actor, asked: ImportAsked): Promise<ImportReport> {
  const format = interchangeFormats.find(({ id }) => id === asked.format)
  if (format === undefined)
    throw new Fault('invalid_request', `There is no format '${asked.format}'.`, { param: 'format' })
  const imported = await readInSlices(format, asked)
  if (imported.prompts.length === 0) throw nothingFound(format, imported.notes)
  if (imported.prompts.length > mostPrompts) {
    throw new Fault(
      'invalid_request',
      `The import has ${imported.prompts.length} prompts, more than ${mostPrompts}. Send it in parts.`,
    )
  }
  const { ordered, cycles } = inDependencyOrder(imported.prompts)
  const rows = new Map<ImportedPrompt, ImportRow>()
  /** Names of the prompts that are there now, or would be, each with the slug of its prompt. */
  const there = new Map<string, string>()
  const slices = createSlices()
  for (const prompt of ordered) {
    if (slices.due()) await slices.rest()
    const cycle = cycles.get(prompt.slug)
    const problems =
      cycle === undefined
        ? await missingPartials(ports.prompts, actor.tenantId, prompt, there)
        : [`The prompt puts itself in: ${cycle}. Take one of these partials out.`]
    const row = await importOne(ports, actor, { ...prompt, problems: [...prompt.problems, ...problems] }, asked, there)
    rows.set(prompt, row)
    if (row.action !== 'refused' && row.action !== 'conflict')
      for (const name of [prompt.slug, ...(prompt.metadata.aliases ?? [])]) there.set(name, prompt.slug)
  }
  return { prompts: imported.prompts.flatMap((prompt) => rows.get(prompt) ?? []), notes: imported.notes }
}

/** Partials that are neither stored nor come, or would come, with this import; each comes before those that put it in. */
async function missingPartials(
  prompts: PromptStore,
  tenantId: string,
  prompt: ImportedPrompt,
  there: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  const problems: string[] = []
  for (const name of partialsOf(prompt)) {
    if (there.has(name) || (await prompts.find(tenantId, name)) !== null) continue
    problems.push(`It puts in '${name}', which is neither stored nor could be imported. Import that prompt too.`)
  }
  return problems
}

/** Requests are answered in between. */
async function readInSlices(
  format: InterchangeFormat,
  { files, model = standInModel }: ImportAsked,
): Promise<Imported> {
  const tooLarge = files.find(({ path, text }) => !path.endsWith('.json') && text.length > largestText)
  if (tooLarge !== undefined) {
    throw new Fault(
      'invalid_request',
      `${tooLarge.path} has more than ${largestText} characters. Split it, or send it as JSON.`,
      { param: 'files' },
    )
  }
  const parts: Imported[] = []
  const slices = createSlices()
  for (const part of format.steps?.(files) ?? stepsOf(format, files, model)) {
    parts.push(part)
    if (slices.due()) await slices.rest()
  }
  return mergeImported(parts)
}

function* stepsOf(format: InterchangeFormat, files: readonly InterchangeFile[], model: string): Generator<Imported> {
  for (const group of format.split(files)) yield format.reads(group, { model })
}

function nothingFound(format: InterchangeFormat, notes: readonly ImportNote[]): Fault {
  const told = notes
    .slice(0, 5)
    .map(({ path, field, message }) => `${path}${field === '' ? '' : ` (${field})`}: ${message}`)
  const because = told.length === 0 ? '' : ` ${told.join(' ')}`
  return new Fault('invalid_request', `There is no prompt in it that ${format.title} would have written.${because}`)
}

async function importOne(
  ports: ImportPorts,
  actor: Actor,
  prompt: ImportedPrompt,
  asked: ImportAsked,
  there: ReadonlyMap<string, string>,
): Promise<ImportRow> {
  try {
    const plan = await planImport(ports.prompts, actor.tenantId, prompt, {
      onConflict: asked.onConflict,
      own: asked.format === 'promptbox',
      claimed: there,
    })
    if (plan.problems.length > 0)
      return refusedRow(prompt.slug, plan.isConflict ? 'conflict' : 'refused', plan.problems)
    const unguarded = await missingInVersions(ports.missingGuardrails, actor.tenantId, prompt.versions, plan.add)
    if (unguarded.length > 0) return refusedRow(prompt.slug, 'refused', unguarded)
    if (plan.isSkipped) return { ...refusedRow(prompt.slug, 'unchanged', []), warnings: plan.warnings }
    const row = asked.dryRun
      ? await foresee(ports, actor, prompt, plan, there)
      : await carryOut(ports, actor, prompt, plan)
    return row
  } catch (error) {
    // Without the database nothing further can be said; importing again goes on where this ended.
    if (!(error instanceof Fault) || error.kind === 'unavailable' || error.kind === 'internal') throw error
    return refusedRow(prompt.slug, error.kind === 'conflict' ? 'conflict' : 'refused', [error.message])
  }
}

function refusedRow(slug: string, action: ImportAction, problems: readonly string[]): ImportRow {
  return { slug, action, versionsAdded: 0, labels: [], problems, warnings: [] }
}

function actionOf(plan: ImportPlan, moves: number): ImportAction {
  if (plan.existing === null) return 'create'
  if (plan.add.length > 0) return 'add_versions'
  if (moves > 0) return 'move_labels'
  return plan.metadata === null ? 'unchanged' : 'change_metadata'
}

/** Labels that do not point where the import has them. */
function movesOf(prompt: ImportedPrompt, plan: ImportPlan, numbers: ReadonlyMap<number, number>): readonly LabelMove[] {
  return Object.entries(prompt.labels).flatMap(([label, number]) => {
    const to = numbers.get(number)
    const from = plan.existing?.labels[label] ?? null
    if (to === undefined) return [{ label, from, to: number, refused: `Version ${number} was not stored.` }]
    return from === to ? [] : [{ label, from, to }]
  })
}

async function foresee(
  { prompts, labels }: ImportPorts,
  actor: Actor,
  prompt: ImportedPrompt,
  plan: ImportPlan,
  there: ReadonlyMap<string, string>,
): Promise<ImportRow> {
  const numbers = new Map(plan.numbers)
  const problems: string[] = []
  let added = 0
  for (const number of plan.add) {
    const refused = problems.length > 0 ? '' : await refusedPartials(prompts, actor, prompt, number, there)
    if (refused === null) added++
    else numbers.delete(number)
    if (refused !== null && refused !== '') problems.push(notAdded(number, refused))
  }
  // Without its first version a new prompt is not made at all.
  if (plan.existing === null && added === 0 && problems.length > 0) return refusedRow(prompt.slug, 'refused', problems)
  const moves: LabelMove[] = []
  for (const move of movesOf(prompt, plan, numbers)) {
    const refused =
      move.refused ??
      (plan.existing === null ? null : await labels.wouldRefuse(actor, prompt.slug, move.label, move.to))
    moves.push(refused === null ? move : { ...move, refused })
  }
  const action = actionOf(plan, moves.length)
  return { slug: prompt.slug, action, versionsAdded: added, labels: moves, problems, warnings: plan.warnings }
}

/** Why the partials of a version cannot be put in; null: they can, as far as what comes with this import lets that be seen. */
async function refusedPartials(
  prompts: PromptStore,
  actor: Actor,
  prompt: ImportedPrompt,
  number: number,
  there: ReadonlyMap<string, string>,
): Promise<string | null> {
  const body = prompt.versions[number - 1]
  if (body === undefined) return null
  const names = partialsOf({ versions: [body] })
  if (names.size === 0 || [...names].some((name) => there.has(name))) return null
  const composed = await attempt(() => prompts.compose(actor.tenantId, prompt.slug, body))
  return typeof composed === 'string' ? composed : null
}

const notAdded = (number: number, why: string): string =>
  `Version ${number}, and those after it, were not added: ${why}`

async function carryOut(
  ports: ImportPorts,
  actor: Actor,
  prompt: ImportedPrompt,
  plan: ImportPlan,
): Promise<ImportRow> {
  const { prompts, labels } = ports
  const { slug, metadata } = prompt
  const numbers = new Map([...plan.numbers].filter(([number]) => !plan.add.includes(number)))
  const problems: string[] = []
  const warnings = [...plan.warnings]
  const [first] = prompt.versions
  // A new prompt and what points to its first version are one write: an import of a thousand waits for each.
  const atOnce = plan.existing === null && first !== undefined ? labelsOfFirst(prompt) : []
  if (plan.existing === null) {
    const name = metadata.name ?? slug
    const made = await createPrompt(prompts, actor, { ...metadata, slug, name, version: first, labels: atOnce })
    warnings.push(...made.warnings)
    if (first !== undefined) numbers.set(1, 1)
  } else if (plan.metadata !== null) await prompts.change(actor, slug, plan.metadata)
  let added = plan.existing === null ? numbers.size : 0
  for (const number of plan.add) {
    const body = prompt.versions[number - 1]
    if (body === undefined || numbers.has(number)) continue
    const made = await attempt(() => addPromptVersion(prompts, actor, slug, withParent(body, numbers)))
    if (typeof made === 'string') {
      problems.push(notAdded(number, made))
      break
    }
    numbers.set(number, made.version.version)
    warnings.push(...made.warnings)
    added++
  }
  const moves: LabelMove[] = []
  for (const move of movesOf(prompt, plan, numbers)) {
    if (atOnce.includes(move.label)) {
      moves.push(move)
      continue
    }
    const moved = move.refused ?? (await attempt(() => labels.move(actor, slug, move.label, move.to, 'Imported')))
    moves.push(typeof moved === 'string' ? { ...move, refused: moved } : move)
  }
  return {
    slug,
    action: actionOf(plan, moves.length),
    versionsAdded: added,
    labels: moves,
    problems,
    warnings: [...new Set(warnings)],
  }
}

function labelsOfFirst({ labels }: ImportedPrompt): readonly string[] {
  return Object.entries(labels).flatMap(([label, number]) => (number === 1 ? [label] : []))
}

/** What it gives, or the sentence of the Fault that it was refused with. */
async function attempt<Value extends object | undefined>(step: () => Promise<Value>): Promise<Value | string>
async function attempt(step: () => Promise<unknown>): Promise<unknown>
async function attempt(step: () => Promise<unknown>): Promise<unknown> {
  try {
    return await step()
  } catch (error) {
    if (error instanceof Fault && error.kind !== 'unavailable' && error.kind !== 'internal') return error.message
    throw error
  }
}
