import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { Draft } from '../chat/draft.ts'
import { textBlock } from './content-parts.ts'
import { enforceableSchema, inputSchema } from './json-schema.ts'
import type { ModelTraits } from './models.ts'
import { badField, type Notes } from './notes.ts'

/** How the shape of the answer is asked for; each null when it is not asked for in this way. */
export interface ResponseFormat {
  /** `output_config.format`. */
  readonly format: Draft | null
  /** A tool whose input is the answer, for models without the former. */
  readonly tool: Draft | null
  /** A sentence for the system prompt. */
  readonly instruction: Draft | null
}

const none: ResponseFormat = { format: null, tool: null, instruction: null }
const jsonOnly = 'Answer with one JSON object and nothing else: no text around it, no code fence.'

/** Maps `response_format`. @param toolNames names that are taken. */
export function responseFormatOf(
  body: JsonObject,
  traits: ModelTraits,
  toolNames: readonly unknown[],
  notes: Notes,
): ResponseFormat {
  const asked = body['response_format']
  if (asked === undefined || asked === null) return none
  if (!isJsonObject(asked)) throw badField('response_format', 'The field `response_format` must be an object.')
  switch (asked['type']) {
    case 'text':
      return none
    case 'json_object':
      notes.remark('response_format json_object was asked for in the system prompt: Anthropic has no such mode')
      return { ...none, instruction: textBlock(jsonOnly) }
    case 'json_schema':
      return schemaFormat(asked, traits, toolNames)
    default:
      throw badField(
        'response_format.type',
        'The field `response_format.type` must be one of `text`, `json_object`, `json_schema`.',
      )
  }
}

function schemaFormat(asked: JsonObject, traits: ModelTraits, toolNames: readonly unknown[]): ResponseFormat {
  const named = asked['json_schema']
  const schema = isJsonObject(named) ? named['schema'] : undefined
  if (!isJsonObject(named) || !isJsonObject(schema)) {
    throw badField(
      'response_format.json_schema.schema',
      'The field `response_format.json_schema.schema` must be an object.',
    )
  }
  if (traits.schemas) return { ...none, format: { type: 'json_schema', schema: enforceableSchema(schema) } }
  const description = named['description']
  let name = 'answer'
  while (toolNames.includes(name)) name = `${name}_`
  const said = typeof description === 'string' ? ` ${description}` : ''
  return {
    ...none,
    tool: { name, description: `Gives the final answer to the user.${said}`, input_schema: inputSchema(schema).schema },
  }
}
