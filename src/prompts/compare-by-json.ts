import { type Ajv2020, type CodeKeywordDefinition, type KeywordCxt, _ } from 'ajv/dist/2020.js'
import type { JsonValue } from '../core/json.ts'
import { canonicalJson } from './canonical-json.ts'

/**
 * Makes `const` and `enum` compare objects and lists by their JSON. Ajv's own comparison calls the `valueOf` and `toString` of
 * the values, so that `{"valueOf": ""}` from a stranger would be an exception, and asks for their `constructor`, which a value
 * may have as a member. Texts, numbers and the like stay with Ajv, which writes them into the code it makes.
 */
export function compareByJson(ajv: Ajv2020): void {
  for (const keyword of ['const', 'enum'] as const) {
    const own = ajv.getKeyword(keyword)
    if (typeof own !== 'object' || !('code' in own)) throw new Error(`Ajv has no \`${keyword}\` to compare by JSON.`)
    const { code, error, schemaType } = own as CodeKeywordDefinition
    ajv.removeKeyword(keyword)
    ajv.addKeyword({
      keyword,
      // Where it stood, so that errors come in the order they always had.
      before: 'not',
      ...(schemaType === undefined ? {} : { schemaType }),
      ...(error === undefined ? {} : { error }),
      code(context) {
        const allowed = (keyword === 'enum' ? context.schema : [context.schema]) as readonly JsonValue[]
        if (allowed.every(isPlain)) code(context)
        else passOneOf(context, allowed)
      },
    })
  }
}

function passOneOf(context: KeywordCxt, allowed: readonly JsonValue[]): void {
  const texts = new Set(allowed.map(canonicalJson))
  const isOneOf = (value: JsonValue): boolean => texts.has(canonicalJson(value))
  const call = context.gen.scopeValue('func', { ref: isOneOf })
  context.pass(_`${call}(${context.data})`)
}

function isPlain(value: JsonValue): boolean {
  return typeof value !== 'object' || value === null
}
