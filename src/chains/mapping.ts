import type { JsonValue } from '../core/json.ts'
import { compileJsonTemplate } from '../prompts/json-template.ts'
import { type TemplatePath, TemplateError, compileTemplate, valueAt } from '../prompts/template.ts'
import type { Mapping, TextMapping } from './compiled-chain.ts'

/** Something wrong in the body of a chain: where, and a clause that follows the name of the field. */
export interface ChainProblem {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** Hears what is wrong with the field it stands for; `path` leads on from there. */
export type Note = (message: string, path?: readonly PropertyKey[]) => void

/** Hears of every `{{…}}` that is used. */
export type NotePath = (path: TemplatePath) => void

/** Compiles a JSON value whose texts are templates. What does not parse is noted, and is nothing. */
export function compileMapping(value: JsonValue, note: Note, notePath: NotePath): Mapping {
  const compiled = compileJsonTemplate(value, 'typed', new Set(), ({ path, error }) => note(ruleOf(error), path))
  for (const path of compiled.paths) notePath(path)
  const { whole } = compiled
  if (whole !== null) return (values) => valueAt(values, whole)
  return (values) => JSON.parse(compiled.render(values)) as JsonValue
}

/** Compiles a template that becomes a text, whatever stands in it. */
export function compileText(source: string, note: Note, notePath: NotePath): TextMapping {
  try {
    const compiled = compileTemplate(source)
    for (const piece of compiled.pieces) if (typeof piece !== 'string') notePath(piece)
    return (values) => compiled.render(values)
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    note(ruleOf(error))
    return () => ''
  }
}

const ruleOf = (error: TemplateError): string => `is not a template that can be used: ${error.message}`
