import type { ChainBody, ChainStep } from '../contract/chain-body.ts'
import { isJsonObject, ownMember } from '../core/json.ts'
import { type TemplatePath, TemplateError, parseTemplate } from '../prompts/template.ts'
import { compileCondition } from './condition.ts'
import type { ChainValues, CompiledChain, CompiledStep, StepTarget } from './compiled-chain.ts'
import { type ChainProblem, type Note, type NotePath, compileMapping, compileText } from './mapping.ts'
import { parseStepTarget } from './reference.ts'

/**
 * Compiles the body of a chain, and finds all that is wrong with it beyond its shape: names that are there twice, steps that
 * wait for what does not come before them, mappings of what may not have been answered yet. What was compiled may only be
 * used when nothing was noted.
 */
export function compileChain(body: ChainBody, note: (problem: ChainProblem) => void): CompiledChain {
  const compiler = new ChainCompiler(note)
  const answers = answeringIndex(body)
  const steps = body.steps.map((step, index) => compiler.step(step, index, index === answers))
  const output = compiler.output(body.output)
  const last = output.kind === 'last' ? (steps.at(-1)?.name ?? null) : null
  const answering = output.kind === 'step' ? output.name : last
  return {
    steps,
    output,
    answering,
    streams: answering !== null && compiler.before(answering).size === steps.length - 1,
    readAsJson: compiler.readAsJson,
    budget: { usd: body.budget?.usd ?? null, ms: body.budget?.ms ?? null },
  }
}

/** Which step answers, as far as the output says it by itself; -1: none does, the answer is made of what they say. */
function answeringIndex({ steps, output }: ChainBody): number {
  if (output === undefined) return steps.length - 1
  const name = namedOutput(output)
  const named = steps.findIndex((step) => step.name === name)
  return named === -1 && name === 'last' ? steps.length - 1 : named
}

/** All that the steps of a chain may ask: also what only a fallback does. */
export function targetsOf(chain: CompiledChain): readonly StepTarget[] {
  return chain.steps.flatMap(({ target, fallback }) =>
    fallback !== null && 'target' in fallback ? [target, fallback.target] : [target],
  )
}

class ChainCompiler {
  readonly readAsJson = new Set<string>()
  /** Of each step so far: all that is over when it begins. */
  readonly #before = new Map<string, ReadonlySet<string>>()
  readonly #note: (problem: ChainProblem) => void

  constructor(note: (problem: ChainProblem) => void) {
    this.#note = note
  }

  before(name: string): ReadonlySet<string> {
    return this.#before.get(name) ?? new Set()
  }

  /** @param answers its answer is that of the chain. */
  step(step: ChainStep, index: number, answers: boolean): CompiledStep {
    const noteAt =
      (...path: readonly PropertyKey[]): Note =>
      (message, on = []) =>
        this.#note({ path: ['steps', index, ...path, ...on], message })
    if (this.#before.has(step.name)) noteAt('name')(`must not be there twice: there is a step '${step.name}' already`)
    const after = this.#after(step, answers, noteAt('after'))
    const before = new Set([...after, ...after.flatMap((name) => [...this.before(name)])])
    this.#before.set(step.name, before)
    const sees = (note: Note): NotePath => this.#seen(before, `\`${step.name}\``, note)
    const variables = Object.entries(step.variables ?? {}).map(([name, value]) => {
      const note = noteAt('variables', name)
      return [name, compileMapping(value, note, sees(note))] as const
    })
    const target = this.#target(step.prompt, noteAt('prompt'))
    if (target.kind === 'chain' && step.model !== undefined) {
      noteAt('model')('must not be set for a chain: its own steps say which models they ask')
    }
    return {
      name: step.name,
      target,
      variables,
      takesMessages: step.messages !== undefined,
      when: step.when === undefined ? null : compileCondition(step.when, noteAt('when'), sees(noteAt('when'))),
      after,
      fallback: this.#fallback(step.fallback, noteAt('fallback'), sees),
      model: step.model ?? null,
      timeoutMs: step.timeout_ms ?? null,
    }
  }

  output(source: string | undefined): CompiledChain['output'] {
    if (source === undefined) return { kind: 'last' }
    const note: Note = (message) => this.#note({ path: ['output'], message })
    const names = [...this.#before.keys()]
    const seen = this.#seen(new Set(names), 'the output', note)
    const isLast = (path: TemplatePath): boolean => !this.#before.has('last') && namesLastOutput(path)
    const text = compileText(source, note, (path) => (isLast(path) ? undefined : seen(path)))
    const name = namedOutput(source)
    if (name !== null) return name === 'last' && !this.#before.has('last') ? { kind: 'last' } : { kind: 'step', name }
    return { kind: 'text', text: this.#before.has('last') ? text : (values) => text(withLast(values, names)) }
  }

  /**
   * What a step waits for. Where it does not say so, for what it uses, so that steps which have nothing to do with each other
   * run at the same time; the one that answers waits for all before it, so that its answer can go through as it comes.
   */
  #after(step: ChainStep, answers: boolean, note: Note): readonly string[] {
    if (step.after === undefined) {
      const earlier = [...this.#before.keys()]
      if (answers) return earlier
      const used = stepsUsedIn([step.variables, step.when, step.fallback])
      return earlier.filter((name) => used.has(name))
    }
    return step.after.filter((name, index) => {
      if (this.#before.has(name) && name !== step.name) return true
      note(`must name a step that stands before this one in the list, and '${name}' does not`, [index])
      return false
    })
  }

  #target(text: string, note: Note): StepTarget {
    const target = parseStepTarget(text)
    if (typeof target !== 'string') return target
    note(target)
    return { kind: 'prompt', reference: text }
  }

  #fallback(fallback: ChainStep['fallback'], note: Note, sees: (note: Note) => NotePath): CompiledStep['fallback'] {
    if (fallback === undefined) return null
    if (typeof fallback === 'string') return { target: this.#target(fallback, note) }
    const noteText: Note = (message) => note(message, ['text'])
    return { text: compileText(fallback.text, noteText, sees(noteText)) }
  }

  /** Looks at each `{{…}}`: it must lead to something that is known when it is filled in. */
  #seen(before: ReadonlySet<string>, who: string, note: Note): NotePath {
    return ({ variable, steps, source }: TemplatePath) => {
      const [name, part, ...rest] = steps
      if (variable === 'input' && name !== undefined) return
      if (variable !== 'steps' || name === undefined || (part !== 'output' && part !== 'json')) {
        note(
          `uses \`{{${source}}}\`, which is nothing here: there are \`{{input.<variable>}}\`, \`{{input.messages}}\`, \`{{steps.<name>.output}}\` and \`{{steps.<name>.json.<path>}}\``,
        )
      } else if (!this.#before.has(name)) {
        note(`uses \`{{${source}}}\`, but no step before it is called '${name}'`)
      } else if (!before.has(name)) {
        note(`uses \`{{${source}}}\`, but ${who} does not wait for step '${name}': put it in \`after\``)
      } else if (part === 'output' && rest.length > 0) {
        note(`uses \`{{${source}}}\`, but an output is a text: write \`{{steps.${name}.json.${rest.join('.')}}}\``)
      }
      if (part === 'json' && name !== undefined) this.readAsJson.add(name)
    }
  }
}

/** Names of the steps that any text in a value uses. */
function stepsUsedIn(value: unknown): ReadonlySet<string> {
  const names = new Set<string>()
  for (let level: readonly unknown[] = [value]; level.length > 0; level = level.flatMap(partsOf)) {
    for (const text of level) if (typeof text === 'string') for (const name of stepsUsedBy(text)) names.add(name)
  }
  return names
}

function partsOf(value: unknown): readonly unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : []
}

const stepsUsedBy = (text: string): readonly string[] =>
  piecesOf(text).flatMap((piece) =>
    typeof piece === 'object' && piece.variable === 'steps' && piece.steps[0] !== undefined ? [piece.steps[0]] : [],
  )

/** `{{steps.last.output}}`: where no step has that name, the last one of the list that ran. */
function namesLastOutput({ variable, steps }: TemplatePath): boolean {
  return variable === 'steps' && steps.length === 2 && steps[0] === 'last' && steps[1] === 'output'
}

function withLast(values: ChainValues, names: readonly string[]): ChainValues {
  const steps = ownMember(values, 'steps')
  if (!isJsonObject(steps)) return values
  const last = names.findLast((name) => Object.hasOwn(steps, name))
  return last === undefined ? values : { ...values, steps: { ...steps, last: ownMember(steps, last) ?? null } }
}

/** Whose output a template is when it is `{{steps.<name>.output}}` and nothing else. */
function namedOutput(source: string): string | null {
  const [only, ...more] = piecesOf(source.trim())
  if (typeof only !== 'object' || more.length > 0 || only.variable !== 'steps') return null
  const [name, part, ...rest] = only.steps
  return name !== undefined && part === 'output' && rest.length === 0 ? name : null
}

/** None of a text that does not parse: that is noted where it is compiled. */
function piecesOf(source: string): ReturnType<typeof parseTemplate> {
  try {
    return parseTemplate(source)
  } catch (error) {
    if (error instanceof TemplateError) return []
    throw error
  }
}
